// Arena: a fixed amount of memory for I/O, in pieces of whole pages, that a ring can register as one buffer.
//
// First fit, in a list of free runs: copies take pieces of a few sizes, and few of them. One thread uses it.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "block/buffer.h"

namespace drydock::engine::devices {

class Arena final : public Memory {
 public:
  // In whole pages; null if the system has no memory for it.
  static std::unique_ptr<Arena> create(size_t bytes);
  // REQUIRES: everything was given back.
  ~Arena() override;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  std::byte* take(size_t bytes) override;
  void give_back(std::byte* data, size_t bytes) override;

  std::span<std::byte> span() const { return all_; }
  // All these bytes are its own.
  bool contains(const std::byte* data, size_t bytes) const {
    return data >= all_.data() && data < all_.data() + all_.size() &&
           bytes <= static_cast<size_t>(all_.data() + all_.size() - data);
  }

 private:
  struct Run {
    size_t first_byte;
    size_t bytes;
    size_t end() const { return first_byte + bytes; }
  };

  explicit Arena(std::span<std::byte> all) : all_(all), free_{{.first_byte = 0, .bytes = all.size()}} {}

  std::span<std::byte> all_;
  std::vector<Run> free_;  // ascending; no two touch
};

}  // namespace drydock::engine::devices
