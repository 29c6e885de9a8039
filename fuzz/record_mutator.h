// Changes inputs that are a header and records (scenario_input.h) record by record: libFuzzer's own mutations
// move bytes, after which every record behind them would be another one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace drydock::fuzz {

// Changes the first `size` bytes of `room`, and how many there are: returns the new size, at most
// room.size(). The same arguments make the same change, but for what LLVMFuzzerMutate draws.
size_t mutate_records(std::span<std::byte> room, size_t size, uint64_t seed);

// The header and the first records of `first`, and then some of `second`. Returns the size of what it has
// made in `out`.
size_t cross_records(std::span<const std::byte> first, std::span<const std::byte> second,
                     std::span<std::byte> out, uint64_t seed);

}  // namespace drydock::fuzz
