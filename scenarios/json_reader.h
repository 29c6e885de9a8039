// JsonReader: takes a JSON object apart and remembers the first thing that is wrong with it, by JSON pointer.
//
// Every getter returns something usable, so that code which reads a document has one path; whether the
// document was good is asked once, at the end.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <expected>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace drydock::scenarios {

// What `text` says. Stricter than JSON: a name stands once in an object, and nothing nests deeper than 16
// levels, so that a hostile file is refused before it takes memory. The error is "POINTER: reason", in one
// line.
std::expected<nlohmann::json, std::string> parse_json(std::string_view text);

struct JsonProblem {
  std::optional<std::string> text;  // "/client/operations/3/sectors: ..."
};

struct Bounds {
  uint64_t low = 0;
  uint64_t high = UINT64_MAX;
};

class JsonReader {
 public:
  // All three outlive the reader.
  JsonReader(const nlohmann::json& value, std::string pointer, JsonProblem& problem);
  // Anything that was not asked for is unknown, and wrong.
  ~JsonReader();
  JsonReader(const JsonReader&) = delete;
  JsonReader& operator=(const JsonReader&) = delete;

  bool has(std::string_view name) const;
  uint64_t number(std::string_view name, uint64_t otherwise, Bounds bounds = {});
  uint64_t required_number(std::string_view name, Bounds bounds = {});
  bool flag(std::string_view name, bool otherwise);
  std::string text(std::string_view name, std::string_view otherwise);
  // The place of the field's word among `words`.
  size_t word(std::string_view name, std::span<const std::string_view> words, size_t otherwise);
  // The same of each in a list.
  std::vector<size_t> words(std::string_view name, std::span<const std::string_view> words);
  // [low, high], and [[low, high], ...].
  using Pair = std::pair<uint64_t, uint64_t>;
  std::optional<Pair> pair(std::string_view name, Bounds bounds = {});
  std::vector<Pair> pairs(std::string_view name, Bounds bounds = {});

  // f(reader) for an object, f(reader, index) for each object of an array; nothing if the field is not there.
  template <class F>
  void object(std::string_view name, F f) {
    if (const nlohmann::json* value = find(name)) {
      JsonReader inner(*value, path(name), problem_);
      f(inner);
    }
  }
  template <class F>
  void each_object(std::string_view name, F f) {
    const nlohmann::json* value = find(name);
    if (value == nullptr) return;
    if (!value->is_array()) return wrong(name, "is no array");
    for (size_t i = 0; i < value->size(); ++i) {
      JsonReader inner((*value)[i], fmt::format("{}/{}", path(name), i), problem_);
      f(inner, i);
    }
  }
  // f(name, value) for every text field of this object.
  template <class F>
  void each_text(F f) {
    for (const auto& [name, value] : items()) {
      asked_.push_back(name);
      value.is_string() ? f(name, value.template get<std::string>()) : wrong(name, "is no text");
    }
  }
  // Of this object, or of one of its fields. The first one counts.
  void wrong(std::string_view reason);
  void wrong(std::string_view name, std::string_view reason);
  bool is_wrong() const { return problem_.text.has_value(); }

 private:
  const nlohmann::json* find(std::string_view name);
  nlohmann::json::object_t items() const;
  std::string path(std::string_view name) const;
  void report(std::string_view pointer, std::string_view reason);
  std::optional<Pair> pair_in(const nlohmann::json& value, const std::string& pointer, Bounds bounds);
  std::optional<size_t> word_in(const nlohmann::json& value, const std::string& pointer,
                                std::span<const std::string_view> words);
  std::optional<uint64_t> number_in(const nlohmann::json& value, const std::string& pointer, Bounds bounds);

  const nlohmann::json& value_;
  std::string pointer_;
  JsonProblem& problem_;
  std::vector<std::string> asked_;
};

}  // namespace drydock::scenarios
