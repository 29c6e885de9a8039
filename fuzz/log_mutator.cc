#include "fuzz/log_mutator.h"

#include <isa-l/crc.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "fuzz/dice.h"
#include "fuzz/libfuzzer.h"

namespace drydock::fuzz {
namespace {

using Bytes = std::vector<std::byte>;

constexpr size_t kLogHeaderBytes = 16;
constexpr size_t kRecordHeadBytes = 9;  // length, checksum, type
constexpr size_t kTypeAt = 8;
constexpr std::byte kMagic[] = {std::byte{'d'}, std::byte{'r'}, std::byte{'y'}, std::byte{'d'},
                                std::byte{'k'}, std::byte{'l'}, std::byte{'o'}, std::byte{'g'}};

// Length and checksum, for what stands behind them. REQUIRES: the record has a type.
void seal(Bytes& record) {
  const auto length = static_cast<uint32_t>(record.size() - kRecordHeadBytes);
  const uint32_t sum = crc32_gzip_refl(0, reinterpret_cast<const unsigned char*>(record.data()) + kTypeAt,
                                       1 + uint64_t{length});
  std::memcpy(record.data(), &length, sizeof length);
  std::memcpy(record.data() + sizeof length, &sum, sizeof sum);
}

// The records of one log; what is no whole record stays at its end.
class LogMutator {
 public:
  LogMutator(std::span<const std::byte> log, uint64_t seed) : dice_(seed) {
    const size_t head = std::min(log.size(), kLogHeaderBytes);
    head_.assign(log.begin(), log.begin() + static_cast<ptrdiff_t>(head));
    log = log.subspan(head);
    while (log.size() >= kRecordHeadBytes) {
      uint32_t length = 0;
      std::memcpy(&length, log.data(), sizeof length);
      if (length > log.size() - kRecordHeadBytes) break;
      const std::span<const std::byte> record = log.first(kRecordHeadBytes + length);
      records_.emplace_back(record.begin(), record.end());
      log = log.subspan(record.size());
    }
    tail_.assign(log.begin(), log.end());
  }

  Bytes run() {
    for (uint64_t left = 1 + dice_.below(3); left > 0 && !records_.empty(); --left) change_something();
    Bytes log = head_;
    for (const Bytes& record : records_) log.insert(log.end(), record.begin(), record.end());
    log.insert(log.end(), tail_.begin(), tail_.end());
    return log;
  }

 private:
  size_t any() { return dice_.below(records_.size()); }
  auto at(size_t i) { return records_.begin() + static_cast<ptrdiff_t>(i); }

  void change_something() {
    switch (dice_.below(8)) {
      case 0: {
        const Bytes again = records_[any()];
        records_.insert(at(dice_.below(records_.size() + 1)), again);
        return;
      }
      case 1:
        records_.erase(at(any()));
        return;
      case 2:
        std::swap(records_[any()], records_[any()]);
        return;
      case 3:
        return take_over_bytes();
      case 4:
        return resize();
      default:
        return change_bytes();
    }
  }

  // Of the type and the payload; the checksum is right afterwards, but for once in a while.
  void change_bytes() {
    constexpr uint8_t kOften[] = {0, 1, 2, 3, 4, 5, 8, 16, 64, 127, 128, 255};
    Bytes& record = records_[any()];
    const size_t begin = dice_.one_in(16) ? 0 : dice_.one_in(8) ? kTypeAt : kRecordHeadBytes;
    if (begin == record.size()) return;
    // Data are long, and what is in them hardly matters.
    const size_t end = std::min(record.size(), begin + 64);
    std::byte& byte = record[begin + dice_.below(end - begin)];
    byte = dice_.one_in(3) ? byte ^ std::byte{1} << dice_.below(8)
                           : static_cast<std::byte>(kOften[dice_.below(std::size(kOften))]);
    if (begin > 0) seal(record);
  }

  // A field of one record becomes that of another.
  void take_over_bytes() {
    const Bytes from = records_[any()];
    Bytes& record = records_[any()];
    constexpr std::array<size_t, 4> kFields = {1, 4, 8, 16};
    const size_t count = kFields[dice_.below(kFields.size())];
    const size_t shorter = std::min(from.size(), record.size()) - kRecordHeadBytes;
    if (shorter < count) return;
    const size_t where = kRecordHeadBytes + dice_.below(std::min<size_t>(shorter - count + 1, 64));
    std::copy_n(from.begin() + static_cast<ptrdiff_t>(where), count,
                record.begin() + static_cast<ptrdiff_t>(where));
    seal(record);
  }

  void resize() {
    Bytes& record = records_[any()];
    const size_t payload = record.size() - kRecordHeadBytes;
    const size_t length = dice_.one_in(2) ? dice_.below(payload + 1) : payload + dice_.below(16);
    record.resize(kRecordHeadBytes + length);
    seal(record);
  }

  Dice dice_;
  Bytes head_;
  std::vector<Bytes> records_;
  Bytes tail_;
};

}  // namespace

size_t second_log(std::span<const std::byte> input) {
  if (input.empty()) return 0;
  const auto found = std::search(input.begin() + 1, input.end(), std::begin(kMagic), std::end(kMagic));
  return static_cast<size_t>(found - input.begin());
}

size_t mutate_log(std::span<std::byte> room, size_t size, uint64_t seed) {
  if (seed % 32 == 0) {
    if (const std::optional<size_t> changed = mutate_bytes(room, size)) return *changed;
  }
  const std::span<const std::byte> input = room.first(size);
  const std::span<const std::byte> first = input.first(second_log(input));
  const std::span<const std::byte> second = input.subspan(first.size());
  const bool takes_first = second.empty() || seed % 2 == 0;
  Bytes changed = LogMutator(takes_first ? first : second, seed).run();
  if (takes_first) {
    changed.insert(changed.end(), second.begin(), second.end());
  } else {
    changed.insert(changed.begin(), first.begin(), first.end());
  }
  changed.resize(std::min(changed.size(), room.size()));
  std::ranges::copy(changed, room.begin());
  return changed.size();
}

}  // namespace drydock::fuzz
