#include "block/size_words.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>

namespace drydock {
namespace {

struct Unit {
  std::string_view name;
  uint64_t bytes;
};
constexpr std::array kUnits = {Unit{"PiB", uint64_t{1} << 50}, Unit{"TiB", uint64_t{1} << 40},
                               Unit{"GiB", uint64_t{1} << 30}, Unit{"MiB", uint64_t{1} << 20},
                               Unit{"KiB", uint64_t{1} << 10}};

std::unexpected<Error> no_size(std::string_view text) {
  return failure(
      ErrorCode::kInvalid,
      fmt::format("'{}' is no size; write sectors (8), or KiB, MiB, GiB, TiB or PiB (4KiB)", text));
}

}  // namespace

Result<SectorCount> parse_size(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return no_size(text);
  const std::string_view name(end, text.data() + text.size());
  if (name.empty()) return SectorCount(number);
  for (const Unit& unit : kUnits) {
    if (name != unit.name) continue;
    if (number > std::numeric_limits<uint64_t>::max() / unit.bytes) return no_size(text);
    return SectorCount(number * (unit.bytes / kSectorBytes));
  }
  return no_size(text);
}

std::string readable_bytes(uint64_t bytes) {
  for (const Unit& unit : kUnits) {
    if (bytes < unit.bytes) continue;
    if (bytes % unit.bytes == 0) return fmt::format("{}{}", bytes / unit.bytes, unit.name);
    return fmt::format("{:.1f}{}", static_cast<double>(bytes) / static_cast<double>(unit.bytes), unit.name);
  }
  return fmt::format("{} bytes", bytes);
}

}  // namespace drydock
