// What a clone says of itself, and the messages it takes.

#include <fmt/format.h>

#include "engine/clone.h"
#include "engine/table.h"

namespace drydock::engine {

Status Clone::message(std::string_view text) {
  Status status = apply_message(text, core_.options());
  hydration_.poke();
  return status;
}

std::string Clone::status_line() const {
  if (core_.mode() == Mode::kFail) return std::string(to_string(Mode::kFail));
  // What the destination's limits turn off is told as if it had been asked for; the table line says what was.
  CloneOptions in_force = core_.options();
  in_force.discard_passdown = in_force.discard_passdown && can_pass_discards_down();
  return fmt::format("{} {}/{} {} {}/{} {} {} {} {}", kSectorsPerBlock.value(), core_.store().used().value(),
                     core_.store().total().value(), core_.geometry().region_size.value(),
                     core_.hydrated_count().value(), core_.regions().value(), busy_.count().value(),
                     features_of(in_force), core_arguments_of(in_force), to_string(core_.mode()));
}

std::shared_ptr<const HydratedMap> Clone::publish_hydrated() {
  auto map = std::make_shared<HydratedMap>(core_.regions());
  core_.publish_to(map);
  return map;
}

Task<std::string> Clone::status_after_commit() {
  if (core_.mode() == Mode::kReadWrite && core_.has_uncommitted()) {
    const Status committed = co_await committer_.commit();
    static_cast<void>(committed);  // a failure shows in the mode
    if (core_.mode() == Mode::kFail) co_return "Error";
  }
  co_return status_line();
}

}  // namespace drydock::engine
