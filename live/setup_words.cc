#include "live/setup_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "block/did_you_mean.h"
#include "block/size_words.h"
#include "live/device_names.h"
#include "live/known_sizes.h"

namespace drydock::live {
namespace {

constexpr std::array kWords = {
    SetupWord{"source", "DEV", "what is cloned: a block device or a file; only read, unless it is discarded"},
    SetupWord{"destination", "DEV", "where to: another one, at least as large"},
    SetupWord{"metadata", "DEV", "a small one that remembers which regions are done (drydock meta size)"},
    SetupWord{
        "table", "LINE",
        "all of that in the words of dmsetup: 0 SECTORS clone METADATA DESTINATION SOURCE REGION_SIZE ..."},
    SetupWord{
        "size", "SIZE",
        "of the clone, in sectors or with a unit (1G, 1GiB); default: the metadata's, else the source's"},
    SetupWord{"region-size", "SIZE",
              "what is copied as one, a power of two from 4K to 1G; default: the metadata's, else 4K"},
    SetupWord{"format", "", "begin a clone, on blank metadata; without it, one that has begun goes on"},
    SetupWord{"overwrite", "WHAT",
              "metadata or destination: begin although it holds something; may be repeated"},
    SetupWord{"same-pair", "", "the metadata is of this source and destination, although it does not say so"},
    SetupWord{"allow-other-writers", "",
              "although another program has source or destination open for writing: the copy may be torn"},
    SetupWord{"source-discard", "WHEN",
              "off, or after_commit: give the source's space back while it is being cloned"},
    SetupWord{"no-hydration", "", "copy nothing in the background until the message enable_hydration"},
    SetupWord{
        "discard", "MODE",
        "what a client's discard does. zero (default): zeros, as unwritten space where the destination can; "
        "ignore: nothing; passdown: as dm-clone, it reads what the destination happens to hold there"},
    SetupWord{"no-discard-passdown", "", "do not pass discards down to the destination"},
    SetupWord{"no-sparse", "", "write every sector; else holes and zeros of the source stay unwritten"},
    SetupWord{"destination-is-zero", "",
              "it reads as zeros where the clone will be: do nothing there for zeros of the source"},
    SetupWord{"hydration-threshold", "N",
              "regions that are copied at one time, at most; default: 4 MiB of them"},
    SetupWord{"hydration-batch-size", "N", "regions that are copied as one, at most; default: 1 MiB of them"},
    SetupWord{"buffered", "", "read and write source and destination through the page cache"},
    SetupWord{"kernel-events", "", "tell of dm-clone's events only, and when it does"},
    SetupWord{"rules", "RULES", "rules other than the default: name=value,... (see drydock rules)"},
    SetupWord{"dangerous", "RULE", "allow a rule that can lose data; may be repeated"},
};

constexpr std::array<std::string_view, 9> kSaidByTable = {"source",
                                                          "destination",
                                                          "metadata",
                                                          "size",
                                                          "region-size",
                                                          "no-hydration",
                                                          "no-discard-passdown",
                                                          "hydration-threshold",
                                                          "hydration-batch-size"};

std::unexpected<Error> bad(std::string_view name, std::string_view reason) {
  return failure(ErrorCode::kInvalid, fmt::format("{}: {}", name, reason));
}

Result<bool> yes_or_no(std::string_view name, std::string_view value) {
  if (value.empty() || value == "yes" || value == "true" || value == "1") return true;
  if (value == "no" || value == "false" || value == "0") return false;
  return bad(name, fmt::format("'{}' is neither yes nor no", value));
}

Status take_flag(std::string_view name, std::string_view value, bool& flag, bool meaning = true) {
  const Result<bool> said = yes_or_no(name, value);
  if (!said) return std::unexpected(said.error());
  flag = *said == meaning;
  return {};
}

Status take_size(std::string_view name, std::string_view value, SectorCount& size) {
  const Result<SectorCount> parsed = parse_size(value);
  if (!parsed) return bad(name, parsed.error().message);
  size = *parsed;
  return {};
}

Status take_count(std::string_view name, std::string_view value, std::optional<uint32_t>& count) {
  uint32_t number = 0;
  const std::string_view digits = value.substr(value.starts_with('+') ? 1 : 0);  // as in a table line
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size())
    return bad(name, fmt::format("'{}' is no number", value));
  count = number;
  return {};
}

// What a rule's name and value come to, said of the word that they came with.
Status taken_as_rule(std::string_view name, const Status& taken) {
  if (taken) return {};
  return bad(name, taken.error().message);
}

Status take_overwrite(std::string_view name, std::string_view value, LiveSetup& setup) {
  if (value != "metadata" && value != "destination")
    return bad(name, fmt::format("'{}' is neither metadata nor destination", value));
  (value == "metadata" ? setup.overwrite_metadata : setup.overwrite_destination) = true;
  return {};
}

Status take_discard(std::string_view name, std::string_view value, engine::DiscardMode& mode) {
  constexpr std::array<std::string_view, 3> kModes = {"passdown", "zero", "ignore"};  // as the enumeration
  const auto found = std::ranges::find(kModes, value);
  if (found == kModes.end()) {
    return bad(name, fmt::format("'{}' is none of passdown, zero, ignore{}", value, hint(value, kModes)));
  }
  mode = static_cast<engine::DiscardMode>(found - kModes.begin());
  return {};
}

Status take_path(std::string_view name, std::string_view value, std::string& path) {
  if (value.empty()) return bad(name, "is empty");
  path = value;
  return {};
}

}  // namespace

std::span<const SetupWord> setup_words() { return kWords; }

