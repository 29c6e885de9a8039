// drydock clone

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <memory>
#include <utility>

#include "cli/setup_options.h"
#include "cli/verb.h"
#include "live/service.h"

namespace drydock::cli {
namespace {

using engine::devices::Loop;

// The loop that a signal stops.
std::atomic<Loop*> running = nullptr;

void stop_running(int) {
  if (Loop* loop = running.load()) loop->stop();
}

// From here to the end of its life, SIGINT and SIGTERM stop the loop.
class StopOnSignal {
 public:
  explicit StopOnSignal(Loop& loop) {
    running = &loop;
    struct sigaction action{};
    action.sa_handler = stop_running;
    action.sa_flags = static_cast<int>(SA_RESETHAND);  // a second one does not wait for a commit or a hook
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
  }
  ~StopOnSignal() { running = nullptr; }
};

struct Words {
  std::string control, on_event;
  bool status_json = false, keep = false, quiet = false;
};

// Shows progress as it goes: a line that is written over on a terminal, else a line now and then.
class Reporter {
 public:
  explicit Reporter(const Words& words) : words_(words) {}

  void show(const live::Progress& progress) {
    if (words_.status_json) {
      fmt::print("{}\n", progress.json());
      fflush(stdout);
      return;
    }
    if (words_.quiet) return;
    if (is_terminal_) {
      fmt::print(stderr, "\r{:<100}", progress.line(kBarWidth));
    } else if (shown_ % kTicksPerLine == 0) {
      fmt::print(stderr, "{}\n", progress.line(kBarWidth));
    }
    ++shown_;
  }
  // What is said next has a line of its own.
  void end() const {
    if (is_terminal_ && !words_.quiet && !words_.status_json) fmt::print(stderr, "\n");
  }
  void remark(std::string_view text) const {
    if (shown_ > 0) end();
    complain(text);
  }

 private:
  static constexpr size_t kBarWidth = 30;
  static constexpr uint64_t kTicksPerLine = 20;

  const Words& words_;
  bool is_terminal_ = isatty(STDERR_FILENO) != 0;
  uint64_t shown_ = 0;
};

int run_clone_with(const Words& words, const live::LiveSetup& setup) {
  Loop loop;
  if (!loop.why_threads().empty()) complain(loop.why_threads());
  if (!loop.why_unregistered().empty()) complain(loop.why_unregistered());
  const StopOnSignal stop(loop);
  Reporter reporter(words);
  live::Service* following = nullptr;
  live::ServiceOptions options{.control = words.control, .on_event = words.on_event};
  options.on_remark = [&](std::string_view text) { reporter.remark(text); };
  options.on_tick = [&] {
    if (following != nullptr) reporter.show(following->progress());
  };
  auto service = live::Service::start(loop, setup, std::move(options));
  if (!service) return outcome(service.error());
  following = service->get();
  if (!words.quiet) reporter.remark(following->live().described());
  const RegionCount before = following->live().clone().hydrated();
  if (!setup.format && before > RegionCount(0)) {
    complain(fmt::format("going on: {} of {} regions are hydrated already", before,
                         following->live().clone().regions()));
  }
  bool committing = false;
  const auto is_over = [&] {
    const engine::Clone& clone = following->live().clone();
    const bool stuck = clone.mode() != engine::Mode::kReadWrite;
    if (clone.hydrated() == clone.regions() && !std::exchange(committing, true)) following->commit_soon();
    return stuck || (!words.keep && following->is_complete());
  };
  loop.run_until(is_over);
  const engine::Mode mode = following->live().clone().mode();
  const live::Snapshot last = following->live().snapshot();
  const std::string last_words = following->last_words();
  live::Progress progress = following->progress();
  progress.add(last);
  const Status closed = following->close();
  reporter.show(progress);
  reporter.end();
  complain(closed || mode != engine::Mode::kReadWrite ? last_words : closed.error().message);
  if (!closed || mode != engine::Mode::kReadWrite) return kEnvironment;
  return last.is_complete() ? kGood : kFinding;
}

}  // namespace

int run_clone(std::span<const std::string> arguments) {
  Words words;
  CLI::App app(
      "Clones SOURCE to DESTINATION, region by region, and can be stopped or crash at any moment: the same "
      "command goes\non where it stood. Exit 0: all is there, 1: stopped before, 3: a device failed. Clients "
      "use a clone through 'drydock serve'.",
      "drydock clone");
  SetupOptions setup_options(app);
  app.add_option("--control", words.control, "make this socket, for drydock status, message and events")
      ->type_name("SOCKET");
  app.add_option("--on-event", words.on_event, "run this when something happens; $DRYDOCK_EVENT says what")
      ->type_name("COMMAND");
  app.add_flag("--keep", words.keep, "go on when everything is hydrated, until SIGINT or SIGTERM");
  app.add_flag("--status-json", words.status_json, "print progress as JSON, two lines a second");
  app.add_flag("--quiet", words.quiet, "print no progress");
  app.footer(
      "Example: drydock clone --source=/dev/sdb --destination=/dev/sdc --metadata=/dev/sdd "
      "--region-size=64KiB "
      "--format");
  if (const auto code = parse(app, arguments)) return *code;
  const auto setup = setup_options.setup();
  if (!setup) return outcome(setup.error());
  return run_clone_with(words, *setup);
}

}  // namespace drydock::cli
