// What whoever administers a clone asks of it, besides the requests of clients: dmsetup's suspend, resume,
// message and status, and an orderly close with a start after it.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace drydock {

enum class Command : uint8_t {
  kNone,
  kSuspend,
  kResume,
  kMessage,        // with words
  kStatus,         // commits first
  kStatusNoflush,  // does not
  kRestart,        // an orderly close, and a start on the same devices
};

inline constexpr std::array<std::string_view, 7> kCommandNames = {
    "none", "suspend", "resume", "message", "status", "status noflush", "restart"};

constexpr std::string_view to_string(Command command) { return kCommandNames[static_cast<size_t>(command)]; }

}  // namespace drydock
