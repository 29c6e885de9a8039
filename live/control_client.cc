#include "live/control_client.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "engine/devices/open_descriptor.h"
#include "live/unix_socket.h"

namespace drydock::live {
namespace {

using engine::devices::OpenDescriptor;

std::unexpected<Error> failed(const std::string& path, int reason) {
  const bool absent = reason == ENOENT || reason == ECONNREFUSED;
  return failure(absent ? ErrorCode::kNotFound : ErrorCode::kIo,
                 fmt::format("{}: {}", path, absent ? "nobody answers here" : std::strerror(reason)));
}

// One question, and the lines of its answer.
class Conversation {
 public:
  static Result<Conversation> begin(const std::string& path, std::string_view words) {
    const Result<sockaddr_un> address = socket_address(path);
    if (!address) return std::unexpected(address.error());
    OpenDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket.is_open()) return failed(path, errno);
    if (connect(socket.number(), as_sockaddr(*address), sizeof(*address)) != 0) return failed(path, errno);
    const std::string line = std::string(words) + "\n";
    if (send(socket.number(), line.data(), line.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(line.size()))
      return failed(path, errno);
    Conversation conversation(path, std::move(socket));
    Status accepted = conversation.read_verdict();
    if (!accepted) return std::unexpected(std::move(accepted.error()));
    return conversation;
  }

  // False at the end.
  Result<bool> next_line(std::string& line) {
    size_t end = 0;
    while ((end = read_.find('\n')) == std::string::npos) {
      std::array<char, 4096> buffer{};
      const ssize_t got = recv(socket_.number(), buffer.data(), buffer.size(), 0);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return failed(path_, errno);
      if (got == 0) return false;
      read_.append(buffer.data(), static_cast<size_t>(got));
    }
    line = read_.substr(0, end);
    read_.erase(0, end + 1);
    return true;
  }

 private:
  Conversation(std::string path, OpenDescriptor socket)
      : path_(std::move(path)), socket_(std::move(socket)) {}

  Status read_verdict() {
    std::string verdict;
    const Result<bool> more = next_line(verdict);
    if (!more) return std::unexpected(more.error());
    if (!*more) return failure(ErrorCode::kIo, fmt::format("{}: it ended without an answer", path_));
    if (verdict == "ok") return {};
    constexpr std::string_view kError = "error ";
    return failure(ErrorCode::kInvalid, verdict.starts_with(kError)
                                            ? verdict.substr(kError.size())
                                            : fmt::format("{}: no answer: {}", path_, verdict));
  }

  std::string path_;
  OpenDescriptor socket_;
  std::string read_;
};

}  // namespace

Result<std::string> ask(const std::string& path, std::string_view words) {
  Result<Conversation> conversation = Conversation::begin(path, words);
  if (!conversation) return std::unexpected(std::move(conversation.error()));
  std::string text, line;
  while (true) {
    const Result<bool> more = conversation->next_line(line);
    if (!more) return std::unexpected(more.error());
    if (!*more) return text;
    text += line + "\n";
  }
}

Status follow_events(const std::string& path, const std::function<bool(std::string_view)>& take) {
  Result<Conversation> conversation = Conversation::begin(path, "events");
  if (!conversation) return std::unexpected(std::move(conversation.error()));
  std::string line;
  while (true) {
    const Result<bool> more = conversation->next_line(line);
    if (!more) return std::unexpected(more.error());
    if (!*more) return failure(ErrorCode::kIo, fmt::format("{}: the clone died", path));
    if (line == kEnded) return {};
    if (line.starts_with(kEnded) && line[kEnded.size()] == ' ')
      return failure(ErrorCode::kIo,
                     fmt::format("{}: the clone ended: {}", path, line.substr(kEnded.size() + 1)));
    if (!take(line)) return {};
  }
}

}  // namespace drydock::live
