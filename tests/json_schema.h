// A validator for JSON Schema 2020-12, as far as docs/scenario.schema.json uses it. A keyword that it does
// not know is a CHECK: a schema must not seem stricter than what is tested.
#pragma once

#include <nlohmann/json.hpp>

namespace drydock::tests {

// Whether `document` is valid. `root` is the whole schema, for references into it.
bool is_valid(const nlohmann::json& root, const nlohmann::json& schema, const nlohmann::json& document);

inline bool is_valid(const nlohmann::json& schema, const nlohmann::json& document) {
  return is_valid(schema, schema, document);
}

}  // namespace drydock::tests
