#include "tests/disk_conformance.h"

#include <algorithm>

namespace drydock::tests {
namespace {

void fill(Values& values, SectorRange range, int value) {
  std::fill_n(values.begin() + static_cast<ptrdiff_t>(range.first.value()), range.count.value(), value);
}

int value_of(std::span<const std::byte> sector) {
  const bool is_uniform = std::ranges::all_of(sector, [&](std::byte b) { return b == sector[0]; });
  return is_uniform ? std::to_integer<int>(sector[0]) : kMixed;
}

}  // namespace

// Whoever waits goes before what it waits for.
void DiskConformance::begin(uint64_t seed) {
  tasks_ = nullptr;
  bench_ = nullptr;  // a real device is held by one
  bench_ = GetParam().make(seed);
  tasks_ = std::make_unique<TaskSet>();
  write(all(), kOld);
  flush();
}

SectorRange DiskConformance::range_of(uint64_t first, uint64_t count) {
  const SectorCount block = disk().limits().logical_block;
  return {Sector(0) + block * first, block * count};
}

std::vector<SectorRange> DiskConformance::all_ranges() {
  std::vector<SectorRange> ranges;
  for (uint64_t first = 0; first < blocks(); ++first) {
    for (uint64_t count = 1; first + count <= blocks(); ++count) ranges.push_back(range_of(first, count));
  }
  return ranges;
}

Values DiskConformance::old_but(SectorRange range, int value) {
  Values values(all().count.value(), kOld);
  fill(values, range, value);
  return values;
}

const DiskConformance::Answer& DiskConformance::ask(Wanted wanted) {
  Answer& answer = answers_.emplace_back();
  tasks_->spawn(perform(wanted, answer));
  return answer;
}

Task<void> DiskConformance::perform(Wanted wanted, Answer& answer) {
  const bool moves_data = wanted.kind == IoKind::kRead || wanted.kind == IoKind::kWrite;
  BufferPool buffers(disk().memory());
  BufferPool::Lease buffer = buffers.take(moves_data ? bytes_of(wanted.range.count) : 0);
  const std::span<std::byte> data = buffer.span();
  std::ranges::fill(data, std::byte(wanted.value));
  IoAwaiter io(disk(), {.kind = wanted.kind, .fua = wanted.fua, .range = wanted.range, .data = data});
  const Status status = co_await io;
  EXPECT_FALSE(answer.is_there);
  answer.is_there = true;
  answer.error = status ? ErrorCode::kNone : status.error().code;
  for (size_t at = 0; at < data.size(); at += kSectorBytes) {
    answer.values.push_back(value_of(data.subspan(at, kSectorBytes)));
  }
}

const DiskConformance::Answer& DiskConformance::ask_and_run(Wanted wanted) {
  const Answer& answer = ask(wanted);
  run();
  EXPECT_TRUE(answer.is_there);
  EXPECT_EQ(answer.error, ErrorCode::kNone);
  return answer;
}

void DiskConformance::write(SectorRange range, int value, Fua fua) {
  ask_and_run({.kind = IoKind::kWrite, .range = range, .value = value, .fua = fua});
}

void DiskConformance::zero(SectorRange range, Fua fua) {
  ask_and_run({.kind = IoKind::kWriteZeroes, .range = range, .fua = fua});
}

void DiskConformance::discard(SectorRange range) {
  if (range.count <= disk().limits().max_discard) ask_and_run({.kind = IoKind::kDiscard, .range = range});
}

void DiskConformance::flush() { ask_and_run({.kind = IoKind::kFlush}); }

Values DiskConformance::read(SectorRange range) {
  return ask_and_run({.kind = IoKind::kRead, .range = range}).values;
}

void DiskConformance::power_cut() {
  bench_->forget_requests();
  tasks_->clear();
  bench_->power_cut();
}

}  // namespace drydock::tests
