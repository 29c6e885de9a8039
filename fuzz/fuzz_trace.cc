// Text of trace files: what is accepted keeps what a trace promises, and written again it says the same.
#include <fmt/format.h>

#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

#include "block/check.h"
#include "scenarios/trace.h"

namespace drydock::fuzz {
namespace {

using scenarios::Trace;
using scenarios::TraceRequest;

void check_promises(const Trace& trace) {
  CHECK(trace.device > SectorCount(0) && trace.logical_block > SectorCount(0));
  uint64_t last_us = 0;
  for (const TraceRequest& request : trace.requests) {
    CHECK(request.at_us >= last_us);
    last_us = request.at_us;
    CHECK(SectorRange({Sector(0), trace.device}).contains(request.range));
    CHECK(request.range.end() >= request.range.first);
    CHECK(request.range.empty() == (request.kind == IoKind::kFlush));
    CHECK(request.fua == Fua::kNo || request.kind == IoKind::kWrite);
  }
}

std::string text_of(const Trace& trace) {
  std::string text;
  fmt::format_to(std::back_inserter(text),
                 R"({{"format":"block-trace","version":1,"device_bytes":{},"logical_block_size":{}}})",
                 bytes_of(trace.device), bytes_of(trace.logical_block));
  for (const TraceRequest& request : trace.requests) {
    fmt::format_to(std::back_inserter(text),
                   "\n"
                   R"({{"t_us":{},"op":"{}","offset":{},"length":{},"fua":{},"fill":"{}"}})",
                   request.at_us, to_string(request.kind), bytes_of(request.range.first - Sector(0)),
                   bytes_of(request.range.count), request.fua == Fua::kYes,
                   request.zeros ? "0000000000000000" : "");
  }
  return text;
}

bool same(const TraceRequest& a, const TraceRequest& b) {
  return a.at_us == b.at_us && a.kind == b.kind && a.range == b.range && a.fua == b.fua && a.zeros == b.zeros;
}

void check_round_trip(const Trace& trace) {
  const Result<Trace> again = scenarios::parse_trace(text_of(trace), "again");
  CHECK(again.has_value());
  CHECK(again->device == trace.device && again->logical_block == trace.logical_block);
  CHECK(again->requests.size() == trace.requests.size());
  for (size_t i = 0; i < trace.requests.size(); ++i) CHECK(same(trace.requests[i], again->requests[i]));
}

}  // namespace
}  // namespace drydock::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto trace =
      drydock::scenarios::parse_trace(std::string_view(reinterpret_cast<const char*>(data), size), "input");
  if (trace) {
    drydock::fuzz::check_promises(*trace);
    drydock::fuzz::check_round_trip(*trace);
  } else {
    CHECK(trace.error().code == drydock::ErrorCode::kInvalid);
  }
  return 0;
}
