#include "live/live_event.h"

#include <fmt/format.h>

namespace drydock::live {

std::string to_string(const LiveEvent& event) {
  switch (event.kind) {
    case LiveEvent::Kind::kHydrated:
      return "hydrated";
    case LiveEvent::Kind::kMode:
      return fmt::format("mode {}", to_string(event.mode));
    case LiveEvent::Kind::kCopyFailed:
      return "copy failed: " + event.detail;
    case LiveEvent::Kind::kSourceVanished:
      return "source vanished: " + event.detail;
  }
  return "unknown";
}

}  // namespace drydock::live
