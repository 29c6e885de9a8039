// What Linux's block layer traces: blktrace's binary records (include/uapi/linux/blktrace_api.h) and the
// default output of blkparse.
//
// Taken is what was asked of a device: each queued request (action Q) and, where nothing that was queued
// stands behind it, each issued one (D). A flush ahead of a write (rwbs "FW") becomes a flush and a write,
// FUA (rwbs "WF") is kept.
#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstring>

#include "scenarios/trace_builder.h"

namespace drydock::scenarios {
namespace {

struct BlockEvent {
  enum class Action { kQueue, kIssue, kComplete, kOther };
  std::string_view device;
  uint64_t time_ns = 0;
  Action action = Action::kOther;
  std::optional<IoKind> kind{};  // none: neither reads, writes nor discards, as zone commands and passthrough
  bool flush_before = false;
  bool fua = false;
  uint64_t first_sector = 0;
  uint64_t bytes = 0;
};

// Which sectors have ever been queued, by kind of request.
class Queued {
 public:
  void add(IoKind kind, uint64_t first, uint64_t end) {
    auto& ranges = ranges_[static_cast<size_t>(kind)];
    auto next = ranges.upper_bound(first);
    if (next != ranges.begin() && std::prev(next)->second >= first) --next;
    while (next != ranges.end() && next->first <= end) {
      first = std::min(first, next->first);
      end = std::max(end, next->second);
      next = ranges.erase(next);
    }
    ranges.emplace(first, end);
  }
  bool has(IoKind kind, uint64_t first, uint64_t end) const {
    const auto& ranges = ranges_[static_cast<size_t>(kind)];
    const auto next = ranges.upper_bound(first);
    return next != ranges.begin() && std::prev(next)->second >= end;
  }
  bool flushes = false;  // or FUA, which the block layer may turn into flushes

 private:
  std::array<std::map<uint64_t, uint64_t>, 5> ranges_;
};

class BlockEvents {
 public:
  explicit BlockEvents(TraceBuilder& builder) : builder_(builder) {}

  std::optional<std::string_view> take(const BlockEvent& event) {
    constexpr uint64_t kMostSectors = uint64_t{1} << 50;
    using enum BlockEvent::Action;
    if (event.action == kComplete) return builder_.leave_out("completions"), std::nullopt;
    if (event.action == kOther)
      return builder_.leave_out("events that are no requests (merges, plugs, messages)"), std::nullopt;
    const bool is_flush = event.bytes == 0 && (event.flush_before || event.kind == IoKind::kFlush);
    if (!event.kind && !is_flush)
      return builder_.leave_out("requests that neither read, write, discard nor flush"), std::nullopt;
    if (event.first_sector > kMostSectors && !is_flush) return "a sector that is out of the question";
    Queued& queued = queued_[std::string(event.device)];
    const uint64_t end = event.first_sector + (event.bytes + kSectorBytes - 1) / kSectorBytes;
    if (event.action == kQueue) {
      queued.flushes = queued.flushes || is_flush || event.flush_before || event.fua;
      if (!is_flush && event.bytes > 0) queued.add(*event.kind, event.first_sector, end);
    } else if (is_flush ? queued.flushes : queued.has(*event.kind, event.first_sector, end)) {
      return builder_.leave_out("issues of what was queued before"), std::nullopt;
    }
    return add(event, is_flush);
  }

 private:
  std::optional<std::string_view> add(const BlockEvent& event, bool is_flush) {
    ForeignRequest request{.device = event.device, .at_us = event.time_ns / 1000, .kind = IoKind::kFlush};
    if (is_flush || event.flush_before) {
      const auto wrong = builder_.add(request);
      if (wrong || is_flush) return wrong;
    }
    request.kind = *event.kind;
    request.offset_bytes = event.first_sector * kSectorBytes;
    request.length_bytes = event.bytes;
    request.fua = event.fua ? Fua::kYes : Fua::kNo;
    return builder_.add(request);
  }

