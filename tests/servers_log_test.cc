// The write log as a file: what goes in comes out, and nothing that stands in a file brings the reader down.
#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "servers/client_recorder.h"
#include "servers/log_check.h"
#include "servers/write_log_reader.h"
#include "tests/print.h"
#include "tests/servers_disks.h"

namespace drydock::tests {
namespace {

using servers::check_log;
using servers::LoggedEvent;
using servers::LogRecord;
using servers::merge_logs;
using servers::MergedLog;
using servers::WriteLogReader;
using servers::WriteLogRecorder;

std::string bytes_of_letter(char letter, uint64_t sectors) {
  return std::string(sectors * kSectorBytes, letter);
}
std::span<const std::byte> as_bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

std::vector<LogRecord> records_of(WriteLogReader& reader) {
  std::vector<LogRecord> records;
  for (auto record = reader.next(); record && *record; record = reader.next()) records.push_back(**record);
  return records;
}

TEST(WriteLogFile, GivesBackWhatWasRecorded) {
  const TempFolder folder;
  const std::string data = bytes_of_letter('a', 2) + bytes_of_letter('\0', 3) + bytes_of_letter('b', 1);
  {
    const auto recorder = std::move(*WriteLogRecorder::create(folder.path("log")));
    EXPECT_EQ(recorder->describe({"data", SectorCount(100), *profile_named("sata_4k")}), 1);
    recorder->describe_clone({SectorCount(64), SectorCount(8)});
    recorder->record({.range = {Sector(8), SectorCount(6)},
                      .request = 3,
                      .party = 1,
                      .io = IoKind::kWrite,
                      .fua = Fua::kYes},
                     {{Sector(8), SectorCount(6)}, as_bytes_of(data)});
  }
  WriteLogReader reader = std::move(*WriteLogReader::open(folder.path("log")));
  EXPECT_EQ((*reader.next())->disk.profile, *profile_named("sata_4k"));
  EXPECT_EQ((*reader.next())->geometry.region_size, SectorCount(8));
  const LogRecord record = **reader.next();
  EXPECT_EQ(record.event.request, 3u);
  EXPECT_EQ(record.event.fua, Fua::kYes);
  EXPECT_GT(record.event.time_ns, 0u);
  std::string found;
  for (const servers::LoggedData& part : record.data) {
    const std::string zeros = bytes_of_letter('\0', part.range.count.value());
    found += part.bytes.empty()
                 ? zeros
                 : std::string(reinterpret_cast<const char*>(part.bytes.data()), part.bytes.size());
  }
  EXPECT_EQ(found, data);
  EXPECT_FALSE(*reader.next());
  EXPECT_EQ(reader.cut_off(), 0u);
}

// A log of disks with all kinds of requests, and power cuts.
std::string busy_log() {
  DisksBench bench({"source", "destination", "metadata"}, "garbage_trim", 64, true);
  for (int i = 0; i < 4; ++i) {
    bench.write(static_cast<uint64_t>(i) * 8, "abcdefgh");
    bench.change(IoKind::kDiscard, 4, 20);
    bench.change(IoKind::kWriteZeroes, 30, 3, Fua::kYes);
    bench.disk().fail_next(IoKind::kWrite, 1);
    bench.write(12, "xyz");
    bench.flush();
    bench.read(0, 64);
    bench.write(2, "xyz");
    bench.cut();
    bench.disks().power_on();
  }
  bench.close();
  return bench.folder().read("log");
}

TEST(WriteLogFile, IsGoodUpToWhereItWasCutOff) {
  const TempFolder folder;
  const std::string whole = busy_log();
  size_t before = 0;
  for (size_t size = 16; size < whole.size(); size += 997) {
    folder.write("log", whole.substr(0, size));
    WriteLogReader reader = std::move(*WriteLogReader::open(folder.path("log")));
    const size_t records = records_of(reader).size();
    EXPECT_GE(records, before);
    before = records;
    ASSERT_TRUE(merge_logs({folder.path("log")}));
  }
  EXPECT_GT(before, 20u);
}

// Reads what `log` holds, a few bytes at a time, and does `fail` where more than `good` bytes are asked for.
template <class F>
WriteLogReader::ReadAt failing_after(const std::string& log, uint64_t good, F fail) {
  return [&log, good, fail](std::span<std::byte> into, uint64_t offset) -> ssize_t {
    if (offset >= std::min<uint64_t>(good, log.size())) return offset >= log.size() ? 0 : fail();
    const size_t most = std::min<uint64_t>(good, log.size()) - offset;
    const size_t n = std::min({into.size(), most, size_t{4099}});
    std::memcpy(into.data(), log.data() + offset, n);
    return static_cast<ssize_t>(n);
  };
}

// Wherever it happens: records before it come, and then the error, never an end.
TEST(WriteLogFile, AReadErrorIsNotItsEnd) {
  const std::string log = busy_log();
  for (size_t good = 0; good < log.size(); good += 997) {
    const auto fail = [] { return errno = EIO, ssize_t{-1}; };
    auto reader = WriteLogReader::open("a log", failing_after(log, good, fail), log.size());
    Error error;
    while (reader) {
      const auto record = reader->next();
      ASSERT_TRUE(!record || *record) << good;
      if (record) continue;
      error = record.error();
      break;
    }
    if (!reader) error = reader.error();
    EXPECT_EQ(error.code, ErrorCode::kIo) << good;
    EXPECT_EQ(error.message, "a log: Input/output error") << good;
  }
}

TEST(WriteLogFile, AFileThatBecomesShorterWhileItIsReadIsAnError) {
  const std::string log = busy_log();
  const auto ends = [] { return ssize_t{0}; };
  auto reader = WriteLogReader::open("a log", failing_after(log, log.size() - 1, ends), log.size());
  ASSERT_TRUE(reader);
  auto record = reader->next();
  while (record && *record) record = reader->next();
  ASSERT_FALSE(record);
  EXPECT_EQ(record.error().code, ErrorCode::kIo);
}

TEST(WriteLogFile, AnInterruptedReadGoesOn) {
  const std::string log = busy_log();
  const auto read = failing_after(log, log.size(), [] { return ssize_t{0}; });
  int calls = 0;
  const auto interrupted = [&](std::span<std::byte> into, uint64_t offset) -> ssize_t {
    if (++calls % 2 != 0) return errno = EINTR, ssize_t{-1};
    return read(into, offset);
  };
  WriteLogReader reader = std::move(*WriteLogReader::open("a log", interrupted, log.size()));
  WriteLogReader whole = std::move(*WriteLogReader::open("a log", read, log.size()));
  const size_t records = records_of(whole).size();
  EXPECT_EQ(records_of(reader).size(), records);
  EXPECT_GT(records, 50u);
  EXPECT_EQ(reader.cut_off(), 0u);
}

TEST(WriteLogFile, WhatIsNoWriteLogIsRefused) {
  const TempFolder folder;
  folder.write("log", "no log at all, but long enough");
  EXPECT_EQ(merge_logs({folder.path("log")}).error().code, ErrorCode::kDamaged);
  folder.write("log", "");
  EXPECT_EQ(merge_logs({folder.path("log")}).error().code, ErrorCode::kDamaged);
  EXPECT_EQ(merge_logs({folder.path("bogus")}).error().code, ErrorCode::kNotFound);
}

// A checksum does not keep out what a wrong program has written: each field of each event is given each
// small value, with a checksum that is right.
class Forger {
 public:
  explicit Forger(std::string log) : log_(std::move(log)) {}
  // Calls f() with the log in `file`, once for each forgery.
  template <class F>
  void forge(const TempFolder& folder, F f) {
    for (size_t at = 16; at + 9 < log_.size();) {
      uint32_t length = 0;
      std::memcpy(&length, log_.data() + at, sizeof length);
      const size_t payload = at + 9;
      const bool is_data = log_[at + 8] == 4;
      for (size_t i = 0; i < (is_data ? 16 : length); ++i) {
        for (const char value : {'\0', '\3', '\xff'}) {
          std::string forged = log_;
          forged[payload + i] = value;
          const auto* begin = reinterpret_cast<const unsigned char*>(forged.data());
          const auto sum = static_cast<uint32_t>(crc32(0, begin + at + 8, 1 + length));
          std::memcpy(forged.data() + at + 4, &sum, sizeof sum);
          std::filesystem::remove(
              folder.path("log"));  // an overwritten file would be written to the disk at once
          folder.write("log", forged);
          f();
        }
      }
      at = payload + length;
    }
  }

