#include "live/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "block/size_words.h"

namespace drydock::live {
namespace {

double bytes_in(const Snapshot& snapshot, double regions) {
  return regions * static_cast<double>(bytes_of(snapshot.region_size));
}

std::string readable_seconds(double seconds) {
  const auto whole = static_cast<uint64_t>(seconds + 0.5);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

// A number, or null.
std::string json_number(std::optional<double> number) {
  return number ? fmt::format("{:.1f}", *number) : "null";
}

}  // namespace

void Progress::add(const Snapshot& snapshot) {
  recent_.push_back(snapshot);
  while (recent_.size() > 2 && recent_[1].time_us + kWindowUs <= snapshot.time_us) recent_.pop_front();
}

std::optional<double> Progress::regions_per_second() const {
  if (recent_.size() < 2 || recent_.front().time_us == recent_.back().time_us) return std::nullopt;
  const auto regions = static_cast<double>((recent_.back().hydrated - recent_.front().hydrated).value());
  return regions * 1e6 / static_cast<double>(recent_.back().time_us - recent_.front().time_us);
}

std::optional<double> Progress::seconds_left() const {
  if (recent_.empty()) return std::nullopt;
  const Snapshot& now = recent_.back();
  if (now.is_complete()) return 0;
  const std::optional<double> rate = regions_per_second();
  if (!rate || *rate <= 0) return std::nullopt;
  return static_cast<double>((now.regions - now.hydrated).value()) / *rate;
}

std::string Progress::line(size_t width) const {
  if (recent_.empty()) return "";
  const Snapshot& now = recent_.back();
  const double part = static_cast<double>(now.hydrated.value()) / static_cast<double>(now.regions.value());
  const size_t full = std::min(width, static_cast<size_t>(part * static_cast<double>(width)));
  std::string text = fmt::format("[{:#<{}}{:.<{}}] {:5.1f} %  {}/{} regions", "", full, "", width - full,
                                 part * 100, now.hydrated, now.regions);
  if (const auto rate = regions_per_second(); rate && !now.is_complete())
    text += fmt::format("  {}/s", readable_bytes(static_cast<uint64_t>(bytes_in(now, *rate))));
  if (const auto left = seconds_left(); left && !now.is_complete())
    text += fmt::format("  {} left", readable_seconds(*left));
  if (now.freed_on_source.value() > 0) {
    text += fmt::format("  {} freed on the source",
                        readable_bytes(now.freed_on_source.value() * bytes_of(now.region_size)));
  }
  if (now.failed_copies.value() > 0) text += fmt::format("  {} copies failed", now.failed_copies);
  if (!now.hydrating && !now.is_complete()) text += "  hydration is off";
  if (now.mode != engine::Mode::kReadWrite) text += fmt::format("  mode {}", to_string(now.mode));
  return text;
}

std::string Progress::json() const {
  if (recent_.empty()) return "{}";
  const Snapshot& now = recent_.back();
  const auto bytes_a_second = [&]() -> std::optional<double> {
    const auto rate = regions_per_second();
    return rate ? std::optional(bytes_in(now, *rate)) : std::nullopt;
  }();
  const nlohmann::json error = now.copy_error.empty() ? nlohmann::json() : nlohmann::json(now.copy_error);
  return fmt::format(
      "{{\"regions\": {}, \"hydrated\": {}, \"region_size\": {}, \"size\": {}, \"bytes_per_second\": {}, "
      "\"seconds_left\": {}, \"source_bytes_freed\": {}, \"failed_source_discards\": {}, \"failed_copies\": "
      "{}, \"copy_error\": {}, "
      "\"hydrating\": {}, \"mode\": \"{}\"}}",
      now.regions, now.hydrated, now.region_size, now.size, json_number(bytes_a_second),
      json_number(seconds_left()), now.freed_on_source.value() * bytes_of(now.region_size),
      now.failed_to_free, now.failed_copies,
      error.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace), now.hydrating,
      to_string(now.mode));
}

}  // namespace drydock::live
