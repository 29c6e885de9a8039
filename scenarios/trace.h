// Recorded block traces and images, as material for scenarios.
//
// A trace is JSON lines, gzip'ed or not: a header {"format":"block-trace","version":1,"device_bytes":...} and
// one request per line: {"t_us","id","op","offset","length","fua","done_us","fill"}. See
// tests/data/traces/README.md.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "block/disk.h"
#include "block/result.h"
#include "block/units.h"

namespace drydock::scenarios {

struct TraceRequest {
  uint64_t at_us = 0;
  IoKind kind = IoKind::kRead;
  SectorRange range{};
  Fua fua = Fua::kNo;
  bool zeros = false;  // a write whose payload is all zero
};

struct Trace {
  std::string name;
  SectorCount device;
  SectorCount logical_block{1};
  std::vector<TraceRequest> requests{};
};

// Errors name file and line: kInvalid for what is no trace or reaches past the device, kIo if it cannot be
// read.
Result<Trace> read_trace(const std::string& path);
// The same from memory; `name` is for messages.
Result<Trace> parse_trace(std::string_view text, const std::string& name);

// What an image of a source holds, as far as a simulation can tell: how long it is and where it is zero.
struct SourceImage {
  std::string name;
  SectorCount size;
  std::vector<SectorRange> zeros;
};
// A trailing part of a sector is left out. kInvalid if there is not one sector.
Result<SourceImage> read_source_image(const std::string& path);

}  // namespace drydock::scenarios
