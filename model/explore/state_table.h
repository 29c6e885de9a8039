// StateTable: the set of states that an exploration has met, each with a number and where it was met first.
//
// Exact: states are compared, not only their hashes. Any number of threads may insert at one time, each with
// its own Numbers; nothing may be inserted while the table grows. What costs time is memory that is not in
// the cache, so whoever inserts many states first names them to prefetch(), a little later to peek(), and
// inserts them last.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <utility>

#include "block/check.h"
#include "model/explore/mapped_memory.h"

namespace drydock::model {

template <size_t kWords>
[[gnu::always_inline]] inline uint64_t hash_of(const std::array<uint64_t, kWords>& words) {
  // Multiply and fold (as in wyhash, public domain), two words at a time.
  constexpr uint64_t kSecret = 0xa0761d6478bd642f;
  uint64_t hash = 0xe7037ed1a0b428db;
  for (size_t at = 0; at < words.size(); at += 2) {
    const uint64_t second = at + 1 < words.size() ? words[at + 1] : 0;
    const auto product = static_cast<unsigned __int128>(words[at] ^ kSecret ^ hash) * (second ^ hash);
    hash = static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64) ^ std::rotl(hash, 23);
  }
  return hash;
}

// REQUIRES of State: Words is an array of uint64_t of its size, equal for equal states.
template <class State>
class StateTable {
 public:
  using Words = typename State::Words;
  using Number = uint32_t;
  static constexpr Number kNone = UINT32_MAX;

  struct Record {
    Words words;
    Number parent;
    std::atomic<uint32_t> arrivals;  // steps that lead here
  };
  // The numbers that one thread gives to what it inserts.
  struct Numbers {
    Number next = 0;
    Number end = 0;
  };
  struct Inserted {
    Number number;
    bool fresh;
  };

  struct Use {
    bool by_several_threads = true;
    bool counts_arrivals = true;
  };
  // Never holds more than `most_states`, each of which costs sizeof(Record) and at most kMostSlotBytes.
  StateTable(size_t most_states, Use use)
      : use_(use),
        most_states_(most_states),
        records_(most_states * sizeof(Record)),
        slots_(kFirstSlots * sizeof(Slot)) {
    CHECK(most_states < kNone);
  }
  // Slots are doubled when two thirds of them are used, and the old ones are needed while that is done.
  static constexpr size_t kMostSlotBytes = 9 * sizeof(uint64_t) / 2;

  State state(Number number) const { return std::bit_cast<State>(record(number).words); }
  Number parent(Number number) const { return record(number).parent; }
  std::atomic<uint32_t>& arrivals(Number number) { return record(number).arrivals; }

  void prefetch(uint64_t hash) const { __builtin_prefetch(&slots()[hash & mask_], 1); }
  void peek(uint64_t hash) const {
    for (uint64_t at = hash & mask_, end = at + 8; at < end; ++at) {
      const uint64_t slot = slots()[at & mask_].load(std::memory_order_relaxed);
      if (slot == 0) return;
      if ((slot & kTag) == (hash & kTag)) return __builtin_prefetch(&records()[number_in(slot)], 1);
    }
  }
  // REQUIRES: has_room() was true, and little was inserted since.
  Inserted insert(const Words& words, uint64_t hash, Number parent, Numbers& numbers) {
    if (numbers.next == numbers.end) take_block(numbers);
    bool written = false;
    for (uint64_t at = hash & mask_;; at = (at + 1) & mask_) {
      uint64_t slot = slots()[at].load(std::memory_order_acquire);
      if (slot == 0) {
        if (!written) write(numbers.next, words, parent);
        written = true;
        const uint64_t wanted = (hash & kTag) | (uint64_t{numbers.next} + 1);
        if (take(slots()[at], slot, wanted)) return {numbers.next++, true};
      }
      if ((slot & kTag) == (hash & kTag) && equal(record(number_in(slot)).words, words)) {
        count_arrival(record(number_in(slot)).arrivals);
        return {number_in(slot), false};
      }
    }
  }
  // kNone if it is not there.
  Number find(const State& state) const {
    const Words words = state.words();
    const uint64_t hash = hash_of(words);
    for (uint64_t at = hash & mask_;; at = (at + 1) & mask_) {
      const uint64_t slot = slots()[at].load(std::memory_order_acquire);
      if (slot == 0) return kNone;
      if ((slot & kTag) == (hash & kTag) && equal(record(number_in(slot)).words, words))
        return number_in(slot);
    }
  }

