// CloneFixture: a clone on three simulated disks, with time, mishaps and the write log in the hands of a
// test.
//
// Everything happens in virtual time, and every latency is fixed unless a test says otherwise. What devices
// were asked is told as text, because that is what a test's failure should show.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "block/check.h"
#include "block/disk_profile.h"
#include "block/mishap.h"
#include "block/region_set.h"
#include "block/task.h"
#include "block/write_log.h"
#include "engine/clone.h"
#include "sim/disk.h"
#include "sim/executor.h"

namespace drydock {

// How a failed expectation shows them.
template <class Unit>
void PrintTo(Count<Unit> count, std::ostream* out) {
  *out << fmt::format("{}", count);
}
template <class Unit>
void PrintTo(Range<Unit> range, std::ostream* out) {
  *out << fmt::format("{}", range);
}
inline void PrintTo(const Status& status, std::ostream* out) {
  *out << (status ? "success" : status.error().message);
}

}  // namespace drydock

namespace drydock::tests {

constexpr SectorRange sectors(uint64_t first, uint64_t count) { return {Sector(first), SectorCount(count)}; }

// Which requests something strikes.
struct Strike {
  Party device = Party::kSource;
  std::optional<IoKind> kind{};  // any, if not given
  SectorRange range{};           // those that overlap it; any, if empty
  uint32_t after = 0;            // so many are spared first
  uint32_t times = UINT32_MAX;
};

class ScriptedMishaps : public MishapSource {
 public:
  void add(Strike strike, Mishap mishap) { entries_.push_back({strike, mishap}); }
  void fail(Strike strike) { add(strike, {.error = ErrorCode::kIo}); }
  void delay(Strike strike, uint64_t delay_us) { add(strike, {.delay_us = delay_us}); }
  void clear() { entries_.clear(); }
  // Of several that strike one request the delays add up and the last error counts.
  Mishap mishap_of(Party device, const IoRequest& request, uint64_t now_us) override;

 private:
  struct Entry {
    Strike strike;
    Mishap mishap;
  };
  std::vector<Entry> entries_;
};

struct DiskSetup {
  SectorCount size{0};  // 0: as large as the clone
  DiskProfile profile{};
  sim::Timing timing{};
  bool can_discard = true;
  SectorCount max_discard{uint64_t{1} << 40};
  std::string identity{};  // empty: like no other
  std::vector<ContentRun> preset{};
};

constexpr sim::Timing fixed_timing(uint64_t io_us, uint64_t flush_us) {
  return {.read = {io_us, io_us},
          .write = {io_us, io_us},
          .flush = {flush_us, flush_us},
          .discard = {io_us, io_us}};
}

// Eight regions of eight sectors, no background hydration.
struct CloneSetup {
  SectorCount size{64};
  engine::CloneOptions options{.hydration = false};
  Rules rules{};
  uint64_t seed = 1;
  DiskSetup source{.timing = fixed_timing(100, 100)};
  DiskSetup destination{.timing = fixed_timing(50, 200)};
  DiskSetup metadata{.size = SectorCount(128), .timing = fixed_timing(10, 100)};
};

// With one of the values of that rule; the second with background hydration on.
inline CloneSetup with(SourceDiscard source_discard) {
  CloneSetup setup;
  setup.rules.source_discard = source_discard;
  return setup;
}
inline CloneSetup hydrating_with(SourceDiscard source_discard) {
  CloneSetup setup = with(source_discard);
  setup.options.hydration = true;
  return setup;
}

// A SimDisk with the limits and the identity that a test wants.
class DisguisedDisk : public Disk {
 public:
  DisguisedDisk(sim::SimDisk& disk, const DiskSetup& setup);
  const DiskLimits& limits() const override { return limits_; }
  std::string_view name() const override { return disk_.name(); }
  std::string identity() const override { return identity_; }
  Status claim() override { return disk_.claim(); }
  void release() override { disk_.release(); }
  void submit(IoRequest& request) override { disk_.submit(request); }
  Extent extent_at(SectorRange range) override { return disk_.extent_at(range); }

 private:
  sim::SimDisk& disk_;
  DiskLimits limits_;
  std::string identity_;
};

// The answer that a started task will give.
template <class T>
class Pending {
 public:
  bool answered() const { return value_->has_value(); }
  // REQUIRES: answered().
  const T& value() const {
    CHECK(answered());
    return **value_;
  }
  T take() {
    CHECK(answered());
    return std::move(**value_);
  }

 private:
  friend class CloneFixture;
  std::shared_ptr<std::optional<T>> value_ = std::make_shared<std::optional<T>>();
};

// "none" of a success, else the name of the error.
std::string_view code_of(const Status& status);
// Runs of sectors as read() tells them: "0+8 source, 8+4 write 1, 12+4 write 2 from 4".
std::string told(const std::vector<ContentRun>& runs);

class CloneFixture {
 public:
  explicit CloneFixture(CloneSetup setup);
  ~CloneFixture() { stop(); }
  CloneFixture(const CloneFixture&) = delete;
  CloneFixture& operator=(const CloneFixture&) = delete;

