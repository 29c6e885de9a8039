// Traces of other programs: any bytes are refused with a reason, or become a trace that drydock reads again.
#include <cstdint>
#include <string_view>

#include "block/check.h"
#include "scenarios/trace_import.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace drydock;
  const auto imported =
      scenarios::import_trace(std::string_view(reinterpret_cast<const char*>(data), size), "input");
  if (!imported) {
    CHECK(imported.error().code == ErrorCode::kInvalid);
    CHECK(imported.error().message.starts_with("input: "));
    return 0;
  }
  const scenarios::Trace& trace = imported->trace;
  const auto again = scenarios::import_trace(scenarios::to_json_lines(trace), "again");
  CHECK(again.has_value());
  CHECK(again->trace.device == trace.device && again->trace.logical_block == trace.logical_block);
  CHECK(again->trace.requests.size() == trace.requests.size());
  for (size_t i = 0; i < trace.requests.size(); ++i) {
    const scenarios::TraceRequest& a = trace.requests[i];
    const scenarios::TraceRequest& b = again->trace.requests[i];
    CHECK(a.at_us == b.at_us && a.kind == b.kind && a.range == b.range && a.fua == b.fua);
  }
  return 0;
}
