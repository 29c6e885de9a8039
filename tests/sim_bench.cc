#include "tests/sim_bench.h"

#include <algorithm>

namespace drydock::tests {
namespace {

WriteLog log_with(const BenchOptions& options) {
  WriteLog log;
  for (const Party party : kDevices) log.device(party).size = SectorCount(1);
  log.device(SimBench::kDevice).size = options.size;
  log.device(SimBench::kDevice).profile = options.profile;
  log.device(SimBench::kDevice).initial = options.initial;
  return log;
}

}  // namespace

SimBench::SimBench(const BenchOptions& options)
    : log_(log_with(options)),
      disk_(kDevice, options.timing, Chance(options.seed), executor_, log_,
            options.mishaps != nullptr ? *options.mishaps : *this) {}

const SimBench::Answer& SimBench::ask(const Ask& ask) {
  next_ = ask.mishap;
  Answer& answer = answers_.emplace_back();
  answer.submitted_us = executor_.now_us();
  tasks_.spawn(perform(ask, answer));
  return answer;
}

Task<void> SimBench::perform(Ask ask, Answer& answer) {
  const bool moves_data = ask.kind == IoKind::kRead || ask.kind == IoKind::kWrite;
  Buffer buffer(moves_data ? bytes_of(ask.range.count) : 0);
  if (ask.kind == IoKind::kWrite) log_.bytes.write_run(buffer.span(), {ask.range, Content::write(ask.stamp)});
  IoAwaiter io(disk_, {.kind = ask.kind, .fua = ask.fua, .range = ask.range, .data = buffer.span()});
  const Status status = co_await io;
  answer.answered_us = executor_.now_us();
  answer.error = status ? ErrorCode::kNone : status.error().code;
  if (!status || ask.kind != IoKind::kRead) co_return;
  std::vector<ContentRun> runs;
  log_.bytes.append_contents(buffer.span(), ask.range, runs);
  for (const ContentRun& run : runs) {
    for (Sector s = run.range.first; s < run.range.end(); ++s) answer.data.push_back(run.at(s));
  }
}

void SimBench::run_for(uint64_t us) {
  const uint64_t until_us = executor_.now_us() + us;
  while (executor_.next_due_us() <= until_us) executor_.step();
  executor_.advance_to(until_us);
}

const SimBench::Answer& SimBench::ask_and_wait(const Ask& wanted) {
  const Answer& answer = ask(wanted);
  while (!answer.is_there()) CHECK(executor_.step());
  return answer;
}

void SimBench::write(SectorRange range, uint32_t stamp, Fua fua) {
  ask_and_wait({.range = range, .stamp = stamp, .fua = fua});
}

void SimBench::write_in_flight(SectorRange range, uint32_t stamp, Fua fua) {
  ask({.range = range, .stamp = stamp, .fua = fua, .mishap = kStaysInFlight});
}

void SimBench::forget_everybody() {
  executor_.clear();
  tasks_.clear();
}

void SimBench::power_cut(const std::vector<SurvivorChoice>& choices) {
  forget_everybody();
  disk_.power_cut(choices);
}

void SimBench::process_crash() {
  forget_everybody();
  disk_.process_crash();
}

SimBench::Contents SimBench::initial(SectorCount size) {
  Contents contents;
  for (Sector s(0); s < Sector(0) + size; ++s) contents.push_back(Content::stale(s));
  return contents;
}

ContentsSet reached(BenchOptions options, const Story& story, uint64_t seeds) {
  ContentsSet found;
  for (uint64_t n = 0; n < seeds; ++n) {
    options.seed = derived_seed(77, n);
    SimBench bench(options);
    story(bench);
    found.insert(bench.contents());
  }
  return found;
}

ContentsSet left_by_power_cut(const BenchOptions& options, const Story& story, uint64_t seeds) {
  const Story cut = [&](SimBench& bench) {
    story(bench);
    bench.power_cut();
  };
  return reached(options, cut, seeds);
}

void put(SimBench::Contents& contents, uint64_t first, uint64_t n, Content content) {
  for (uint64_t i = 0; i < n; ++i) contents[first + i] = on(content, i);
}

ContentsSet combinations(const std::vector<SimBench::Contents>& choices) {
  ContentsSet found = {{}};
  for (const SimBench::Contents& of_sector : choices) {
    ContentsSet longer;
    for (const SimBench::Contents& contents : found) {
      for (const Content content : of_sector) {
        SimBench::Contents next = contents;
        next.push_back(content);
        longer.insert(std::move(next));
      }
    }
    found = std::move(longer);
  }
  return found;
}

}  // namespace drydock::tests
