// Memory for coroutine frames: freed frames of a size are kept and handed out again, per thread.
//
// A run makes millions of short-lived frames of a few sizes; the general allocator would be most of its cost.
// Under a sanitizer every frame is allocated singly, so that use after free stays visible.
#pragma once

#include <cstddef>

namespace drydock {

void* allocate_frame(size_t bytes);
void free_frame(void* frame, size_t bytes) noexcept;

// Base of every promise type.
struct PooledFrame {
  static void* operator new(size_t bytes) { return allocate_frame(bytes); }
  static void operator delete(void* frame, size_t bytes) noexcept { free_frame(frame, bytes); }
};

}  // namespace drydock
