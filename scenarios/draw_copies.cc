#include "scenarios/draw_copies.h"

#include <algorithm>
#include <array>

namespace drydock::scenarios {
namespace {

// Of one discard; what is left goes out as one.
constexpr uint64_t kMostPieces = 8;

// Holes as file systems make them, that begin and end anywhere; some of many regions.
void draw_source_zeros(Dice& dice, Scenario& scenario) {
  const SectorCount block = scenario.logical_block();
  for (uint64_t i = dice.between(1, 4); i > 0; --i) {
    const uint64_t region_size = scenario.options.region_size.value();
    const uint64_t regions = scenario.geometry().regions().value();
    const Sector first(dice.below(regions) * region_size + dice.pick(std::array<uint64_t, 3>{0, 0, 3}));
    const SectorCount count(dice.between(1, 4) * region_size + dice.pick(std::array<uint64_t, 3>{0, 0, 5}));
    const SectorRange zeros = rounded_inwards({first, count}, block).intersect({Sector(0), scenario.size});
    if (!zeros.empty()) scenario.source_zeros.push_back(zeros);
  }
  // Apart from each other and ascending, as an image's are.
  std::ranges::sort(scenario.source_zeros, {}, &SectorRange::first);
  std::vector<SectorRange> joined;
  for (const SectorRange& zeros : scenario.source_zeros) {
    if (joined.empty() || zeros.first > joined.back().end()) {
      joined.push_back(zeros);
    } else {
      joined.back() = SectorRange::between(joined.back().first, std::max(joined.back().end(), zeros.end()));
    }
  }
  scenario.source_zeros = std::move(joined);
}

}  // namespace

void draw_copies(Dice dice, Scenario& scenario) {
  using engine::DiscardMode;
  using engine::Sparse;
  engine::CloneOptions& options = scenario.options;
  options.sparse = dice.pick(std::array{Sparse::kOff, Sparse::kOff, Sparse::kZeroes, Sparse::kSkipped});
  options.discard = dice.pick(std::array{DiscardMode::kPassdown, DiscardMode::kPassdown,
                                         DiscardMode::kPassdown, DiscardMode::kZero, DiscardMode::kZero});
  if (dice.happens(50)) options.discard = DiscardMode::kIgnore;
  options.discards_add_up = dice.happens(400);
  if (options.sparse != Sparse::kOff && scenario.source_zeros.empty()) draw_source_zeros(dice, scenario);
}

void draw_discard_pieces(Dice dice, Scenario& scenario, size_t most_operations) {
  if (!dice.happens(150)) return;
  const SectorCount block = scenario.logical_block();
  const uint64_t most = 3 * scenario.options.region_size.value();
  const SectorCount length = rounded_outwards({Sector(0), SectorCount(dice.between(1, most))}, block).count;
  std::vector<sim::ClientOperation> cut;
  for (const sim::ClientOperation& operation : scenario.operations) {
    SectorRange left = operation.range;
    for (uint64_t n = 1; operation.kind == IoKind::kDiscard && n < kMostPieces && left.count > length; ++n) {
      const Sector end(left.first.value() / length.value() * length.value() + length.value());
      sim::ClientOperation& piece = cut.emplace_back(operation);
      piece.range = SectorRange::between(left.first, end);
      left = SectorRange::between(end, left.end());
    }
    cut.emplace_back(operation).range = left;
  }
  cut.resize(std::min(cut.size(), std::max(most_operations, scenario.operations.size())));
  for (size_t i = 0; i < cut.size(); ++i) cut[i].id = static_cast<uint32_t>(i + 1);
  scenario.operations = std::move(cut);
}

}  // namespace drydock::scenarios
