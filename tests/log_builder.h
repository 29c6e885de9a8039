// Write logs, written down by hand: one line an event.
#pragma once

#include <vector>

#include "block/write_log.h"

namespace drydock::tests {

// A clone of four regions of eight sectors; every disk to the specification.
class LogBuilder {
 public:
  LogBuilder() {
    log.geometry = {.size = SectorCount(32), .region_size = SectorCount(8)};
    for (const Party party : kDevices) log.device(party).size = log.geometry.size;
    log.device(Party::kSource).initial = Content::Kind::kSource;
    log.device(Party::kMetadata).initial = Content::Kind::kZero;
    log.append({.kind = EventKind::kStart});
    log.append({.kind = EventKind::kOpened});
  }

  LogBuilder& ask(Party party, IoKind io, uint32_t request, SectorRange range = {},
                  std::vector<ContentRun> runs = {}, Fua fua = Fua::kNo) {
    log.append({.range = range, .request = request, .party = party, .io = io, .fua = fua}, runs);
    return *this;
  }
  LogBuilder& answer(Party party, IoKind io, uint32_t request, SectorRange range = {},
                     ErrorCode error = ErrorCode::kNone, std::vector<ContentRun> runs = {},
                     Fua fua = Fua::kNo) {
    log.append({.range = range,
                .request = request,
                .kind = EventKind::kComplete,
                .party = party,
                .io = io,
                .fua = fua,
                .error = error},
               runs);
    return *this;
  }
  LogBuilder& happen(EventKind kind, uint32_t request = 0) {
    log.append({.request = request, .kind = kind});
    return *this;
  }
  // A client's write, acknowledged.
  LogBuilder& write(uint32_t request, SectorRange range, Fua fua = Fua::kNo) {
    ask(Party::kClient, IoKind::kWrite, request, range, {{range, Content::write(request)}}, fua);
    return answer(Party::kClient, IoKind::kWrite, request, range, ErrorCode::kNone, {}, fua);
  }
  LogBuilder& flush(uint32_t request) {
    return ask(Party::kClient, IoKind::kFlush, request).answer(Party::kClient, IoKind::kFlush, request);
  }
  // A client's read that returns `content` everywhere.
  LogBuilder& read(uint32_t request, SectorRange range, Content content) {
    ask(Party::kClient, IoKind::kRead, request, range);
    return answer(Party::kClient, IoKind::kRead, request, range, ErrorCode::kNone, {{range, content}});
  }

  WriteLog log;
};

constexpr SectorRange sectors(uint64_t first, uint64_t count) { return {Sector(first), SectorCount(count)}; }

}  // namespace drydock::tests
