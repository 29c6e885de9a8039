// StateTable: the set of states that an exploration has met, each with a number and where it was met first.
//
// Exact: states are compared, not only their hashes. Any number of threads may insert at one time if that was
// said, each with its own Numbers; nothing may be inserted while the table grows. What costs time is memory
// that is not in the cache, so whoever inserts many states first names them to prefetch(), a little later to
// peek(), and inserts them last.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <vector>

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

// Without the call that comparing arrays comes to.
template <size_t kWords>
[[gnu::always_inline]] inline bool same_words(const std::array<uint64_t, kWords>& a,
                                              const std::array<uint64_t, kWords>& b) {
  uint64_t difference = 0;
  for (size_t i = 0; i < kWords; ++i) difference |= a[i] ^ b[i];
  return difference == 0;
}

// REQUIRES of State: Words is an array of uint64_t that words() packs it into, equal for equal states, and
// from_words() takes it from.
template <class State>
class StateTable {
 public:
  using Words = typename State::Words;
  using Number = uint32_t;
  static constexpr Number kNone = UINT32_MAX;
  static constexpr size_t kMostStates = UINT32_MAX / 2;

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
    bool by_several_threads;
    bool parents;   // are kept
    bool arrivals;  // are counted
  };
  // Never holds more than `most_states`, each of which costs at most kMostBytes.
  StateTable(size_t most_states, Use use)
      : use_(use),
        most_states_(most_states),
        states_(most_states * sizeof(Words)),
        parents_(most_states * sizeof(Number)),
        arrivals_(most_states * sizeof(Arrivals)),
        slots_(std::max(kFirstSlots, std::bit_ceil(most_states / 2 * 3)) * sizeof(Slot)) {
    CHECK(most_states <= kMostStates);
  }
  // Slots are doubled when two thirds of them are used.
  static constexpr size_t kMostBytes =
      sizeof(Words) + sizeof(Number) + sizeof(uint32_t) + 3 * sizeof(uint64_t);

  State state(Number number) const { return State::from_words(words(number)); }
  // Where the state was met first. REQUIRES: Use::parents.
  Number parent(Number number) const { return parents_.as<Number>()[number]; }
  bool counts_arrivals() const { return use_.arrivals; }
  // How many steps lead to it, as far as insert() and count() were told. REQUIRES: Use::arrivals.
  std::atomic<uint32_t>& arrivals(Number number) { return arrivals_.as<Arrivals>()[number]; }
  void count(Number number, uint32_t more) {
    if (!use_.arrivals) return;
    if (use_.by_several_threads) {
      arrivals(number).fetch_add(more, std::memory_order_relaxed);
    } else {
      arrivals(number).store(arrivals(number).load(std::memory_order_relaxed) + more,
                             std::memory_order_relaxed);
    }
  }

  void prefetch(uint64_t hash) const { __builtin_prefetch(&slots()[home(hash)], 1); }
  // Of an empty slot the first state, so that nothing depends on what nobody can foretell.
  void peek(uint64_t hash) {
    const uint64_t slot = slots()[home(hash)].load(std::memory_order_relaxed);
    const Number number = static_cast<Number>(slot) - (slot != 0);
    __builtin_prefetch(&words(number));
    if (use_.arrivals) __builtin_prefetch(&arrivals(number), 1);
  }
  // REQUIRES: has_room() was true, and little was inserted since.
  Inserted insert(const Words& words, uint64_t hash, Number parent, Numbers& numbers) {
    if (numbers.next == numbers.end) take_block(numbers);
    bool written = false;
    for (uint64_t at = home(hash);; at = (at + 1) & mask_) {
      uint64_t slot = slots()[at].load(std::memory_order_acquire);
      if (slot == 0) {
        if (!written) write(numbers.next, words, parent);
        written = true;
        const uint64_t wanted = (hash & kTag) | (uint64_t{numbers.next} + 1);
        if (take(slots()[at], slot, wanted)) return {numbers.next++, true};
      }
      if ((slot & kTag) == (hash & kTag) && same_words(this->words(number_in(slot)), words)) {
        count(number_in(slot), 1);
        return {number_in(slot), false};
      }
    }
  }
  // kNone if it is not there.
  Number find(const Words& words, uint64_t hash) const {
    for (uint64_t at = home(hash);; at = (at + 1) & mask_) {
      const uint64_t slot = slots()[at].load(std::memory_order_acquire);
      if (slot == 0) return kNone;
      if ((slot & kTag) == (hash & kTag) && same_words(this->words(number_in(slot)), words))
        return number_in(slot);
    }
  }

  // For another kMargin states from each of `threads`; and whether there would be after growing.
  bool has_room(unsigned threads) const {
    return used() + threads * kMargin <= slot_count() / 3 * 2 && can_grow(threads);
  }
  bool can_grow(unsigned threads) const { return used() + threads * kMargin <= most_states_; }
  // In place. A slot's best place is twice as far from the start then, so slots are moved from the last to
  // the first. Those that could come in the way of others, near the start, are put off.
  // REQUIRES: no other thread is at it.
  void grow() {
    const uint64_t old_count = slot_count();
    mask_ = mask_ * 2 + 1;
    --shift_;
    const auto take_out = [&](uint64_t at) {
      const uint64_t slot = slots()[at].load(std::memory_order_relaxed);
      slots()[at].store(0, std::memory_order_relaxed);
      return slot;
    };
    std::vector<uint64_t> put_off;
    for (uint64_t at = 0; at < old_count / 16; ++at) {
      if (const uint64_t slot = take_out(at); slot != 0) put_off.push_back(slot);
    }
    for (uint64_t at = old_count; at-- > old_count / 16;) {
      const uint64_t slot = take_out(at);
      if (slot == 0) continue;
      home(slot) < at ? put_off.push_back(slot) : place(slot);
    }
    for (const uint64_t slot : put_off) place(slot);
  }
  // Numbers given out, and a few that were not used.
  size_t used() const { return next_block_.load(std::memory_order_relaxed); }

  // More than a thread inserts between two looks at has_room().
  static constexpr size_t kMargin = 1 << 14;

 private:
  // The upper half of the hash and one more than the number, or 0. The uppermost bits say where it would best
  // stand, so that the order of slots stays about the same when the table grows.
  using Slot = std::atomic<uint64_t>;
  using Arrivals = std::atomic<uint32_t>;
  static constexpr uint64_t kTag = 0xffffffff00000000;
  static constexpr unsigned kFirstSlotBits = 18;
  static constexpr size_t kFirstSlots = size_t{1} << kFirstSlotBits;
  static constexpr Number kBlock = 256;

  // An atomic change waits for all memory before it, so it is not made where nobody else is at it.
  bool take(Slot& place, uint64_t& slot, uint64_t wanted) {
    if (use_.by_several_threads) {
      return place.compare_exchange_strong(slot, wanted, std::memory_order_acq_rel);
    }
    place.store(wanted, std::memory_order_relaxed);
    return true;
  }
  static Number number_in(uint64_t slot) { return static_cast<Number>(slot & ~kTag) - 1; }
  uint64_t home(uint64_t hash_or_slot) const { return hash_or_slot >> shift_; }
  size_t slot_count() const { return mask_ + 1; }
  Slot* slots() const { return slots_.as<Slot>(); }
  Words& words(Number number) const { return states_.as<Words>()[number]; }
  void write(Number number, const Words& words, Number parent) {
    this->words(number) = words;
    if (use_.parents) parents_.as<Number>()[number] = parent;
    if (use_.arrivals) arrivals(number).store(1, std::memory_order_relaxed);
  }
  void take_block(Numbers& numbers) {
    numbers.next = next_block_.fetch_add(kBlock, std::memory_order_relaxed);
    numbers.end = numbers.next + kBlock;
    CHECK(numbers.end <= most_states_);
  }
  void place(uint64_t slot) {
    uint64_t at = home(slot);
    while (slots()[at].load(std::memory_order_relaxed) != 0) at = (at + 1) & mask_;
    slots()[at].store(slot, std::memory_order_relaxed);
  }

  Use use_;
  size_t most_states_;
  MappedMemory states_;
  MappedMemory parents_;
  MappedMemory arrivals_;
  MappedMemory slots_;
  uint64_t mask_ = kFirstSlots - 1;
  unsigned shift_ = 64 - kFirstSlotBits;
  std::atomic<Number> next_block_ = 0;
};

}  // namespace drydock::model
