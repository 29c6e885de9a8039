// CHECK: what must hold whatever the world does. On in every build; a failure is our bug, prints the scenario
// that is being run (if any) so that it can be repeated, and aborts.
#pragma once

#include <functional>
#include <string>

namespace drydock {

[[noreturn]] void check_failed(const char* file, int line, const char* condition);

// While it lives, a failed CHECK on this thread also prints what `describe` returns. Nests; not copyable.
class CheckContext {
 public:
  explicit CheckContext(std::function<std::string()> describe);
  ~CheckContext();
  CheckContext(const CheckContext&) = delete;
  CheckContext& operator=(const CheckContext&) = delete;

 private:
  friend void check_failed(const char* file, int line, const char* condition);
  std::function<std::string()> describe_;
  CheckContext* outer_;
};

}  // namespace drydock

#define CHECK(condition)                                       \
  do {                                                         \
    if (!(condition)) [[unlikely]]                             \
      ::drydock::check_failed(__FILE__, __LINE__, #condition); \
  } while (false)
