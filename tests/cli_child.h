// Runs drydock as a child process and takes what it says.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

namespace drydock::tests {

// What scripts and CI see of a run.
struct Told {
  int exit_code = -1;  // -1: it ended by a signal
  std::string out;
  std::string err;
};

// How the program calls itself in a command for `verb` that people shall repeat: as it was called.
inline std::string called(const std::string& verb) { return std::string(DRYDOCK_PROGRAM) + " " + verb + " "; }

// Runs `drydock WORDS...` in the folder `in`, without a terminal, and waits for its end.
Told drydock(const std::vector<std::string>& words, const std::string& in = ".");

enum class Stderr { kPipe, kTerminal };

struct ChildOptions {
  Stderr stderr_is = Stderr::kPipe;
  bool stdout_is_closed_pipe = false;  // nobody reads it any more
  std::string program = DRYDOCK_PROGRAM;
};

// A child that is still running. Ended, by force if need be, when it goes away.
class Child {
 public:
  Child(const std::vector<std::string>& words, const std::string& in, const ChildOptions& options);
  Child(const std::vector<std::string>& words, const std::string& in, Stderr kind = Stderr::kPipe)
      : Child(words, in, ChildOptions{.stderr_is = kind}) {}
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // Until what has come on stderr so far pleases. A child that ends without it is a CHECK.
  void listen(const std::function<bool(const std::string& err)>& pleases);
  void send(int signal);
  // Until it has ended.
  Told wait();

 private:
  pid_t pid_ = 0;
  int out_ = -1;
  int err_ = -1;
  Told told_;
};

// Lines, without what ends them.
std::vector<std::string> lines_of(const std::string& text);

}  // namespace drydock::tests