Status SetupReader::take(std::string_view name, std::string_view value) {
  if (std::ranges::find(kWords, name, &SetupWord::name) == kWords.end()) {
    std::vector<std::string_view> known;
    for (const SetupWord& word : kWords) known.push_back(word.name);
    return failure(ErrorCode::kInvalid, fmt::format("'{}' is unknown{}", name, hint(name, known)));
  }
  const bool may_be_repeated = name == "dangerous" || name == "overwrite";
  if (!may_be_repeated && std::ranges::find(taken_, name) != taken_.end()) return bad(name, "is said twice");
  taken_.emplace_back(name);
  engine::TableLine& table = setup_.table;
  if (name == "source") return take_path(name, value, table.source_device);
  if (name == "destination") return take_path(name, value, table.destination_device);
  if (name == "metadata") return take_path(name, value, table.metadata_device);
  if (name == "table") return take_table(value);
  if (name == "size") return take_size(name, value, setup_.size.emplace());
  if (name == "region-size") setup_.region_size_said = true;
  if (name == "region-size") return take_size(name, value, table.options.region_size);
  if (name == "format") return take_flag(name, value, setup_.format);
  if (name == "allow-other-writers") return take_flag(name, value, setup_.allow_other_writers);
  if (name == "same-pair") return take_flag(name, value, setup_.same_pair);
  if (name == "overwrite") return take_overwrite(name, value, setup_);
  if (name == "no-hydration") return take_flag(name, value, table.options.hydration, false);
  if (name == "no-discard-passdown") return take_flag(name, value, table.options.discard_passdown, false);
  if (name == "discard") return take_discard(name, value, discard_);
  if (name == "no-sparse") return take_flag(name, value, sparse_, false);
  if (name == "destination-is-zero") return take_flag(name, value, destination_is_zero_);
  if (name == "hydration-threshold") return take_count(name, value, threshold_);
  if (name == "hydration-batch-size") return take_count(name, value, batch_size_);
  if (name == "source-discard") return taken_as_rule(name, set_rule(setup_.rules, "source_discard", value));
  if (name == "rules") return taken_as_rule(name, apply_rules(value, setup_.rules));
  if (name == "kernel-events") return take_flag(name, value, kernel_events_);
  if (name == "buffered") {
    bool buffered = false;
    Status taken = take_flag(name, value, buffered);
    if (buffered) setup_.caching = engine::devices::Caching::kBuffered;
    return taken;
  }
  setup_.dangerous.emplace_back(value);
  return {};
}

// "0 131072 clone META DEST SRC 8 1 no_hydration ...", as `dmsetup table` prints it: perhaps with "NAME:" in
// front.
Status SetupReader::take_table(std::string_view value) {
  static constexpr std::string_view kBlanks = " \t\n";
  value.remove_prefix(std::min(value.find_first_not_of(kBlanks), value.size()));
  value = value.substr(0, value.find_last_not_of(kBlanks) + 1);
  if (value.find('\n') != std::string_view::npos)
    return bad("table", "more than one line: only the line of the target clone is meant");
  const auto next_word = [&value] {
    value.remove_prefix(std::min(value.find_first_not_of(kBlanks), value.size()));
    const std::string_view word = value.substr(0, value.find_first_of(kBlanks));
    value.remove_prefix(word.size());
    return word;
  };
  std::string_view start = next_word();
  if (start.ends_with(':')) start = next_word();
  if (start != "0") return bad("table", "must start at sector 0");
  const std::string_view size = next_word();
  uint64_t sectors = 0;
  const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), sectors);
  if (error != std::errc() || end != size.data() + size.size())
    return bad("table", fmt::format("'{}' is no number of sectors", size));
  if (const std::string_view target = next_word(); target != "clone")
    return bad("table", fmt::format("target '{}', clone expected", target));
  Result<engine::TableLine> line = engine::parse_table_line(value);
  if (!line) return std::unexpected(std::move(line.error()));
  for (std::string* device : {&line->metadata_device, &line->destination_device, &line->source_device}) {
    Result<std::string> path = device_path(*device);
    if (!path) return std::unexpected(Error{path.error().code, "table: " + path.error().message});
    *device = std::move(*path);
  }
  setup_.size = SectorCount(sectors);
  setup_.table = std::move(*line);
  return {};
}

Result<LiveSetup> SetupReader::finish() const {
  LiveSetup setup = setup_;
  const engine::TableLine& table = setup.table;
  const bool as_table_says = std::ranges::find(taken_, "table") != taken_.end();
  if (as_table_says) {
    for (const std::string_view name : kSaidByTable) {
      if (std::ranges::find(taken_, name) != taken_.end())
        return bad(name, "the table line says that already");
    }
  }
  for (const auto& [name, path] :
       {std::pair("source", table.source_device), std::pair("destination", table.destination_device),
        std::pair("metadata", table.metadata_device)}) {
    if (path.empty()) return bad(name, "is missing");
  }
  // What a table line does not say is as dm-clone has it.
  setup.region_size_said = setup.region_size_said || as_table_says;
  setup.threshold_said = threshold_ || as_table_says;
  setup.batch_size_said = batch_size_ || as_table_says;
  choose_copies(setup);
  engine::CloneOptions& options = setup.table.options;
  options.kernel_events = kernel_events_;
  options.discard = discard_;
  options.discards_add_up = true;
  if (destination_is_zero_ && !sparse_) return bad("destination-is-zero", "contradicts no-sparse");
  options.sparse = destination_is_zero_ ? engine::Sparse::kSkipped
                   : sparse_            ? engine::Sparse::kZeroes
                                        : engine::Sparse::kOff;
  if (threshold_) options.hydration_threshold = *threshold_;
  if (batch_size_) options.hydration_batch_size = *batch_size_;
  return setup;
}

}  // namespace drydock::live
