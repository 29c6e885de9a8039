// The invariants every clone must keep (docs/invariants.md), by number.
#pragma once

#include <span>
#include <string_view>

namespace drydock::model {

struct Invariant {
  int number = 0;
  std::string_view name;
  std::string_view sentence;
};

inline constexpr int kDurableDataStays = 1;
inline constexpr int kAcknowledgedDataReadsBack = 2;
inline constexpr int kUntouchedDataIsTheSources = 3;
inline constexpr int kDiscardsAreContained = 4;
inline constexpr int kSourceFreedWhenNobodyNeedsIt = 5;
inline constexpr int kSourceNeverWritten = 6;
inline constexpr int kMetadataAlwaysLoadable = 7;
inline constexpr int kFailuresContainedAndTold = 8;
inline constexpr int kHydrationFinishes = 9;
inline constexpr int kRequestsFinish = 10;
inline constexpr int kNothingReadTwice = 11;
inline constexpr int kSourceSpaceComesBack = 12;
inline constexpr int kRunIsAPathOfTheModel = 13;
inline constexpr int kOldContentsAreNeverRead = 14;
inline constexpr int kOptionsAreKept = 15;

std::span<const Invariant> all_invariants();
// REQUIRES: 1 <= number <= all_invariants().size().
const Invariant& invariant(int number);

}  // namespace drydock::model
