// MappedMemory: zeroed memory that costs nothing until it is touched.
#pragma once

#include <cstddef>
#include <utility>

namespace drydock::model {

class MappedMemory {
 public:
  // CHECK fails if the system refuses even the addresses.
  explicit MappedMemory(size_t bytes);
  ~MappedMemory();
  MappedMemory(MappedMemory&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  MappedMemory& operator=(MappedMemory&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  void* data() const { return data_; }

 private:
  void* data_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace drydock::model