  // For another kMargin states from each of `threads`; and whether there would be after growing.
  bool has_room(unsigned threads) const {
    return used() + threads * kMargin <= slot_count() / 3 * 2 && can_grow(threads);
  }
  bool can_grow(unsigned threads) const { return used() + threads * kMargin <= most_states_; }
  // REQUIRES: no other thread is at it.
  void grow() {
    MappedMemory old = std::exchange(slots_, MappedMemory(slot_count() * 2 * sizeof(Slot)));
    const uint64_t old_count = slot_count();
    mask_ = mask_ * 2 + 1;
    const auto* from = static_cast<const Slot*>(old.data());
    for (uint64_t i = 0; i < old_count; ++i) {
      const uint64_t slot = from[i].load(std::memory_order_relaxed);
      if (slot != 0) place(slot);
    }
  }
  // Numbers given out, and a few that were not used.
  size_t used() const { return next_block_.load(std::memory_order_relaxed); }

  // More than a thread inserts between two looks at has_room().
  static constexpr size_t kMargin = 1 << 14;

 private:
  // The upper half of the hash and one more than the number, or 0.
  using Slot = std::atomic<uint64_t>;
  static constexpr uint64_t kTag = 0xffffffff00000000;
  static constexpr size_t kFirstSlots = size_t{1} << 20;
  static constexpr Number kBlock = 256;

  // An atomic change waits for all memory before it, so it is not made where nobody else is at it.
  bool take(Slot& place, uint64_t& slot, uint64_t wanted) {
    if (use_.by_several_threads) {
      return place.compare_exchange_strong(slot, wanted, std::memory_order_acq_rel);
    }
    place.store(wanted, std::memory_order_relaxed);
    return true;
  }
  void count_arrival(std::atomic<uint32_t>& arrivals) {
    if (!use_.counts_arrivals) return;
    if (use_.by_several_threads) {
      arrivals.fetch_add(1, std::memory_order_relaxed);
    } else {
      arrivals.store(arrivals.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    }
  }
  // Without the call that comparing arrays comes to.
  static bool equal(const Words& a, const Words& b) {
    uint64_t difference = 0;
    for (size_t i = 0; i < a.size(); ++i) difference |= a[i] ^ b[i];
    return difference == 0;
  }
  static Number number_in(uint64_t slot) { return static_cast<Number>(slot & ~kTag) - 1; }
  size_t slot_count() const { return mask_ + 1; }
  Slot* slots() const { return static_cast<Slot*>(slots_.data()); }
  Record* records() const { return static_cast<Record*>(records_.data()); }
  Record& record(Number number) const { return records()[number]; }
  void write(Number number, const Words& words, Number parent) {
    record(number).words = words;
    record(number).parent = parent;
    record(number).arrivals.store(1, std::memory_order_relaxed);
  }
  void take_block(Numbers& numbers) {
    numbers.next = next_block_.fetch_add(kBlock, std::memory_order_relaxed);
    numbers.end = numbers.next + kBlock;
    CHECK(numbers.end <= most_states_);
  }
  void place(uint64_t slot) {
    uint64_t at = hash_of(record(number_in(slot)).words) & mask_;
    while (slots()[at].load(std::memory_order_relaxed) != 0) at = (at + 1) & mask_;
    slots()[at].store(slot, std::memory_order_relaxed);
  }

  Use use_;
  size_t most_states_;
  MappedMemory records_;
  MappedMemory slots_;
  uint64_t mask_ = kFirstSlots - 1;
  std::atomic<Number> next_block_ = 0;
};

}  // namespace drydock::model
