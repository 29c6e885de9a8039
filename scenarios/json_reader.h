// JsonReader: takes a JSON object apart and remembers everything that is wrong with it, by JSON pointer.
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
#include <type_traits>
#include <vector>

#include "block/result.h"

namespace drydock::scenarios {

// What is wrong with a document.
class JsonProblems {
 public:
  // The first one that is told of a place counts: what comes after it there follows from it.
  void add(std::string_view pointer, std::string_view reason, std::optional<size_t> offset = std::nullopt);
  bool none() const { return all_.empty(); }
  // Whether something is wrong there or inside of it.
  bool any_in(std::string_view pointer) const;
  // "NAME:LINE:COLUMN: POINTER: reason", a line each, in the order of the places in `text`, from which they
  // come; at most kMostTold of them, and how many more there are. Lines and columns count from 1, columns in
  // bytes. Without a name, "LINE:COLUMN: POINTER: reason".
  std::string told(std::string_view name, std::string_view text) const;

  static constexpr size_t kMostTold = 20;

 private:
  struct Problem {
    std::string pointer;
    std::string reason;
    std::optional<size_t> offset;  // of its place in the text, if it is known already
  };
  std::vector<Problem> all_;
};

// What `text` says. Stricter than JSON: a name stands once in an object, and nothing nests deeper than 16
// levels, so that a hostile file is refused before it takes memory. The only problem that comes back is the
// first, as nothing can be read behind it.
std::expected<nlohmann::json, JsonProblems> parse_json(std::string_view text);

struct Bounds {
  uint64_t low = 0;
  uint64_t high = UINT64_MAX;
};

class JsonReader {
 public:
  // All three outlive the reader.
  JsonReader(const nlohmann::json& value, std::string pointer, JsonProblems& problems);
  // Anything that was not asked for is unknown, and wrong.
  ~JsonReader();
  JsonReader(const JsonReader&) = delete;
  JsonReader& operator=(const JsonReader&) = delete;

  bool has(std::string_view name) const;
  uint64_t number(std::string_view name, uint64_t otherwise, Bounds bounds = {});
  uint64_t required_number(std::string_view name, Bounds bounds = {});
  bool flag(std::string_view name, bool otherwise);
  std::string text(std::string_view name, std::string_view otherwise);
  // For fields that mean nothing here and may be there all the same.
  void ignore(std::string_view name) { asked_.emplace_back(name); }
  // The place of the field's word among `words`.
  size_t word(std::string_view name, std::span<const std::string_view> words, size_t otherwise);
  // The same of one that has to be there and says what kind of object this is: if it is wrong, no other field
  // is called unknown.
  size_t required_word(std::string_view name, std::span<const std::string_view> words);
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
      JsonReader inner(*value, path(name), problems_);
      f(inner);
    }
  }
  template <class F>
  void each_object(std::string_view name, F f) {
    const nlohmann::json* value = find(name);
    if (value == nullptr) return;
    if (!value->is_array()) return wrong(name, "is no array");
    for (size_t i = 0; i < value->size(); ++i) {
      JsonReader inner((*value)[i], fmt::format("{}/{}", path(name), i), problems_);
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
  // Of this object, or of one of its fields.
  void wrong(std::string_view reason);
  void wrong(std::string_view name, std::string_view reason);
  // Anything, here or in what was read before.
  bool is_wrong() const { return !problems_.none(); }
  bool is_wrong_in(std::string_view pointer) const { return problems_.any_in(pointer); }

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
  JsonProblems& problems_;
  std::vector<std::string> asked_;
  bool has_unknown_kind_ = false;
};

// A whole document: what read(JsonReader&) makes of the object that `text` says; kInvalid with all that is
// wrong with it, `name` first, as JsonProblems tells it.
template <class F>
auto read_json(std::string_view text, std::string_view name, F read)
    -> Result<std::invoke_result_t<F, JsonReader&>> {
  auto json = parse_json(text);
  if (!json) return failure(ErrorCode::kInvalid, json.error().told(name, text));
  JsonProblems problems;
  auto made = [&] {
    JsonReader document(*json, "", problems);
    return read(document);
  }();
  if (!problems.none()) return failure(ErrorCode::kInvalid, problems.told(name, text));
  return made;
}

}  // namespace drydock::scenarios
