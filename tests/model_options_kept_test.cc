// Invariant 15: for each thing that options say, a log that breaks it and its neighbour that does not.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "log_builder.h"
#include "model/invariants.h"
#include "model/options_kept.h"

namespace drydock::tests {
namespace {

using model::AdministeredOptions;

std::string finding_of(const WriteLog& log, const AdministeredOptions& options = {}) {
  const auto finding = model::OptionsKept(log, options).run();
  return finding ? finding->text : "";
}

// Events of an administered clone of four regions.
class Administered {
 public:
  Administered() { built.log.device(Party::kMetadata).size = SectorCount(64); }

  Administered& at(uint64_t time_us) {
    now_us = time_us;
    return *this;
  }
  Administered& command(Command command, std::string_view words = "", ErrorCode error = ErrorCode::kNone,
                        std::string_view answer = "") {
    ask(command, words);
    built.log.append(
        {.time_us = now_us, .request = id, .kind = EventKind::kAnswer, .error = error, .command = command},
        answer);
    return *this;
  }
  Administered& ask(Command command, std::string_view words = "") {
    built.log.append({.time_us = now_us, .request = ++id, .kind = EventKind::kCommand, .command = command},
                     words);
    return *this;
  }
  Administered& submit(Party party, IoKind io, uint32_t request, SectorRange range = {}) {
    built.log.append({.time_us = now_us, .range = range, .request = request, .party = party, .io = io});
    return *this;
  }
  Administered& complete(Party party, IoKind io, uint32_t request, SectorRange range = {},
                         ErrorCode error = ErrorCode::kNone) {
    built.log.append({.time_us = now_us,
                      .range = range,
                      .request = request,
                      .kind = EventKind::kComplete,
                      .party = party,
                      .io = io,
                      .error = error});
    return *this;
  }
  Administered& copy(uint32_t request, SectorRange range) {
    submit(Party::kSource, IoKind::kRead, request, range)
        .complete(Party::kSource, IoKind::kRead, request, range);
    submit(Party::kDestination, IoKind::kWrite, request, range);
    return complete(Party::kDestination, IoKind::kWrite, request, range);
  }
  Administered& status(std::string_view line) {
    return command(Command::kStatusNoflush, "", ErrorCode::kNone, line);
  }
  std::string finding(const AdministeredOptions& options = {}) const {
    return finding_of(built.log, options);
  }

