// Dice: draws for one object, one after the other. Only for making scenarios, which are explicit once they
// are made; a run itself never draws in sequence (block/chance.h).
#pragma once

#include <cstdint>

#include "block/chance.h"

namespace drydock::scenarios {

class Dice {
 public:
  Dice(const Chance& chance, Chance::Topic topic, uint64_t object)
      : chance_(chance), topic_(topic), object_(object) {}

  // Uniform in [0, n). REQUIRES: n > 0.
  uint64_t below(uint64_t n) { return chance_.draw(topic_, object_, ++thrown_).below(0, n); }
  // Uniform in [low, high].
  uint64_t between(uint64_t low, uint64_t high) { return low + below(high - low + 1); }
  bool happens(uint32_t permille) { return below(1000) < permille; }
  template <class Choices>
  auto pick(const Choices& choices) {
    return choices[below(choices.size())];
  }

 private:
  Chance chance_;
  Chance::Topic topic_;
  uint64_t object_;
  uint64_t thrown_ = 0;
};

}  // namespace drydock::scenarios
