#include "scenarios/administration.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace drydock::scenarios {
namespace {

std::string draw_message(Dice& dice) {
  switch (dice.below(8)) {
    case 0:
      return "disable_hydration";
    case 1:
    case 2:
      return dice.happens(500) ? "enable_hydration" : "ENABLE_hydration";
    case 3:
    case 4:
      return fmt::format("hydration_threshold {}", dice.pick(std::array<uint64_t, 5>{0, 1, 2, 5, 16}));
    case 5:
    case 6:
      return fmt::format("hydration_batch_size {}", dice.pick(std::array<uint64_t, 5>{0, 1, 3, 4, 8}));
    default:
      return std::string(dice.pick(std::array<std::string_view, 4>{"hydration_threshold many", "no_hydration",
                                                                   "hydration_batch_size", "hydrate 1"}));
  }
}

// In how many pieces a disk may make a discard of everything arrive.
constexpr uint64_t kMostPieces = 4096;

}  // namespace

void draw_extremes(Dice dice, Scenario& scenario) {
  engine::CloneOptions& options = scenario.options;
  if (dice.happens(60)) options.hydration_threshold = 0;
  if (dice.happens(60)) options.hydration_batch_size = 0;
  if (dice.happens(100)) options.hydration_batch_size = options.hydration_threshold + 3;
  for (const Party party : {Party::kSource, Party::kDestination}) {
    if (!dice.happens(150)) continue;
    const SectorCount block = scenario.logical_block();
    const uint64_t blocks = std::max<uint64_t>(options.region_size / block, 1);
    // Less than a region, one, or some and a part.
    const uint64_t longest = dice.pick(std::array<uint64_t, 4>{1, blocks, blocks + 1, 3 * blocks});
    // All of a large clone in single blocks would be nothing but discards.
    const uint64_t shortest = scenario.size / block / kMostPieces;
    scenario.device(party).profile.max_discard = block * std::max(longest, shortest);
  }
}

void draw_commands(Dice dice, Scenario& scenario) {
  if (!dice.happens(450)) return;
  // There, background hydration would be all that a run does.
  constexpr SectorCount kHuge{uint64_t{1} << 31};
  const bool is_huge = scenario.size >= kHuge;
  uint32_t id = scenario.operations.empty() ? 0 : scenario.operations.back().id;
  const uint64_t end_us = expected_end_us(scenario);
  const bool often_reads_status = dice.happens(300);
  std::vector<uint64_t> times(dice.between(1, 8));
  for (uint64_t& time_us : times) time_us = dice.below(end_us);
  std::ranges::sort(times);
  for (const uint64_t time_us : times) {
    sim::ClientOperation command{.id = ++id, .at_us = time_us};
    const uint64_t which = dice.below(often_reads_status ? 20 : 10);
    command.command = which < 2   ? Command::kSuspend
                      : which < 5 ? Command::kMessage
                      : which < 6 ? Command::kRestart
                      : which < 8 ? Command::kStatus
                                  : Command::kStatusNoflush;
    if (command.command == Command::kMessage)
      command.words = is_huge ? "hydration_threshold 2" : draw_message(dice);
    scenario.operations.push_back(command);
    if (command.command != Command::kSuspend || dice.happens(100)) continue;
    const uint64_t resumed_us = time_us + dice.between(1, end_us / 4 + 1);
    if (dice.happens(400)) {
      scenario.operations.push_back({.id = ++id, .at_us = time_us, .command = Command::kStatusNoflush});
    }
    scenario.operations.push_back({.id = ++id, .at_us = resumed_us, .command = Command::kResume});
  }
}

}  // namespace drydock::scenarios
