#include "cli/meta_dump.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

#include "cli/meta.h"
#include "engine/metadata/layout.h"
#include "scenarios/json_reader.h"

namespace drydock::cli::meta {
namespace {

constexpr std::string_view kName = "metadata-dump";
constexpr uint64_t kVersion = 1;

// ---- whose it is ----

using engine::metadata::DeviceRecord;
using engine::metadata::PairIdentity;
using scenarios::JsonReader;

// "5f1c0e2a-..." without a digit that is none.
bool read_uuid(std::string_view text, PairIdentity& pair) {
  std::string digits;
  for (const char c : text) {
    if (c != '-') digits += c;
  }
  if (digits.size() != 2 * pair.uuid.size()) return false;
  for (size_t i = 0; i < pair.uuid.size(); ++i) {
    unsigned value = 0;
    const char* const first = digits.data() + 2 * i;
    const auto [end, error] = std::from_chars(first, first + 2, value, 16);
    if (error != std::errc() || end != first + 2) return false;
    pair.uuid[i] = static_cast<std::byte>(value);
  }
  return text == uuid_text(pair) && pair.is_known();
}

void read_pair(JsonReader& reader, PairIdentity& pair) {
  const auto read_record = [](JsonReader& inner, DeviceRecord& record) {
    record.size = SectorCount(inner.required_number("size"));
    using namespace engine::metadata;
    const std::string id = inner.text("id", ""), name = inner.text("name", "");
    record.id = FixedText<kLongestId>(id);
    record.name = FixedText<kLongestName>(name);
    if (record.id.view() != id || record.name.view() != name) inner.wrong("is no such text, or too long");
  };
  if (!read_uuid(reader.text("uuid", ""), pair)) reader.wrong("uuid", "is no UUID");
  reader.object("source", [&](JsonReader& inner) { read_record(inner, pair.source); });
  reader.object("destination", [&](JsonReader& inner) { read_record(inner, pair.destination); });
}

Result<PairIdentity> pair_from(std::string_view text) {
  return scenarios::read_json(text, "", [](JsonReader& reader) {
    PairIdentity pair;
    read_pair(reader, pair);
    return pair;
  });
}

// ---- text ----

constexpr std::string_view kPairLine = "pair ";

std::string first_line(Geometry geometry) {
  return fmt::format("drydock {} {} region_size={} target_size={}", kName, kVersion, geometry.region_size,
                     geometry.size);
}

std::string last_line(const Dump& dump) {
  return fmt::format("end {} of {} regions", dump.hydrated.count(), dump.geometry.regions());
}

// Takes a line apart, from the left.
class Words {
 public:
  explicit Words(std::string_view rest) : rest_(rest) {}
  bool text(std::string_view expected) {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(expected.size());
    return true;
  }
  // As it is written: without leading zeros.
  bool number(uint64_t& value) {
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    const auto length = static_cast<size_t>(end - rest_.data());
    if (error != std::errc() || (rest_.front() == '0' && length > 1)) return false;
    rest_.remove_prefix(length);
    return true;
  }
  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

class TextReader {
 public:
  explicit TextReader(std::string_view text) : rest_(text) {}

  Result<Dump> read() {
    Status good =
        next() ? read_first_line() : wrong("expected a first line such as '" + first_line({}) + "'");
    if (good && rest_.starts_with(kPairLine)) {
      next();
      good = read_pair(line_.substr(kPairLine.size()));
    }
    while (good && !is_ended_) {
      good =
          next() ? read_line() : wrong("expected the line '" + last_line(dump_) + "': the dump was cut off");
    }
    if (good && !rest_.empty()) {
      ++line_number_;
      good = wrong("nothing may follow the line that begins with 'end'");
    }
    if (!good) return std::unexpected(std::move(good.error()));
    return std::move(dump_);
  }

 private:
  std::unexpected<Error> wrong(std::string_view what) const {
    return failure(ErrorCode::kInvalid, fmt::format("line {}: {}", line_number_, what));
  }

  // False if there is no further whole line.
  bool next() {
    ++line_number_;
    const size_t end = rest_.find('\n');
    if (end == std::string_view::npos) return false;
    line_ = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return true;
  }

  Status read_first_line() {
    Words words(line_);
    uint64_t version = 0, region_size = 0, target_size = 0;
    if (!words.text(fmt::format("drydock {} ", kName)) || !words.number(version)) {
      return wrong("is no first line of a metadata dump");
    }
    if (version != kVersion) return wrong(fmt::format("version {}, expected {}", version, kVersion));
    if (!words.text(" region_size=") || !words.number(region_size) || !words.text(" target_size=") ||
        !words.number(target_size) || !words.at_end()) {
      return wrong("expected ' region_size=SECTORS target_size=SECTORS' after the version");
    }
    dump_.geometry = {.size = SectorCount(target_size), .region_size = SectorCount(region_size)};
    const Status possible = engine::metadata::check_geometry(dump_.geometry);
    if (!possible) return wrong(possible.error().message);
    return {};
  }

