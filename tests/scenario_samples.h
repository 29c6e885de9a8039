// Scenarios that have every field, and scenarios as they are drawn; and the files of the source tree that
// tests read.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scenarios/scenario.h"

namespace drydock::tests {

// REQUIRES: the file is there.
std::string text_of(const std::string& path);
std::string data_path(const std::string& name);  // in tests/data
std::string docs_path(const std::string& name);  // in docs
// The files of scenarios/library, by name.
std::vector<std::string> library_paths();
// One of them, without ".json". REQUIRES: it reads.
scenarios::Scenario library_scenario(const std::string& name);

// tests/data/scenarios/every-field.json, and what it must be read as.
std::string every_field_text();
scenarios::Scenario every_field();

// A word of few letters, for the name of a parameterized test.
std::string identifier(std::string text);

// The n-th of an endless row of drawn scenarios of all shapes, some with expectations and chosen survivors.
scenarios::Scenario drawn_scenario(uint64_t n);

}  // namespace drydock::tests
