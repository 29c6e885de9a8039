// A text as a whole file.
#pragma once

#include <string>
#include <string_view>

#include "block/result.h"

namespace drydock {

// Writes the file anew; kIo, with the path and the reason, if that fails.
Status write_file(const std::string& path, std::string_view text);

}  // namespace drydock
