// The write log: its hash stands for everything in it, and a power cut in it ends it.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "block/write_log.h"
#include "tests/print.h"

namespace drydock::tests {
namespace {

using Runs = std::vector<ContentRun>;

const Event kWrite = {.time_us = 412,
                      .range = {Sector(8), SectorCount(8)},
                      .request = 17,
                      .kind = EventKind::kSubmit,
                      .party = Party::kDestination,
                      .io = IoKind::kWrite};
const Runs kRuns = {{{Sector(8), SectorCount(8)}, Content::source(Sector(8))}};

SectorImage image_with(int value) {
  SectorImage image{};
  image[300] = static_cast<std::byte>(value);
  return image;
}

uint64_t hash_of(const Event& event, const Runs& runs) {
  WriteLog log;
  log.append(event, runs);
  return log.hash();
}

// A log of one write of a sector that holds `image`.
uint64_t hash_of_bytes(const SectorImage& image) {
  WriteLog log;
  const ContentRun run = {{Sector(8), SectorCount(1)}, log.bytes.content_of(image)};
  log.append(kWrite, {&run, 1});
  return log.hash();
}

void append_some(WriteLog& log, size_t events) {
  for (size_t i = 0; i < events; ++i) {
    Event event = kWrite;
    event.time_us = 10 * i;
    event.request = static_cast<uint32_t>(i);
    log.append(event, i % 2 == 0 ? kRuns : Runs{});
  }
}

struct Change {
  const char* what;
  std::function<void(Event&, Runs&)> make;
};

const Change kChanges[] = {
    {"time", [](Event& e, Runs&) { ++e.time_us; }},
    {"first sector", [](Event& e, Runs&) { e.range.first = Sector(9); }},
    {"sectors", [](Event& e, Runs&) { e.range.count = SectorCount(9); }},
    {"request", [](Event& e, Runs&) { ++e.request; }},
    {"kind", [](Event& e, Runs&) { e.kind = EventKind::kComplete; }},
    {"party", [](Event& e, Runs&) { e.party = Party::kSource; }},
    {"operation", [](Event& e, Runs&) { e.io = IoKind::kDiscard; }},
    {"fua", [](Event& e, Runs&) { e.fua = Fua::kYes; }},
    {"error", [](Event& e, Runs&) { e.error = ErrorCode::kIo; }},
    {"ignored", [](Event& e, Runs&) { e.ignored = true; }},
    {"first sector of a run", [](Event&, Runs& r) { r[0].range.first = Sector(9); }},
    {"sectors of a run", [](Event&, Runs& r) { r[0].range.count = SectorCount(7); }},
    {"content of a run", [](Event&, Runs& r) { r[0].first = Content::source(Sector(9)); }},
    {"no run", [](Event&, Runs& r) { r.clear(); }},
    {"one run more", [](Event&, Runs& r) { r.push_back({{Sector(99), SectorCount(1)}, Content::zero()}); }},
};

TEST(WriteLogHash, IsTheSameForTheSameEvents) {
  WriteLog a, b;
  append_some(a, 20);
  append_some(b, 20);
  EXPECT_EQ(a.hash(), b.hash());
  EXPECT_EQ(a.hashes(), b.hashes());
}

TEST(WriteLogHash, DiffersForEachChangedField) {
  for (const Change& change : kChanges) {
    Event event = kWrite;
    Runs runs = kRuns;
    change.make(event, runs);
    EXPECT_NE(hash_of(event, runs), hash_of(kWrite, kRuns)) << change.what;
  }
}

TEST(WriteLogHash, DiffersForDifferentBytes) {
  EXPECT_EQ(hash_of_bytes(image_with(1)), hash_of_bytes(image_with(1)));
  EXPECT_NE(hash_of_bytes(image_with(1)), hash_of_bytes(image_with(2)));
}

TEST(WriteLogHash, DiffersForEveryLength) {
  WriteLog log;
  append_some(log, 20);
  std::vector<uint64_t> hashes = log.hashes();
  EXPECT_EQ(hashes.back(), log.hash());
  hashes.push_back(WriteLog().hash());
  std::ranges::sort(hashes);
  EXPECT_EQ(std::ranges::adjacent_find(hashes), hashes.end());
}

// A start at time 0 is the first event of every run, and all its fields are zero.
TEST(WriteLogHash, CountsAnEventWhoseFieldsAreAllZero) {
  const Event start = {.time_us = 0, .kind = EventKind::kStart};
  EXPECT_NE(hash_of(start, {}), WriteLog().hash());
}

// The numbers of five runs, arranged as those of three events.
TEST(WriteLogHash, TellsRunsFromEvents) {
  const auto run = [](uint64_t first, uint64_t count, uint64_t bits) {
    return ContentRun{{Sector(first), SectorCount(count)}, Content::from_bits(bits)};
  };
  constexpr auto kSubmitted = static_cast<uint64_t>(EventKind::kSubmit);
  const Runs runs = {run(500, 8, 1), run(7, kSubmitted, 600), run(16, 2, 8), run(kSubmitted, 700, 24),
                     run(3, 9, kSubmitted)};
  WriteLog a, b;
  a.append(kWrite, runs);
  b.append(kWrite);
  b.append({.time_us = 500, .range = {Sector(8), SectorCount(1)}, .request = 7});
  b.append({.time_us = 600, .range = {Sector(16), SectorCount(2)}, .request = 8});
  b.append({.time_us = 700, .range = {Sector(24), SectorCount(3)}, .request = 9});
  EXPECT_NE(a.hash(), b.hash());
}

TEST(WriteLogHash, IsTheSameOnEveryMachine) {
  WriteLog log;
  append_some(log, 5);
  const ContentRun run = {{Sector(8), SectorCount(1)}, log.bytes.content_of(image_with(1))};
  log.append(kWrite, {&run, 1});
  EXPECT_EQ(log.hash(), 0x31d8e9e2e1760a4cu);
}

TEST(FirstDifference, IsNoneOfEqualLogs) {
  WriteLog a, b;
  append_some(a, 10);
  append_some(b, 10);
  EXPECT_EQ(first_difference(a, b), std::nullopt);
}

TEST(FirstDifference, NamesTheEventThatDiffers) {
  for (size_t different = 0; different < 10; ++different) {
    for (const Change& change : kChanges) {
      WriteLog a, b;
      append_some(a, different);
      append_some(b, different);
      Event event = kWrite;
      Runs runs = kRuns;
      change.make(event, runs);
      a.append(kWrite, kRuns);
      b.append(event, runs);
      append_some(a, 3);
      append_some(b, 3);
      EXPECT_EQ(first_difference(a, b), different) << change.what;
    }
  }
}

TEST(FirstDifference, IsTheFirstEventThatOneOfThemLacks) {
  WriteLog a, b;
  append_some(a, 4);
  append_some(b, 9);
  EXPECT_EQ(first_difference(a, b), 4u);
  EXPECT_EQ(first_difference(b, a), 4u);
  EXPECT_EQ(first_difference(WriteLog(), a), 0u);
}

TEST(WriteLog, KeepsTheRunsOfEachEvent) {
  WriteLog log;
  append_some(log, 4);
  for (size_t i = 0; i < 4; ++i) {
    const auto runs = log.runs(log.events()[i]);
    EXPECT_EQ(Runs(runs.begin(), runs.end()), i % 2 == 0 ? kRuns : Runs{});
  }
}

TEST(WriteLog, EndsWhereThePowerIsCut) {
  WriteLog log, expected;
  log.cut_power_after(3);
  append_some(log, 10);
  append_some(expected, 3);
  EXPECT_TRUE(log.power_is_off());
  EXPECT_EQ(log.events().size(), 3u);
  EXPECT_EQ(log.hash(), expected.hash());
}

TEST(WriteLog, HasPowerUntilTheEventOfTheCut) {
  WriteLog log;
  log.cut_power_after(3);
  append_some(log, 2);
  EXPECT_FALSE(log.power_is_off());
}

TEST(WriteLog, GoesOnWhenThePowerIsBack) {
  WriteLog log;
  log.cut_power_after(3);
  append_some(log, 10);
  log.restore_power();
  EXPECT_FALSE(log.power_is_off());
  log.append(kWrite, kRuns);
  ASSERT_EQ(log.events().size(), 4u);
  EXPECT_EQ(log.runs(log.events()[3])[0], kRuns[0]);
}

TEST(WriteLog, ThatWasClearedIsLikeANewOne) {
  WriteLog log, fresh;
  log.cut_power_after(3);
  log.bytes.content_of(image_with(1));
  append_some(log, 10);
  log.clear();
  EXPECT_TRUE(log.events().empty());
  EXPECT_EQ(log.bytes.size(), 0u);
  append_some(log, 10);
  append_some(fresh, 10);
  EXPECT_EQ(log.hash(), fresh.hash());
}

TEST(WriteLog, DescribesWhatADeviceHoldsAtFirst) {
  const auto first = [](Content::Kind initial) {
    DeviceDescription description;
    description.initial = initial;
    return description.first_content();
  };
  EXPECT_EQ(first(Content::Kind::kSource), Content::source(Sector(0)));
  EXPECT_EQ(first(Content::Kind::kStale), Content::stale(Sector(0)));
  EXPECT_EQ(first(Content::Kind::kZero), Content::zero());
}

std::string line_of(const Event& event, const Runs& runs = {}) {
  WriteLog log;
  log.append(event, runs);
  return to_string(log, log.events()[0]);
}

TEST(WriteLog, AnEventReadsAsALine) {
  EXPECT_EQ(line_of(kWrite, kRuns),
            "412 us  destination  write #17 of 8+8 submitted; 8+8: the source's sector 8");
  Event event = kWrite;
  event.kind = EventKind::kComplete;
  event.fua = Fua::kYes;
  event.error = ErrorCode::kIo;
  EXPECT_EQ(line_of(event), "412 us  destination  write #17 of 8+8 FUA completed, error io");
}

TEST(WriteLog, AFlushHasNoRangeInItsLine) {
  const Event flush = {.time_us = 5,
                       .request = 2,
                       .kind = EventKind::kComplete,
                       .party = Party::kMetadata,
                       .io = IoKind::kFlush,
                       .ignored = true};
  EXPECT_EQ(line_of(flush), "5 us  metadata  flush #2 completed, ignored");
}

TEST(WriteLog, ACrashIsOneWord) {
  EXPECT_EQ(line_of({.time_us = 5, .kind = EventKind::kPowerCut}), "5 us  client  power_cut");
}

}  // namespace
}  // namespace drydock::tests
