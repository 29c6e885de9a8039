#include "tests/nbdkit_server.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <filesystem>

extern char** environ;

namespace drydock::tests {

Shell shell(const std::string& command) {
  Shell result;
  std::FILE* pipe = popen(("( " + command + " ) 2>&1").c_str(), "re");
  CHECK(pipe != nullptr);
  std::array<char, 4096> buffer{};
  while (const size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe))
    result.out.append(buffer.data(), n);
  const int status = pclose(pipe);
  if (WIFEXITED(status)) result.exit_code = WEXITSTATUS(status);
  return result;
}

NbdkitServer::NbdkitServer(std::vector<std::string> disks, const std::string& more) {
  std::string command = "exec nbdkit --foreground --pidfile " + folder_.path("pid") + " --unix " +
                        folder_.path("nbd") + " " + DRYDOCK_CACHED_DISKS_PLUGIN +
                        " control=" + folder_.path("control") + " log=" + folder_.path("log") + " " + more;
  for (const std::string& disk : disks) {
    folder_.write(disk + ".img", "");
    std::filesystem::resize_file(file(disk), 16 << 20);
    command += " disk=" + disk + "=" + file(disk);
  }
  command += " 2>" + folder_.path("stderr");
  const std::vector<const char*> words = {"sh", "-c", command.c_str(), nullptr};
  CHECK(posix_spawn(&pid_, "/bin/sh", nullptr, nullptr, const_cast<char* const*>(words.data()), environ) ==
        0);
  // It says who it is as soon as it listens.
  while (!std::filesystem::exists(folder_.path("pid")) || folder_.read("pid").empty()) {
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = 0;
      trouble_ = folder_.read("stderr");
      return;
    }
    usleep(2000);
  }
}

NbdkitServer::~NbdkitServer() { stop(); }

void NbdkitServer::stop() {
  if (pid_ == 0) return;
  kill(pid_, SIGTERM);
  waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

std::string NbdkitServer::uri(const std::string& disk) const {
  return "nbd+unix:///" + disk + "?socket=" + folder_.path("nbd");
}

Shell NbdkitServer::control(const std::string& words) const {
  return shell(std::string(DRYDOCK_PROGRAM) + " disks " + folder_.path("control") + " " + words);
}

}  // namespace drydock::tests
