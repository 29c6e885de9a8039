#include "scenarios/hunt.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "block/check.h"
#include "scenarios/aim.h"
#include "scenarios/runner.h"
#include "scenarios/scenario_json.h"
#include "scenarios/shrinker.h"
#include "scenarios/variation.h"

namespace drydock::scenarios {
namespace {

using std::chrono::steady_clock;

constexpr uint64_t kRunsPerChunk = 8;
constexpr uint64_t kChunksPerRound = 32;  // between one aim and the next

// What a worker made of consecutive runs.
struct Chunk {
  uint64_t runs = 0;
  uint64_t crash_points = 0;
  uint64_t refused = 0;
  std::string refusal;
  std::vector<HuntFinding> found;
  model::protocol::EdgeCounts edges;
};

class Hunters {
 public:
  Hunters(const HuntOptions& options, const std::atomic<bool>& stop)
      : options_(options), stop_(stop), start_(steady_clock::now()), runs_(runs_of_shard(options)) {
    CHECK(!options.aims || options.shard.of == 1);
    if (!options.aims) return;
    result_.reachable = edges_to_reach(options.material.rules);
    aim_ = std::make_shared<const Aim>(result_.reachable, result_.edges);
  }

  HuntResult hunt(const std::function<void(const HuntProgress&)>& on_progress) {
    std::vector<std::jthread> workers;
    for (unsigned i = 0; i < std::max(options_.jobs, 1u); ++i) workers.emplace_back([this] { work(); });
    std::unique_lock lock(mutex_);
    while (working_ > 0 || started_ < std::max(options_.jobs, 1u)) {
      changed_.wait_for(lock, std::chrono::milliseconds(100));
      result_.seconds = seconds();
      const HuntProgress progress = result_;
      lock.unlock();
      on_progress(progress);
      lock.lock();
    }
    lock.unlock();
    workers.clear();
    take_left_overs();
    result_.seconds = seconds();
    const bool timed_out = options_.seconds > 0 && result_.seconds >= options_.seconds;
    result_.interrupted = stop_ && !done_ && !timed_out && result_.runs < runs_;
    return std::move(result_);
  }

 private:
  double seconds() const { return std::chrono::duration<double>(steady_clock::now() - start_).count(); }
  bool is_over() const { return stop_ || done_ || (options_.seconds > 0 && seconds() >= options_.seconds); }

  void work() {
    {
      const std::lock_guard lock(mutex_);
      ++started_;
      ++working_;
    }
    Runner runner;
    while (!is_over()) {
      const uint64_t number = next_chunk_++;
      if (number * kRunsPerChunk >= runs_) break;
      const std::shared_ptr<const Aim> aim = aim_for(number);
      if (is_over()) break;
      Chunk chunk = run_chunk(number, aim.get(), runner);
      const std::lock_guard lock(mutex_);
      finished_.emplace(number, std::move(chunk));
      merge_finished();
    }
    const std::lock_guard lock(mutex_);
    --working_;
    changed_.notify_all();
  }

  // What all runs before this chunk's round have come to. Null without aim.
  std::shared_ptr<const Aim> aim_for(uint64_t chunk) {
    std::unique_lock lock(mutex_);
    const uint64_t round = chunk / kChunksPerRound;
    while (aim_ != nullptr && aim_round_ < round && !is_over()) {
      changed_.wait_for(lock, std::chrono::milliseconds(20));
    }
    return aim_;
  }

  Chunk run_chunk(uint64_t number, const Aim* aim, Runner& runner) {
    Chunk chunk;
    const uint64_t end = std::min((number + 1) * kRunsPerChunk, runs_);
    for (uint64_t of_shard = number * kRunsPerChunk; of_shard < end && !is_over(); ++of_shard) {
      const uint64_t run = of_shard * options_.shard.of + options_.shard.number - 1;
      Scenario scenario = scenario_of_run(options_, run);
      if (aim != nullptr) aim->bend(scenario);
      const CheckContext context([&] { return to_json(scenario); });
      RunResult result = runner.run(scenario);
      ++chunk.runs;
      chunk.crash_points += result.crash_points;
      if (!result.refused.empty()) {
        ++chunk.refused;
        chunk.refusal = std::move(result.refused);
      }
      add_edges(chunk.edges, result.edges);
      if (result.finding) chunk.found.push_back({scenario, *result.finding, run + 1, seconds()});
    }
    return chunk;
  }

