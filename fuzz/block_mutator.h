// Changes metadata images as somebody would who knows the format, so that a fuzzer gets past checksums and
// block numbers.
//
// Most changes leave every block sealed (its own number and its checksum right), some do not: both must be
// survived. For LLVMFuzzerCustomMutator and LLVMFuzzerCustomCrossOver of the targets whose input is an image.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace drydock::fuzz {

// Changes the first `size` bytes of `room`, and how many there are: returns the new size, at most
// room.size(). The same arguments make the same change, but for what LLVMFuzzerMutate draws.
size_t mutate_image(std::span<std::byte> room, size_t size, uint64_t seed);

// Blocks of `first`, here and there replaced by those of `second`. Returns the size of what it has made in
// `out`.
size_t cross_images(std::span<const std::byte> first, std::span<const std::byte> second,
                    std::span<std::byte> out, uint64_t seed);

}  // namespace drydock::fuzz

// What libFuzzer calls; a target that wants it says so once.
#define DRYDOCK_FUZZ_IMAGES()                                                                            \
  extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed) {    \
    return drydock::fuzz::mutate_image({reinterpret_cast<std::byte*>(data), most}, size, seed);          \
  }                                                                                                      \
  extern "C" size_t LLVMFuzzerCustomCrossOver(const uint8_t* a, size_t a_size, const uint8_t* b,         \
                                              size_t b_size, uint8_t* out, size_t most, unsigned seed) { \
    return drydock::fuzz::cross_images({reinterpret_cast<const std::byte*>(a), a_size},                  \
                                       {reinterpret_cast<const std::byte*>(b), b_size},                  \
                                       {reinterpret_cast<std::byte*>(out), most}, seed);                 \
  }
