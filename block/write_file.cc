#include "block/write_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace drydock {

Status write_file(const std::string& path, std::string_view text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) return failure(ErrorCode::kIo, fmt::format("{}: {}", path, std::strerror(errno)));
  return {};
}

}  // namespace drydock
