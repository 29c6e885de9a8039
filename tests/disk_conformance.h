// The conformance of a Disk: what every disk must keep of the contract in block/disk.h, whatever it is made
// of. The tests are in disk_conformance.cc; a disk is put to them by
//     INSTANTIATE_TEST_SUITE_P(NAME, DiskConformance, testing::Values(...), name_of_maker);
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "block/buffer.h"
#include "block/disk.h"
#include "block/task.h"

namespace drydock::tests {

// A disk, and the power over it.
class DiskBench {
 public:
  virtual ~DiskBench() = default;
  virtual Disk& disk() = 0;
  // Lets time pass until every request is answered.
  virtual void run() = 0;
  // Called before whoever waits goes: a real disk lets go of their memory.
  virtual void forget_requests() {}
  // The disk goes on with what a power cut left; disk() may be another object then. REQUIRES: whoever waits
  // is gone.
  virtual void power_cut() = 0;
};

struct DiskMaker {
  std::string_view name;
  std::unique_ptr<DiskBench> (*make)(uint64_t seed);
  bool serves_empty_requests = true;
  // A read may find a mixture of old and new inside a sector while the write is in flight.
  bool mixes_in_flight = false;
};

inline std::string name_of_maker(const testing::TestParamInfo<DiskMaker>& info) {
  return std::string(info.param.name);
}

// What a sector holds: the byte that all of it was filled with, or that it is of no such kind.
inline constexpr int kMixed = -1;
using Values = std::vector<int>;

class DiskConformance : public testing::TestWithParam<DiskMaker> {
 protected:
  struct Answer {
    bool is_there = false;
    ErrorCode error = ErrorCode::kNone;
    Values values;  // of a read
  };
  struct Wanted {
    IoKind kind = IoKind::kWrite;
    SectorRange range{};
    int value = 0;  // of a write
    Fua fua = Fua::kNo;
  };
  static constexpr int kOld = 1;

  // A disk that durably holds kOld everywhere.
  void SetUp() override { begin(1); }
  void begin(uint64_t seed);

  // Submits it. The answer stays where it is.
  const Answer& ask(Wanted wanted);
  // The same, and lets everything happen.
  const Answer& ask_and_run(Wanted wanted);
  // REQUIRES: succeeds, or the test fails.
  void write(SectorRange range, int value, Fua fua = Fua::kNo);
  void zero(SectorRange range, Fua fua = Fua::kNo);
  void discard(SectorRange range);
  void flush();
  Values read(SectorRange range);
  Values read_all() { return read(all()); }
  void power_cut();

  Disk& disk() { return bench_->disk(); }
  void run() { bench_->run(); }
  SectorRange all() { return {Sector(0), disk().limits().size}; }
  uint64_t blocks() { return disk().limits().size / disk().limits().logical_block; }
  // Of logical blocks.
  SectorRange range_of(uint64_t first, uint64_t count);
  // Every one that is not empty.
  std::vector<SectorRange> all_ranges();
  // kOld everywhere, but `value` in `range`.
  Values old_but(SectorRange range, int value);

 private:
  Task<void> perform(Wanted wanted, Answer& answer);

  std::unique_ptr<DiskBench> bench_;
  std::deque<Answer> answers_;
  std::unique_ptr<TaskSet> tasks_;
};

}  // namespace drydock::tests
