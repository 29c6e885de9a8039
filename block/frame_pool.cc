#include "block/frame_pool.h"

#include <array>
#include <new>

namespace drydock {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define DRYDOCK_POOL_FRAMES 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define DRYDOCK_POOL_FRAMES 0
#endif
#endif
#ifndef DRYDOCK_POOL_FRAMES
#define DRYDOCK_POOL_FRAMES 1
#endif

#if DRYDOCK_POOL_FRAMES
namespace {

constexpr size_t kClassBytes = 64;
constexpr size_t kClasses = 32;  // frames up to 2 KiB

struct FreeFrame {
  FreeFrame* next;
};

struct Pool {
  std::array<FreeFrame*, kClasses> free{};
  Pool() = default;
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  ~Pool() {
    for (FreeFrame* frame : free) {
      while (frame != nullptr) {
        FreeFrame* next = frame->next;
        ::operator delete(frame);
        frame = next;
      }
    }
  }
};

thread_local Pool pool;

size_t class_of(size_t bytes) { return (bytes + kClassBytes - 1) / kClassBytes; }

}  // namespace

void* allocate_frame(size_t bytes) {
  const size_t size_class = class_of(bytes);
  if (size_class >= kClasses) return ::operator new(bytes);
  FreeFrame*& head = pool.free[size_class];
  if (head == nullptr) return ::operator new(size_class * kClassBytes);
  FreeFrame* frame = head;
  head = frame->next;
  return frame;
}

void free_frame(void* frame, size_t bytes) noexcept {
  const size_t size_class = class_of(bytes);
  if (size_class >= kClasses) return ::operator delete(frame);
  pool.free[size_class] = new (frame) FreeFrame{pool.free[size_class]};
}
#else
void* allocate_frame(size_t bytes) { return ::operator new(bytes); }
void free_frame(void* frame, size_t) noexcept { ::operator delete(frame); }
#endif

}  // namespace drydock
