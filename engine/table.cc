#include "engine/table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <optional>
#include <span>
#include <vector>

namespace drydock::engine {
namespace {

constexpr size_t kMostFeatures = 2;
constexpr size_t kMostCoreWords = 4;

std::vector<std::string_view> words_of(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\n";
  std::vector<std::string_view> words;
  for (size_t at = text.find_first_not_of(kBlanks); at != std::string_view::npos;
       at = text.find_first_not_of(kBlanks, at)) {
    const size_t end = std::min(text.find_first_of(kBlanks, at), text.size());
    words.push_back(text.substr(at, end - at));
    at = end;
  }
  return words;
}

template <class Number>
std::optional<Number> number_in(std::string_view word) {
  Number number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return number;
}

// As the kernel reads an unsigned number that is a core argument's value.
std::optional<uint32_t> core_value_in(std::string_view word) {
  if (word.starts_with('+')) word.remove_prefix(1);
  return number_in<uint32_t>(word);
}

std::string in_lower_case(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  return lower;
}

std::string joined(std::span<const std::string_view> words) {
  return fmt::format("{}", fmt::join(words, " "));
}

// Takes words off the front of a line.
class Words {
 public:
  explicit Words(std::span<const std::string_view> words) : words_(words) {}
  bool empty() const { return words_.empty(); }
  std::string_view next() {
    const std::string_view word = words_.front();
    words_ = words_.subspan(1);
    return word;
  }
  std::span<const std::string_view> left() const { return words_; }
  // The next `most` words at most, counted by the word before them.
  Result<std::span<const std::string_view>> counted(std::string_view what, size_t most) {
    const std::string_view word = next();
    const auto count = number_in<size_t>(word);
    if (!count || *count > most) {
      return failure(ErrorCode::kInvalid,
                     fmt::format("table: number of {} '{}' is not 0 to {}", what, word, most));
    }
    if (*count > words_.size()) {
      return failure(ErrorCode::kInvalid,
                     fmt::format("table: {} {} announced, {} there", *count, what, words_.size()));
    }
    const auto taken = words_.first(*count);
    words_ = words_.subspan(*count);
    return taken;
  }

 private:
  std::span<const std::string_view> words_;
};

Status apply_feature(std::string_view word, CloneOptions& options) {
  const std::string feature = in_lower_case(word);
  if (feature == "no_hydration") {
    options.hydration = false;
  } else if (feature == "no_discard_passdown") {
    options.discard_passdown = false;
  } else {
    return failure(ErrorCode::kInvalid, fmt::format("table: unknown feature '{}'", word));
  }
  return {};
}

// `where` names the text that it stands in: table or message.
Status apply_core_argument(std::string_view where, std::string_view word, std::string_view value,
                           CloneOptions& options) {
  const auto number = core_value_in(value);
  const std::string name = in_lower_case(word);
  if (name != "hydration_threshold" && name != "hydration_batch_size") {
    return failure(ErrorCode::kInvalid, fmt::format("{}: unknown core argument '{}'", where, word));
  }
  if (!number)
    return failure(ErrorCode::kInvalid, fmt::format("{}: {} '{}' is no number", where, name, value));
  (name == "hydration_threshold" ? options.hydration_threshold : options.hydration_batch_size) = *number;
  return {};
}

Status apply_options(Words& words, CloneOptions& options) {
  if (words.empty()) return {};
  const auto features = words.counted("features", kMostFeatures);
  if (!features) return std::unexpected(features.error());
  for (const std::string_view feature : *features) {
    Status status = apply_feature(feature, options);
    if (!status) return status;
  }
  if (words.empty()) return {};
  const auto core = words.counted("core arguments", kMostCoreWords);
  if (!core) return std::unexpected(core.error());
  if (core->size() % 2 != 0) return failure(ErrorCode::kInvalid, "table: an odd number of core arguments");
  for (size_t i = 0; i < core->size(); i += 2) {
    Status status = apply_core_argument("table", (*core)[i], (*core)[i + 1], options);
    if (!status) return status;
  }
  return {};
}

}  // namespace

Result<TableLine> parse_table_line(std::string_view text) {
  const std::vector<std::string_view> all = words_of(text);
  if (all.size() < 4) return failure(ErrorCode::kInvalid, "table: fewer than four words");
  Words words(all);
  TableLine line;
  line.metadata_device = words.next();
  line.destination_device = words.next();
  line.source_device = words.next();
  line.as_given = joined(words.left());
  const std::string_view region_size = words.next();
  const auto sectors = number_in<uint64_t>(region_size);
  if (!sectors || !std::has_single_bit(*sectors)) {
    return failure(ErrorCode::kInvalid,
                   fmt::format("table: region size '{}' is no power of two", region_size));
  }
  line.options.region_size = SectorCount(*sectors);
  Status status = apply_options(words, line.options);
  if (!status) return std::unexpected(status.error());
  line.ignored = joined(words.left());
  return line;
}

std::string to_string(const TableLine& line) {
  return fmt::format("{} {} {} {} {} {}", line.metadata_device, line.destination_device, line.source_device,
                     line.options.region_size.value(), features_of(line.options),
                     core_arguments_of(line.options));
}

std::string features_of(const CloneOptions& options) {
  std::vector<std::string_view> features;
  if (!options.hydration) features.push_back("no_hydration");
  if (!options.discard_passdown) features.push_back("no_discard_passdown");
  std::string text = std::to_string(features.size());
  for (const std::string_view feature : features) text += fmt::format(" {}", feature);
  return text;
}

std::string core_arguments_of(const CloneOptions& options) {
  return fmt::format("4 hydration_threshold {} hydration_batch_size {}", options.hydration_threshold,
                     options.hydration_batch_size);
}

Status apply_message(std::string_view text, CloneOptions& options) {
  const std::vector<std::string_view> words = words_of(text);
  const std::string first = words.empty() ? "" : in_lower_case(words[0]);
  if (first == "enable_hydration" || first == "disable_hydration") {
    options.hydration = first == "enable_hydration";
    return {};
  }
  if (words.size() == 2) return apply_core_argument("message", words[0], words[1], options);
  return failure(ErrorCode::kInvalid, fmt::format("message: '{}' is none", text));
}

std::string words_ignored_in_message(std::string_view text) {
  const std::vector<std::string_view> words = words_of(text);
  const std::string first = words.empty() ? "" : in_lower_case(words[0]);
  if (first != "enable_hydration" && first != "disable_hydration") return "";
  return joined(std::span(words).subspan(1));
}

}  // namespace drydock::engine