  // The engine is started; after it was stopped, once more.
  Status open() { return run(open_clone()); }
  Pending<Status> start_open() { return start(open_clone()); }
  engine::Clone& clone() { return *clone_; }
  // The engine's objects go; what a crash of it would leave is left.
  void stop();
  // stop(), and the power of all disks is cut, or just the process that used them died.
  void cut_power();
  void crash_process();

  // Requests of a client. Those without "start" return with the answer.
  Pending<Status> start_write(SectorRange range, uint32_t id, Fua fua = Fua::kNo);
  Pending<std::string> start_read(SectorRange range);
  Pending<Status> start_flush() { return start(clone_->flush()); }
  Pending<Status> start_discard(SectorRange range) { return start(clone_->discard(range)); }
  Status write(SectorRange range, uint32_t id, Fua fua = Fua::kNo);
  Status write_zeroes(SectorRange range) { return run(clone_->write_zeroes(range, Fua::kNo)); }
  Result<std::vector<ContentRun>> contents(SectorRange range) { return run(read_runs(range)); }
  Pending<Result<std::vector<ContentRun>>> start_contents(SectorRange range) {
    return start(read_runs(range));
  }
  // What is there, as told() has it, or "error" and its name.
  std::string read(SectorRange range);
  Status flush() { return run(clone_->flush()); }
  Status discard(SectorRange range) { return run(clone_->discard(range)); }
  // Hydrates by writing whole regions; region r holds write number 100 + r.
  void overwrite_regions(std::initializer_list<uint64_t> regions);
  // Hydrates `region` in core and makes the commit of that fail, once: the mode is ro then.
  void fail_commit_of(uint64_t region);

  template <class T>
  Pending<T> start(Task<T> task) {
    Pending<T> pending;
    tasks_.spawn(keep(std::move(task), pending.value_));
    return pending;
  }
  // Lets time pass until the task ends. REQUIRES: it does.
  template <class T>
  T run(Task<T> task) {
    Pending<T> pending = start(std::move(task));
    run_until([&] { return pending.answered(); });
    return pending.take();
  }
  template <class Condition>
  void run_until(Condition condition) {
    while (!condition()) CHECK(executor_.step());
  }
  void run_for(uint64_t us);
  // Until nothing is left to be done, ever.
  void run_until_idle();
  uint64_t now_us() const { return executor_.now_us(); }
  sim::Executor& executor() { return executor_; }

  ScriptedMishaps& mishaps() { return mishaps_; }
  WriteLog& log() { return log_; }
  const WriteLog& log() const { return log_; }
  sim::SimDisk& sim_disk(Party party) { return *disks_[static_cast<size_t>(party)]; }
  Disk& disk(Party party) { return *disguised_[static_cast<size_t>(party)]; }
  engine::Devices devices() {
    return {disk(Party::kSource), disk(Party::kDestination), disk(Party::kMetadata)};
  }
  CloneSetup& setup() { return setup_; }
  const Geometry& geometry() const { return log_.geometry; }

  // What the engine told of itself since the fixture was made: "hydrated", "ro", "Fail".
  const std::vector<std::string>& events() const { return events_; }

  // From here on the functions below tell what happened.
  void look_from_here() { looked_from_ = log_.events().size(); }
  // From the moment at which the metadata were loaded, and hydration could begin.
  void look_from_opening();
  std::vector<Event> requests(Party device) const;
  // What a device was asked: "read 0+8, write 8+8 FUA, flush". Of the metadata device's writes just "blocks"
  // or "superblock", once for many in a row.
  std::string asked(Party device) const;
  // What all devices were asked: "source read 0+8, destination write 0+8".
  std::string asked() const;
  // The same, with answers and events: "destination flush, destination flush done, hydrated".
  std::string story() const;
  // What the metadata device holds now.
  RegionSet committed();

 private:
  template <class T>
  static Task<void> keep(Task<T> task, std::shared_ptr<std::optional<T>> value) {
    T answer = co_await task;
    value->emplace(std::move(answer));
  }
  Task<Status> write_run(SectorRange range, uint32_t id, Fua fua);
  Task<Result<std::vector<ContentRun>>> read_runs(SectorRange range);
  Task<std::string> read_text(SectorRange range);
  Task<Status> open_clone();
  void describe_devices();
  std::string tell(Party only, bool all, bool answers) const;

  CloneSetup setup_;
  WriteLog log_;
  sim::Executor executor_;
  ScriptedMishaps mishaps_;
  std::array<std::unique_ptr<sim::SimDisk>, kParties> disks_;
  std::array<std::unique_ptr<DisguisedDisk>, kParties> disguised_;
  std::vector<std::string> events_;
  size_t looked_from_ = 0;
  std::unique_ptr<engine::Clone> clone_;
  TaskSet tasks_;  // last: its frames use everything above
};

// One that is open already; the log is looked at from the moment at which it became so. REQUIRES: the engine
// takes the setup.
class OpenClone : public CloneFixture {
 public:
  explicit OpenClone(CloneSetup setup = {}) : CloneFixture(std::move(setup)) {
    CHECK(open());
    look_from_opening();
  }
};

}  // namespace drydock::tests
