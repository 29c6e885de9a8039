#include "model/administered.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

namespace drydock::model {
namespace {

std::vector<std::string> words_in(std::string_view text) {
  std::vector<std::string> words(1);
  for (const char letter : text) {
    if (letter != ' ') {
      words.back() += letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_one = error == std::errc() && end == text.data() + text.size();
  return is_one ? std::optional(number) : std::nullopt;
}

// "A/B".
bool take_pair(const std::string& word, uint64_t& a, uint64_t& b) {
  const size_t slash = word.find('/');
  if (slash == std::string::npos) return false;
  const auto left = number_of<uint64_t>(std::string_view(word).substr(0, slash));
  const auto right = number_of<uint64_t>(std::string_view(word).substr(slash + 1));
  a = left.value_or(0);
  b = right.value_or(0);
  return left && right;
}

bool take_number(const std::string& word, uint64_t& value) {
  const auto number = number_of<uint64_t>(word);
  value = number.value_or(0);
  return number.has_value();
}

}  // namespace

MessageMeaning obey(std::string_view message, AdministeredOptions& options) {
  const std::vector<std::string> words = words_in(message);
  if (words.empty()) return MessageMeaning::kBad;
  const bool on = words[0] == "enable_hydration";
  if (on || words[0] == "disable_hydration") {
    if (words.size() > 1) return MessageMeaning::kUnclear;
    options.hydration = on;
    return MessageMeaning::kGood;
  }
  const bool threshold = words[0] == "hydration_threshold";
  if (!threshold && words[0] != "hydration_batch_size") return MessageMeaning::kBad;
  if (words.size() != 2) return MessageMeaning::kBad;
  const auto value = number_of<uint32_t>(words[1]);
  if (!value) return words[1].starts_with('+') ? MessageMeaning::kUnclear : MessageMeaning::kBad;
  (threshold ? options.hydration_threshold : options.hydration_batch_size) = *value;
  return MessageMeaning::kGood;
}

std::optional<StatusWords> parse_status(std::string_view line) {
  constexpr size_t kNumbers = 5;  // block size, used/total, region size, hydrated/regions, hydrating
  std::vector<std::string> words;
  for (size_t at = 0; at < line.size();) {
    const size_t end = std::min(line.find(' ', at), line.size());
    words.emplace_back(line.substr(at, end - at));
    at = end + 1;
  }
  StatusWords status;
  if (words.size() < kNumbers) return std::nullopt;
  const bool good =
      take_number(words[0], status.block_sectors) && take_pair(words[1], status.used, status.total) &&
      take_number(words[2], status.region_sectors) && take_pair(words[3], status.hydrated, status.regions) &&
      take_number(words[4], status.hydrating);
  if (!good) return std::nullopt;
  const size_t size = words.size();
  if (size >= kNumbers + 2 && words[size - 2] == "failing") {
    status.failing = number_of<uint64_t>(words[size - 1]);
    words.resize(size - 2);
  }
  status.rest = fmt::format("{}", fmt::join(words.begin() + kNumbers, words.end(), " "));
  return status;
}

std::string expected_rest(const AdministeredOptions& options, bool passes_down, std::string_view mode) {
  const int features = int{!options.hydration} + int{!passes_down};
  return fmt::format("{}{}{} 4 hydration_threshold {} hydration_batch_size {} {}", features,
                     options.hydration ? "" : " no_hydration", passes_down ? "" : " no_discard_passdown",
                     options.hydration_threshold, options.hydration_batch_size, mode);
}

}  // namespace drydock::model
