// A reader for XML, as far as reports/ writes it: elements, attributes, text and the five entities. Strict:
// what no parser must accept is refused here too (https://www.w3.org/TR/xml/, sections 2.2 to 2.4 and 3.1).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace drydock::tests {

struct XmlElement {
  std::string name;
  std::map<std::string, std::string> attributes;
  std::string text;  // its own, and not that of the elements inside
  std::vector<XmlElement> elements;
};

// The document's element; nothing if it is not well-formed.
std::optional<XmlElement> parse_xml(std::string_view text);

}  // namespace drydock::tests
