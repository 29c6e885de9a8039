#include "tests/cli_child.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <sstream>

#include "block/check.h"

extern char** environ;

namespace drydock::tests {
namespace {

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    CHECK(pipe2(ends.data(), O_CLOEXEC) == 0);
    to_read = ends[0];
    to_write = ends[1];
  }
  int to_read = -1;
  int to_write = -1;
};

// The other end of a terminal is what the child's stderr is.
Pipe terminal() {
  Pipe ends;
  close(ends.to_read);
  close(ends.to_write);
  const winsize size{.ws_row = 24, .ws_col = 80, .ws_xpixel = 0, .ws_ypixel = 0};
  CHECK(openpty(&ends.to_read, &ends.to_write, nullptr, nullptr, &size) == 0);
  fcntl(ends.to_read, F_SETFD, FD_CLOEXEC);
  fcntl(ends.to_write, F_SETFD, FD_CLOEXEC);
  return ends;
}

// False at the end; that of a terminal is an error.
bool read_some(int file, std::string& text) {
  std::array<char, 4096> buffer;
  const ssize_t got = read(file, buffer.data(), buffer.size());
  if (got <= 0) return false;
  text.append(buffer.data(), static_cast<size_t>(got));
  return true;
}

}  // namespace

Child::Child(const std::vector<std::string>& words, const std::string& in, const ChildOptions& options) {
  const Pipe out;
  const Pipe err = options.stderr_is == Stderr::kPipe ? Pipe() : terminal();
  posix_spawn_file_actions_t actions;
  CHECK(posix_spawn_file_actions_init(&actions) == 0);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out.to_write, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.to_write, STDERR_FILENO);
  posix_spawn_file_actions_addchdir_np(&actions, in.c_str());
  std::vector<std::string> all = {options.program};
  all.insert(all.end(), words.begin(), words.end());
  std::vector<char*> arguments;
  for (std::string& word : all) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  if (options.stdout_is_closed_pipe) close(out.to_read);
  CHECK(posix_spawn(&pid_, options.program.c_str(), &actions, nullptr, arguments.data(), environ) == 0);
  posix_spawn_file_actions_destroy(&actions);
  close(out.to_write);
  close(err.to_write);
  out_ = options.stdout_is_closed_pipe ? -1 : out.to_read;
  err_ = err.to_read;
}

Child::~Child() {
  if (pid_ != 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  if (out_ >= 0) close(out_);
  close(err_);
}

void Child::listen(const std::function<bool(const std::string& err)>& pleases) {
  while (!pleases(told_.err)) CHECK(read_some(err_, told_.err));
}

void Child::send(int signal) { CHECK(kill(pid_, signal) == 0); }

Told Child::wait() {
  std::array<pollfd, 2> files = {
      {{.fd = out_, .events = POLLIN, .revents = 0}, {.fd = err_, .events = POLLIN, .revents = 0}}};
  // Both at once: a child that writes much to one of them must not wait for us at the other.
  while (files[0].fd >= 0 || files[1].fd >= 0) {
    CHECK(poll(files.data(), files.size(), -1) > 0);
    if (files[0].revents != 0 && !read_some(out_, told_.out)) files[0].fd = -1;
    if (files[1].revents != 0 && !read_some(err_, told_.err)) files[1].fd = -1;
  }
  int status = 0;
  CHECK(waitpid(pid_, &status, 0) == pid_);
  pid_ = 0;
  if (WIFEXITED(status)) told_.exit_code = WEXITSTATUS(status);
  return told_;
}

Told drydock(const std::vector<std::string>& words, const std::string& in) { return Child(words, in).wait(); }

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

}  // namespace drydock::tests
