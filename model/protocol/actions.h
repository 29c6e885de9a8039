// Actions: the steps of the protocol, by name.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "model/protocol/state.h"

namespace drydock::model::protocol {

enum class Action : uint8_t {
  kWriteSent,
  kFuaWriteSent,
  kFlushSent,
  kDiscardSent,
  kReadSent,
  kCopyStarted,
  kCommitStarted,
  kSourceDiscardSent,
  kStarted,
  kCopyRead,
  kCopyWritten,
  kReadAnswered,
  kWriteAnswered,
  kDiscardAnswered,
  kDestinationFlushed,
  kBlocksFlushed,
  kSuperblockFlushed,
  kMetadataReread,
  kPowerCut,
  kProcessCrash,
  kCopyFailed,
  kWriteFailed,
  kDestinationFlushFailed,
  kMetadataFailed,
  kMetadataUnreadable,
};
inline constexpr unsigned kActions = static_cast<unsigned>(Action::kMetadataUnreadable) + 1;

enum class Actor : uint8_t { kClient, kClone, kDevice, kFault };
// What an action is about: how to read the number that goes with it.
enum class Subject : uint8_t { kNothing, kRegion, kOperation, kRequest };
// kRequest: what a client sends, and to which region. Its operation is the first that was unused.
constexpr unsigned subject_of(Kind kind, unsigned region) { return region * 8 + static_cast<unsigned>(kind); }
constexpr Kind kind_in(unsigned subject) { return static_cast<Kind>(subject % 8); }
constexpr unsigned region_in(unsigned subject) { return subject / 8; }

struct ActionInfo {
  Action action;
  std::string_view name;
  Actor actor;
  Subject subject;
  std::string_view sentence;
  std::string_view rules;  // that its guard or its effect reads, by name, with commas
};

std::span<const ActionInfo> all_actions();
const ActionInfo& info(Action action);
std::vector<std::string_view> rules_of(const ActionInfo& action);  // one by one
std::string_view to_string(Actor actor);

// Clients and faults may do something or not; the clone and the devices go on for certain.
constexpr bool is_bound_to_happen(Actor actor) { return actor == Actor::kClone || actor == Actor::kDevice; }

}  // namespace drydock::model::protocol
