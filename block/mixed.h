// One step of a 64-bit hash.
#pragma once

#include <cstdint>

namespace drydock {

// The finaliser of MurmurHash3, public domain: a bijection of `value`, so what differs in one value only
// never has the same hash; any other that spreads bits would do. The same on every machine: recorded hashes
// depend on it.
constexpr uint64_t mixed(uint64_t hash, uint64_t value) {
  hash ^= value;
  hash ^= hash >> 33;
  hash *= 0xff51afd7ed558ccd;
  hash ^= hash >> 33;
  hash *= 0xc4ceb9fe1a85ec53;
  return hash ^ hash >> 33;
}

}  // namespace drydock
