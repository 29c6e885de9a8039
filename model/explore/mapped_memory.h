// MappedMemory: zeroed memory that costs nothing until it is touched.
#pragma once

#include <cstddef>

namespace drydock::model {

class MappedMemory {
 public:
  // CHECK fails if the system refuses even the addresses.
  explicit MappedMemory(size_t bytes);
  ~MappedMemory();
  MappedMemory(const MappedMemory&) = delete;
  MappedMemory& operator=(const MappedMemory&) = delete;
  template <class T>
  T* as() const {
    return static_cast<T*>(data_);
  }

 private:
  void* data_;
  size_t bytes_;
};

}  // namespace drydock::model
