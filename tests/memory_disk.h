// MemoryDisk: a disk that answers every request at once, for tests of code that only needs some disk.
//
// Sparse: blocks that were never written read as zeros and take no memory. A discard changes nothing. It has
// no cache to lose; a test that is about power cuts takes its log and builds what a cut could leave.
#pragma once

#include <array>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "block/check.h"
#include "block/disk.h"

namespace drydock::tests {

class MemoryDisk final : public Disk {
 public:
  using Page = std::array<std::byte, kBlockBytes>;

  struct Request {
    IoKind kind;
    SectorRange range;
    std::vector<std::byte> data;  // of a write
  };

  explicit MemoryDisk(SectorCount size)
      : limits_{.size = size}, pages_((bytes_of(size) + kBlockBytes - 1) / kBlockBytes) {}
  explicit MemoryDisk(BlockCount blocks) : MemoryDisk(kSectorsPerBlock * blocks.value()) {}
  MemoryDisk(const MemoryDisk& other) : Disk(), limits_(other.limits_), pages_(other.pages_.size()) {
    for (size_t i = 0; i < pages_.size(); ++i) {
      if (other.pages_[i]) pages_[i] = std::make_unique<Page>(*other.pages_[i]);
    }
  }
  MemoryDisk& operator=(const MemoryDisk&) = delete;

  const DiskLimits& limits() const override { return limits_; }
  std::string_view name() const override { return "memory"; }
  std::string identity() const override { return "memory"; }

  void submit(IoRequest& request) override {
    const bool fails = fail_at_ && requests_ == *fail_at_;
    ++requests_;
    if (fails) fail_at_.reset();
    CHECK(request.range.end() <= Sector(0) + limits_.size);
    if (!fails || applies_failed_) apply(request);
    request.complete(fails ? ErrorCode::kIo : ErrorCode::kNone);
  }

  // Just the request numbered `n`, counted from now on, fails; of a write, `applied` says whether it took
  // effect.
  void fail_request(uint64_t n, bool applied) {
    requests_ = 0;
    fail_at_ = n;
    applies_failed_ = applied;
  }
  void count_from_here() {
    requests_ = 0;
    reads_ = 0;
    log_.clear();
  }
  uint64_t requests() const { return requests_; }
  uint64_t reads() const { return reads_; }
  // Writes and flushes since the last count_from_here(); zeros are a write.
  const std::vector<Request>& log() const { return log_; }

  bool is_zero(Block block) const { return !page(block) || *page(block) == Page{}; }
  // Zeros if it was never written.
  Page content(Block block) const { return page(block) ? *page(block) : Page{}; }
  void set_content(Block block, const Page& content) { writable(block.value()) = content; }
  void write_at(uint64_t byte, std::span<const std::byte> data) {
    for (size_t done = 0; done < data.size();) {
      const uint64_t at = byte + done;
      const size_t part = std::min(data.size() - done, kBlockBytes - at % kBlockBytes);
      std::memcpy(writable(at / kBlockBytes).data() + at % kBlockBytes, data.data() + done, part);
      done += part;
    }
  }
  BlockCount blocks() const { return BlockCount(pages_.size()); }

 private:
  const std::unique_ptr<Page>& page(Block block) const { return pages_[block.value()]; }

  Page& writable(uint64_t number) {
    std::unique_ptr<Page>& page = pages_[number];
    if (!page) page = std::make_unique<Page>();
    return *page;
  }

  void apply(const IoRequest& request) {
    const uint64_t at = bytes_of(request.range.first - Sector(0));
    switch (request.kind) {
      case IoKind::kRead:
        ++reads_;
        read_at(at, request.data);
        return;
      case IoKind::kWrite:
        write_at(at, request.data);
        log_.push_back({request.kind, request.range, {request.data.begin(), request.data.end()}});
        return;
      case IoKind::kFlush:
        log_.push_back({request.kind, {}, {}});
        return;
      case IoKind::kDiscard:
        return;
      case IoKind::kWriteZeroes:
        break;
    }
    const std::vector<std::byte> zeros(bytes_of(request.range.count));
    write_at(at, zeros);
    log_.push_back({IoKind::kWrite, request.range, zeros});
  }

  void read_at(uint64_t byte, std::span<std::byte> data) {
    for (size_t done = 0; done < data.size();) {
      const uint64_t at = byte + done;
      const size_t part = std::min(data.size() - done, kBlockBytes - at % kBlockBytes);
      const std::unique_ptr<Page>& page = pages_[at / kBlockBytes];
      if (page) {
        std::memcpy(data.data() + done, page->data() + at % kBlockBytes, part);
      } else {
        std::memset(data.data() + done, 0, part);
      }
      done += part;
    }
  }

  DiskLimits limits_;
  std::vector<std::unique_ptr<Page>> pages_;
  std::optional<uint64_t> fail_at_;
  bool applies_failed_ = false;
  uint64_t requests_ = 0;
  uint64_t reads_ = 0;
  std::vector<Request> log_;
};

}  // namespace drydock::tests
