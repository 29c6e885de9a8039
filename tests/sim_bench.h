// SimBench: one simulated disk, with everything but its luck in the hands of a test: when each request is
// answered, what goes wrong with it, when the power goes.
//
// And the self-test of the disk model: whatever a story does to such a disk, the contents that it can be left
// with, over many seeds, are a set that can be held against the one that the disk model allows.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <set>
#include <vector>

#include "block/buffer.h"
#include "block/mishap.h"
#include "block/task.h"
#include "block/write_log.h"
#include "sim/disk.h"

namespace drydock::tests {

constexpr SectorRange sectors(uint64_t first, uint64_t count) { return {Sector(first), SectorCount(count)}; }

struct BenchOptions {
  DiskProfile profile{};
  SectorCount size{8};
  uint64_t seed = 1;
  Content::Kind initial = Content::Kind::kStale;
  sim::Timing timing{};             // a request is answered in the microsecond in which it is submitted
  MishapSource* mishaps = nullptr;  // where they come from instead of the requests
};

struct Ask {
  IoKind kind = IoKind::kWrite;
  SectorRange range{};
  uint32_t stamp = 0;  // a write's sectors hold Content::write(stamp)
  Fua fua = Fua::kNo;
  Mishap mishap{};  // its delay counts from the submission
};

// Later than anything that a test waits for: the request stays in flight.
inline constexpr uint64_t kNeverUs = uint64_t{1} << 40;
inline constexpr Mishap kStaysInFlight = {.delay_us = kNeverUs};

class SimBench : private MishapSource {
 public:
  static constexpr Party kDevice = Party::kDestination;
  using Contents = std::vector<Content>;

  explicit SimBench(const BenchOptions& options);

  struct Answer {
    uint64_t submitted_us = 0;
    uint64_t answered_us = kNeverUs;  // until it is
    ErrorCode error = ErrorCode::kNone;
    Contents data;  // of a read

    bool is_there() const { return answered_us != kNeverUs; }
    uint64_t latency_us() const { return answered_us - submitted_us; }
  };

  // Submits it now. The answer stays where it is.
  const Answer& ask(const Ask& ask);
  // Lets everything happen that is due in the next `us` microseconds, or now.
  void run_for(uint64_t us);
  // Asks, and runs until the answer is there.
  const Answer& ask_and_wait(const Ask& ask);

  // Shorter ways to say what most tests say. A write is submitted and answered.
  void write(SectorRange range, uint32_t stamp, Fua fua = Fua::kNo);
  void write_in_flight(SectorRange range, uint32_t stamp, Fua fua = Fua::kNo);
  void flush() { ask_and_wait({.kind = IoKind::kFlush}); }
  Contents read(SectorRange range) { return ask_and_wait({.kind = IoKind::kRead, .range = range}).data; }

  // Whoever waits is gone first.
  void power_cut(const std::vector<SurvivorChoice>& choices = {});
  void process_crash();

  // What all of the disk reads now.
  Contents contents() { return read({Sector(0), disk_.limits().size}); }
  // What it held at first.
  static Contents initial(SectorCount size);

  sim::SimDisk& disk() { return disk_; }
  sim::Executor& executor() { return executor_; }
  WriteLog& log() { return log_; }

 private:
  Mishap mishap_of(Party, const IoRequest&, uint64_t) override { return next_; }
  Task<void> perform(Ask ask, Answer& answer);
  void forget_everybody();

  WriteLog log_;
  sim::Executor executor_;
  Mishap next_;
  sim::SimDisk disk_;
  std::deque<Answer> answers_;
  TaskSet tasks_;  // last: its frames use everything above
};

using Story = std::function<void(SimBench&)>;
using ContentsSet = std::set<SimBench::Contents>;

// What the disk can hold when the story is over, for so many seeds.
ContentsSet reached(BenchOptions options, const Story& story, uint64_t seeds);
// The same, when the power is cut after the story.
ContentsSet left_by_power_cut(const BenchOptions& options, const Story& story, uint64_t seeds);

// Every combination of one content for each sector.
ContentsSet combinations(const std::vector<SimBench::Contents>& choices);

// Enough seeds that each of so many equally likely outcomes comes up.
constexpr uint64_t enough_seeds(uint64_t outcomes) { return 40 * outcomes + 60; }

constexpr sim::Timing every_request_takes(sim::Latency latency) {
  return {.read = latency, .write = latency, .flush = latency, .discard = latency};
}

// What writes with the stamps 1, 2 and 3 store.
inline constexpr Content kA = Content::write(1);
inline constexpr Content kB = Content::write(2);
inline constexpr Content kC = Content::write(3);

// What a sector held at first, if nothing else was wanted.
constexpr Content old(uint64_t sector) { return Content::stale(Sector(sector)); }
constexpr Content on(Content first, uint64_t n) { return first.advanced(SectorCount(n)); }
// `n` sectors of one run, over what `contents` holds from its place `first` on.
void put(SimBench::Contents& contents, uint64_t first, uint64_t n, Content content);

}  // namespace drydock::tests