  Status read_pair(std::string_view text) {
    Result<PairIdentity> pair = pair_from(text);
    if (!pair) return wrong(pair.error().message);
    dump_.pair = std::move(*pair);
    return {};
  }

  Status read_line() {
    if (line_.starts_with("end")) {
      is_ended_ = true;
      if (line_ == last_line(dump_)) return {};
      return wrong("expected '" + last_line(dump_) + "' after these lines");
    }
    Words words(line_);
    uint64_t first = 0;
    if (!words.number(first)) return wrong("expected a region, a range such as 0-15, or the line 'end ...'");
    uint64_t last = first;
    if (words.text("-") && !words.number(last)) return wrong("expected a region after '-'");
    if (!words.at_end()) return wrong("expected nothing more on this line");
    return take(first, last);
  }

  Status take(uint64_t first, uint64_t last) {
    const uint64_t regions = dump_.geometry.regions().value();
    if (last < first) return wrong(fmt::format("{} comes before {}", last, first));
    if (last >= regions) return wrong(fmt::format("region {}, the last one is {}", last, regions - 1));
    if (first < after_) return wrong(fmt::format("region {} after {}", first, after_ - 1));
    after_ = last + 1;
    dump_.hydrated.add(RegionRange::between(Region(first), Region(last + 1)));
    return {};
  }

  std::string_view rest_;
  std::string_view line_;
  size_t line_number_ = 0;
  uint64_t after_ = 0;  // the first region that may come next
  bool is_ended_ = false;
  Dump dump_;
};

// ---- JSON ----

void read_ranges(JsonReader& reader, Dump& dump) {
  const uint64_t regions = dump.geometry.regions().value();
  uint64_t after = 0;
  size_t place = 0;
  for (const auto& range : reader.pairs("hydrated", {.high = regions - 1})) {
    const uint64_t first = range.first;
    const uint64_t last = range.second;
    const auto wrong = [&](const char* how, uint64_t than) {
      reader.wrong("hydrated", fmt::format("range {}: {} {} {}", place, first, how, than));
    };
    if (last < first) return wrong("is greater than", last);
    if (first < after) return wrong("comes after", after - 1);
    ++place;
    after = last + 1;
    dump.hydrated.add(RegionRange::between(Region(first), Region(last + 1)));
  }
}

void read_object(JsonReader& reader, Dump& dump) {
  if (reader.text("drydock", "") != kName) reader.wrong("drydock", fmt::format("must be \"{}\"", kName));
  reader.required_number("version", {.low = kVersion, .high = kVersion});
  dump.geometry = {.size = SectorCount(reader.required_number("target_size")),
                   .region_size = SectorCount(reader.required_number("region_size"))};
  const uint64_t regions = reader.required_number("regions");
  const uint64_t count = reader.required_number("hydrated_regions");
  if (reader.is_wrong()) return;
  const Status possible = engine::metadata::check_geometry(dump.geometry);
  if (!possible) return reader.wrong(possible.error().message);
  if (regions != dump.geometry.regions().value()) {
    return reader.wrong("regions", fmt::format("{}, expected {}", regions, dump.geometry.regions()));
  }
  if (reader.has("pair")) reader.object("pair", [&](JsonReader& inner) { read_pair(inner, dump.pair); });
  if (!reader.has("hydrated")) return reader.wrong("hydrated", "is missing");
  read_ranges(reader, dump);
  if (count != dump.hydrated.count().value()) {
    reader.wrong("hydrated_regions", fmt::format("{}, but {} are listed", count, dump.hydrated.count()));
  }
}

Result<Dump> read_json(std::string_view text) {
  return scenarios::read_json(text, "", [](JsonReader& reader) {
    Dump dump;
    read_object(reader, dump);
    return dump;
  });
}

}  // namespace

void write_text(const Dump& dump, const Out& out) {
  out(first_line(dump.geometry) + "\n");
  if (dump.pair.is_known()) out(fmt::format("{}{}\n", kPairLine, pair_json(dump.pair)));
  for_each_run(dump.hydrated, dump.geometry, [&out](RegionRange run) { out(to_text(run) + "\n"); });
  out(last_line(dump) + "\n");
}

void write_json(const Dump& dump, const Out& out) {
  out(
      fmt::format("{{\"drydock\": \"{}\", \"version\": {},\n \"region_size\": {}, \"target_size\": {},\n"
                  " \"regions\": {}, \"hydrated_regions\": {},\n{} \"hydrated\": [",
                  kName, kVersion, dump.geometry.region_size, dump.geometry.size, dump.geometry.regions(),
                  dump.hydrated.count(),
                  dump.pair.is_known() ? fmt::format(" \"pair\": {},\n", pair_json(dump.pair)) : ""));
  bool is_first = true;
  for_each_run(dump.hydrated, dump.geometry, [&](RegionRange run) {
    out(fmt::format("{}\n  [{}, {}]", is_first ? "" : ",", run.first, run.end() - RegionCount(1)));
    is_first = false;
  });
  out("]}\n");
}

Result<Dump> read_dump(std::string_view text) {
  return text.starts_with('{') ? read_json(text) : TextReader(text).read();
}

}  // namespace drydock::cli::meta
