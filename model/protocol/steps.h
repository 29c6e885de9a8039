// Steps: every action that is possible in a state, each with the states that it can lead to.
//
// `sink(action, subject, state)` is called for each of them, in an order that does not change. Under
// nondeterminism (what survives a power cut) an action comes several times.
#pragma once

#include "model/protocol/client_steps.h"
#include "model/protocol/clone_steps.h"
#include "model/protocol/crash_steps.h"
#include "model/protocol/device_steps.h"
#include "model/protocol/error_steps.h"

namespace drydock::model::protocol {

template <unsigned kRegions, class Sink>
class Steps {
 public:
  Steps(const SystemOptions& options, const State<kRegions>& state, Sink& sink)
      : now_{options, state}, sink_(sink) {}

  void all() {
    CloneSteps<kRegions, Sink> clone(now_, sink_);
    if (!now_.shared().up) return clone.while_down();
    if (now_.options.reduction && alone()) return;
    ClientSteps<kRegions, Sink>(now_, sink_).all();
    clone.while_up();
    DeviceSteps<kRegions, Sink>(now_, sink_).all();
    if (now_.shared().errors_left > 0) ErrorSteps<kRegions, Sink>(now_, sink_).all();
    if (now_.shared().crashes_left > 0) CrashSteps<kRegions, Sink>(now_, sink_).all();
  }

 private:
  // Partial-order reduction: the answer of the source to a copy's read may as well come before everything
  // else that can happen. No other action looks at the copy, at the destination under it, or prevents it; the
  // only ones that do not commute with it are its own failure and crashes, and after those it makes no
  // difference whether it had come. No invariant looks at it either (a test holds all that against every
  // reachable state). Provided that the source still holds the region, and that nothing reads or marks what
  // is being copied.
  bool alone() {
    for (unsigned r = 0; r < kRegions; ++r) {
      if (now_.work(r) != Work::kReadingSource || now_.mark(r) != Mark::kNone || now_.region(r).freed)
        continue;
      const Rules& rules = now_.rules();
      if (rules.write_during_copy || rules.discard_during_copy || rules.read_copy_in_progress ||
          rules.mark_failed_copy || rules.partial_write_without_copy) {
        return false;
      }
      DeviceSteps<kRegions, Sink>(now_, sink_).copy_read(r);
      return true;
    }
    return false;
  }

  const Machine<kRegions> now_;
  Sink& sink_;
};

}  // namespace drydock::model::protocol
