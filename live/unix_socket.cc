#include "live/unix_socket.h"

#include <sys/stat.h>
#include <unistd.h>

#include "engine/devices/open_descriptor.h"

namespace drydock::live {

Status remove_leftover_socket(const std::string& path) {
  const Result<sockaddr_un> address = socket_address(path);
  if (!address) return std::unexpected(address.error());
  struct stat found{};
  if (lstat(path.c_str(), &found) != 0) return {};
  if (!S_ISSOCK(found.st_mode))
    return failure(ErrorCode::kInvalid, fmt::format("{}: is there already, and no socket", path));
  const engine::devices::OpenDescriptor probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (connect(probe.number(), as_sockaddr(*address), sizeof(*address)) == 0)
    return failure(ErrorCode::kInUse, fmt::format("{}: somebody answers here already", path));
  unlink(path.c_str());
  return {};
}

}  // namespace drydock::live
