// libFuzzer's own mutations; a build without libFuzzer has none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

extern "C" __attribute__((weak)) size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t most);

namespace drydock::fuzz {

// Changes the input that the room begins with, as libFuzzer likes, and returns its new size, at most
// room.size(). Nothing, and nothing is changed, in a build without libFuzzer.
inline std::optional<size_t> mutate_bytes(std::span<std::byte> room, size_t size) {
  if (LLVMFuzzerMutate == nullptr) return std::nullopt;
  return LLVMFuzzerMutate(reinterpret_cast<uint8_t*>(room.data()), size, room.size());
}

}  // namespace drydock::fuzz
