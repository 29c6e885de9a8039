#include "model/protocol/edges.h"

#include <fmt/format.h>

#include <array>

namespace drydock::model::protocol {
namespace {

constexpr std::array kRegionPhases = {
    Phase{"not hydrated", "the region's truth is on the source"},
    Phase{"reading the source", "a copy is under way; writes wait"},
    Phase{"writing the copy", "a copy is under way; writes wait"},
    Phase{"being overwritten", "a write of the whole region makes the copy unnecessary"},
    Phase{"hydrated", "marked in core; a crash forgets it"},
    Phase{"being committed", "part of the set that the running commit records"},
    Phase{"committed", "every crash recovers it as hydrated"},
    Phase{"freed on the source", "and the source's space has been given back"},
    Phase{"hydrated during a copy", "reached under wrong rules only"},
};
constexpr std::array kCommitPhases = {
    Phase{"no commit", "nothing to record, or the second is not over"},
    Phase{"flushing the destination", "the set is fixed; its data become durable"},
    Phase{"writing metadata blocks", "to blocks that the last commit does not use; then a flush"},
    Phase{"writing the superblock", "it makes the new blocks count; then a flush"},
    Phase{"reading metadata again", "a commit has failed; if this fails too, the mode is Fail"},
    Phase{"flushing late", "reached under wrong rules only"},
};
constexpr std::array kModePhases = {
    Phase{"rw", "everything works"},
    Phase{"ro", "no marks, no copies, no commits; reads, and writes to hydrated regions, go on"},
    Phase{"Fail", "every request fails"},
    Phase{"crashed", "until the next start"},
};

std::string_view name_of(Aspect aspect, uint8_t phase) { return phases(aspect)[phase].name; }

}  // namespace

std::string_view to_string(Aspect aspect) {
  constexpr std::array<std::string_view, 3> kNames = {"region", "commit", "modes"};
  return kNames[static_cast<size_t>(aspect)];
}

std::span<const Phase> phases(Aspect aspect) {
  switch (aspect) {
    case Aspect::kRegion:
      return kRegionPhases;
    case Aspect::kCommit:
      return kCommitPhases;
    case Aspect::kMode:
      break;
  }
  return kModePhases;
}

uint8_t region_phase(const AnyState& state, unsigned region) {
  constexpr uint8_t kMarked = 4;
  constexpr uint8_t kCommitted = 6;
  constexpr uint8_t kFreed = 7;
  constexpr uint8_t kMarkedDuringCopy = 8;
  const RegionState& it = state.regions[region];
  if (!state.shared.up) return it.newest ? (it.freed ? kFreed : kCommitted) : 0;
  if (it.mark == 0) return static_cast<uint8_t>(it.work);
  if (it.work != 0) return kMarkedDuringCopy;
  const auto marked = static_cast<uint8_t>(kMarked + it.mark - 1);
  return marked == kCommitted && it.freed ? kFreed : marked;
}

uint8_t commit_phase(const AnyState& state) { return static_cast<uint8_t>(state.shared.commit); }

uint8_t mode_phase(const AnyState& state) {
  if (!state.shared.up) return 3;
  if (state.shared.failed) return 2;
  return static_cast<uint8_t>(state.shared.read_only);
}

std::string to_string(const Edge& edge) {
  return fmt::format("{}: {} -> {}, by {}", to_string(edge.aspect), name_of(edge.aspect, edge.from),
                     name_of(edge.aspect, edge.to), info(edge.action).name);
}

void add_edges(EdgeCounts& counts, const EdgeCounts& more) {
  for (const auto& [edge, count] : more) counts[edge] += count;
}

std::vector<Edge> edges_of(const Step& step, unsigned regions) {
  std::vector<Edge> edges;
  const auto add = [&](Aspect aspect, uint8_t from, uint8_t to) {
    if (from != to) edges.push_back({aspect, from, step.action, to});
  };
  for (unsigned r = 0; r < regions; ++r) {
    add(Aspect::kRegion, region_phase(step.before, r), region_phase(step.after, r));
  }
  add(Aspect::kCommit, commit_phase(step.before), commit_phase(step.after));
  add(Aspect::kMode, mode_phase(step.before), mode_phase(step.after));
  return edges;
}

EdgeCounts reachable_edges(const SystemOptions& options) {
  EdgeCounts counts;
  for_each_step(options, [&](const Step& step) {
    for (const Edge& edge : edges_of(step, options.regions)) ++counts[edge];
  });
  return counts;
}

}  // namespace drydock::model::protocol
