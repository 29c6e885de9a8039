#include "block/chance.h"

#include <Random123/philox.h>

namespace drydock {

Draw Chance::draw(Topic topic, uint64_t a, uint64_t b, uint64_t c) const {
  const r123::Philox4x64::ctr_type counter = {{a, b, c, static_cast<uint64_t>(topic)}};
  const r123::Philox4x64::key_type key = {{seed_, 0}};
  const auto words = r123::Philox4x64()(counter, key);
  return Draw({words[0], words[1], words[2], words[3]});
}

uint64_t derived_seed(uint64_t seed, uint64_t n) {
  return Chance(seed).draw(Chance::Topic::kRunSeed, n).word(0) >> 11;
}

}  // namespace drydock
