// The engine on disks with a volatile cache: real bytes, real metadata, and the check of what was recorded.
// What is simulated is time only.
#include <gtest/gtest.h>

#include "block/task.h"
#include "engine/clone.h"
#include "engine/clone_disk.h"
#include "servers/client_recorder.h"
#include "servers/log_check.h"
#include "sim/executor.h"
#include "tests/print.h"
#include "tests/servers_disks.h"

namespace drydock::tests {
namespace {

using servers::ClientRecorder;

constexpr Geometry kClone = {.size = SectorCount(256), .region_size = SectorCount(8)};

// A clone that serves one client, which is recorded as a server records it.
class RecordedClone {
 public:
  explicit RecordedClone(const Rules& rules)
      : bench_({"source", "destination", "metadata"}, "spec", 2048, true), rules_(rules) {
    bench_.close();
    std::string different;
    for (size_t i = 0; i < 2048; ++i) different += std::string(kSectorBytes - 4, 's') + number(i);
    bench_.folder().write("source", different);
    bench_.folder().write("metadata", std::string(different.size(), '\0'));
    bench_.open();
    recorder_ = std::move(*ClientRecorder::create(bench_.folder().path("clients"), kClone));
  }
  ~RecordedClone() { kill(); }
  RecordedClone(const RecordedClone&) = delete;
  RecordedClone& operator=(const RecordedClone&) = delete;

  ErrorCode start() {
    recorder_->start();
    ErrorCode code = ErrorCode::kNone;
    bool opened = false;
    tasks_.spawn(open(code, opened));
    while (!opened) executor_.step();
    recorder_->opened(code);
    return code;
  }
  void kill() {
    disk_.reset();
    tasks_.clear();
    clone_.reset();
    executor_.clear();
    for (const auto& disk : bench_.disks().disks()) disk->release();
  }
  void power_cut(uint64_t seed) {
    bench_.cut({.seed = seed});
    kill();
    bench_.disks().power_on();
  }
  // Lets so many regions more be hydrated and time pass.
  void hydrate(uint64_t regions) {
    const RegionCount wanted = std::min(clone_->hydrated() + RegionCount(regions), clone_->regions());
    while (clone_->hydrated() < wanted) executor_.step();
  }

  std::string ask(IoKind kind, SectorRange range, Fua fua = Fua::kNo) {
    std::string data(bytes_of(range.count), '\0');
    if (kind == IoKind::kWrite) {
      for (size_t at = 0; at < data.size(); at += kSectorBytes) data.replace(at, 4, number(++written_));
    }
    const std::span<std::byte> bytes = std::as_writable_bytes(std::span(data.data(), data.size()));
    const auto recorded = recorder_->submit(kind, range, fua, bytes);
    const bool moves_data = kind == IoKind::kWrite || kind == IoKind::kRead;
    IoRequest request = {
        .kind = kind, .fua = fua, .range = range, .data = moves_data ? bytes : std::span<std::byte>()};
    bool answered = false;
    tasks_.spawn(wait_for(request, answered));
    while (!answered) executor_.step();
    recorder_->complete(recorded, request.error, bytes);
    return data;
  }

  servers::MergedLog merged() {
    auto merged = servers::merge_logs({bench_.folder().path("log"), bench_.folder().path("clients")});
    CHECK(merged);
    return std::move(*merged);
  }

 private:
  static std::string number(size_t i) {
    const auto n = static_cast<uint32_t>(i);
    return {reinterpret_cast<const char*>(&n), sizeof n};
  }

  Task<void> open(ErrorCode& code, bool& opened) {
    engine::Clone::Setup setup = {
        .size = kClone.size, .options = {.region_size = kClone.region_size}, .rules = rules_, .events = {}};
    auto clone = co_await engine::Clone::open(
        {bench_.disk("source"), bench_.disk("destination"), bench_.disk("metadata")}, std::move(setup),
        executor_);
    if (clone) {
      clone_ = std::move(*clone);
      disk_ = std::make_unique<engine::CloneDisk>(*clone_);
    } else {
      code = clone.error().code;
    }
    opened = true;
  }

  Task<void> wait_for(IoRequest& request, bool& answered) {
    IoAwaiter io(*disk_, request);
    const Status status = co_await io;
    request.error = status ? ErrorCode::kNone : status.error().code;
    answered = true;
  }

  DisksBench bench_;
  Rules rules_;
  std::unique_ptr<ClientRecorder> recorder_;
  sim::Executor executor_;
  std::unique_ptr<engine::Clone> clone_;
  std::unique_ptr<engine::CloneDisk> disk_;
  uint32_t written_ = 0;
  TaskSet tasks_;
};

SectorRange at(uint64_t first, uint64_t count) { return {Sector(first), SectorCount(count)}; }

// Several lives with writes, hydration and power cuts.
servers::MergedLog log_of_a_run(const Rules& rules) {
  RecordedClone clone(rules);
  for (uint64_t life = 0; life < 6; ++life) {
    if (clone.start() != ErrorCode::kNone) break;
    for (uint64_t i = 0; i < 8; ++i) {
      clone.ask(IoKind::kWrite, at((life * 40 + i * 13) % 240, 1 + i), i == 5 ? Fua::kYes : Fua::kNo);
      if (i == 3) clone.ask(IoKind::kFlush, {});
      clone.ask(IoKind::kRead, at((i * 29) % 240, 16));
    }
    clone.hydrate(4);
    clone.ask(IoKind::kFlush, {});
    clone.ask(IoKind::kDiscard, at(life * 8, 16));
    life % 2 == 0 ? clone.power_cut(life) : clone.kill();
  }
  return clone.merged();
}

TEST(RecordedClone, OfTheRightRulesHasNoFinding) {
  for (const SourceDiscard source_discard : {SourceDiscard::kOff, SourceDiscard::kAfterCommit}) {
    Rules rules;
    rules.source_discard = source_discard;
    const servers::MergedLog log = log_of_a_run(rules);
    ASSERT_TRUE(log.has_clone);
    EXPECT_EQ(log.lives, 6u);
    EXPECT_GT(log.log.events().size(), 500u);
    const auto verdict = check_log(log, {.source_discard = source_discard});
    EXPECT_FALSE(verdict.finding) << verdict.finding->text;
    EXPECT_EQ(verdict.crash_points, log.log.events().size());
    EXPECT_FALSE(log.disk_finding);
  }
}

TEST(RecordedClone, OfAWrongRuleIsFound) {
  const auto is_found = [](auto flip) {
    Rules rules;
    flip(rules);
    return check_log(log_of_a_run(rules), {.conduct = false}).finding.has_value();
  };
  EXPECT_TRUE(is_found([](Rules& rules) { rules.skip_destination_flush = true; }));
  EXPECT_TRUE(is_found([](Rules& rules) { rules.skip_flush_before_superblock = true; }));
  EXPECT_TRUE(is_found([](Rules& rules) { rules.source_discard = SourceDiscard::kAtCopySync; }));
}

}  // namespace
}  // namespace drydock::tests
