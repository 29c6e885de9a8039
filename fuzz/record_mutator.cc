#include "fuzz/record_mutator.h"

#include <algorithm>
#include <vector>

#include "fuzz/dice.h"
#include "fuzz/libfuzzer.h"
#include "fuzz/scenario_input.h"

namespace drydock::fuzz {
namespace {

class RecordMutator {
 public:
  // REQUIRES: the room is as large as a header.
  RecordMutator(std::span<std::byte> room, size_t size, uint64_t seed) : room_(room), dice_(seed) {
    if (size < kHeaderBytes) std::ranges::fill(room.subspan(size, kHeaderBytes - size), std::byte{0});
    records_ = size < kHeaderBytes ? 0 : (size - kHeaderBytes) / kRecordBytes;
  }

  size_t run() {
    for (uint64_t left = 1 + dice_.below(4); left > 0; --left) change_something();
    return kHeaderBytes + records_ * kRecordBytes;
  }

 private:
  using Record = std::span<std::byte>;

  Record record(size_t i) { return room_.subspan(kHeaderBytes + i * kRecordBytes, kRecordBytes); }
  size_t any_record() { return dice_.below(records_); }
  size_t most_records() const { return std::min(kMostRecords, (room_.size() - kHeaderBytes) / kRecordBytes); }

  void change_something() {
    if (records_ == 0) return dice_.one_in(4) ? change_byte(room_.first(kHeaderBytes)) : insert_new();
    switch (dice_.below(10)) {
      case 0:
        return change_byte(room_.first(kHeaderBytes));
      case 1:
      case 2:
      case 3:
        return change_byte(record(any_record()));
      case 4:
      case 5:
        return insert_new();
      case 6:
        return repeat();
      case 7:
        return erase();
      case 8:
        return swap();
      default:
        return take_over_byte();
    }
  }

  void change_byte(Record bytes) {
    constexpr uint8_t kOften[] = {0, 1, 2, 3, 7, 8, 15, 16, 63, 127, 128, 255};
    std::byte& byte = bytes[dice_.below(bytes.size())];
    const auto value = static_cast<uint8_t>(byte);
    switch (dice_.below(4)) {
      case 0:
        byte ^= std::byte{1} << dice_.below(8);
        break;
      case 1:
        byte = static_cast<std::byte>(value + dice_.below(9) - 4);
        break;
      case 2:
        byte = static_cast<std::byte>(kOften[dice_.below(std::size(kOften))]);
        break;
      default:
        byte = static_cast<std::byte>(dice_.below(256));
        break;
    }
  }

  // Makes room for `count` records at `at`; fewer, where there is no room.
  size_t make_room(size_t at, size_t count) {
    count = std::min(count, most_records() - std::min(most_records(), records_));
    const std::span<std::byte> behind =
        room_.subspan(kHeaderBytes + at * kRecordBytes, (records_ - at + count) * kRecordBytes);
    std::shift_right(behind.begin(), behind.end(), static_cast<ptrdiff_t>(count * kRecordBytes));
    records_ += count;
    return count;
  }

  // Near each other in place and time, most of the time: what does not meet shows little.
  void insert_new() {
    const size_t at = dice_.below(records_ + 1);
    if (make_room(at, 1) == 0) return;
    for (std::byte& byte : record(at)) byte = static_cast<std::byte>(dice_.below(256));
    if (!dice_.one_in(4)) record(at)[1] = static_cast<std::byte>(dice_.below(3));
    record(at)[4] = static_cast<std::byte>(dice_.one_in(2) ? 0 : dice_.below(128));
    if (dice_.one_in(2)) record(at)[3] = static_cast<std::byte>(dice_.below(16));
  }

  // A stretch of records, once more in another place.
  void repeat() {
    const size_t first = any_record();
    const size_t count = std::min<size_t>(records_ - first, 1 + dice_.below(4));
    const auto begin = room_.begin() + static_cast<ptrdiff_t>(kHeaderBytes + first * kRecordBytes);
    const std::vector<std::byte> bytes(begin, begin + static_cast<ptrdiff_t>(count * kRecordBytes));
    const size_t at = dice_.below(records_ + 1);
    const size_t fit = make_room(at, count);
    std::copy_n(bytes.begin(), fit * kRecordBytes,
                room_.begin() + static_cast<ptrdiff_t>(kHeaderBytes + at * kRecordBytes));
  }

  void erase() {
    const size_t first = any_record();
    const size_t count = std::min<size_t>(records_ - first, 1 + dice_.below(dice_.one_in(4) ? 8 : 2));
    const std::span<std::byte> behind =
        room_.subspan(kHeaderBytes + first * kRecordBytes, (records_ - first) * kRecordBytes);
    std::shift_left(behind.begin(), behind.end(), static_cast<ptrdiff_t>(count * kRecordBytes));
    records_ -= count;
  }

  void swap() { std::ranges::swap_ranges(record(any_record()), record(any_record())); }

  // Two records become more alike: they meet in the same region, or go the same way.
  void take_over_byte() {
    const size_t which = dice_.below(kRecordBytes);
    record(any_record())[which] = record(any_record())[which];
  }

  std::span<std::byte> room_;
  size_t records_ = 0;
  Dice dice_;
};

}  // namespace

size_t mutate_records(std::span<std::byte> room, size_t size, uint64_t seed) {
  const bool is_plain = room.size() < kHeaderBytes || seed % 32 == 0;
  if (!is_plain) return RecordMutator(room, size, seed).run();
  return mutate_bytes(room, size).value_or(size);
}

size_t cross_records(std::span<const std::byte> first, std::span<const std::byte> second,
                     std::span<std::byte> out, uint64_t seed) {
  Dice dice(seed);
  const auto records_of = [](std::span<const std::byte> input) {
    const std::span<const std::byte> records = input.subspan(std::min(input.size(), kHeaderBytes));
    return records.first(records.size() / kRecordBytes * kRecordBytes);
  };
  const auto border = [&](std::span<const std::byte> records) {
    return dice.below(records.size() / kRecordBytes + 1) * kRecordBytes;
  };
  const std::span<const std::byte> begin =
      first.first(std::min({first.size(), kHeaderBytes + border(records_of(first)), out.size()}));
  std::ranges::copy(begin, out.begin());
  if (begin.size() < kHeaderBytes) return begin.size();
  std::span<const std::byte> rest = records_of(second);
  rest = rest.subspan(border(rest));
  rest = rest.first(std::min(rest.size(), out.size() - begin.size()));
  std::ranges::copy(rest, out.subspan(begin.size()).begin());
  return begin.size() + rest.size();
}

}  // namespace drydock::fuzz
