// The exact check of recorded logs: a toy clone writes to real disks, once rightly and in several wrong ways.
#include <gtest/gtest.h>

#include "servers/client_recorder.h"
#include "servers/log_check.h"
#include "tests/print.h"
#include "tests/servers_disks.h"

namespace drydock::tests {
namespace {

using servers::check_log;
using servers::ClientRecorder;
using servers::merge_logs;
using servers::MergedLog;

constexpr Geometry kClone = {.size = SectorCount(64), .region_size = SectorCount(8)};

// Passes requests on to the source, or with `to_destination` to the destination: without metadata (blank,
// which is formatted) a recovery finds every region on the source.
class ToyClone {
 public:
  ToyClone() : bench_({"source", "destination", "metadata"}, "spec", 64, true) {
    blank_metadata();
    recorder_ = std::move(*ClientRecorder::create(bench_.folder().path("clients"), kClone));
  }

  DisksBench& bench() { return bench_; }
  ClientRecorder& recorder() { return *recorder_; }
  void start() {
    recorder_->start();
    recorder_->opened(ErrorCode::kNone);
  }
  // A client reads and is given what the source holds, or something else.
  void read(uint64_t sector, std::optional<std::string> lie = std::nullopt) {
    const SectorRange range = {Sector(sector), SectorCount(1)};
    const auto request = recorder_->submit(IoKind::kRead, range, Fua::kNo);
    std::string data(kSectorBytes, '\0');
    IoRequest io = {.range = range, .data = std::as_writable_bytes(std::span(data.data(), data.size()))};
    bench_.disk("source").submit(io);
    const std::string& told = lie ? *lie : data;
    recorder_->complete(request, io.error, std::as_bytes(std::span(told)));
  }
  // A client writes; it is told that the write is durable, and nobody stores it where recovery looks.
  void write(uint64_t sector, char letter, Fua fua, std::string_view disk) {
    const SectorRange range = {Sector(sector), SectorCount(1)};
    const std::string data(kSectorBytes, letter);
    const auto request = recorder_->submit(IoKind::kWrite, range, fua, std::as_bytes(std::span(data)));
    bench_.write(sector, std::string(1, letter), fua, disk);
    recorder_->complete(request, ErrorCode::kNone);
  }
  void flush() {
    const auto request = recorder_->submit(IoKind::kFlush, {}, Fua::kNo);
    recorder_->complete(request, ErrorCode::kNone);
  }

  MergedLog merged() {
    auto merged = merge_logs({bench_.folder().path("log"), bench_.folder().path("clients")});
    CHECK(merged);
    return std::move(*merged);
  }
  int broken_invariant() {
    const MergedLog log = merged();
    const auto verdict = check_log(log, {.conduct = false});
    return verdict.finding ? verdict.finding->invariant : 0;
  }

 private:
  void blank_metadata() {
    bench_.close();
    bench_.folder().write("metadata", std::string(64 * kSectorBytes, '\0'));
    bench_.open();
  }

  DisksBench bench_;
  std::unique_ptr<ClientRecorder> recorder_;
};

TEST(LogCheck, PassesReadsOfTheSource) {
  ToyClone clone;
  clone.start();
  for (uint64_t sector = 0; sector < 64; ++sector) clone.read(sector);
  const MergedLog log = clone.merged();
  EXPECT_TRUE(log.has_clone);
  const auto verdict = check_log(log, {});
  EXPECT_FALSE(verdict.finding) << verdict.finding->text;
  EXPECT_EQ(verdict.crash_points, log.log.events().size());
}

TEST(LogCheck, FindsAReadOfWhatTheSourceDoesNotHold) {
  ToyClone clone;
  clone.start();
  clone.read(3, std::string(kSectorBytes, 'x'));
  EXPECT_EQ(clone.broken_invariant(), 3);
}

TEST(LogCheck, FindsAFlushedWriteThatRecoveryDoesNotFind) {
  ToyClone clone;
  clone.start();
  clone.write(3, 'x', Fua::kNo, "destination");
  EXPECT_EQ(clone.broken_invariant(), 0);  // nobody was promised anything
  clone.flush();
  EXPECT_EQ(clone.broken_invariant(), 1);
}

TEST(LogCheck, FindsAFuaWriteThatRecoveryDoesNotFind) {
  ToyClone clone;
  clone.start();
  clone.write(3, 'x', Fua::kYes, "destination");
  EXPECT_EQ(clone.broken_invariant(), 1);
}

TEST(LogCheck, FindsMetadataThatDoesNotLoad) {
  ToyClone clone;
  clone.start();
  clone.bench().write(0, "x", Fua::kNo, "metadata");
  EXPECT_EQ(clone.broken_invariant(), 7);
}

TEST(LogCheck, SameBytesAreTheSameContentWhereverTheyLie) {
  ToyClone clone;
  clone.start();
  // What the source holds everywhere, told of another sector.
  clone.read(3, std::string(kSectorBytes, '.'));
  EXPECT_EQ(clone.broken_invariant(), 0);
}

TEST(LogCheck, AnswersAfterAPowerCutHaveNotHappened) {
  ToyClone clone;
  clone.start();
  const auto request = clone.recorder().submit(IoKind::kFlush, {}, Fua::kNo);
  clone.bench().cut();
  clone.recorder().complete(request, ErrorCode::kIo);
  clone.read(3, std::string(kSectorBytes, 'x'));
  const MergedLog log = clone.merged();
  EXPECT_EQ(log.remarks.size(), 1u);
  EXPECT_FALSE(check_log(log, {}).finding);
}

TEST(LogCheck, EachStartBeginsALife) {
  ToyClone clone;
  clone.start();
  clone.write(3, 'x', Fua::kNo, "destination");
  clone.start();  // killed in between: the write was promised to nobody
  clone.read(3);
  clone.bench().cut();
  clone.bench().disks().power_on();
  clone.start();
  clone.read(3);
  const MergedLog log = clone.merged();
  EXPECT_EQ(log.lives, 3u);
  const auto verdict = check_log(log, {});
  EXPECT_FALSE(verdict.finding) << verdict.finding->text;
}

TEST(LogCheck, FindsAWriteToTheSource) {
  ToyClone clone;
  clone.start();
  clone.bench().write(3, ".", Fua::kNo, "source");
  const MergedLog log = clone.merged();
  const auto verdict = check_log(log, {});
  ASSERT_TRUE(verdict.finding);
  EXPECT_EQ(verdict.finding->invariant, 6);
}

TEST(LogCheck, AClonePastTheEndOfItsDisksIsRefused) {
  ToyClone clone;
  const auto recorder = std::move(
      *ClientRecorder::create(clone.bench().folder().path("clients"), {SectorCount(72), SectorCount(8)}));
  const auto merged =
      merge_logs({clone.bench().folder().path("log"), clone.bench().folder().path("clients")});
  ASSERT_FALSE(merged);
  EXPECT_EQ(merged.error().code, ErrorCode::kInvalid);
}

}  // namespace
}  // namespace drydock::tests
