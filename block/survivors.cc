#include "block/survivors.h"

#include <algorithm>
#include <optional>

namespace drydock {
namespace {

// A long run of sectors with the same history is decided in at most about this many pieces.
constexpr uint64_t kPieces = 64;

class Survivors {
 public:
  Survivors(const DiskContents& contents, const DiskLuck& luck, const PowerCut& cut)
      : contents_(contents), luck_(luck), cut_(cut) {}

  std::vector<ContentRun> draw() {
    for (const SectorRange& range : contents_.ambiguous()) add(range);
    return std::move(survivors_);
  }

 private:
  void add(SectorRange range) {
    const SectorCount unit_size = contents_.profile().atomic_unit;
    for (Sector at = range.first; at < range.end();) {
      const SectorRange unit = contents_.unit_of(at);
      const SectorRange alike = rounded_inwards(contents_.uniform_around(at).intersect(range), unit_size);
      const std::vector<DiskContents::UnitState> states = contents_.unit_states(unit);
      const Draw draw =
          luck_.chance.draw(Chance::Topic::kPowerCut, luck_.disk, cut_.number, unit.first.value());
      std::optional<uint32_t> chosen = choice_for(unit);
      if (chosen && *chosen >= states.size()) chosen.reset();
      const DiskContents::UnitState& state = states[chosen.value_or(draw.below(0, states.size()))];
      if (!chosen && alike.contains(unit)) {
        const SectorCount piece = unit_size * (alike.count / unit_size / kPieces);
        const Sector end = std::min({unit.first + piece, alike.end(), next_choice(unit)});
        if (end > unit.end()) {
          append_run(survivors_, {SectorRange::between(unit.first, end), state.front()});
          at = end;
          continue;
        }
      }
      for (size_t i = 0; i < state.size(); ++i) {
        append_run(survivors_, {{unit.first + SectorCount(i), SectorCount(1)}, state[i]});
      }
      at = unit.end();
    }
  }

  std::optional<uint32_t> choice_for(SectorRange unit) const {
    for (const SurvivorChoice& choice : cut_.choices) {
      if (choice.device == cut_.device && choice.unit == unit.first) return choice.state;
    }
    return std::nullopt;
  }

  // The first unit behind `unit` for which somebody chose.
  Sector next_choice(SectorRange unit) const {
    Sector next = Sector(0) + contents_.size();
    for (const SurvivorChoice& choice : cut_.choices) {
      if (choice.device == cut_.device && choice.unit > unit.first) next = std::min(next, choice.unit);
    }
    return next;
  }

  const DiskContents& contents_;
  const DiskLuck& luck_;
  const PowerCut& cut_;
  std::vector<ContentRun> survivors_;
};

}  // namespace

void keep_by_chance(std::vector<ContentRun>& kept, std::span<const ContentRun> runs, SectorCount unit,
                    const DiskLuck& luck, Chance::Topic topic, uint64_t key) {
  for (const ContentRun& run : runs) {
    const uint64_t piece = std::max(unit.value(), (run.range.count.value() / kPieces + 7) / 8 * 8);
    for (Sector at = run.range.first; at < run.range.end();) {
      const Sector next = std::min(Sector((at.value() / piece + 1) * piece), run.range.end());
      const Draw draw = luck.chance.draw(topic, luck.disk, key ^ run.at(at).bits(), at.value() / piece);
      if (draw.below(0, 2) == 0) append_run(kept, run.clipped(SectorRange::between(at, next)));
      at = next;
    }
  }
}

std::vector<ContentRun> draw_survivors(const DiskContents& contents, const DiskLuck& luck,
                                       const PowerCut& cut) {
  return Survivors(contents, luck, cut).draw();
}

}  // namespace drydock