  TraceBuilder& builder_;
  std::map<std::string, Queued, std::less<>> queued_;
};

// ---- blkparse ----

// F? (R|W|D|DE|WZ|F|N) F? A? S? M?, as the kernel fills it in.
void read_rwbs(std::string_view rwbs, BlockEvent& event) {
  event.flush_before = rwbs.starts_with('F');
  if (event.flush_before) rwbs.remove_prefix(1);
  const char operation = rwbs.empty() ? '\0' : rwbs.front();
  if (operation == 'R') event.kind = IoKind::kRead;
  if (operation == 'W') event.kind = rwbs.starts_with("WZ") ? IoKind::kWriteZeroes : IoKind::kWrite;
  if (operation == 'D') event.kind = IoKind::kDiscard;
  event.fua = event.kind == IoKind::kWrite && rwbs.find('F') != std::string_view::npos;
}

bool is_device(std::string_view word) {
  const size_t comma = word.find(',');
  return comma != std::string_view::npos && number_of<uint32_t>(word.substr(0, comma)) &&
         number_of<uint32_t>(word.substr(comma + 1));
}

// "0.000010000": seconds and nine digits.
std::optional<uint64_t> nanoseconds_of(std::string_view word) {
  const size_t point = word.find('.');
  if (point == std::string_view::npos || word.size() - point != 10) return std::nullopt;
  const auto seconds = number_of<uint32_t>(word.substr(0, point));
  const auto rest = number_of<uint32_t>(word.substr(point + 1));
  if (!seconds || !rest) return std::nullopt;
  return uint64_t{*seconds} * 1'000'000'000 + *rest;
}

bool is_event(const std::vector<std::string_view>& words) {
  return words.size() >= 6 && is_device(words[0]) && nanoseconds_of(words[3]).has_value();
}

// "CPU0 (259,0):", "Total (259,0):" and what follows, and "Input file ..." ahead of the events.
bool is_summary(std::string_view line) {
  return line.starts_with("CPU") || line.starts_with("Total") || line.starts_with("Input file");
}

// device cpu sequence time pid action rwbs sector + sectors [program]
std::optional<std::string_view> take_blkparse(const std::vector<std::string_view>& words,
                                              BlockEvents& events) {
  BlockEvent event{.device = words[0], .time_ns = *nanoseconds_of(words[3])};
  using enum BlockEvent::Action;
  const std::string_view action = words[5];
  if (action == "Q") event.action = kQueue;
  if (action == "D") event.action = kIssue;
  if (action == "C") event.action = kComplete;
  if (event.action == kOther || event.action == kComplete) return events.take(event);
  if (words.size() < 7) return "ends before its kind of request";
  read_rwbs(words[6], event);
  // Passthrough commands stand with bytes instead of sectors.
  const bool has_sectors = words.size() >= 10 && words[8] == "+";
  if (!has_sectors && event.kind) return "has no sector + sectors";
  if (has_sectors) {
    const auto first = number_of<uint64_t>(words[7]);
    const auto count = number_of<uint32_t>(words[9]);
    if (!first || !count) return "has a sector or a number of sectors that is no number";
    event.first_sector = *first;
    event.bytes = uint64_t{*count} * kSectorBytes;
  }
  return events.take(event);
}

// ---- blktrace ----

constexpr uint32_t kMagic = 0x65617407;  // with the version in its last byte
constexpr size_t kRecordBytes = 48;

struct Record {
  uint32_t magic, sequence;
  uint64_t time, sector;
  uint32_t bytes, action, pid, device, cpu;
  uint16_t error, pdu_bytes;
};
static_assert(sizeof(Record) == kRecordBytes);

Record record_at(std::string_view content, bool swapped) {
  Record record;
  std::memcpy(&record, content.data(), sizeof record);
  if (!swapped) return record;
  record.magic = std::byteswap(record.magic);
  record.time = std::byteswap(record.time);
  record.sector = std::byteswap(record.sector);
  record.bytes = std::byteswap(record.bytes);
  record.action = std::byteswap(record.action);
  record.device = std::byteswap(record.device);
  record.pdu_bytes = std::byteswap(record.pdu_bytes);
  return record;
}

BlockEvent event_of(const Record& record, std::string_view device) {
  constexpr uint32_t kWrite = 1 << 1, kFlush = 1 << 2, kRead = 1 << 0, kPassthrough = 1 << 9;
  constexpr uint32_t kNotify = 1 << 10, kDiscard = 1 << 13, kFua = 1 << 15;
  const uint32_t category = record.action >> 16;
  BlockEvent event{.device = device,
                   .time_ns = record.time,
                   .flush_before = (category & kFlush) != 0,
                   .first_sector = record.sector,
                   .bytes = record.bytes};
  using enum BlockEvent::Action;
  const uint32_t action = (category & kNotify) != 0 ? 0 : record.action & 0xff;
  event.action = action == 1 ? kQueue : action == 7 ? kIssue : action == 8 ? kComplete : kOther;
  if ((category & kPassthrough) != 0) return event;
  if ((category & kDiscard) != 0) {
    event.kind = IoKind::kDiscard;
  } else if ((category & (kWrite | kRead)) != 0) {
    event.kind = (category & kWrite) != 0 ? IoKind::kWrite : IoKind::kRead;
  }
  event.fua = event.kind == IoKind::kWrite && (category & kFua) != 0;
  return event;
}

std::optional<bool> is_swapped(std::string_view content) {
  if (content.size() < sizeof kMagic) return std::nullopt;
  uint32_t magic = 0;
  std::memcpy(&magic, content.data(), sizeof magic);
  if (magic == kMagic) return false;
  if (magic == std::byteswap(kMagic)) return true;
  return std::nullopt;
}

}  // namespace

bool is_blkparse(std::string_view content) {
  while (!content.empty()) {
    const std::string_view line = take_line(content);
    if (!line.empty() && !line.starts_with("Input file")) return is_event(words_of(line));
  }
  return false;
}

Result<ImportedTrace> import_blkparse(std::string_view content, TraceBuilder& builder) {
  BlockEvents events(builder);
  bool in_summary = false;
  for (uint64_t line = 1; !content.empty(); ++line) {
    const std::string_view text = take_line(content);
    const std::vector<std::string_view> words = words_of(text);
    in_summary = (in_summary || is_summary(text)) && !is_event(words);
    if (in_summary || words.empty()) continue;
    if (!is_event(words)) return builder.wrong("line", line, "is no event as blkparse prints it by default");
    if (const auto wrong = take_blkparse(words, events)) return builder.wrong("line", line, *wrong);
  }
  return builder.finish("blkparse");
}

bool is_blktrace(std::string_view content) { return is_swapped(content).has_value(); }

Result<ImportedTrace> import_blktrace(std::string_view content, TraceBuilder& builder) {
  const bool swapped = *is_swapped(content);
  BlockEvents events(builder);
  std::map<uint32_t, std::string> devices;
  for (uint64_t at = 0; at < content.size();) {
    const std::string_view rest = content.substr(at);
    if (rest.size() < kRecordBytes)
      return builder.wrong("byte", at, "the file ends in the middle of a record");
    const Record record = record_at(rest, swapped);
    if (record.magic != kMagic) return builder.wrong("byte", at, "is no record of blktrace, version 7");
    if (rest.size() - kRecordBytes < record.pdu_bytes)
      return builder.wrong("byte", at, "the file ends in the middle of a record");
    std::string& device = devices[record.device];
    if (device.empty()) device = fmt::format("{},{}", record.device >> 20, record.device & 0xfffff);
    if (const auto wrong = events.take(event_of(record, device))) return builder.wrong("byte", at, *wrong);
    at += kRecordBytes + record.pdu_bytes;
  }
  return builder.finish(swapped ? "blktrace, of the other byte order" : "blktrace");
}

}  // namespace drydock::scenarios
