// Table lines and messages: whatever is understood can be written and is understood the same.
//
// Each line of the input is taken as a table line and as a message to a clone with the options so far.
#include <cstdint>
#include <string_view>

#include "block/check.h"
#include "engine/table.h"

namespace drydock::fuzz {
namespace {

using engine::CloneOptions;
using engine::TableLine;

void check_round_trip(const TableLine& line) {
  const std::string text = to_string(line);
  const Result<TableLine> again = engine::parse_table_line(text);
  CHECK(again.has_value());
  CHECK(again->metadata_device == line.metadata_device);
  CHECK(again->destination_device == line.destination_device);
  CHECK(again->source_device == line.source_device);
  CHECK(again->options == line.options);
  CHECK(to_string(*again) == text);
}

void take_table_line(std::string_view text) {
  const Result<TableLine> line = engine::parse_table_line(text);
  if (line) {
    check_round_trip(*line);
  } else {
    CHECK(line.error().code == ErrorCode::kInvalid);
  }
}

void take_message(std::string_view text, CloneOptions& options) {
  const CloneOptions before = options;
  const Status applied = engine::apply_message(text, options);
  if (!applied) {
    CHECK(applied.error().code == ErrorCode::kInvalid);
    CHECK(options == before);
    return;
  }
  check_round_trip(
      {.metadata_device = "m", .destination_device = "d", .source_device = "s", .options = options});
}

}  // namespace
}  // namespace drydock::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  drydock::engine::CloneOptions options;
  drydock::fuzz::take_table_line(rest);
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(line.size() < rest.size() ? line.size() + 1 : line.size());
    drydock::fuzz::take_table_line(line);
    drydock::fuzz::take_message(line, options);
  }
  return 0;
}
