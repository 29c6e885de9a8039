#include "tests/engine_rule_situations.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tests/clone_fixture.h"

namespace drydock::tests::situations {
namespace {

CloneSetup with(const Rules& rules) { return {.rules = rules}; }

std::string ranges_of(const RegionSet& set) { return fmt::format("{}", fmt::join(set.ranges(), ", ")); }

Rules after_commit(Rules rules) {
  if (rules.source_discard == SourceDiscard::kOff) rules.source_discard = SourceDiscard::kAfterCommit;
  return rules;
}

}  // namespace

// Commits.

std::string requests_of_a_flush(const Rules& rules) {
  OpenClone f(with(rules));
  f.overwrite_regions({1});
  f.look_from_here();
  static_cast<void>(f.flush());
  return f.asked();
}

std::string set_of_a_commit(const Rules& rules) {
  OpenClone f(with(rules));
  f.overwrite_regions({1});
  const auto flush = f.start_flush();
  f.run_for(1);
  f.overwrite_regions({2});
  f.run_until([&] { return flush.answered(); });
  return ranges_of(f.committed());
}

std::string blocks_of_commits(const Rules& rules) {
  OpenClone f(with(rules));
  std::vector<std::string> commits;
  for (const uint64_t region : {1u, 2u, 3u}) {
    f.overwrite_regions({region});
    f.look_from_here();
    static_cast<void>(f.flush());
    std::vector<uint64_t> blocks;
    for (const Event& event : f.requests(Party::kMetadata)) {
      if (event.io == IoKind::kWrite) blocks.push_back(event.range.first.value() / kSectorsPerBlock.value());
    }
    commits.push_back(fmt::format("{}", fmt::join(blocks, " ")));
  }
  return fmt::format("{}", fmt::join(commits, "; "));
}

std::string hydrated_after_a_restart(const Rules& rules) {
  OpenClone f(with(rules));
  f.overwrite_regions({1, 2});
  f.run_until_idle();
  f.crash_process();
  static_cast<void>(f.open());
  return fmt::format("{}", f.clone().hydrated());
}

std::string requests_of_a_start(const Rules& rules) {
  OpenClone f(with(rules));
  f.crash_process();
  f.look_from_here();
  static_cast<void>(f.open());
  return f.asked(Party::kMetadata);
}

std::string failed_commit(const Rules& rules) {
  OpenClone f(with(rules));
  f.overwrite_regions({1});
  f.mishaps().fail({.device = Party::kMetadata, .kind = IoKind::kFlush, .times = 1});
  const Status flush = f.flush();
  return fmt::format("{}, {}", code_of(flush), to_string(f.clone().mode()));
}

std::string failed_destination_flushes(const Rules& rules) {
  OpenClone f(with(rules));
  f.mishaps().fail({.device = Party::kDestination, .kind = IoKind::kFlush, .times = 1});
  const Status first = f.flush();
  const Status second = f.flush();
  return fmt::format("{}, {}", code_of(first), code_of(second));
}

std::string flush_during_a_commit(const Rules& rules) {
  OpenClone f(with(rules));
  f.overwrite_regions({1});
  const auto first = f.start_flush();
  f.run_for(250);
  f.look_from_here();
  const auto second = f.start_flush();
  f.run_until([&] { return first.answered() && second.answered(); });
  return f.asked(Party::kDestination);
}

// Client requests.

std::string fua_of_a_whole_region(const Rules& rules) {
  OpenClone f(with(rules));
  static_cast<void>(f.write(sectors(8, 8), 1, Fua::kYes));
  return f.asked();
}

std::string fua_of_a_committed_region(const Rules& rules) {
  OpenClone f(with(rules));
  f.overwrite_regions({1});
  f.run_until_idle();
  f.look_from_here();
  static_cast<void>(f.write(sectors(9, 1), 1, Fua::kYes));
  return f.asked(Party::kDestination);
}

std::string answer_to_an_overwrite(const Rules& rules) {
  OpenClone f(with(rules));
  const auto write = f.start_write(sectors(8, 8), 1);
  return write.answered() ? "before the data" : "after the data";
}

std::string announcement(const Rules& rules) {
  OpenClone f({.size = SectorCount(8), .options = {.hydration = false}, .rules = rules});
  f.overwrite_regions({0});
  return f.events().empty() ? "not yet" : "before the commit";
}

std::string mark_during_a_copy(const Rules& rules) {
  OpenClone f(with(rules));
  const auto write = f.start_write(sectors(9, 1), 1);
  return fmt::format("{}", f.clone().hydrated());
}

std::string region_whose_copy_failed(const Rules& rules) {
  OpenClone f(with(rules));
  f.mishaps().fail({.device = Party::kSource});
  const Status write = f.write(sectors(9, 1), 1);
  return fmt::format("{}, {} hydrated", code_of(write), f.clone().hydrated());
}

std::string write_during_a_copy(const Rules& rules) {
  OpenClone f(with(rules));
  const auto first = f.start_write(sectors(9, 1), 1);
  const auto second = f.start_write(sectors(10, 1), 2);
  f.run_until([&] { return first.answered() && second.answered(); });
  return f.asked();
}

std::string discard_during_a_copy(const Rules& rules) {
  OpenClone f(with(rules));
  const auto write = f.start_write(sectors(9, 1), 1);
  const auto discard = f.start_discard(sectors(8, 8));
  f.run_for(1);
  return f.asked();
}

std::string read_during_a_copy(const Rules& rules) {
  OpenClone f(with(rules));
  const auto write = f.start_write(sectors(9, 1), 1);
  f.look_from_here();
  const auto read = f.start_read(sectors(10, 1));
  return f.asked();
}

std::string partial_write(const Rules& rules) {
  OpenClone f(with(rules));
  static_cast<void>(f.write(sectors(9, 1), 1));
  return f.asked();
}

std::string write_to_the_end(const Rules& rules) {
  OpenClone f({.size = SectorCount(61), .options = {.hydration = false}, .rules = rules});
  static_cast<void>(f.write(sectors(58, 3), 1));
  return f.asked();
}

// Discards.

std::string rounded_discard(const Rules& rules) {
  OpenClone f(with(rules));
  static_cast<void>(f.discard(sectors(12, 24)));
  return fmt::format("{} hydrated", f.clone().hydrated());
}

std::string small_discard(const Rules& rules) {
  OpenClone f(with(rules));
  static_cast<void>(f.discard(sectors(10, 3)));
  return fmt::format("{} hydrated", f.clone().hydrated());
}

std::string passed_down_discard(const Rules& rules) {
  OpenClone f(with(rules));
  static_cast<void>(f.discard(sectors(12, 24)));
  return f.asked();
}

// While the zeros are on their way.
std::string zeroed_discard(const Rules& rules) {
  CloneSetup setup = with(rules);
  setup.options.discard = engine::DiscardMode::kZero;
  OpenClone f(setup);
  const auto discard = f.start_discard(sectors(8, 8));
  return fmt::format("[{}] {} hydrated", f.asked(), f.clone().hydrated());
}

std::string source_discard(const Rules& rules) {
  OpenClone f(with(rules));
  static_cast<void>(f.write(sectors(9, 1), 1));
  static_cast<void>(f.flush());
  return f.story();
}

std::string source_discard_of_a_failed_commit(const Rules& rules) {
  OpenClone f(with(after_commit(rules)));
  f.overwrite_regions({1});
  f.mishaps().fail({.device = Party::kMetadata, .kind = IoKind::kFlush, .times = 1});
  static_cast<void>(f.flush());
  return f.asked(Party::kSource);
}

std::string source_discard_under_a_read(const Rules& rules) {
  OpenClone f(with(after_commit(rules)));
  f.mishaps().delay({.device = Party::kSource, .kind = IoKind::kRead}, 10'000);
  const auto read = f.start_read(sectors(8, 1));
  f.overwrite_regions({1});
  static_cast<void>(f.flush());
  return f.asked(Party::kSource);
}

// Large clones.

std::string discard_far_out(const Rules& rules) {
  OpenClone f({.size = SectorCount(uint64_t{1} << 33),
               .options = {.region_size = SectorCount(1 << 21), .hydration = false},
               .rules = rules});
  static_cast<void>(f.discard(sectors(uint64_t{1} << 32, 1 << 21)));
  return f.asked();
}

std::string too_many_regions(const Rules& rules) {
  CloneFixture f(
      {.size = SectorCount((uint64_t{8} << 32) + 80), .options = {.hydration = false}, .rules = rules});
  const Status opened = f.open();
  return opened ? fmt::format("{} regions", f.clone().regions()) : std::string(code_of(opened));
}

}  // namespace drydock::tests::situations
