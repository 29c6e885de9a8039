#include "model/explore/mapped_memory.h"

#include <sys/mman.h>

#include <algorithm>

#include "block/check.h"

namespace drydock::model {

MappedMemory::MappedMemory(size_t bytes) : bytes_(std::max<size_t>(bytes, 1)) {
  constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  data_ = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, kFlags, -1, 0);
  CHECK(data_ != MAP_FAILED);
  // Without large pages every look at a state would also be one at the page tables. It is only a wish.
  static_cast<void>(madvise(data_, bytes_, MADV_HUGEPAGE));
}

MappedMemory::~MappedMemory() { munmap(data_, bytes_); }

}  // namespace drydock::model
