// A whole file as a text.
#pragma once

#include <string>
#include <string_view>

#include "block/result.h"

namespace drydock {

// Asked after each 64 KiB of a file: whether to read on. Whoever says no gets what was read so far.
using GoesOn = bool (*)(std::string_view so_far);

// All that a file holds, read to its end, whatever size it says it has: files of /proc and /sys say none.
// kNotFound if there is no such file, else kIo, both with the path and the reason; never a part of it.
Result<std::string> read_file(const std::string& path, GoesOn goes_on = nullptr);

// The same of a file that is open, from where it stands; it stays open. `path` is for messages.
Result<std::string> read_descriptor(int file, const std::string& path, GoesOn goes_on = nullptr);

}  // namespace drydock
