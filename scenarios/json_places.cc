#include "scenarios/json_places.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace drydock::scenarios {
namespace {

// Walks over a text; keeps where it is, as a pointer, and nothing else.
class Walk {
 public:
  Walk(std::string_view text, std::map<std::string, size_t, std::less<>>& places)
      : text_(text), places_(places) {}

  void run() {
    space();
    note(at_);
    value(0);
  }

 private:
  // As deep as parse_json() goes before it refuses.
  static constexpr size_t kDeepest = 18;

  void space() { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()); }
  bool is_at(char c) const { return at_ < text_.size() && text_[at_] == c; }

  void note(size_t offset) {
    const auto found = places_.find(pointer_.empty() ? std::string_view("/") : std::string_view(pointer_));
    if (found != places_.end()) found->second = offset;
  }

  // The string's text between its quotes, as it is written.
  std::string_view string() {
    const size_t begin = ++at_;
    while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
    const size_t end = std::min(at_, text_.size());
    at_ = std::min(at_ + 1, text_.size());
    return text_.substr(begin, end - begin);
  }

  // False where it is no JSON.
  bool value(size_t depth) {
    if (depth > kDeepest || at_ >= text_.size()) return false;
    if (is_at('{')) return members(depth, '}');
    if (is_at('[')) return members(depth, ']');
    if (is_at('"')) {
      string();
      return true;
    }
    const size_t end = std::min(text_.find_first_of(",]} \t\r\n", at_), text_.size());
    const bool is_word = end > at_;
    at_ = end;
    return is_word;
  }

  // Of an object or an array, which ends with `end`.
  bool members(size_t depth, char end) {
    ++at_;
    const size_t outer = pointer_.size();
    for (size_t index = 0;; ++index) {
      space();
      if (is_at(end)) break;
      const size_t begin = at_;
      std::string name = std::to_string(index);
      if (end == '}' && !member_name(name)) return false;
      pointer_ += "/" + name;
      note(begin);
      if (!value(depth + 1)) return false;
      pointer_.resize(outer);
      space();
      if (is_at(',')) {
        ++at_;
      } else if (!is_at(end)) {
        return false;
      }
    }
    ++at_;
    return true;
  }

  bool member_name(std::string& name) {
    if (!is_at('"')) return false;
    const auto decoded = nlohmann::json::parse(fmt::format("\"{}\"", string()), nullptr, false);
    if (!decoded.is_string()) return false;
    name = pointer_part(decoded.get<std::string>());
    space();
    if (!is_at(':')) return false;
    ++at_;
    space();
    return true;
  }

  std::string_view text_;
  std::map<std::string, size_t, std::less<>>& places_;
  size_t at_ = 0;
  std::string pointer_;
};

std::string_view parent_of(std::string_view pointer) {
  const size_t slash = pointer.rfind('/');
  return slash == 0 || slash == std::string_view::npos ? "/" : pointer.substr(0, slash);
}

}  // namespace

std::string_view shortened(std::string_view text) {
  constexpr size_t kShown = 64;
  if (text.size() <= kShown) return text;
  size_t end = kShown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;  // not inside a character
  return text.substr(0, end);
}

std::string pointer_part(std::string_view name) {
  std::string part;
  for (const char c : shortened(name)) part += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return part;
}

void find_places(std::string_view text, std::map<std::string, size_t, std::less<>>& places) {
  constexpr size_t kNowhere = std::string_view::npos;
  std::map<std::string, size_t, std::less<>> all = {{"/", 0}};
  for (const auto& [pointer, offset] : places) {
    // A field that is missing stands where its object does.
    for (std::string_view at = pointer; at != "/"; at = parent_of(at)) all.emplace(at, kNowhere);
  }
  Walk(text, all).run();
  for (auto& [pointer, offset] : places) {
    std::string_view at = pointer;
    while (all.find(at)->second == kNowhere) at = parent_of(at);
    offset = all.find(at)->second;
  }
}

std::string line_and_column(std::string_view text, size_t offset) {
  const std::string_view before = text.substr(0, offset);
  return fmt::format("{}:{}", 1 + std::ranges::count(before, '\n'),
                     before.size() - (before.rfind('\n') + 1) + 1);
}

}  // namespace drydock::scenarios
