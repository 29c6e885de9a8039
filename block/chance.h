// Keyed chance: a random decision is a pure function of (seed, what it decides, which object it is about).
//
// Nothing is sequential, so leaving one operation out of a scenario leaves everybody else's luck as it was.
// That is what makes shrinking work and keeps a saved scenario meaningful. The generator is Philox4x64
// (Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011); the mapping to ranges is ours,
// because those of <random> differ between libraries.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace drydock {

// 256 random bits for one decision.
class Draw {
 public:
  explicit Draw(std::array<uint64_t, 4> words) : words_(words) {}

  // REQUIRES: i < 4.
  uint64_t word(size_t i) const { return words_[i]; }
  // Uniform in [0, n), from word i, without a loop; the bias is below n / 2^64. REQUIRES: n > 0.
  uint64_t below(size_t i, uint64_t n) const {
    return static_cast<uint64_t>((static_cast<unsigned __int128>(words_[i]) * n) >> 64);
  }
  // Uniform in [low, high], from word i.
  uint64_t between(size_t i, uint64_t low, uint64_t high) const { return low + below(i, high - low + 1); }
  // True in `permille` of 1000 cases, from word i.
  bool happens(size_t i, uint32_t permille) const { return below(i, 1000) < permille; }

 private:
  std::array<uint64_t, 4> words_;
};

class Chance {
 public:
  // What is decided. A number here is part of every saved scenario's meaning: never renumber, only add.
  enum class Topic : uint64_t {
    kRunSeed = 1,
    kShape = 2,
    kRules = 3,
    kOperation = 4,
    kFault = 5,
    kProfile = 6,
    kTrace = 7,
    kAim = 8,
    kCommand = 9,
    kRequest = 10,
    kReadChoice = 11,
    kDiscardIgnored = 12,
    kPowerCut = 13,
    kFailedWrite = 14,
    kProcessCrash = 15,
    kProcessCrashOrder = 16,
    kTest = 100,
  };

  explicit Chance(uint64_t seed) : seed_(seed) {}
  uint64_t seed() const { return seed_; }
  // The decision `topic` about the object (a, b, c).
  Draw draw(Topic topic, uint64_t a, uint64_t b = 0, uint64_t c = 0) const;

 private:
  uint64_t seed_;
};

// A seed for the n-th of many runs that start from one seed. Below 2^53, so that every JSON tool keeps it
// exactly.
uint64_t derived_seed(uint64_t seed, uint64_t n);

}  // namespace drydock
