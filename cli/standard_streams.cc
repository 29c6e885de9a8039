#include "cli/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>

#include "block/check.h"

namespace drydock::cli {
namespace {

// The errno of the first write that failed; 0: none.
std::atomic<int> stdout_error = 0;

// All of it is said to be written, whatever happens: an error that the stream knew of would be thrown.
ssize_t write_all(int file, const char* bytes, size_t count, std::atomic<int>* error) {
  size_t done = 0;
  while (done < count && (error == nullptr || *error == 0)) {
    const ssize_t written = write(file, bytes + done, count - done);
    if (written > 0) {
      done += static_cast<size_t>(written);
    } else if (written == 0 || errno != EINTR) {
      if (error == nullptr) break;
      *error = written == 0 ? EIO : errno;
    }
  }
  return static_cast<ssize_t>(count);
}

ssize_t write_stdout(void*, const char* bytes, size_t count) {
  return write_all(STDOUT_FILENO, bytes, count, &stdout_error);
}

// There is nobody left to tell when stderr fails.
ssize_t write_stderr(void*, const char* bytes, size_t count) {
  return write_all(STDERR_FILENO, bytes, count, nullptr);
}

FILE* stream(cookie_write_function_t* write, int buffering) {
  FILE* made =
      fopencookie(nullptr, "w", {.read = nullptr, .write = write, .seek = nullptr, .close = nullptr});
  CHECK(made != nullptr);
  CHECK(setvbuf(made, nullptr, buffering, BUFSIZ) == 0);
  return made;
}

void ignore(int) {}

}  // namespace

void prepare_standard_streams() {
  // Read-only: what is printed there fails, as it would on the closed descriptor.
  for (const int file : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(file, F_GETFD) < 0) CHECK(open("/dev/null", O_RDONLY) == file);
  }
  // Unlike SIG_IGN, a handler does not outlive an exec.
  std::signal(SIGPIPE, ignore);
  stdout = stream(write_stdout, isatty(STDOUT_FILENO) != 0 ? _IOLBF : _IOFBF);
  stderr = stream(write_stderr, _IONBF);
}

bool stdout_failed() { return stdout_error != 0; }

std::optional<int> finish_stdout() {
  std::fflush(stdout);
  return stdout_error == 0 ? std::nullopt : std::optional<int>(stdout_error);
}

}  // namespace drydock::cli
