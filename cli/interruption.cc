#include "cli/interruption.h"

#include <csignal>

#include "block/check.h"

namespace drydock::cli {
namespace {

std::atomic<bool> interrupted = false;
std::atomic<int> which = 0;
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

void notice(int signal) {
  which = signal;
  interrupted = true;
}

}  // namespace

const std::atomic<bool>& notice_interruptions() {
  for (const int signal : {SIGINT, SIGTERM}) {
    struct sigaction action{};
    action.sa_handler = notice;
    action.sa_flags = SA_RESETHAND | SA_RESTART;
    CHECK(sigaction(signal, &action, nullptr) == 0);
  }
  return interrupted;
}

int interruption() { return which; }

std::string interruption_text() {
  return std::string("interrupted by ") + (which == SIGINT ? "SIGINT" : "SIGTERM");
}

int interruption_code() {
  CHECK(which != 0);
  return 128 + which;
}

}  // namespace drydock::cli
