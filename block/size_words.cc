#include "block/size_words.h"

#include <fmt/format.h>

#include <algorithm>
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
      fmt::format("'{}' is no size; write sectors (8), or KiB, MiB, GiB, TiB or PiB (4KiB, 4K)", text));
}

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

// "K" and "KiB", in any case.
bool names(std::string_view text, const Unit& unit) {
  return (text.size() == 1 || text.size() == unit.name.size()) &&
         std::ranges::equal(text, unit.name.substr(0, text.size()), {}, lower, lower);
}

// Programs do not agree on it: 1000 for some, 1024 for others.
bool is_ambiguous(std::string_view text) {
  return text.size() == 2 && lower(text[1]) == 'b' &&
         std::ranges::any_of(kUnits, [&](const Unit& unit) { return names(text.substr(0, 1), unit); });
}

}  // namespace

Result<SectorCount> parse_size(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return no_size(text);
  const std::string_view name(end, text.data() + text.size());
  if (name.empty() || name == "s") return SectorCount(number);
  for (const Unit& unit : kUnits) {
    if (!names(name, unit)) continue;
    if (number > std::numeric_limits<uint64_t>::max() / unit.bytes) return no_size(text);
    return SectorCount(number * (unit.bytes / kSectorBytes));
  }
  if (!is_ambiguous(name)) return no_size(text);
  return failure(ErrorCode::kInvalid,
                 fmt::format("'{}' is no size: {} is 1000 to some and 1024 to others; write {} for 1024",
                             text, name, name.substr(0, 1)));
}

std::string readable_size(SectorCount size) {
  return fmt::format("{} ({} sectors)", readable_bytes(bytes_of(size)), size);
}

std::string readable_geometry(const Geometry& geometry) {
  return fmt::format("a clone of {}, {} regions of {}", readable_size(geometry.size), geometry.regions(),
                     readable_size(geometry.region_size));
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
