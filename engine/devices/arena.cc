#include "engine/devices/arena.h"

#include <sys/mman.h>

#include <algorithm>

#include "block/check.h"

namespace drydock::engine::devices {
namespace {

constexpr size_t kPage = static_cast<size_t>(Buffer::kAlignment);

size_t whole_pages(size_t bytes) { return (bytes + kPage - 1) / kPage * kPage; }

}  // namespace

std::unique_ptr<Arena> Arena::create(size_t bytes) {
  const size_t size = whole_pages(bytes);
  void* const all = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (all == MAP_FAILED) return nullptr;
  madvise(all, size, MADV_HUGEPAGE);  // a copy is one piece of memory then, not hundreds
  return std::unique_ptr<Arena>(new Arena({static_cast<std::byte*>(all), size}));
}

Arena::~Arena() {
  CHECK(free_.size() == 1 && free_[0].bytes == all_.size());
  munmap(all_.data(), all_.size());
}

std::byte* Arena::take(size_t bytes) {
  const size_t wanted = whole_pages(bytes);
  const auto run = std::ranges::find_if(free_, [&](const Run& free) { return free.bytes >= wanted; });
  if (wanted == 0 || run == free_.end()) return nullptr;
  std::byte* const data = all_.data() + run->first_byte;
  run->first_byte += wanted;
  run->bytes -= wanted;
  if (run->bytes == 0) free_.erase(run);
  return data;
}

void Arena::give_back(std::byte* data, size_t bytes) {
  CHECK(contains(data, whole_pages(bytes)));
  const Run given = {.first_byte = static_cast<size_t>(data - all_.data()), .bytes = whole_pages(bytes)};
  const auto after = std::ranges::upper_bound(free_, given.first_byte, {}, &Run::first_byte);
  auto run = free_.insert(after, given);
  if (const auto next = run + 1; next != free_.end() && run->end() == next->first_byte) {
    run->bytes += next->bytes;
    free_.erase(next);
  }
  if (run == free_.begin()) return;
  if (const auto previous = run - 1; previous->end() == run->first_byte) {
    previous->bytes += run->bytes;
    free_.erase(run);
  }
}

}  // namespace drydock::engine::devices
