#include "tests/json_schema.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <regex>
#include <string>

#include "block/check.h"

namespace drydock::tests {
namespace {

using nlohmann::json;

constexpr std::array kIgnored = {"$schema", "$defs", "title", "description", "default"};

// Wide enough for every number that a schema or a document here has.
long double number_of(const json& value) {
  if (value.is_number_unsigned()) return static_cast<long double>(value.get<uint64_t>());
  if (value.is_number_integer()) return static_cast<long double>(value.get<int64_t>());
  return value.get<double>();
}

bool is_of_type(const std::string& type, const json& document) {
  if (type == "object") return document.is_object();
  if (type == "array") return document.is_array();
  if (type == "string") return document.is_string();
  if (type == "boolean") return document.is_boolean();
  CHECK(type == "integer");
  return document.is_number() && std::floor(number_of(document)) == number_of(document);
}

bool are_equal(const json& a, const json& b) {
  return a.is_number() && b.is_number() ? number_of(a) == number_of(b) : a == b;
}

bool has_all(const json& names, const json& document) {
  return !document.is_object() || std::ranges::all_of(names, [&](const json& name) {
    return document.contains(name.get<std::string>());
  });
}

// `schema` is the one that has the keywords "properties" and "additionalProperties".
bool properties_are_valid(const json& root, const json& schema, const json& document) {
  if (!document.is_object()) return true;
  const json& known = schema.at("properties");
  return std::ranges::all_of(document.items(), [&](const auto& field) {
    return known.contains(field.key()) && is_valid(root, known.at(field.key()), field.value());
  });
}

bool allows(const json& root, const json& schema, const std::string& keyword, const json& argument,
            const json& document) {
  const auto is_within = [&](const json& inner) { return is_valid(root, inner, document); };
  if (keyword == "$ref") return is_within(root.at(json::json_pointer(argument.get<std::string>().substr(1))));
  if (keyword == "type") return is_of_type(argument, document);
  if (keyword == "const") return are_equal(argument, document);
  if (keyword == "enum") {
    return std::ranges::any_of(argument, [&](const json& word) { return are_equal(word, document); });
  }
  if (keyword == "oneOf") return std::ranges::count_if(argument, is_within) == 1;
  if (keyword == "required") return has_all(argument, document);
  if (keyword == "properties") return properties_are_valid(root, schema, document);
  if (keyword == "additionalProperties") {
    CHECK(argument == false);
    return true;  // properties_are_valid has seen to it
  }
  if (keyword == "minimum") return !document.is_number() || number_of(document) >= number_of(argument);
  if (keyword == "maximum") return !document.is_number() || number_of(document) <= number_of(argument);
  if (keyword == "minItems") return !document.is_array() || document.size() >= argument.get<size_t>();
  if (keyword == "maxItems") return !document.is_array() || document.size() <= argument.get<size_t>();
  if (keyword == "items") {
    return !document.is_array() ||
           std::ranges::all_of(document, [&](const json& item) { return is_valid(root, argument, item); });
  }
  if (keyword == "maxLength")
    return !document.is_string() || document.get<std::string>().size() <= argument.get<size_t>();
  CHECK(keyword == "pattern");
  return !document.is_string() ||
         std::regex_search(document.get<std::string>(), std::regex(argument.get<std::string>()));
}

}  // namespace

bool is_valid(const json& root, const json& schema, const json& document) {
  CHECK(schema.is_object());
  CHECK(schema.contains("properties") == schema.contains("additionalProperties"));
  return std::ranges::all_of(schema.items(), [&](const auto& keyword) {
    const bool ignored = std::ranges::find(kIgnored, keyword.key()) != kIgnored.end();
    return ignored || allows(root, schema, keyword.key(), keyword.value(), document);
  });
}

}  // namespace drydock::tests