 private:
  std::string log_;
};

TEST(WriteLogFile, NoForgedFieldBringsTheCheckDown) {
  const TempFolder folder;
  {
    DisksBench bench({"destination"}, "sata_4k", 16, true);
    bench.write(0, "abcdefgh");
    bench.change(IoKind::kDiscard, 0, 8, Fua::kYes);
    bench.flush();
    bench.read(0, 8);
    bench.write(8, "abcdefgh");
    bench.cut();
    bench.close();
    folder.write("whole", bench.folder().read("log"));
  }
  size_t refused = 0;
  size_t taken = 0;
  Forger(folder.read("whole")).forge(folder, [&] {
    const auto merged = merge_logs({folder.path("log")});
    ++(merged ? taken : refused);
    if (merged) check_log(*merged, {});
  });
  EXPECT_GT(refused, 100u);
  EXPECT_GT(taken, 100u);
}

TEST(MergedLog, TellsWhatEachDiskWasAsked) {
  const TempFolder folder;
  folder.write("log", busy_log());
  const auto merged = merge_logs({folder.path("log")});
  ASSERT_TRUE(merged) << merged.error().message;
  const servers::MergedDisk& disk = merged->disks[1];
  EXPECT_EQ(disk.name, "destination");
  EXPECT_EQ(disk.writes, 12u);
  EXPECT_EQ(disk.power_cuts, 4u);
  EXPECT_EQ(disk.errors, 4u);
  EXPECT_GT(disk.most_pending, SectorCount(0));
  EXPECT_FALSE(merged->disk_finding) << *merged->disk_finding;
  EXPECT_FALSE(merged->has_clone);
}

TEST(MergedLog, FindsADiskThatLostWhatWasFlushed) {
  const TempFolder folder;
  {
    const auto log = std::move(*WriteLogRecorder::create(folder.path("log")));
    log->describe({"data", SectorCount(8), *profile_named("spec")});
    const SectorRange range = {Sector(2), SectorCount(1)};
    const std::string old_data = bytes_of_letter('a', 1);
    const std::string new_data = bytes_of_letter('b', 1);
    uint32_t request = 0;
    const auto ask = [&](IoKind io, SectorRange where, servers::LoggedData data) {
      LoggedEvent event = {.range = where, .request = ++request, .party = 1, .io = io};
      log->record(event, data);
      event.kind = EventKind::kComplete;
      log->record(event);
    };
    ask(IoKind::kWrite, range, {range, as_bytes_of(old_data)});
    ask(IoKind::kFlush, {}, {});
    ask(IoKind::kWrite, range, {range, as_bytes_of(new_data)});
    log->record({.kind = EventKind::kPowerCut});
    log->record({.party = 1, .kind = EventKind::kSurvivors}, {range, {}});  // zeros: neither of them
  }
  const auto merged = merge_logs({folder.path("log")});
  ASSERT_TRUE(merged) << merged.error().message;
  ASSERT_TRUE(merged->disk_finding);
  EXPECT_NE(merged->disk_finding->find("sector 2"), std::string::npos) << *merged->disk_finding;
}

TEST(MergedLog, OneDiskInTwoFilesIsRefused) {
  const TempFolder folder;
  folder.write("log", busy_log());
  EXPECT_EQ(merge_logs({folder.path("log"), folder.path("log")}).error().code, ErrorCode::kInvalid);
}

}  // namespace
}  // namespace drydock::tests
