// Scenarios as JSON: what is read can be written, and is read as the same scenario; written again it is the
// same text.
#include <cstdint>
#include <string>
#include <string_view>

#include "block/check.h"
#include "scenarios/scenario_json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace drydock;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Result<scenarios::Scenario> scenario = scenarios::parse_scenario(text, "input");
  if (!scenario) {
    CHECK(scenario.error().code == ErrorCode::kInvalid);
    CHECK(!scenario.error().message.empty());
    return 0;
  }
  const std::string written = scenarios::to_json(*scenario);
  const Result<scenarios::Scenario> again = scenarios::parse_scenario(written, "again");
  const CheckContext context([&] { return written + (again ? "" : again.error().message); });
  CHECK(again.has_value());
  CHECK(*again == *scenario);
  CHECK(scenarios::to_json(*again) == written);
  return 0;
}
