// Runs a task on a loop, from outside of it.
#pragma once

#include <optional>
#include <utility>

#include "block/task.h"
#include "engine/devices/io_loop.h"

namespace drydock::live {

// What the task gives. Whatever else the loop has to do goes on meanwhile. A stop() that comes before the
// task has ended stops the next run of the loop. REQUIRES: called on the loop's thread, while it does not
// run.
template <class T>
T run_on(engine::devices::Loop& loop, Task<T> task) {
  std::optional<T> given;
  const auto keep = [](Task<T> running, std::optional<T>& result) -> Task<void> {
    T value = co_await running;
    result.emplace(std::move(value));
  };
  TaskSet tasks;
  tasks.spawn(keep(std::move(task), given));
  bool stopped = false;
  while (!loop.run_until([&] { return given.has_value(); })) stopped = true;
  if (stopped) loop.stop();
  return std::move(*given);
}

}  // namespace drydock::live
