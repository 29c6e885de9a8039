// Where in a JSON text something stands, for messages.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace drydock::scenarios {

// As a part of a JSON pointer (RFC 6901), cut to what a message needs.
std::string pointer_part(std::string_view name);
// Of a name or a word from a file, as much as a message needs.
std::string_view shortened(std::string_view text);

// Finds, for each pointer in `places`, the byte at which the member's name or the array's element begins (of
// a name that stands twice, the last one), or else its parent's. Stops quietly where the text is no JSON.
void find_places(std::string_view text, std::map<std::string, size_t, std::less<>>& places);

// "LINE:COLUMN", both from 1; columns in bytes.
std::string line_and_column(std::string_view text, size_t offset);

}  // namespace drydock::scenarios
