// What reads return, held against what the client may expect (invariants 2 and 3).
#pragma once

#include <optional>

#include "block/write_log.h"
#include "model/finding.h"
#include "model/history.h"

namespace drydock::model {

// Of the read that `event` completes, if it returned what it must not. `number` is the event's place in the
// log.
std::optional<Finding> check_read(const ClientHistory& history, const Event& event, size_t number);

// The first such read of a whole log. It tells what a run did, where the crash check tells what a crash could
// do.
std::optional<Finding> first_bad_read(const WriteLog& log);

}  // namespace drydock::model
