// A clone is a disk: random requests, alone and several at a time, with hydration going on, read back like
// one.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/clone_fixture.h"
#include "tests/expected_contents.h"

namespace drydock::tests {
namespace {

struct Operation {
  IoKind kind;
  SectorRange range;
  Fua fua;
  uint64_t pause_us;  // before it
};

void showValue(const Operation& operation, std::ostream& out) {
  out << to_string(operation.kind) << " " << fmt::format("{}", operation.range)
      << (operation.fua == Fua::kYes ? " FUA" : "") << " after " << operation.pause_us << " us";
}

sim::Latency any_latency() {
  const auto min_us = *rc::gen::inRange<uint64_t>(1, 300);
  return {.min_us = min_us, .max_us = min_us + *rc::gen::inRange<uint64_t>(0, 1000)};
}

sim::Timing any_timing() {
  return {.read = any_latency(), .write = any_latency(), .flush = any_latency(), .discard = any_latency()};
}

CloneSetup any_setup() {
  CloneSetup setup;
  setup.size = SectorCount(*rc::gen::inRange<uint64_t>(1, 100));
  setup.options = {.region_size = SectorCount(*rc::gen::element<uint64_t>(8, 16, 32)),
                   .hydration = *rc::gen::arbitrary<bool>(),
                   .discard_passdown = *rc::gen::arbitrary<bool>(),
                   .hydration_threshold = *rc::gen::inRange<uint32_t>(0, 5),
                   .hydration_batch_size = *rc::gen::inRange<uint32_t>(0, 5)};
  setup.rules.source_discard = *rc::gen::element(SourceDiscard::kOff, SourceDiscard::kAfterCommit);
  setup.seed = *rc::gen::arbitrary<uint64_t>();
  for (DiskSetup* disk : {&setup.source, &setup.destination, &setup.metadata}) disk->timing = any_timing();
  setup.destination.profile = *profile_named(
      *rc::gen::element<std::string>("spec", "writethrough", "sata_4k", "zero_trim", "old_trim", "loop"));
  setup.destination.max_discard = SectorCount(*rc::gen::element<uint64_t>(4, 8, 24, 1000));
  return setup;
}

// Often whole regions, for much depends on that.
SectorRange any_range(const CloneSetup& setup) {
  const uint64_t size = setup.size.value();
  const uint64_t first = *rc::gen::inRange<uint64_t>(0, size);
  const uint64_t count = *rc::gen::inRange<uint64_t>(1, size - first + 1);
  const SectorRange range = sectors(first, count);
  if (*rc::gen::arbitrary<bool>()) return range;
  return rounded_outwards(range, setup.options.region_size).intersect({Sector(0), setup.size});
}

Operation any_operation(const CloneSetup& setup) {
  return {.kind = *rc::gen::weightedElement<IoKind>({{4, IoKind::kRead},
                                                     {6, IoKind::kWrite},
                                                     {2, IoKind::kFlush},
                                                     {2, IoKind::kDiscard},
                                                     {1, IoKind::kWriteZeroes}}),
          .range = any_range(setup),
          .fua = *rc::gen::weightedElement<Fua>({{4, Fua::kNo}, {1, Fua::kYes}}),
          .pause_us = *rc::gen::weightedOneOf<uint64_t>(
              {{8, rc::gen::inRange<uint64_t>(0, 2000)}, {1, rc::gen::just<uint64_t>(1'100'000)}})};
}

// The regions inside `range`, but never the short last one.
SectorRange touched_by_discard(const Geometry& geometry, SectorRange range) {
  return rounded_inwards(range, geometry.region_size);
}

// Sends rounds of requests, and compares.
class Client {
 public:
  explicit Client(CloneFixture& f) : f_(f), expected_(f.geometry().size) {}

  void start(const Operation& operation) {
    const SectorRange range = operation.range;
    f_.run_for(operation.pause_us);
    if (operation.kind == IoKind::kRead) {
      reads_.push_back(f_.start_contents(range));
    } else if (operation.kind == IoKind::kFlush) {
      expected_.flush();
      others_.push_back(f_.start_flush());
    } else if (operation.kind == IoKind::kDiscard) {
      expected_.discard(touched_by_discard(f_.geometry(), range));
      others_.push_back(f_.start_discard(range));
    } else if (operation.kind == IoKind::kWriteZeroes) {
      expected_.write_zeroes(range);
      others_.push_back(f_.start(f_.clone().write_zeroes(range, Fua::kNo)));
    } else {
      expected_.write(range, ++writes_, operation.fua);
      others_.push_back(f_.start_write(range, writes_, operation.fua));
    }
  }

