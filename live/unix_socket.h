// The address of a unix socket.
#pragma once

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <string>
#include <string_view>

#include "block/result.h"

namespace drydock::live {

// The line that ends the answer to "events" (control_server.h).
inline constexpr std::string_view kEnded = "ended";

// kInvalid if the path is too long for one: 107 bytes at most.
inline Result<sockaddr_un> socket_address(const std::string& path) {
  sockaddr_un address{};
  if (path.empty() || path.size() >= sizeof(address.sun_path))
    return failure(ErrorCode::kInvalid,
                   fmt::format("{}: a socket's path has 1 to {} bytes", path, sizeof(address.sun_path) - 1));
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

// Removes a socket on which nobody listens: one that a program left which was killed. Errors: kInUse if
// somebody does listen; kInvalid if there is something else than a socket.
Status remove_leftover_socket(const std::string& path);

// The kernel asks for addresses by this type.
inline const sockaddr* as_sockaddr(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

}  // namespace drydock::live
