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
  return fmt::format("{} {}/{} {} {}/{} {} {} {} {}", kSectorsPerBlock.value(), core_.store().used().value(),
                     core_.store().total().value(), core_.geometry().region_size.value(),
                     core_.hydrated_count().value(), core_.regions().value(), busy_.count().value(),
                     features_of(core_.options()), core_arguments_of(core_.options()),
                     to_string(core_.mode()));
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
  }
  co_return status_line();
}

}  // namespace drydock::engine
