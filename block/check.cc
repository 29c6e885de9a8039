#include "block/check.h"

#include <cstdio>
#include <cstdlib>

namespace drydock {
namespace {
thread_local CheckContext* innermost = nullptr;
}  // namespace

CheckContext::CheckContext(std::function<std::string()> describe)
    : describe_(std::move(describe)), outer_(innermost) {
  innermost = this;
}
CheckContext::~CheckContext() { innermost = outer_; }

void check_failed(const char* file, int line, const char* condition) {
  std::fprintf(stderr, "%s:%d: CHECK(%s) failed\n", file, line, condition);
  for (CheckContext* context = innermost; context != nullptr; context = context->outer_) {
    std::fprintf(stderr, "%s\n", context->describe_().c_str());
  }
  std::abort();
}

}  // namespace drydock
