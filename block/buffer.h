// Buffer: memory for I/O, aligned so that a real device can move it without a copy.
#pragma once

#include <cstddef>
#include <cstring>
#include <new>
#include <span>
#include <utility>
#include <vector>

#include "block/units.h"

namespace drydock {

class Buffer {
 public:
  static constexpr std::align_val_t kAlignment{4096};

  Buffer() = default;
  // Contents are undefined.
  explicit Buffer(size_t bytes)
      : data_(static_cast<std::byte*>(::operator new(bytes, kAlignment))), bytes_(bytes) {}
  explicit Buffer(SectorCount sectors) : Buffer(bytes_of(sectors)) {}
  Buffer(Buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Buffer() { ::operator delete(data_, kAlignment); }

  size_t size() const { return bytes_; }
  std::span<std::byte> span() { return {data_, bytes_}; }
  std::span<const std::byte> span() const { return {data_, bytes_}; }
  // REQUIRES: bytes <= size().
  std::span<std::byte> first(size_t bytes) { return span().first(bytes); }

 private:
  std::byte* data_ = nullptr;
  size_t bytes_ = 0;
};

// The first byte is zero, and each one equals the one before it.
inline bool all_zero(std::span<const std::byte> bytes) {
  if (bytes.empty()) return true;
  return bytes[0] == std::byte{0} && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

// Buffers that are used again. What one holds is whatever its last user left there.
class BufferPool {
 public:
  // Holds a buffer of at least the wanted size and gives it back at its end. The pool outlives it.
  class Lease {
   public:
    Lease(BufferPool& pool, Buffer buffer, size_t bytes)
        : pool_(&pool), buffer_(std::move(buffer)), bytes_(bytes) {}
    Lease(Lease&& other) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (buffer_.size() > 0) pool_->free_.push_back(std::move(buffer_));
    }
    std::span<std::byte> span() { return buffer_.first(bytes_); }

   private:
    BufferPool* pool_;
    Buffer buffer_;
    size_t bytes_;
  };

  Lease take(size_t bytes) {
    for (size_t i = free_.size(); i-- > 0;) {
      if (free_[i].size() < bytes) continue;
      std::swap(free_[i], free_.back());
      Buffer buffer = std::move(free_.back());
      free_.pop_back();
      return {*this, std::move(buffer), bytes};
    }
    return {*this, Buffer(bytes), bytes};
  }

 private:
  std::vector<Buffer> free_;
};

}  // namespace drydock
