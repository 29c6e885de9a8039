// Changes write logs as a program would that writes nonsense into them: most of the time the checksums are
// right again, or a fuzzer would never get past them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace drydock::fuzz {

// Where the second log of an input begins; at its end, if there is only one.
size_t second_log(std::span<const std::byte> input);

// Changes the first `size` bytes of `room`, and how many there are: returns the new size, at most
// room.size(). The same arguments make the same change, but for what LLVMFuzzerMutate draws.
size_t mutate_log(std::span<std::byte> room, size_t size, uint64_t seed);

}  // namespace drydock::fuzz
