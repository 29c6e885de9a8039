// State: one state of the protocol, in bit fields: a word per region and two more. What is kept of it are its
// words(), which are fewer.
//
// Each region is looked at through one of its sectors, the watched one: sectors are independent of each other
// under any given recovered metadata, so what holds of an arbitrary sector holds of all. A client's write is
// of the whole region, of a part with the watched sector, or of a part without it.
//
// The destination's cache is kept as sets: what the watched sector reads now, what it may hold after a power
// cut, and what it may hold after one once the flush in flight has been answered. The client's side is kept
// the same way: the newest acknowledged content, and everything that it has to accept after a crash.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace drydock::model::protocol {

inline constexpr unsigned kMostOperations = 4;

// Contents of a sector, in an order in which the client's may only go up: the source's original, something
// that nobody may rely on, then the writes and discards of clients, each known by its operation.
enum KnownContent : uint8_t { kOriginal, kGarbage, kFirstOperation };
inline constexpr unsigned kContents = kFirstOperation + kMostOperations;
using ContentSet = uint8_t;
inline constexpr ContentSet kEveryContent = (1u << kContents) - 1;
constexpr ContentSet set_of(unsigned content) { return static_cast<ContentSet>(1u << content); }
constexpr ContentSet older_than(unsigned content) { return static_cast<ContentSet>(set_of(content) - 1); }
constexpr unsigned newest_of(ContentSet set) { return static_cast<unsigned>(std::bit_width(set)) - 1; }
constexpr unsigned oldest_of(ContentSet set) { return static_cast<unsigned>(std::countr_zero(set)); }
constexpr unsigned content_of(unsigned operation) { return kFirstOperation + operation; }

// What memory knows of a region: its truth is on the source; on the destination and not committed; part of
// the commit that is running; committed.
enum class Mark : uint8_t { kNone, kMarked, kFrozen, kCommitted };

// What is being done to a region, if anything.
enum class Work : uint8_t { kNone, kReadingSource, kWritingCopy, kOverwriting };

// The bits that mean nothing have names too, so that they are zero: states are compared as words.

inline constexpr unsigned kRegionBits = 33;
struct RegionState {
  uint64_t mark : 2;
  uint64_t work : 2;
  uint64_t copied_garbage : 1;  // kWritingCopy: what the source returned
  uint64_t durable : 1;         // in the set that the metadata device holds for certain
  uint64_t newest : 1;          // in the set of the newest superblock; the same unless that is pending
  uint64_t visible : 3;         // the destination's watched sector: what it reads
  uint64_t after_cut : 6;       // what it may hold after a power cut
  uint64_t after_flush : 6;     // the same once the flush in flight has succeeded; 0 without one
  uint64_t forgotten : 1;       // a failed flush was over it: flushing again does not make it durable
  uint64_t freed : 1;           // a source discard has been sent
  uint64_t acknowledged : 3;    // what the client knows to be the newest
  uint64_t allowed : 6;         // what it has to accept after a crash
  uint64_t unused : 64 - kRegionBits;
};
static_assert(sizeof(RegionState) == 8);

enum class Kind : uint8_t { kWriteWhole, kWriteWatched, kWriteElsewhere, kFlush, kDiscard, kRead };
enum class Stage : uint8_t {
  kUnused,
  kWaitsForWork,  // until what is being done to its region ends
  kAtSource,      // a read
  kAtDestination,
  kWaitsForNext,     // for the commit that begins next
  kWaitsForRunning,  // for the one that is running
  kLate,             // acknowledged before the destination has it: rule overwrite_acknowledged
  kDone,
};

struct Operation {
  uint16_t kind : 3;
  uint16_t fua : 1;
  uint16_t region : 2;
  uint16_t stage : 3;
  // Of a flush: the operations acknowledged before it, one bit each. Of a read: the newest acknowledged
  // content when it was sent.
  uint16_t before : 4;
  uint16_t flushable : 1;  // acknowledged in this life, and no flush after it has failed
  uint16_t unused : 2;
};
static_assert(sizeof(Operation) == 2);

enum class Commit : uint8_t {
  kNone,
  kFlushingDestination,
  kWritingBlocks,      // and flushing the metadata device
  kWritingSuperblock,  // and flushing the metadata device again
  kRereadingMetadata,  // after it has failed: whether it can still be read
  kFlushingLate,       // rule destination_flush=skipped: after the metadata
};

inline constexpr unsigned kSharedBits = 40;
struct Shared {
  uint64_t up : 1;
  uint64_t read_only : 1;  // mode ro, or
  uint64_t failed : 1;     // mode fail, which is also read only
  uint64_t commit : 3;
  uint64_t commit_due : 1;            // something was marked: a second later a commit begins by itself
  uint64_t flush_failed : 1;          // of the destination, in this life
  uint64_t superblock_pending : 1;    // the newest superblock may be lost in a power cut
  uint64_t superblock_forgotten : 1;  // and flushing again does not change that
  uint64_t tree_at_risk : 1;          // the newest superblock points to blocks that may be lost
  uint64_t operations : 3;            // sent so far
  uint64_t discards : 4;              // which of them are discards
  uint64_t writes_left : 3;
  uint64_t flushes_left : 3;
  uint64_t discards_left : 3;
  uint64_t reads_left : 3;
  uint64_t crashes_left : 3;
  uint64_t errors_left : 3;
  uint64_t broken : 4;  // the number of the invariant that the last step broke
  uint64_t unused : 64 - kSharedBits;
};
static_assert(sizeof(Shared) == 8);

template <unsigned kRegions>
struct State {
  std::array<RegionState, kRegions> regions;
  std::array<Operation, kMostOperations> operations;
  Shared shared;

  // The operations, then what the others use of their bits, one after the other.
  using Words = std::array<uint64_t, 1 + (kSharedBits + kRegions * kRegionBits + 63) / 64>;
  Words words() const {
    Words words{std::bit_cast<uint64_t>(operations), std::bit_cast<uint64_t>(shared)};
#pragma GCC unroll 4
    for (unsigned r = 0; r < kRegions; ++r) {
      const Place place = place_of(r);
      const uint64_t bits = std::bit_cast<uint64_t>(regions[r]);
      words[place.word] |= bits << place.shift;
      if (place.goes_on()) words[place.word + 1] |= bits >> (64 - place.shift);
    }
    return words;
  }
  static State from_words(const Words& words) {
    constexpr uint64_t kOnes = ~uint64_t{0};
    State state;
    state.operations = std::bit_cast<decltype(operations)>(words[0]);
    state.shared = std::bit_cast<Shared>(words[1] & (kOnes >> (64 - kSharedBits)));
#pragma GCC unroll 4
    for (unsigned r = 0; r < kRegions; ++r) {
      const Place place = place_of(r);
      uint64_t bits = words[place.word] >> place.shift;
      if (place.goes_on()) bits |= words[place.word + 1] << (64 - place.shift);
      state.regions[r] = std::bit_cast<RegionState>(bits & (kOnes >> (64 - kRegionBits)));
    }
    return state;
  }
  friend bool operator==(const State& a, const State& b) { return a.words() == b.words(); }

 private:
  // Of a region's bits in the words.
  struct Place {
    unsigned word;
    unsigned shift;
    bool goes_on() const { return shift + kRegionBits > 64; }  // in the next word
  };
  static constexpr Place place_of(unsigned r) {
    const unsigned at = kSharedBits + r * kRegionBits;
    return {1 + at / 64, at % 64};
  }
};

}  // namespace drydock::model::protocol
