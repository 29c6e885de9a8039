#include "block/did_you_mean.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace drydock {
namespace {

// Levenshtein's distance, a row at a time.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::optional<std::string_view> did_you_mean(std::string_view word, std::span<const std::string_view> known) {
  constexpr size_t kClose = 3;
  std::optional<std::string_view> best;
  size_t best_distance = kClose + 1;
  for (const std::string_view candidate : known) {
    if (!word.empty() && candidate.starts_with(word)) return candidate;
    const size_t distance = edit_distance(word, candidate);
    if (distance < best_distance && distance < candidate.size()) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string hint(std::string_view word, std::span<const std::string_view> known) {
  const auto meant = did_you_mean(word, known);
  return meant ? fmt::format("; did you mean {}?", *meant) : "";
}

}  // namespace drydock
