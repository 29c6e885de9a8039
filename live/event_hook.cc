#include "live/event_hook.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>
#include <vector>

namespace drydock::live {
namespace {

// The environment, with the event in it.
std::vector<char*> environment_with(std::string& variable) {
  std::vector<char*> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (std::strncmp(*entry, "DRYDOCK_EVENT=", 14) != 0) all.push_back(*entry);
  }
  all.push_back(variable.data());
  all.push_back(nullptr);
  return all;
}

// 0 if it ran and was content.
int run(std::string command, std::string event) {
  std::string shell = "sh", option = "-c", name = "drydock";
  std::array<char*, 6> words = {shell.data(), option.data(), command.data(),
                                name.data(),  event.data(),  nullptr};
  std::string variable = "DRYDOCK_EVENT=" + event;
  std::vector<char*> environment = environment_with(variable);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  pid_t child = 0;
  const int error = posix_spawn(&child, "/bin/sh", &files, nullptr, words.data(), environment.data());
  posix_spawn_file_actions_destroy(&files);
  if (error != 0) return error;
  int state = 0;
  while (waitpid(child, &state, 0) < 0) {
    if (errno != EINTR) return errno;
  }
  return state;
}

}  // namespace

EventHook::EventHook(std::string command) : command_(std::move(command)), thread_([this] { run_all(); }) {}

EventHook::~EventHook() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void EventHook::happened(std::string_view event) {
  {
    const std::lock_guard lock(mutex_);
    events_.emplace_back(event);
  }
  changed_.notify_one();
}

void EventHook::run_all() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return closed_ || !events_.empty(); });
    if (events_.empty()) return;
    const std::string event = std::exchange(events_.front(), {});
    events_.pop_front();
    lock.unlock();
    if (run(command_, event) != 0)
      fmt::print(stderr, "drydock: --on-event: '{}' failed for event '{}'\n", command_, event);
    lock.lock();
  }
}

}  // namespace drydock::live
