// StepsOfOne: what the steps of each actor need: the state now, and where to put those that can follow.
#pragma once

#include "model/protocol/actions.h"
#include "model/protocol/machine.h"

namespace drydock::model::protocol {

template <unsigned kRegions, class Sink>
class StepsOfOne {
 public:
  StepsOfOne(const Machine<kRegions>& now, Sink& sink) : now_(now), sink_(sink) {}

 protected:
  void emit(Action action, unsigned subject, const Machine<kRegions>& next) {
    sink_(action, subject, next.state);
  }
  const Machine<kRegions>& now_;

 private:
  Sink& sink_;
};

}  // namespace drydock::model::protocol
