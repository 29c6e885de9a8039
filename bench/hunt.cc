// How fast a hunt is: crash points checked, runs completed, what a long run costs, what memory a long hunt
// needs. One thread. Each iteration draws its scenario, runs the engine on it, and checks every crash state
// at every event.

#include <benchmark/benchmark.h>

#include <fstream>
#include <string>

#include "block/check.h"
#include "scenarios/generator.h"
#include "scenarios/runner.h"

namespace drydock::bench {
namespace {

// Runs what `draw(seed)` draws, one after the other.
template <class DrawScenario>
void run_many(benchmark::State& state, DrawScenario draw) {
  scenarios::Runner runner;
  uint64_t runs = 0;
  uint64_t crash_points = 0;
  for (auto _ : state) {
    const scenarios::RunResult result = runner.run(draw(derived_seed(1, runs)));
    CHECK(!result.finding);
    ++runs;
    crash_points += result.crash_points;
  }
  const auto rate = [](uint64_t count) {
    return benchmark::Counter(static_cast<double>(count), benchmark::Counter::kIsRate);
  };
  state.counters["crash_points_per_second"] = rate(crash_points);
  state.counters["runs_per_second"] = rate(runs);
  state.counters["events_per_run"] = static_cast<double>(crash_points) / static_cast<double>(runs);
}

// 64 regions of 8 sectors, a mixed workload, 16 requests in flight, 100 client operations a run.
void mixed(benchmark::State& state) {
  run_many(state, [](uint64_t seed) { return scenarios::mixed_scenario(seed, 100); });
}
BENCHMARK(mixed)->Name("hunt/mixed")->Unit(benchmark::kMicrosecond);

// What hunts really draw: swarm-tested shapes, devices, workloads and faults.
void generated(benchmark::State& state) {
  scenarios::Material material;
  material.rules.source_discard = SourceDiscard::kAfterCommit;
  run_many(state, [&](uint64_t seed) { return scenarios::generate(seed, material); });
}
BENCHMARK(generated)->Name("hunt/generated")->Unit(benchmark::kMicrosecond);

// One run of so many operations; the cost of an event must not depend on how many came before it.
void length(benchmark::State& state) {
  scenarios::Runner runner;
  const scenarios::Scenario scenario = scenarios::mixed_scenario(1, static_cast<size_t>(state.range(0)));
  uint64_t events = 0;
  for (auto _ : state) {
    const scenarios::RunResult result = runner.run(scenario);
    CHECK(!result.finding);
    events += result.crash_points;
  }
  state.counters["events"] = static_cast<double>(events) / static_cast<double>(state.iterations());
  state.counters["time_per_event"] = benchmark::Counter(
      static_cast<double>(events), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(length)
    ->Name("run/operations")
    ->Arg(230)
    ->Arg(2300)
    ->Arg(23'000)
    ->Arg(230'000)
    ->Unit(benchmark::kMillisecond);

double resident_mib() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word != "VmRSS:") continue;
    double kib = 0;
    status >> kib;
    return kib / 1024;
  }
  return 0;
}

// Memory after so many runs in one process.
void memory(benchmark::State& state) {
  scenarios::Runner runner;
  for (auto _ : state) {
    for (int64_t run = 0; run < state.range(0); ++run) {
      runner.run(scenarios::mixed_scenario(derived_seed(1, static_cast<uint64_t>(run)), 100));
    }
  }
  state.counters["resident_mib"] = resident_mib();
}
BENCHMARK(memory)
    ->Name("hunt/memory_after_runs")
    ->Arg(100)
    ->Arg(1000)
    ->Arg(10'000)
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace drydock::bench