  void end_round() {
    f_.run_until([&] { return all_answered(); });
    for (const auto& read : reads_) {
      RC_ASSERT(read.value().has_value());
      RC_ASSERT(expected_.accepts(*read.value()));
    }
    for (const auto& other : others_) RC_ASSERT(other.value().has_value());
    expected_.end_round();
    reads_.clear();
    others_.clear();
  }

  void check_all() {
    const auto all = f_.contents(f_.geometry().sectors());
    RC_ASSERT(all.has_value());
    RC_ASSERT(expected_.accepts(*all));
    expected_.has_read(*all);
  }

  // In the middle of a round.
  void crash(bool power_cut) {
    reads_.clear();
    others_.clear();
    power_cut ? f_.cut_power() : f_.crash_process();
    RC_ASSERT(f_.open().has_value());
    const auto all = f_.contents(f_.geometry().sectors());
    RC_ASSERT(all.has_value());
    RC_ASSERT(expected_.accepts_after_crash(*all));
    expected_.has_crashed(*all, power_cut);
  }

 private:
  bool all_answered() const {
    return std::ranges::all_of(reads_, [](const auto& read) { return read.answered(); }) &&
           std::ranges::all_of(others_, [](const auto& other) { return other.answered(); });
  }

  CloneFixture& f_;
  ExpectedContents expected_;
  std::vector<Pending<Result<std::vector<ContentRun>>>> reads_;
  std::vector<Pending<Status>> others_;
  uint32_t writes_ = 0;
};

std::vector<Operation> any_operations(const CloneSetup& setup) {
  const auto count = *rc::gen::inRange<size_t>(1, 40);
  return *rc::gen::container<std::vector<Operation>>(count,
                                                     rc::gen::exec([&] { return any_operation(setup); }));
}

RC_GTEST_PROP(Clone, ReadsBackLikeAPlainDisk, ()) {
  const CloneSetup setup = any_setup();
  OpenClone f(setup);
  Client client(f);
  for (const Operation& operation : any_operations(setup)) {
    client.start(operation);
    client.end_round();
    client.check_all();
  }
  f.run_until_idle();
  client.check_all();
}

RC_GTEST_PROP(Clone, ReadsBackLikeAPlainDiskWithRequestsThatOverlap, ()) {
  const CloneSetup setup = any_setup();
  const auto depth = *rc::gen::inRange<size_t>(2, 6);
  OpenClone f(setup);
  Client client(f);
  size_t in_flight = 0;
  for (Operation operation : any_operations(setup)) {
    if (in_flight > 0) operation.pause_us %= 300;
    client.start(operation);
    if (++in_flight % depth != 0) continue;
    client.end_round();
    client.check_all();
    in_flight = 0;
  }
  client.end_round();
  f.run_until_idle();
  client.check_all();
}

RC_GTEST_PROP(Clone, KeepsWhatIsDurableOverCrashes, ()) {
  const CloneSetup setup = any_setup();
  OpenClone f(setup);
  Client client(f);
  for (const Operation& operation : any_operations(setup)) {
    client.start(operation);
    const auto fate = *rc::gen::weightedElement<int>({{6, 0}, {1, 1}, {1, 2}});
    if (fate == 0) {
      client.end_round();
    } else {
      f.run_for(*rc::gen::inRange<uint64_t>(0, 3000));
      client.crash(fate == 1);
    }
  }
  f.run_until_idle();
  client.check_all();
}

RC_GTEST_PROP(Clone, IsHydratedInTheEndIfItMayBe, ()) {
  CloneSetup setup = any_setup();
  setup.options.hydration = true;
  setup.options.hydration_threshold += 1;
  OpenClone f(setup);
  Client client(f);
  for (const Operation& operation : any_operations(setup)) {
    client.start(operation);
    client.end_round();
  }
  f.run_until_idle();
  RC_ASSERT(f.clone().hydrated() == f.clone().regions());
  RC_ASSERT(f.events() == std::vector<std::string>{"hydrated"});
}

}  // namespace
}  // namespace drydock::tests
