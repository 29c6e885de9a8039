// The log of dm-log-writes (Linux, Documentation/admin-guide/device-mapper/log-writes.rst;
// drivers/md/dm-log-writes.c).
//
// All numbers are little-endian. The first block is the superblock; then, for each entry, a block that
// describes it and, of writes, what they wrote. A mark's text stands in its entry's block. Nothing has a
// time, so requests are given one every 10 microseconds. A write stands in the log when a flush has followed
// it or it was FUA, discards stand in the order of their completion.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "block/buffer.h"
#include "scenarios/trace_builder.h"

namespace drydock::scenarios {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr uint64_t kMagic = 0x6a736677736872;
constexpr uint64_t kFlush = 1 << 0, kFua = 1 << 1, kDiscard = 1 << 2, kMark = 1 << 3;
constexpr uint64_t kStepUs = 10;
constexpr std::string_view kTooShort = "the file ends before the last of the entries that it counts";

uint64_t number_at(std::string_view content, size_t at) {
  uint64_t number = 0;
  std::memcpy(&number, content.data() + at, sizeof number);
  return number;
}

struct Entry {
  uint64_t block, blocks, flags, text_bytes;
};

class LogWrites {
 public:
  LogWrites(std::string_view content, TraceBuilder& builder) : content_(content), builder_(builder) {}

  Result<ImportedTrace> import() {
    if (content_.size() < 28) return wrong(0, "the file ends in the superblock");
    const uint64_t version = number_at(content_, 8);
    const uint64_t entries = number_at(content_, 16);
    uint32_t block_bytes = 0;
    std::memcpy(&block_bytes, content_.data() + 24, sizeof block_bytes);
    block_bytes_ = block_bytes;
    if (version != 1) return wrong(8, fmt::format("version {}, known is 1", version));
    if (!std::has_single_bit(block_bytes_) || block_bytes_ < kSectorBytes || block_bytes_ > 65536)
      return wrong(24, fmt::format("blocks of {} bytes", block_bytes_));
    at_ = block_bytes_;
    for (uint64_t i = 0; i < entries; ++i) {
      const Status taken = take_entry(i);
      if (!taken) return std::unexpected(taken.error());
    }
    builder_.remark("nothing in this format has a time: requests are put 10 microseconds apart");
    builder_.remark("this format has no reads, and a write only where a flush has followed it or it was FUA");
    return builder_.finish("dm-log-writes");
  }

 private:
  std::unexpected<Error> wrong(uint64_t at, std::string_view what) const {
    return builder_.wrong("byte", at, what);
  }

  Status take_entry(uint64_t number) {
    if (at_ > content_.size() || content_.size() - at_ < block_bytes_) return wrong(at_, kTooShort);
    const Entry entry = {number_at(content_, at_), number_at(content_, at_ + 8),
                         number_at(content_, at_ + 16), number_at(content_, at_ + 24)};
    const uint64_t begin = at_;
    at_ += block_bytes_;
    if ((entry.flags & kMark) != 0) {
      builder_.leave_out("marks");
      return {};
    }
    constexpr uint64_t kMostBlocks = uint64_t{1} << 40;
    if (entry.block > kMostBlocks || entry.blocks > kMostBlocks)
      return wrong(begin, "an entry's place or length is out of the question");
    std::string_view data;
    if ((entry.flags & kDiscard) == 0) {
      if ((content_.size() - at_) / block_bytes_ < entry.blocks) return wrong(at_, kTooShort);
      data = content_.substr(at_, entry.blocks * block_bytes_);
      at_ += data.size();
    }
    const auto bad = add(entry, data, number * kStepUs);
    return bad ? Status(wrong(begin, *bad)) : Status();
  }

  std::optional<std::string_view> add(const Entry& entry, std::string_view data, uint64_t at_us) {
    ForeignRequest request{.device = "log", .at_us = at_us, .kind = IoKind::kFlush};
    if ((entry.flags & kFlush) != 0) {
      const auto bad = builder_.add(request);
      if (bad || entry.blocks == 0) return bad;
    }
    const bool is_discard = (entry.flags & kDiscard) != 0;
    request.kind = is_discard ? IoKind::kDiscard : IoKind::kWrite;
    request.offset_bytes = entry.block * block_bytes_;
    request.length_bytes = entry.blocks * block_bytes_;
    request.fua = (entry.flags & kFua) != 0 ? Fua::kYes : Fua::kNo;
    request.zeros = !is_discard && all_zero(std::as_bytes(std::span(data)));
    return builder_.add(request);
  }

  std::string_view content_;
  TraceBuilder& builder_;
  uint64_t block_bytes_ = 0;
  uint64_t at_ = 0;
};

}  // namespace

bool is_log_writes(std::string_view content) {
  return content.size() >= sizeof kMagic && number_at(content, 0) == kMagic;
}

Result<ImportedTrace> import_log_writes(std::string_view content, TraceBuilder& builder) {
  return LogWrites(content, builder).import();
}

}  // namespace drydock::scenarios
