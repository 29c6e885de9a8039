#include "servers/control.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <sstream>

#include "block/check.h"

namespace drydock::servers {
namespace {

constexpr size_t kLongestLine = 1 << 16;

std::optional<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) return std::nullopt;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

std::unexpected<Error> failed(ErrorCode code, const std::string& path, int reason) {
  return failure(code, fmt::format("{}: {}", path, std::strerror(reason)));
}

const sockaddr* as_any(const sockaddr_un& address) { return reinterpret_cast<const sockaddr*>(&address); }

bool send_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = send(file, text.data(), text.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    text.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

// A socket that its server has left behind.
bool is_deserted(const std::string& path, const sockaddr_un& address) {
  struct stat found{};
  if (lstat(path.c_str(), &found) != 0 || !S_ISSOCK(found.st_mode)) return false;
  const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return false;
  const bool refused = connect(probe, as_any(address), sizeof address) != 0 && errno == ECONNREFUSED;
  close(probe);
  return refused;
}

}  // namespace

Result<std::unique_ptr<ControlSocket>> ControlSocket::bind(const std::string& path, ControlHandler handler) {
  const auto address = address_of(path);
  if (!address) return failure(ErrorCode::kInvalid, path + ": is too long for a socket");
  if (is_deserted(path, *address)) unlink(path.c_str());
  const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener < 0) return failed(ErrorCode::kIo, path, errno);
  const mode_t mask = umask(0177);
  const bool bound = ::bind(listener, as_any(*address), sizeof *address) == 0;
  const int reason = errno;
  umask(mask);
  if (!bound || listen(listener, 16) != 0) {
    close(listener);
    return failed(reason == EADDRINUSE ? ErrorCode::kInUse : ErrorCode::kInvalid, path, reason);
  }
  return std::unique_ptr<ControlSocket>(new ControlSocket(path, listener, std::move(handler)));
}

ControlSocket::ControlSocket(std::string path, int listener, ControlHandler handler)
    : path_(std::move(path)), listener_(listener), handler_(std::move(handler)) {
  CHECK(pipe2(stop_.data(), O_CLOEXEC) == 0);
}

ControlSocket::~ControlSocket() {
  close(stop_[1]);
  if (thread_.joinable()) thread_.join();
  close(stop_[0]);
  close(listener_);
  unlink(path_.c_str());
}

void ControlSocket::start() {
  thread_ = std::thread([this] { serve(); });
}

// False when it is time to stop.
bool ControlSocket::wait_for(int file) const {
  std::array<pollfd, 2> files = {
      {{.fd = file, .events = POLLIN, .revents = 0}, {.fd = stop_[0], .events = POLLIN, .revents = 0}}};
  while (poll(files.data(), files.size(), -1) < 0) CHECK(errno == EINTR);
  return files[1].revents == 0;
}

void ControlSocket::serve() {
  while (wait_for(listener_)) {
    const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) continue;
    converse(connection);
    close(connection);
  }
}

void ControlSocket::converse(int connection) {
  std::string text;
  while (wait_for(connection)) {
    std::array<char, 4096> buffer;
    const ssize_t n = recv(connection, buffer.data(), buffer.size(), 0);
    if (n <= 0 || text.size() > kLongestLine) return;
    text.append(buffer.data(), static_cast<size_t>(n));
    for (size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n')) {
      std::istringstream line(text.substr(0, end));
      text.erase(0, end + 1);
      std::vector<std::string> words;
      for (std::string word; line >> word;) words.push_back(word);
      if (!send_all(connection, handler_(words) + "\n")) return;
    }
  }
}

Result<std::string> ask_control(const std::string& path, std::span<const std::string> words) {
  const auto address = address_of(path);
  if (!address) return failure(ErrorCode::kInvalid, path + ": is too long for a socket");
  const int file = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (file < 0) return failed(ErrorCode::kIo, path, errno);
  const auto give_up = [&](ErrorCode code) {
    const int reason = errno;
    close(file);
    return failed(code, path, reason);
  };
  if (connect(file, as_any(*address), sizeof *address) != 0) return give_up(ErrorCode::kNotFound);
  if (!send_all(file, fmt::format("{}\n", fmt::join(words, " ")))) return give_up(ErrorCode::kIo);
  std::string answer;
  while (!answer.ends_with('\n')) {
    std::array<char, 4096> buffer;
    const ssize_t n = recv(file, buffer.data(), buffer.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return give_up(ErrorCode::kIo);
    if (n == 0) break;
    answer.append(buffer.data(), static_cast<size_t>(n));
  }
  close(file);
  if (!answer.ends_with('\n')) return failure(ErrorCode::kIo, path + ": no answer");
  answer.pop_back();
  return answer;
}

}  // namespace drydock::servers
