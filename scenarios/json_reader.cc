#include "scenarios/json_reader.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "block/did_you_mean.h"
#include "scenarios/json_places.h"

namespace drydock::scenarios {

using nlohmann::json;

namespace {

// A message is one line, whatever stood in the file.
std::string in_one_line(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  return text;
}

// Walks over a text without keeping any of it but where it is.
class JsonGuard : public nlohmann::json_sax<json> {
 public:
  explicit JsonGuard(std::string_view text) : text_(text) {}
  const JsonProblems& problems() const { return problems_; }

  bool null() override { return value(); }
  bool boolean(bool) override { return value(); }
  bool number_integer(number_integer_t) override { return value(); }
  bool number_unsigned(number_unsigned_t) override { return value(); }
  bool number_float(number_float_t, const string_t&) override { return value(); }
  bool string(string_t&) override { return value(); }
  bool binary(binary_t&) override { return value(); }
  bool start_object(size_t) override { return value() && descend(true); }
  bool start_array(size_t) override { return value() && descend(false); }
  bool end_object() override { return ascend(); }
  bool end_array() override { return ascend(); }

  bool key(string_t& name) override {
    Level& level = levels_.back();
    level.place = pointer_part(name);
    return level.names.insert(name).second || wrong("is given twice");
  }

  bool parse_error(size_t position, const std::string&, const json::exception&) override {
    problems_.add("/", "is not JSON", std::min(position == 0 ? 0 : position - 1, text_.size()));
    return false;
  }

 private:
  static constexpr size_t kDeepest = 16;
  struct Level {
    bool is_object = false;
    std::set<std::string, std::less<>> names{};
    std::string place{};
    size_t index = 0;
  };

  bool value() {
    if (levels_.empty() || levels_.back().is_object) return true;
    levels_.back().place = std::to_string(levels_.back().index++);
    return true;
  }
  bool descend(bool is_object) {
    levels_.push_back({.is_object = is_object});
    return levels_.size() <= kDeepest || wrong("is nested too deeply");
  }
  bool ascend() {
    levels_.pop_back();
    return true;
  }
  bool wrong(std::string_view reason) {
    std::string pointer;
    for (const Level& level : levels_) {
      if (!level.place.empty()) pointer += "/" + level.place;
    }
    problems_.add(pointer, reason);
    return false;
  }