  LogBuilder built;
  uint64_t now_us = 0;
  uint32_t id = 100;
};

Administered administered() { return {}; }

constexpr AdministeredOptions kNoHydration = {.hydration = false};

TEST(OptionsKept, NothingIsCopiedInTheBackgroundWhenHydrationIsOff) {
  EXPECT_EQ(administered().copy(1, sectors(0, 8)).finding(), "");
  EXPECT_NE(administered().copy(1, sectors(0, 8)).finding(kNoHydration), "");
  EXPECT_NE(administered().copy(1, sectors(0, 8)).finding({.hydration_threshold = 0}), "");
  EXPECT_NE(administered().command(Command::kMessage, "disable_hydration").copy(1, sectors(0, 8)).finding(),
            "");
}

TEST(OptionsKept, AClientsWriteIsServedByACopyAllTheSame) {
  Administered log;
  log.submit(Party::kClient, IoKind::kWrite, 1, sectors(1, 2)).copy(1, sectors(0, 8));
  EXPECT_EQ(log.finding(kNoHydration), "");
}

TEST(OptionsKept, NoMoreThanTheThresholdIsCopiedAtOneTime) {
  Administered log;
  log.submit(Party::kSource, IoKind::kRead, 1, sectors(0, 8));
  log.submit(Party::kSource, IoKind::kRead, 2, sectors(8, 8));
  EXPECT_NE(log.finding(), "");
  EXPECT_EQ(log.finding({.hydration_threshold = 2, .give_way_us = 0}), "");
}

TEST(OptionsKept, BatchesAreAsLargeAsTheyMayBe) {
  const AdministeredOptions twos = {.hydration_threshold = 4, .hydration_batch_size = 2};
  EXPECT_EQ(administered().copy(1, sectors(0, 16)).finding(twos), "");
  EXPECT_NE(administered().copy(1, sectors(0, 24)).finding(twos), "");
  EXPECT_NE(administered().copy(1, sectors(0, 8)).finding(twos), "");
}

TEST(OptionsKept, TheNextCopyBeginsWhenThereIsRoom) {
  const AdministeredOptions two = {.hydration_threshold = 2, .give_way_us = 0};
  Administered lazy;
  lazy.submit(Party::kSource, IoKind::kRead, 1, sectors(0, 8)).at(5000);
  lazy.complete(Party::kSource, IoKind::kRead, 1, sectors(0, 8));
  EXPECT_NE(lazy.finding(two), "");
  EXPECT_EQ(lazy.finding({.give_way_us = 0}), "");
}

TEST(OptionsKept, CopiesGiveWayToClients) {
  for (const bool served : {false, true}) {
    Administered log;
    log.at(1).copy(1, sectors(0, 8)).at(2).submit(Party::kClient, IoKind::kFlush, 1).at(3);
    log.copy(2, sectors(8, 8));
    if (served) log.complete(Party::kClient, IoKind::kFlush, 1);
    log.at(4).submit(Party::kClient, IoKind::kFlush, 2);
    EXPECT_EQ(log.finding().empty(), served) << log.finding();
  }
}

TEST(OptionsKept, DiscardsArePassedDownWhenTheyAreToBe) {
  Administered silent;
  silent.submit(Party::kClient, IoKind::kDiscard, 1, sectors(0, 16));
  Administered passed = silent;
  silent.complete(Party::kClient, IoKind::kDiscard, 1, sectors(0, 16));
  EXPECT_NE(silent.finding(kNoHydration), "");
  EXPECT_EQ(silent.finding({.hydration = false, .discard_passdown = false}), "");
  passed.submit(Party::kDestination, IoKind::kDiscard, 1, sectors(0, 16));
  Administered failed = passed;
  passed.complete(Party::kDestination, IoKind::kDiscard, 1, sectors(0, 16));
  passed.complete(Party::kClient, IoKind::kDiscard, 1, sectors(0, 16));
  EXPECT_EQ(passed.finding(kNoHydration), "");
  EXPECT_NE(passed.finding({.hydration = false, .discard_passdown = false}), "");
  failed.complete(Party::kDestination, IoKind::kDiscard, 1, sectors(0, 16), ErrorCode::kIo);
  failed.complete(Party::kClient, IoKind::kDiscard, 1, sectors(0, 16));
  EXPECT_NE(failed.finding(kNoHydration), "");
}

TEST(OptionsKept, ADestinationThatTakesLessThanARegionGetsNoDiscards) {
  Administered log;
  log.built.log.device(Party::kDestination).profile.max_discard = SectorCount(4);
  log.submit(Party::kClient, IoKind::kDiscard, 1, sectors(0, 8));
  log.submit(Party::kDestination, IoKind::kDiscard, 1, sectors(0, 4));
  EXPECT_NE(log.finding(kNoHydration), "");
}

TEST(OptionsKept, ASuspendedCloneIsQuiet) {
  Administered log;
  log.command(Command::kSuspend).submit(Party::kMetadata, IoKind::kWrite, 1, sectors(0, 8));
  EXPECT_NE(log.finding(kNoHydration), "");
  Administered resumed;
  resumed.command(Command::kSuspend).command(Command::kResume);
  resumed.submit(Party::kMetadata, IoKind::kWrite, 1, sectors(0, 8));
  EXPECT_EQ(resumed.finding(kNoHydration), "");
}

TEST(OptionsKept, ASuspendedCloneAnswersNoRequest) {
  Administered log;
  log.command(Command::kSuspend).submit(Party::kClient, IoKind::kFlush, 1);
  EXPECT_EQ(log.finding(kNoHydration), "");
  EXPECT_NE(log.complete(Party::kClient, IoKind::kFlush, 1).finding(kNoHydration), "");
}

TEST(OptionsKept, MessagesAreTakenAndNonsenseIsRefused) {
  EXPECT_NE(administered().command(Command::kMessage, "hydrate").finding(), "");
  EXPECT_EQ(administered().command(Command::kMessage, "hydrate", ErrorCode::kInvalid).finding(), "");
  EXPECT_NE(administered().command(Command::kMessage, "ENABLE_HYDRATION", ErrorCode::kInvalid).finding(), "");
}

TEST(OptionsKept, TheStatusIsTrue) {
  constexpr std::string_view kCore = "4 hydration_threshold 3 hydration_batch_size 1 rw";
  const auto told = [&](std::string_view numbers) {
    Administered log;
    log.command(Command::kMessage, "hydration_threshold 3");
    log.submit(Party::kClient, IoKind::kWrite, 1, sectors(0, 8));
    log.complete(Party::kClient, IoKind::kWrite, 1, sectors(0, 8));
    return log.status(fmt::format("{} {}", numbers, kCore)).finding(kNoHydration);
  };
  EXPECT_EQ(told("8 6/8 8 1/4 0 1 no_hydration"), "");
  for (const char* wrong :
       {"8 6/8 8 0/4 0 1 no_hydration", "8 6/8 8 2/4 0 1 no_hydration", "8 6/8 8 1/4 1 1 no_hydration",
        "8 9/8 8 1/4 0 1 no_hydration", "8 6/8 16 1/4 0 1 no_hydration", "8 6/8 8 1/4 0 0", "1/4"}) {
    EXPECT_NE(told(wrong), "") << wrong;
  }
}

TEST(OptionsKept, FailingRegionsAreCountedUntilTheyAreHydratedOtherwise) {
  for (const bool is_written : {false, true}) {
    Administered log;
    log.submit(Party::kSource, IoKind::kRead, 1, sectors(0, 8));
    log.complete(Party::kSource, IoKind::kRead, 1, sectors(0, 8), ErrorCode::kIo);
    if (is_written) log.submit(Party::kClient, IoKind::kWrite, 1, sectors(0, 8));
    if (is_written) log.complete(Party::kClient, IoKind::kWrite, 1, sectors(0, 8));
    log.status(fmt::format("8 6/8 8 {}/4 0 0 4 hydration_threshold 1 hydration_batch_size 1 rw failing 1",
                           int{is_written}));
    EXPECT_EQ(log.finding().empty(), !is_written) << log.finding();
  }
}

TEST(OptionsKept, ACloseLeavesNothingAtTheDevices) {
  Administered log;
  log.submit(Party::kSource, IoKind::kDiscard, 1, sectors(0, 8)).command(Command::kRestart);
  EXPECT_NE(log.finding(kNoHydration), "");
  EXPECT_EQ(administered().command(Command::kRestart).finding(kNoHydration), "");
}

TEST(OptionsKept, ADeviceThatNobodyUsesIsNotInUse) {
  LogBuilder built;
  built.log.append({.kind = EventKind::kStart});
  built.log.append({.kind = EventKind::kOpened, .error = ErrorCode::kInUse});
  EXPECT_NE(finding_of(built.log), "");
}

}  // namespace
}  // namespace drydock::tests
