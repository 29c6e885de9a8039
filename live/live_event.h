// What happens to a live clone.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "engine/options.h"

namespace drydock::live {

struct LiveEvent {
  enum class Kind : uint8_t {
    kHydrated,        // every region is hydrated and committed
    kMode,            // the mode is another one
    kCopyFailed,      // regions cannot be copied, after a time in which all could
    kSourceVanished,  // the source is gone, or shorter than the clone
  };
  Kind kind = Kind::kHydrated;
  engine::Mode mode = engine::Mode::kReadWrite;  // of kMode
  std::string detail{};                          // of the last two: device, place and error
};

// One line: "hydrated", "mode ro", "mode Fail", "copy failed: DETAIL", "source vanished: DETAIL".
std::string to_string(const LiveEvent& event);

using LiveEventSink = std::function<void(const LiveEvent&)>;

}  // namespace drydock::live