  std::string_view text_;
  std::vector<Level> levels_;
  JsonProblems problems_;
};

// Also where it is written as 8.0 or 8e0, which JSON does not tell from 8.
std::optional<uint64_t> whole_number(const json& value) {
  if (value.is_number_unsigned()) return value.get<uint64_t>();
  if (value.is_number_integer() && value.get<int64_t>() == 0) return 0;  // -0
  if (!value.is_number_float()) return std::nullopt;
  constexpr double kTooLarge = 0x1p64;
  const auto number = value.get<double>();
  const bool is_whole = number >= 0 && number < kTooLarge && std::floor(number) == number;
  return is_whole ? std::optional(static_cast<uint64_t>(number)) : std::nullopt;
}

}  // namespace

void JsonProblems::add(std::string_view pointer, std::string_view reason, std::optional<size_t> offset) {
  if (std::ranges::find(all_, pointer, &Problem::pointer) != all_.end()) return;
  // No document that people write has so many, and a hostile one shall not cost time.
  constexpr size_t kMostKept = 1000;
  if (all_.size() < kMostKept)
    all_.push_back({std::string(pointer), in_one_line(std::string(reason)), offset});
}

bool JsonProblems::any_in(std::string_view pointer) const {
  return std::ranges::any_of(all_, [&](const Problem& problem) {
    return problem.pointer == pointer || problem.pointer.starts_with(std::string(pointer) + "/");
  });
}

std::string JsonProblems::told(std::string_view name, std::string_view text) const {
  std::map<std::string, size_t, std::less<>> places;
  for (const Problem& problem : all_) places.emplace(problem.pointer, 0);
  find_places(text, places);
  std::vector<std::pair<size_t, std::string>> lines;
  for (const Problem& problem : all_) {
    const size_t offset = problem.offset.value_or(places[problem.pointer]);
    const std::string place = line_and_column(text, offset);
    lines.emplace_back(offset,
                       fmt::format("{}: {}: {}", name.empty() ? place : fmt::format("{}:{}", name, place),
                                   in_one_line(problem.pointer), problem.reason));
  }
  std::ranges::stable_sort(lines, {}, &std::pair<size_t, std::string>::first);
  std::string told;
  for (size_t i = 0; i < std::min(lines.size(), kMostTold); ++i)
    told += (i > 0 ? "\n" : "") + lines[i].second;
  if (lines.size() > kMostTold)
    told += fmt::format("\n{}{}and {} more", name, name.empty() ? "" : ": ", lines.size() - kMostTold);
  return told;
}

std::expected<json, JsonProblems> parse_json(std::string_view text) {
  JsonGuard guard(text);
  if (!json::sax_parse(text, &guard)) return std::unexpected(guard.problems());
  return json::parse(text, nullptr, false);
}

JsonReader::JsonReader(const json& value, std::string pointer, JsonProblems& problems)
    : value_(value), pointer_(std::move(pointer)), problems_(problems) {
  if (!value_.is_object()) wrong("is no object");
}

JsonReader::~JsonReader() {
  if (!value_.is_object() || has_unknown_kind_) return;
  const std::vector<std::string_view> known(asked_.begin(), asked_.end());
  for (const auto& [name, value] : value_.items()) {
    if (std::ranges::find(asked_, name) != asked_.end()) continue;
    const std::string meant = hint(shortened(name), known);
    wrong(name,
          "unknown field" + (meant.empty() ? fmt::format("; there are {}", fmt::join(known, ", ")) : meant));
  }
}

void JsonReader::wrong(std::string_view reason) { report(pointer_.empty() ? "/" : pointer_, reason); }

void JsonReader::wrong(std::string_view name, std::string_view reason) { report(path(name), reason); }

void JsonReader::report(std::string_view pointer, std::string_view reason) { problems_.add(pointer, reason); }

std::string JsonReader::path(std::string_view name) const {
  return fmt::format("{}/{}", pointer_, pointer_part(name));
}

const json* JsonReader::find(std::string_view name) {
  asked_.emplace_back(name);
  if (!value_.is_object()) return nullptr;
  const auto found = value_.find(asked_.back());
  return found == value_.end() ? nullptr : &*found;
}

bool JsonReader::has(std::string_view name) const {
  return value_.is_object() && value_.contains(std::string(name));
}

json::object_t JsonReader::items() const {
  return value_.is_object() ? value_.get_ref<const json::object_t&>() : json::object_t();
}

std::optional<uint64_t> JsonReader::number_in(const json& value, const std::string& pointer, Bounds bounds) {
  const std::optional<uint64_t> number = whole_number(value);
  if (!number) {
    report(pointer, "is no whole number from 0 on");
  } else if (*number < bounds.low) {
    report(pointer, fmt::format("{} is less than {}", *number, bounds.low));
  } else if (*number > bounds.high) {
    report(pointer, fmt::format("{} is more than {}", *number, bounds.high));
  } else {
    return number;
  }
  return std::nullopt;
}

uint64_t JsonReader::number(std::string_view name, uint64_t otherwise, Bounds bounds) {
  const json* value = find(name);
  return value == nullptr ? otherwise : number_in(*value, path(name), bounds).value_or(otherwise);
}

uint64_t JsonReader::required_number(std::string_view name, Bounds bounds) {
  const json* value = find(name);
  // Whether an object of an unknown kind has to have it is not known.
  if (value == nullptr && !has_unknown_kind_) wrong(name, "is missing");
  return value == nullptr ? bounds.low : number_in(*value, path(name), bounds).value_or(bounds.low);
}

bool JsonReader::flag(std::string_view name, bool otherwise) {
  const json* value = find(name);
  if (value == nullptr) return otherwise;
  if (!value->is_boolean()) wrong(name, "is neither true nor false");
  return value->is_boolean() ? value->get<bool>() : otherwise;
}

std::string JsonReader::text(std::string_view name, std::string_view otherwise) {
  const json* value = find(name);
  if (value != nullptr && !value->is_string()) wrong(name, "is no text");
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string(otherwise);
}

std::optional<size_t> JsonReader::word_in(const json& value, const std::string& pointer,
                                          std::span<const std::string_view> words) {
  if (!value.is_string()) {
    report(pointer, "is no text");
    return std::nullopt;
  }
  const std::string_view given = shortened(value.get_ref<const std::string&>());
  const auto found = std::ranges::find(words, given);
  if (found != words.end()) return static_cast<size_t>(found - words.begin());
  report(pointer, fmt::format("'{}' is none of {}{}", given, fmt::join(words, ", "), hint(given, words)));
  return std::nullopt;
}

size_t JsonReader::word(std::string_view name, std::span<const std::string_view> words, size_t otherwise) {
  const json* value = find(name);
  return value == nullptr ? otherwise : word_in(*value, path(name), words).value_or(otherwise);
}

size_t JsonReader::required_word(std::string_view name, std::span<const std::string_view> words) {
  const json* value = find(name);
  std::optional<size_t> place;
  if (value != nullptr) {
    place = word_in(*value, path(name), words);
  } else {
    wrong(name, fmt::format("is missing; it is one of {}", fmt::join(words, ", ")));
  }
  has_unknown_kind_ = has_unknown_kind_ || !place;
  return place.value_or(0);
}

std::vector<size_t> JsonReader::words(std::string_view name, std::span<const std::string_view> words) {
  std::vector<size_t> found;
  const json* value = find(name);
  if (value == nullptr) return found;
  if (!value->is_array()) wrong(name, "is no array");
  for (size_t i = 0; value->is_array() && i < value->size(); ++i) {
    const auto place = word_in((*value)[i], fmt::format("{}/{}", path(name), i), words);
    if (place) found.push_back(*place);
  }
  return found;
}

std::optional<JsonReader::Pair> JsonReader::pair_in(const json& value, const std::string& pointer,
                                                    Bounds bounds) {
  if (!value.is_array() || value.size() != 2) {
    report(pointer, "is no pair of numbers");
    return std::nullopt;
  }
  const auto first = number_in(value[0], pointer + "/0", bounds);
  const auto second = number_in(value[1], pointer + "/1", bounds);
  if (!first || !second) return std::nullopt;
  if (*second < *first) {
    report(pointer, fmt::format("{} comes after {}", *first, *second));
    return std::nullopt;
  }
  return Pair(*first, *second);
}

std::optional<JsonReader::Pair> JsonReader::pair(std::string_view name, Bounds bounds) {
  const json* value = find(name);
  return value == nullptr ? std::nullopt : pair_in(*value, path(name), bounds);
}

std::vector<JsonReader::Pair> JsonReader::pairs(std::string_view name, Bounds bounds) {
  std::vector<Pair> found;
  const json* value = find(name);
  if (value == nullptr) return found;
  if (!value->is_array()) wrong(name, "is no array");
  for (size_t i = 0; value->is_array() && i < value->size(); ++i) {
    const auto pair = pair_in((*value)[i], fmt::format("{}/{}", path(name), i), bounds);
    if (pair) found.push_back(*pair);
  }
  return found;
}

}  // namespace drydock::scenarios
