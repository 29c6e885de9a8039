#include "tests/real_disks.h"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>
#include <utility>

#include "block/check.h"

namespace drydock::tests {
namespace {

void wait_a_little() { std::this_thread::sleep_for(std::chrono::milliseconds(5)); }

constexpr int kPatience = 6000;  // of those

}  // namespace

std::string said_by(const std::string& command) {
  Shell result = shell(command);
  if (result.out.ends_with('\n')) result.out.pop_back();
  return result.exit_code == 0 ? result.out : "";
}

Daemon::Daemon(const std::string& command, std::string log) : log_(std::move(log)) {
  std::string shell = "sh", option = "-c", line = command + " >" + log_ + " 2>&1 </dev/null";
  const std::array<char*, 4> words = {shell.data(), option.data(), line.data(), nullptr};
  // A group of its own, so that what the program starts can be ended with it.
  posix_spawnattr_t attributes;
  CHECK(posix_spawnattr_init(&attributes) == 0);
  CHECK(posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP) == 0);
  CHECK(posix_spawn(&pid_, "/bin/sh", nullptr, &attributes, words.data(), environ) == 0);
  posix_spawnattr_destroy(&attributes);
}

Daemon::~Daemon() { end(SIGTERM); }

bool Daemon::wait_for(const std::string& file) {
  for (int i = 0; i < kPatience; ++i) {
    if (std::filesystem::exists(file)) return true;
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) {
      kill(-std::exchange(pid_, 0), SIGKILL);
      return false;
    }
    wait_a_little();
  }
  return false;
}

int Daemon::end(int signal) {
  if (pid_ == 0) return -1;
  kill(pid_, signal);
  int state = 0;
  waitpid(pid_, &state, 0);
  // Jobs of fio are processes that outlive it when it is killed.
  kill(-std::exchange(pid_, 0), SIGKILL);
  return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
}

std::string Daemon::said() const {
  std::ifstream file(log_);
  return {std::istreambuf_iterator(file), {}};
}

std::string Daemon::said_with(std::string_view words) const {
  for (int i = 0; i < kPatience && said().find(words) == std::string::npos; ++i) wait_a_little();
  return said();
}

ServedClone::ServedClone(const TempFolder& folder, const std::string& words)
    : socket_(folder.path("nbd")),
      control_(folder.path("control")),
      daemon_((std::filesystem::remove(socket_), std::filesystem::remove(control_),
               fmt::format("exec {} serve --socket={} --control={} {} {}", DRYDOCK_PROGRAM, socket_, control_,
                           words,
                           std::filesystem::exists(folder.path("serve.log")) ? "--same-pair" : "--format")),
              folder.path("serve.log")) {
  // The clone is opened before it is served, and its control socket comes last.
  running_ = daemon_.wait_for(control_);
}

std::string ServedClone::ask(const std::string& verb, const std::string& words) const {
  return said_by(fmt::format("{} {} {} {}", DRYDOCK_PROGRAM, verb, control_, words));
}

bool ServedClone::is_hydrated() const {
  const std::string status = ask("status");
  // "0 SIZE clone 8 USED/TOTAL REGION_SIZE HYDRATED/REGIONS ..."
  std::array<std::string, 7> word;
  std::istringstream text(status);
  for (std::string& each : word) text >> each;
  const size_t slash = word[6].find('/');
  return slash != std::string::npos && word[6].substr(0, slash) == word[6].substr(slash + 1);
}

bool ServedClone::wait_until_hydrated() const {
  for (int i = 0; i < 600; ++i) {
    if (is_hydrated()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return false;
}

FuseFile::FuseFile(const std::string& folder, const std::string& uri) : path_(folder + "/disk") {
  std::filesystem::create_directories(folder);
  shell("touch " + path_);
  // It goes to the background; once its pid is there, the file is the disk.
  const std::string pid = folder + "/pid";
  std::filesystem::remove(pid);
  shell(fmt::format(
      "nbdfuse --pidfile {0} {1} '{2}' >/dev/null 2>&1 & for i in $(seq 500); do [ -s {0} ] && break; "
      "sleep 0.01; done",
      pid, path_, uri));
}

FuseFile::~FuseFile() { shell(fmt::format("umount {0} || fusermount3 -uz {0}", path_)); }

Mount::Mount(const std::string& folder, const std::string& device, const std::string& options)
    : path_(folder) {
  std::filesystem::create_directories(path_);
  const Shell mounted = shell(fmt::format("mount {} {} {}", options, device, path_));
  if (mounted.exit_code != 0) trouble_ = "mount: " + mounted.out;
}

Mount::~Mount() {
  if (is_mounted()) shell(fmt::format("umount {0} || umount --lazy {0}", path_));
}

namespace {

// "PID words ..." of processes whose words name `path`, other than this one.
std::string processes_that_name(const std::string& path) {
  std::string found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string pid = entry.path().filename();
    if (pid.find_first_not_of("0123456789") != std::string::npos || pid == std::to_string(getpid())) continue;
    std::ifstream file(entry.path() / "cmdline");
    std::string words(std::istreambuf_iterator<char>(file), {});
    std::ranges::replace(words, '\0', ' ');
    if (words.find(path) != std::string::npos) found += pid + " " + words + "\n";
  }
  return found;
}

}  // namespace

std::string processes_left(const std::string& path) {
  std::string left = processes_that_name(path);
  for (int i = 0; i < kPatience && !left.empty(); ++i) {
    wait_a_little();
    left = processes_that_name(path);
  }
  return left;
}

std::string checksum_below(const std::string& folder) {
  return said_by("cd " + folder + " && find . -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum");
}

std::string missing_for_mounts() {
  if (geteuid() != 0) return "needs root: for losetup and mount";
  if (!std::filesystem::exists("/dev/fuse")) return "needs /dev/fuse";
  for (const char* program : {"nbdkit", "nbdfuse", "mkfs.ext4", "losetup"}) {
    if (shell(std::string("command -v ") + program).exit_code != 0) return std::string("needs ") + program;
  }
  const TempFolder folder;
  folder.write("file", std::string(1 << 20, '\0'));
  return LoopDevice(folder.path("file")).is_there() ? "" : kNoLoopDevice;
}

}  // namespace drydock::tests
