// Invariants 2, 3, 6, 8, 11 and 12: for each, a log that breaks it and its neighbour that does not.

#include <gtest/gtest.h>

#include "log_builder.h"
#include "model/conduct.h"
#include "model/invariants.h"
#include "model/read_check.h"

namespace drydock::tests {
namespace {

using model::Conduct;

int conduct_of(const LogBuilder& built, Conduct::Expectations expectations = {}) {
  Conduct conduct(built.log, expectations);
  const auto& finding = conduct.run();
  return finding ? finding->invariant : 0;
}

int reads_of(const LogBuilder& built) {
  const auto finding = model::first_bad_read(built.log);
  return finding ? finding->invariant : 0;
}

TEST(Reads, ReturnTheNewestAcknowledgedWrite) {
  EXPECT_EQ(reads_of(LogBuilder().write(1, sectors(0, 1)).read(2, sectors(0, 1), Content::write(1))), 0);
  EXPECT_EQ(reads_of(LogBuilder()
                         .write(1, sectors(0, 1))
                         .write(2, sectors(0, 1))
                         .read(3, sectors(0, 1), Content::write(1))),
            model::kAcknowledgedDataReadsBack);
}

TEST(Reads, MaySeeAWriteInFlightOrNot) {
  for (const Content seen : {Content::source(Sector(0)), Content::write(1)}) {
    LogBuilder built;
    built.ask(Party::kClient, IoKind::kWrite, 1, sectors(0, 1), {{sectors(0, 1), Content::write(1)}});
    EXPECT_EQ(reads_of(built.read(2, sectors(0, 1), seen)), 0);
  }
}

TEST(Reads, MaySeeAWriteThatIsSentAndAcknowledgedWhileTheyAreUnderWay) {
  for (const Content seen : {Content::source(Sector(0)), Content::write(2)}) {
    LogBuilder built;
    built.ask(Party::kClient, IoKind::kRead, 1, sectors(0, 1));
    built.write(2, sectors(0, 1), Fua::kYes);
    built.answer(Party::kClient, IoKind::kRead, 1, sectors(0, 1), ErrorCode::kNone, {{sectors(0, 1), seen}});
    EXPECT_EQ(reads_of(built), 0);
  }
}

TEST(Reads, OfWritesThatOverlappedMaySeeEither) {
  for (const uint32_t seen : {1, 2}) {
    LogBuilder built;
    for (const uint32_t request : {1, 2}) {
      built.ask(Party::kClient, IoKind::kWrite, request, sectors(0, 1),
                {{sectors(0, 1), Content::write(request)}});
    }
    for (const uint32_t request : {1, 2})
      built.answer(Party::kClient, IoKind::kWrite, request, sectors(0, 1));
    EXPECT_EQ(reads_of(built.read(3, sectors(0, 1), Content::write(seen))), 0);
  }
}

TEST(Reads, OfUntouchedSectorsReturnTheSourcesData) {
  EXPECT_EQ(reads_of(LogBuilder().read(1, sectors(9, 2), Content::source(Sector(9)))), 0);
  EXPECT_EQ(reads_of(LogBuilder().read(1, sectors(9, 2), Content::source(Sector(10)))),
            model::kUntouchedDataIsTheSources);
}

TEST(Reads, OfADiscardedRegionMayReturnAnything) {
  LogBuilder built;
  built.ask(Party::kClient, IoKind::kDiscard, 1, sectors(8, 8))
      .answer(Party::kClient, IoKind::kDiscard, 1, sectors(8, 8));
  EXPECT_EQ(reads_of(built.read(2, sectors(8, 8), Content::garbage(Party::kDestination, 1))), 0);
}

TEST(Reads, NextToADiscardAreNotExcused) {
  LogBuilder built;
  built.ask(Party::kClient, IoKind::kDiscard, 1, sectors(7, 9))
      .answer(Party::kClient, IoKind::kDiscard, 1, sectors(7, 9));
  EXPECT_EQ(reads_of(built.read(2, sectors(7, 1), Content::garbage(Party::kDestination, 1))),
            model::kUntouchedDataIsTheSources);
}

TEST(Reads, AfterACrashMayReturnWhatWasNotDurableOrNot) {
  for (const Content seen : {Content::source(Sector(0)), Content::write(1), Content::write(2)}) {
    LogBuilder built;
    built.write(1, sectors(0, 1)).write(2, sectors(0, 1)).happen(EventKind::kPowerCut);
    EXPECT_EQ(reads_of(built.read(3, sectors(0, 1), seen)), 0) << to_string(seen);
  }
}

TEST(Reads, AfterACrashNeverReturnWhatADurableWriteReplaced) {
  LogBuilder built;
  built.write(1, sectors(0, 1)).write(2, sectors(0, 1)).flush(3).happen(EventKind::kPowerCut);
  EXPECT_EQ(reads_of(built.read(4, sectors(0, 1), Content::write(1))), model::kAcknowledgedDataReadsBack);
}

TEST(Reads, AFlushThatFailedPromisesNothingNorDoesALaterOne) {
  LogBuilder built;
  built.write(1, sectors(0, 1)).ask(Party::kClient, IoKind::kFlush, 2);
  built.answer(Party::kClient, IoKind::kFlush, 2, {}, ErrorCode::kIo).flush(3).happen(EventKind::kPowerCut);
  EXPECT_EQ(reads_of(built.read(4, sectors(0, 1), Content::source(Sector(0)))), 0);
}

TEST(Conduct, TheSourceIsNeverWritten) {
  LogBuilder built;
  built.ask(Party::kSource, IoKind::kWrite, 1, sectors(0, 8), {{sectors(0, 8), Content::zero()}});
  EXPECT_EQ(conduct_of(built), model::kSourceNeverWritten);
}

TEST(Conduct, TheSourceIsDiscardedOnlyWhenThatIsOn) {
  LogBuilder built;
  built.ask(Party::kSource, IoKind::kDiscard, 1, sectors(0, 8));
  EXPECT_EQ(conduct_of(built), model::kSourceNeverWritten);
  EXPECT_EQ(conduct_of(built, {.source_discard = SourceDiscard::kAfterCommit}), 0);
}

TEST(Conduct, NothingIsTouchedPastTheEndOfADevice) {
  for (const Party device : kDevices) {
    EXPECT_EQ(conduct_of(LogBuilder().ask(device, IoKind::kRead, 1, sectors(24, 8))), 0);
    EXPECT_EQ(conduct_of(LogBuilder().ask(device, IoKind::kRead, 1, sectors(25, 8))),
              model::kSourceNeverWritten);
  }
}

LogBuilder failing_read(SectorRange device_error) {
  LogBuilder built;
  built.ask(Party::kClient, IoKind::kRead, 1, sectors(8, 8))
      .ask(Party::kSource, IoKind::kRead, 1, device_error);
  built.answer(Party::kSource, IoKind::kRead, 1, device_error, ErrorCode::kIo);
  built.answer(Party::kClient, IoKind::kRead, 1, sectors(8, 8), ErrorCode::kIo);
  return built;
}

TEST(Conduct, AReadFailsOnlyForAnErrorInItsOwnRegion) {
  EXPECT_EQ(conduct_of(failing_read(sectors(8, 8))), 0);
  EXPECT_EQ(conduct_of(failing_read(sectors(16, 8))), model::kFailuresContainedAndTold);
}

TEST(Conduct, ARequestDoesNotFailForNothing) {
  LogBuilder built;
  built.ask(Party::kClient, IoKind::kFlush, 1).answer(Party::kClient, IoKind::kFlush, 1, {}, ErrorCode::kIo);
  EXPECT_EQ(conduct_of(built), model::kFailuresContainedAndTold);
}

TEST(Conduct, AnErrorBeforeTheRequestIsNoExcuseForARead) {
  LogBuilder built;
  built.ask(Party::kSource, IoKind::kRead, 1, sectors(8, 8))
      .answer(Party::kSource, IoKind::kRead, 1, sectors(8, 8), ErrorCode::kIo);
  built.ask(Party::kClient, IoKind::kRead, 1, sectors(8, 8))
      .answer(Party::kClient, IoKind::kRead, 1, sectors(8, 8), ErrorCode::kIo);
  EXPECT_EQ(conduct_of(built), model::kFailuresContainedAndTold);
}

TEST(Conduct, TheModeChangesOnlyForACause) {
  EXPECT_EQ(conduct_of(LogBuilder().happen(EventKind::kMode, 1)), model::kFailuresContainedAndTold);
  EXPECT_EQ(conduct_of(LogBuilder().happen(EventKind::kMode, 1), {.metadata_may_be_full = true}), 0);
  LogBuilder built;
  built.ask(Party::kMetadata, IoKind::kFlush, 1)
      .answer(Party::kMetadata, IoKind::kFlush, 1, {}, ErrorCode::kIo);
  EXPECT_EQ(conduct_of(built.happen(EventKind::kMode, 1)), 0);
}

TEST(Conduct, GivingUpNeedsMetadataThatCanNotBeRead) {
  LogBuilder built;
  built.ask(Party::kMetadata, IoKind::kFlush, 1)
      .answer(Party::kMetadata, IoKind::kFlush, 1, {}, ErrorCode::kIo);
  built.happen(EventKind::kMode, 1);
  EXPECT_EQ(conduct_of(built.happen(EventKind::kMode, 2)), model::kFailuresContainedAndTold);
}

LogBuilder& copied(LogBuilder& built, uint32_t request, SectorRange range) {
  return built.ask(Party::kSource, IoKind::kRead, request, range)
      .answer(Party::kSource, IoKind::kRead, request, range);
}

TEST(Conduct, ARegionIsReadOnceToBeCopied) {
  LogBuilder built;
  copied(built, 1, sectors(8, 8));
  EXPECT_EQ(conduct_of(copied(built, 2, sectors(16, 8))), 0);
  EXPECT_EQ(conduct_of(copied(built, 3, sectors(8, 8))), model::kNothingReadTwice);
}

TEST(Conduct, ACopyThatFailedOrWasForgottenMayBeMadeAgain) {
  LogBuilder failed;
  copied(failed, 1, sectors(8, 8)).ask(Party::kDestination, IoKind::kWrite, 1, sectors(8, 8));
  failed.answer(Party::kDestination, IoKind::kWrite, 1, sectors(8, 8), ErrorCode::kIo);
  EXPECT_EQ(conduct_of(copied(failed, 2, sectors(8, 8))), 0);
  LogBuilder forgotten;
  copied(forgotten, 1, sectors(8, 8)).happen(EventKind::kPowerCut);
  EXPECT_EQ(conduct_of(copied(forgotten, 2, sectors(8, 8))), 0);
}

TEST(Conduct, ADiscardedRegionIsNeverReadFromTheSource) {
  LogBuilder built;
  built.ask(Party::kClient, IoKind::kDiscard, 1, sectors(8, 8))
      .answer(Party::kClient, IoKind::kDiscard, 1, sectors(8, 8));
  EXPECT_EQ(conduct_of(copied(built, 1, sectors(8, 8))), model::kNothingReadTwice);
}

TEST(Conduct, AllOfTheSourceComesBackAfterTheLastCommit) {
  const Conduct::Expectations expectations = {.source_discard = SourceDiscard::kAfterCommit};
  LogBuilder built;
  const auto freed = [&](uint32_t request, SectorRange range) {
    built.ask(Party::kSource, IoKind::kDiscard, request, range)
        .answer(Party::kSource, IoKind::kDiscard, request, range);
    Conduct conduct(built.log, expectations);
    conduct.run();
    return !conduct.check_source_space().has_value();
  };
  EXPECT_FALSE(freed(1, sectors(0, 24)));
  EXPECT_TRUE(freed(2, sectors(24, 8)));
}

}  // namespace
}  // namespace drydock::tests
