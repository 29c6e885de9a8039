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

// Memory that a device moves at less cost than any other (Disk::memory). There may be none left.
class Memory {
 public:
  virtual ~Memory() = default;
  // Aligned as a Buffer is. Null if there is no piece of that size left.
  virtual std::byte* take(size_t bytes) = 0;
  // REQUIRES: what take(bytes) gave.
  virtual void give_back(std::byte* data, size_t bytes) = 0;
};

class Buffer {
 public:
  static constexpr std::align_val_t kAlignment{4096};

  Buffer() = default;
  // Contents are undefined.
  explicit Buffer(size_t bytes)
      : data_(static_cast<std::byte*>(::operator new(bytes, kAlignment))), bytes_(bytes) {}
  explicit Buffer(SectorCount sectors) : Buffer(bytes_of(sectors)) {}
  // From `memory`, which outlives it. Empty if there is none left.
  Buffer(Memory& memory, size_t bytes) : data_(memory.take(bytes)), memory_(&memory) {
    if (data_ != nullptr) bytes_ = bytes;
  }
  Buffer(Buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        bytes_(std::exchange(other.bytes_, 0)),
        memory_(std::exchange(other.memory_, nullptr)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    std::swap(memory_, other.memory_);
    return *this;
  }
  ~Buffer() {
    if (memory_ == nullptr) {
      ::operator delete(data_, kAlignment);
    } else if (data_ != nullptr) {
      memory_->give_back(data_, bytes_);
    }
  }

  size_t size() const { return bytes_; }
  std::span<std::byte> span() { return {data_, bytes_}; }
  std::span<const std::byte> span() const { return {data_, bytes_}; }
  // It goes back to a Memory.
  bool is_borrowed() const { return memory_ != nullptr; }
  // REQUIRES: bytes <= size().
  std::span<std::byte> first(size_t bytes) { return span().first(bytes); }

 private:
  std::byte* data_ = nullptr;
  size_t bytes_ = 0;
  Memory* memory_ = nullptr;  // null: the heap's
};

// The first byte is zero, and each one equals the one before it.
inline bool all_zero(std::span<const std::byte> bytes) {
  if (bytes.empty()) return true;
  return bytes[0] == std::byte{0} && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

// Buffers that are used again. What one holds is whatever its last user left there.
class BufferPool {
 public:
  // Takes from `preferred` while there is some left, and from the heap else. It outlives the pool; null:
  // always from the heap.
  explicit BufferPool(Memory* preferred = nullptr) : preferred_(preferred) {}

  // Holds a buffer of at least the wanted size and gives it back at its end. The pool outlives it.
  class Lease {
   public:
    Lease(BufferPool& pool, Buffer buffer, size_t bytes)
        : pool_(&pool), buffer_(std::move(buffer)), bytes_(bytes) {}
    Lease(Lease&& other) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (buffer_.size() > 0) pool_->keep(std::move(buffer_));
    }
    std::span<std::byte> span() { return buffer_.first(bytes_); }

   private:
    BufferPool* pool_;
    Buffer buffer_;
    size_t bytes_;
  };

  Lease take(size_t bytes) {
    if (preferred_ != nullptr) {
      Buffer buffer(*preferred_, bytes);
      if (buffer.size() > 0) return {*this, std::move(buffer), bytes};
    }
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
  // Preferred memory goes back at once: kept in small pieces here, it would be missing for a large one.
  void keep(Buffer buffer) {
    if (!buffer.is_borrowed()) free_.push_back(std::move(buffer));
  }

  Memory* preferred_;
  std::vector<Buffer> free_;
};

}  // namespace drydock
