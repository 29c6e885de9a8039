#include "sim/administrator.h"

namespace drydock::sim {

Administrator::Administrator(std::span<const ClientOperation> commands, Executor& executor, WriteLog& log)
    : commands_(commands), executor_(executor), log_(log) {}

void Administrator::start(Console& console) { tasks_.spawn(send_all(console)); }

void Administrator::crash() {
  tasks_.clear();
  is_waiting_ = false;
  timer_ = {};
}

Task<void> Administrator::send_all(Console& console) {
  while (next_ < commands_.size()) {
    const ClientOperation& command = commands_[next_];
    if (command.at_us > executor_.now_us()) {
      co_await executor_.sleep(timer_, command.at_us - executor_.now_us());
    }
    ++next_;
    co_await perform(console, command);
    // What comes next is for the next life.
    if (command.command == Command::kRestart) co_return;
  }
}

Task<void> Administrator::perform(Console& console, const ClientOperation& command) {
  is_waiting_ = true;
  record(EventKind::kCommand, command, ErrorCode::kNone, command.words);
  const Result<std::string> answer = co_await console.obey(command.command, command.words);
  if (answer) {
    record(EventKind::kAnswer, command, ErrorCode::kNone, *answer);
  } else {
    record(EventKind::kAnswer, command, answer.error().code, "");
  }
  is_waiting_ = false;
}

void Administrator::record(EventKind kind, const ClientOperation& command, ErrorCode error,
                           std::string_view words) {
  log_.append({.time_us = executor_.now_us(),
               .request = command.id,
               .kind = kind,
               .party = Party::kClient,
               .error = error,
               .command = command.command},
              words);
}

}  // namespace drydock::sim
