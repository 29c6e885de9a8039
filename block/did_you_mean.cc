#include "block/did_you_mean.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace drydock {
namespace {

// How many letters are left out, added, wrong or in the place of their neighbour (optimal string alignment).
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1);  // the row before the last one
  std::vector<size_t> last(b.size() + 1);
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1), last[j] + 1, row[j - 1] + 1});
      const bool are_swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (are_swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

}  // namespace

std::optional<std::string_view> did_you_mean(std::string_view word, std::span<const std::string_view> known) {
  constexpr size_t kShortestBeginning = 2;
  std::optional<std::string_view> best;
  size_t best_distance = std::string_view::npos;
  for (const std::string_view candidate : known) {
    if (word.size() >= kShortestBeginning && candidate.starts_with(word)) return candidate;
    const size_t distance = edit_distance(word, candidate);
    // One letter in three: what differs more was not mistyped, it is another word.
    const size_t close = std::max<size_t>(std::max(word.size(), candidate.size()) / 3, 1);
    if (distance < best_distance && distance <= close && distance < candidate.size()) {
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
