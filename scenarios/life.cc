#include "scenarios/life.h"

#include <fmt/format.h>

namespace drydock::scenarios {
namespace {

Result<std::string> answer(const Status& status) {
  if (!status) return std::unexpected(status.error());
  return std::string();
}

}  // namespace

Life::Life(const Scenario& scenario, World& world, WriteLog& log)
    : scenario_(scenario), world_(world), log_(log) {
  log_.append({.time_us = world_.executor().now_us(), .kind = EventKind::kStart});
  tasks_.spawn(open());
}

Life::~Life() {
  disk_.reset();
  tasks_.clear();
  clone_.reset();
  world_.executor().clear();
}

Task<void> Life::open() {
  engine::Clone::Setup setup = {.size = scenario_.size,
                                .options = scenario_.options,
                                .rules = scenario_.rules,
                                .events = [this](const engine::CloneEvent& event) { hear(event); }};
  auto clone = co_await engine::Clone::open(world_.devices(), std::move(setup), world_.executor());
  ErrorCode code = ErrorCode::kNone;
  if (clone) {
    clone_ = std::move(*clone);
    disk_ = std::make_unique<engine::CloneDisk>(*clone_);
  } else {
    error_ = clone.error();
    code = error_.code;
  }
  log_.append({.time_us = world_.executor().now_us(), .kind = EventKind::kOpened, .error = code});
}

void Life::hear(const engine::CloneEvent& event) {
  const bool hydrated = event.kind == engine::CloneEvent::Kind::kHydrated;
  hydrated_ = hydrated_ || hydrated;
  log_.append({.time_us = world_.executor().now_us(),
               .request = static_cast<uint32_t>(event.mode),
               .kind = hydrated ? EventKind::kHydrated : EventKind::kMode});
}

// The status line has no place for the regions whose copy failed; a server tells them beside it.
std::string Life::status_with_failures(std::string line) const {
  if (clone_->mode() == engine::Mode::kFail) return line;
  return fmt::format("{} failing {}", line, clone_->hydration_failures().value());
}

Task<Result<std::string>> Life::obey(Command command, std::string_view words) {
  if (command == Command::kSuspend) {
    suspended_ = true;
    const Status status = co_await clone_->suspend();
    co_return answer(status);
  }
  if (command == Command::kResume) {
    suspended_ = false;
    clone_->resume();
    co_return std::string();
  }
  if (command == Command::kMessage) co_return answer(clone_->message(words));
  if (command == Command::kStatus) {
    std::string line = co_await clone_->status_after_commit();
    co_return status_with_failures(std::move(line));
  }
  if (command == Command::kStatusNoflush) co_return status_with_failures(clone_->status_line());
  const Status status = co_await clone_->close();
  closed_ = true;
  co_return answer(status);
}

}  // namespace drydock::scenarios