  // In the order of the runs, so that nothing depends on which worker was faster. REQUIRES: the lock is held.
  void merge_finished() {
    while (!done_ && !finished_.empty() && finished_.begin()->first == merged_) {
      take(finished_.begin()->second);
      finished_.erase(finished_.begin());
      ++merged_;
      if (aim_ == nullptr || merged_ % kChunksPerRound != 0) continue;
      aim_ = std::make_shared<const Aim>(result_.reachable, result_.edges);
      aim_round_ = merged_ / kChunksPerRound;
    }
    changed_.notify_all();
  }

  void take(Chunk& chunk) {
    result_.runs += chunk.runs;
    result_.crash_points += chunk.crash_points;
    result_.refused += chunk.refused;
    if (!chunk.refusal.empty()) result_.refusal = std::move(chunk.refusal);
    add_edges(result_.edges, chunk.edges);
    for (HuntFinding& finding : chunk.found) {
      const auto same = [&](const HuntFinding& other) {
        return other.finding.invariant == finding.finding.invariant;
      };
      if (done_ || std::ranges::any_of(result_.found, same)) continue;
      result_.found.push_back(std::move(finding));
      done_ = result_.found.size() >= options_.findings;
    }
    result_.findings = result_.found.size();
  }

  // A hunt that was cut short has chunks whose predecessors never came. What they found is not lost.
  void take_left_overs() {
    for (auto& [number, chunk] : finished_) {
      if (!done_) take(chunk);
    }
  }

  const HuntOptions& options_;
  const std::atomic<bool>& stop_;
  const steady_clock::time_point start_;
  const uint64_t runs_;
  std::atomic<uint64_t> next_chunk_ = 0;
  std::atomic<bool> done_ = false;

  std::mutex mutex_;
  std::condition_variable changed_;
  unsigned started_ = 0;
  unsigned working_ = 0;
  std::map<uint64_t, Chunk> finished_;  // waiting for those before them
  uint64_t merged_ = 0;
  std::shared_ptr<const Aim> aim_;  // of this round; null if the hunt does not aim
  uint64_t aim_round_ = 0;
  HuntResult result_;
};

}  // namespace

uint64_t runs_of_shard(const HuntOptions& options) {
  const auto& [number, of] = options.shard;
  CHECK(number >= 1 && number <= of);
  return options.runs / of + (options.runs % of >= number ? 1 : 0);
}

Scenario scenario_of_run(const HuntOptions& options, uint64_t number) {
  const uint64_t seed = derived_seed(options.seed, number);
  if (!options.workload) return generate(seed, options.material);
  if (number > 0)
    return varied(*options.workload, seed,
                  {.profile = options.material.profile, .crashes = options.material.faults});
  Scenario as_it_is = *options.workload;
  as_it_is.expect.reset();
  return as_it_is;
}

HuntResult hunt(const HuntOptions& options, const std::function<void(const HuntProgress&)>& on_progress,
                const std::atomic<bool>& stop) {
  return Hunters(options, stop).hunt(on_progress);
}

SmallFinding make_small(const HuntFinding& found) {
  Runner runner;
  Scenario shrunk = shrink_finding(found.scenario, found.finding, runner);
  RunResult result = runner.run(shrunk);
  CHECK(result.finding.has_value());
  Scenario small = with_proof(shrunk, *result.finding, runner);
  result = runner.run(small);
  CHECK(result.finding.has_value());
  small.expect = Expectation{.invariant = result.finding->invariant, .log_hash = runner.log().hash()};
  return {std::move(small), *result.finding};
}

}  // namespace drydock::scenarios
