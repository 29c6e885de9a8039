#include "live/service.h"

#include <fmt/format.h>

#include <future>
#include <thread>
#include <utility>

#include "live/run_on.h"

namespace drydock::live {

Result<std::unique_ptr<Service>> Service::start(engine::devices::Loop& loop, const LiveSetup& setup,
                                                ServiceOptions options) {
  std::unique_ptr<Service> service(new Service(loop, std::move(options)));
  Service& self = *service;
  if (!self.options_.on_event.empty()) self.hook_ = std::make_unique<EventHook>(self.options_.on_event);
  auto live = LiveClone::open(loop, setup, [&self](const LiveEvent& event) { self.happened(event); });
  if (!live) return std::unexpected(std::move(live.error()));
  self.live_ = std::move(*live);
  if (!self.options_.control.empty()) {
    auto control = ControlServer::bind(
        self.options_.control, [&self](const std::string& words) { return self.answer_on_loop(words); });
    if (!control) return std::unexpected(std::move(control.error()));
    self.control_ = std::move(*control);
    self.control_->start();
  }
  for (const std::string& remark : self.live_->remarks()) self.options_.on_remark(remark);
  self.tasks_.spawn(self.tick());
  return service;
}

Service::~Service() {
  end_control();
  loop_.clear();  // the timer
}

Status Service::close() {
  // What it can tell it tells while somebody listens: this commits, the rest is silent.
  Status closed = run_on(loop_, live_->clone().suspend());
  const engine::Mode mode = live_->clone().mode();
  if (control_) {
    const bool in_order = closed && mode == engine::Mode::kReadWrite;
    control_->announce_end(in_order ? "" : "mode " + std::string(to_string(mode)));
  }
  end_control();
  Status freed = live_->close();
  if (closed) closed = std::move(freed);
  hook_.reset();
  return closed;
}

std::string Service::last_words() const {
  const engine::Clone& clone = live_->clone();
  const engine::TableLine& table = live_->setup().table;
  if (clone.mode() != engine::Mode::kReadWrite) {
    return fmt::format("{}: the metadata could not be written: mode {}; start it again once that is mended",
                       table.metadata_device, to_string(clone.mode()));
  }
  if (clone.hydrated() == clone.regions())
    return fmt::format("done: {} can be used without the clone", table.destination_device);
  const Snapshot now = live_->snapshot();
  const std::string failures = now.copy_error.empty() ? ""
                                                      : fmt::format(", {} could not be copied ({})",
                                                                    now.failed_copies, now.copy_error);
  return fmt::format("stopped: {} of {} regions are hydrated{}; without --format it goes on from there",
                     clone.hydrated(), clone.regions(), failures);
}

void Service::happened(const LiveEvent& event) {
  options_.on_happened(event);
  const std::string text = to_string(event);
  if (hook_) hook_->happened(text);
  if (control_) control_->announce(text);
}

Task<void> Service::tick() {
  Clock& clock = loop_;
  while (true) {
    look();
    options_.on_tick();
    co_await clock.sleep(timer_, options_.tick_us);
  }
}

void Service::look() {
  const Snapshot now = live_->snapshot();
  progress_.add(now);
  look_after_source(now);
  if (now.failed_copies == RegionCount(0) || std::exchange(told_of_failure_, true)) return;
  options_.on_remark(now.copy_error + "; what cannot be copied is tried again until it can");
}

// Events that dm-clone does not have.
void Service::look_after_source(const Snapshot& now) {
  if (live_->setup().table.options.kernel_events) return;
  const bool one_more = std::exchange(copies_failed_, now.copies_failed) != now.copies_failed;
  const bool fail = one_more || now.failed_copies > RegionCount(0);
  if (fail && !copies_fail_) {
    happened(
        {.kind = LiveEvent::Kind::kCopyFailed, .detail = live_->clone().last_hydration_failure().message});
  }
  copies_fail_ = fail;
  if (source_vanished_ || now.is_complete() || (!fail && !live_->source_is_block_device())) return;
  const std::optional<std::string> missing = live_->missing_source();
  if (!missing) return;
  source_vanished_ = true;
  const LiveEvent vanished{.kind = LiveEvent::Kind::kSourceVanished, .detail = *missing};
  happened(vanished);
  options_.on_remark(to_string(vanished));
}

Task<void> Service::commit() {
  const Status committed = co_await live_->clone().flush();
  static_cast<void>(committed);  // a failure shows in the mode
}

// Called on the control socket's thread.
Result<std::string> Service::answer_on_loop(const std::string& words) {
  // Shared: set_value() may still be at work when get() has returned.
  using Promise = std::promise<Result<std::string>>;
  const auto promise = std::make_shared<Promise>();
  std::future<Result<std::string>> answered = promise->get_future();
  const auto serve = [](Service& self, std::string question, std::shared_ptr<Promise> given) -> Task<void> {
    self.look();  // what is told is never older than the question
    Task<Result<std::string>> asking = answer(*self.live_, self.progress_, std::move(question));
    Result<std::string> text = co_await asking;
    given->set_value(std::move(text));
  };
  loop_.post([this, serve, words, promise] { tasks_.spawn(serve(*this, words, promise)); });
  return answered.get();
}

// The socket's thread may be waiting for an answer that only the loop can give: so the loop runs until that
// thread has ended.
void Service::end_control() {
  if (!control_) return;
  std::atomic<bool> ended = false;
  std::thread ending([&] {
    control_.reset();
    ended = true;
    loop_.post([] {});
  });
  bool stopped = false;
  while (!loop_.run_until([&] { return ended.load(); })) stopped = true;
  ending.join();
  if (stopped) loop_.stop();
}

}  // namespace drydock::live
