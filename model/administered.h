// What a clone is administered to do: the options of its table line, as messages change them, and the words
// in which it tells them. Written down anew, from docs/protocol.md: the judge shares no code with the engine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "block/units.h"

namespace drydock::model {

struct AdministeredOptions {
  bool hydration = true;
  bool discard_passdown = true;  // as asked for; the destination's limits may turn it off
  uint32_t hydration_threshold = 1;
  uint32_t hydration_batch_size = 1;
  uint64_t give_way_us = 10'000;
  // Longest request of a copy: longer copies come in pieces.
  SectorCount piece{uint64_t{1} << 40};
  // Discards do what dm-clone's do, and zeros of the source are copied like everything else.
  bool as_dm_clone = true;

  bool copies_in_background() const { return hydration && hydration_threshold > 0; }
  uint32_t batch() const { return hydration_batch_size > 0 ? hydration_batch_size : 1; }
};

enum class MessageMeaning : uint8_t {
  kGood,
  kBad,      // no message: it is to be refused
  kUnclear,  // one that implementations differ about
};
// Applies a good message to `options`.
MessageMeaning obey(std::string_view message, AdministeredOptions& options);

// The numbers of a status line, and what stands behind them: "FEATURES CORE MODE".
struct StatusWords {
  uint64_t block_sectors = 0;
  uint64_t used = 0, total = 0;  // blocks of the metadata device
  uint64_t region_sectors = 0;
  uint64_t hydrated = 0, regions = 0;
  uint64_t hydrating = 0;
  std::optional<uint64_t> failing;  // regions to be copied again; behind the line, where it is told
  std::string rest;
};
// Nothing if the line has another shape.
std::optional<StatusWords> parse_status(std::string_view line);
// What `rest` has to be.
std::string expected_rest(const AdministeredOptions& options, bool passes_down, std::string_view mode);

}  // namespace drydock::model
