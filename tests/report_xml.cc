#include "tests/report_xml.h"

#include <algorithm>
#include <array>
#include <utility>

namespace drydock::tests {
namespace {

constexpr std::array<std::pair<std::string_view, char>, 5> kEntities = {
    {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}}};

// Reads from the front of `text_`; what is read is gone. Every getter is false or empty once something is
// wrong.
class XmlReader {
 public:
  explicit XmlReader(std::string_view text) : text_(text) {}

  std::optional<XmlElement> document() {
    if (!take("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")) return std::nullopt;
    XmlElement root;
    if (!element(root)) return std::nullopt;
    space();
    return text_.empty() ? std::optional(std::move(root)) : std::nullopt;
  }

 private:
  bool take(std::string_view expected) {
    if (!text_.starts_with(expected)) return false;
    text_.remove_prefix(expected.size());
    return true;
  }

  bool space() {
    const size_t end = std::min(text_.find_first_not_of(" \n\t"), text_.size());
    text_.remove_prefix(end);
    return end > 0;
  }

  std::string word() {
    constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz-";
    const size_t end = std::min(text_.find_first_not_of(kLetters), text_.size());
    const std::string found(text_.substr(0, end));
    text_.remove_prefix(end);
    return found;
  }

  // Up to the next `end`, which stays. False at a character or an entity that XML does not have.
  bool characters(char end, std::string& found) {
    while (!text_.empty() && text_.front() != end) {
      if (text_.front() == '<') return false;
      if (text_.front() != '&') {
        const auto c = static_cast<unsigned char>(text_.front());
        if (c < 0x20 && c != '\n' && c != '\t') return false;
        found += text_.front();
        text_.remove_prefix(1);
        continue;
      }
      const auto entity =
          std::ranges::find_if(kEntities, [&](const auto& known) { return take(known.first); });
      if (entity == kEntities.end()) return false;
      found += entity->second;
    }
    return !text_.empty();
  }

  bool attribute(XmlElement& element) {
    const std::string name = word();
    std::string value;
    if (name.empty() || !take("=\"") || !characters('"', value) || !take("\"")) return false;
    return element.attributes.emplace(name, value).second;
  }

  bool element(XmlElement& element) {
    if (!take("<")) return false;
    element.name = word();
    if (element.name.empty()) return false;
    while (space()) {
      if (text_.starts_with("/") || text_.starts_with(">")) break;
      if (!attribute(element)) return false;
    }
    if (take("/>")) return true;
    return take(">") && content(element) && take("</" + element.name + ">");
  }

  bool content(XmlElement& element) {
    while (characters('<', element.text)) {
      if (text_.starts_with("</")) return true;
      if (!this->element(element.elements.emplace_back())) return false;
    }
    return false;
  }

  std::string_view text_;
};

// No overlong form, no surrogate, nothing past the last character.
bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto first = static_cast<unsigned char>(text.front());
    const size_t size = first < 0x80                    ? 1
                        : first >= 0xc2 && first < 0xe0 ? 2
                        : first >= 0xe0 && first < 0xf0 ? 3
                        : first >= 0xf0 && first < 0xf5 ? 4
                                                        : 0;
    if (size == 0 || text.size() < size) return false;
    uint32_t character = size == 1 ? first : first & (0x7fu >> size);
    for (size_t i = 1; i < size; ++i) {
      const auto next = static_cast<unsigned char>(text[i]);
      if ((next & 0xc0) != 0x80) return false;
      character = character << 6 | (next & 0x3fu);
    }
    const bool overlong = (size == 3 && character < 0x800) || (size == 4 && character < 0x10000);
    if (overlong || (character >= 0xd800 && character < 0xe000) || character > 0x10ffff) return false;
    text.remove_prefix(size);
  }
  return true;
}

}  // namespace

std::optional<XmlElement> parse_xml(std::string_view text) {
  return is_utf8(text) ? XmlReader(text).document() : std::nullopt;
}

}  // namespace drydock::tests
