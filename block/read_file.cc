#include "block/read_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace drydock {
namespace {

std::unexpected<Error> failed(const std::string& path, int reason) {
  return failure(reason == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo,
                 fmt::format("{}: {}", path, std::strerror(reason)));
}

}  // namespace

Result<std::string> read_descriptor(int file, const std::string& path, GoesOn goes_on) {
  constexpr size_t kPiece = 65536;
  std::string text;
  size_t size = 0;
  while (true) {
    if (size == text.size()) {
      if (size > 0 && goes_on != nullptr && !goes_on(text)) return text;
      text.resize(size + kPiece);
    }
    const ssize_t got = read(file, text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(path, errno);
    size += static_cast<size_t>(got);
    if (got > 0) continue;
    text.resize(size);
    return text;
  }
}

Result<std::string> read_file(const std::string& path, GoesOn goes_on) {
  int file = -1;
  do {
    file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  } while (file < 0 && errno == EINTR);
  if (file < 0) return failed(path, errno);
  Result<std::string> text = read_descriptor(file, path, goes_on);
  close(file);
  return text;
}

}  // namespace drydock
