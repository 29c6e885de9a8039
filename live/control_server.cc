#include "live/control_server.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "engine/devices/open_descriptor.h"
#include "live/unix_socket.h"

namespace drydock::live {
namespace {

using engine::devices::OpenDescriptor;

constexpr size_t kLongestQuestion = 4096;
constexpr size_t kMostConnections = 64;

struct Connection {
  OpenDescriptor socket;
  std::string question;  // what has come of it
  bool follows = false;  // it is told of events
};

// Whether all of it went: who does not read for so long that its buffer is full is let go.
bool send_all(const Connection& connection, std::string_view text) {
  return send(connection.socket.number(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT) ==
         static_cast<ssize_t>(text.size());
}

class Server : public ControlServer {
 public:
  Server(std::string path, OpenDescriptor listener, OpenDescriptor wake, Answer answer)
      : path_(std::move(path)),
        listener_(std::move(listener)),
        wake_(std::move(wake)),
        answer_(std::move(answer)) {}

  ~Server() override {
    closed_ = true;
    wake();
    if (thread_.joinable()) thread_.join();
    unlink(path_.c_str());
  }

  void start() override {
    thread_ = std::thread([this] { serve(); });
  }

  void announce(std::string_view event) override {
    {
      const std::lock_guard lock(mutex_);
      events_.emplace_back(event);
    }
    wake();
  }

  void announce_end(std::string_view trouble) override {
    announce(trouble.empty() ? std::string(kEnded) : fmt::format("{} {}", kEnded, trouble));
  }

 private:
  void wake() const {
    const uint64_t one = 1;
    (void)!write(wake_.number(), &one, sizeof(one));
  }

  void serve() {
    while (true) {
      std::vector<pollfd> files = {{wake_.number(), POLLIN, 0}, {listener_.number(), POLLIN, 0}};
      for (const Connection& connection : connections_)
        files.push_back({connection.socket.number(), POLLIN, 0});
      if (poll(files.data(), files.size(), -1) < 0) continue;
      tell_events();
      if (closed_) return;
      // Backwards, and before anything is accepted: each connection keeps its place in `files`.
      for (size_t i = connections_.size(); i-- > 0;) {
        if (files[i + 2].revents != 0 && !hear(connections_[i])) remove(i);
      }
      if (files[1].revents != 0) accept_one();
    }
  }

  void remove(size_t i) { connections_.erase(connections_.begin() + static_cast<std::ptrdiff_t>(i)); }

  void accept_one() {
    OpenDescriptor socket(accept4(listener_.number(), nullptr, nullptr, SOCK_CLOEXEC));
    if (socket.is_open() && connections_.size() < kMostConnections)
      connections_.push_back({.socket = std::move(socket), .question = {}});
  }

  // False once there is nothing more to say on this connection.
  bool hear(Connection& connection) {
    std::array<char, kLongestQuestion> buffer{};
    const ssize_t got = recv(connection.socket.number(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    if (got == 0) return false;
    connection.question.append(buffer.data(), static_cast<size_t>(got));
    const size_t end = connection.question.find('\n');
    if (end == std::string::npos) return connection.question.size() < kLongestQuestion;
    if (connection.follows) return true;
    if (connection.question.substr(0, end) == "events") {
      connection.follows = true;
      return send_all(connection, "ok\n" + last_line_);
    }
    const Result<std::string> answer = answer_(connection.question.substr(0, end));
    std::string text = answer ? "ok\n" + *answer : fmt::format("error {}\n", answer.error().message);
    if (text.back() != '\n') text += '\n';
    send_all(connection, text);
    return false;
  }

  void tell_events() {
    uint64_t count = 0;
    (void)!read(wake_.number(), &count, sizeof(count));
    std::vector<std::string> events;
    {
      const std::lock_guard lock(mutex_);
      events.swap(events_);
    }
    for (const std::string& event : events) {
      if (event.starts_with(kEnded)) last_line_ = event + "\n";
      std::erase_if(connections_, [&](const Connection& connection) {
        return connection.follows && !send_all(connection, event + "\n");
      });
    }
  }

  std::string path_;
  OpenDescriptor listener_, wake_;
  Answer answer_;
  std::vector<Connection> connections_;
  std::string last_line_;  // for who begins to follow when the end has been announced
  std::mutex mutex_;
  std::vector<std::string> events_;
  std::atomic<bool> closed_ = false;
  std::thread thread_;  // last: it uses everything above
};

std::unexpected<Error> failed(const std::string& path, int reason) {
  return failure(reason == EADDRINUSE ? ErrorCode::kInUse : ErrorCode::kIo,
                 fmt::format("{}: {}", path, std::strerror(reason)));
}

}  // namespace

Result<std::unique_ptr<ControlServer>> ControlServer::bind(const std::string& path, Answer answer) {
  const Result<sockaddr_un> address = socket_address(path);
  if (!address) return std::unexpected(address.error());
  Status free = remove_leftover_socket(path);
  if (!free) return std::unexpected(std::move(free.error()));
  OpenDescriptor listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  OpenDescriptor wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!listener.is_open() || !wake.is_open()) return failed(path, errno);
  // Nobody can connect before listen(), and by then it is for this user only.
  if (::bind(listener.number(), as_sockaddr(*address), sizeof(*address)) != 0) return failed(path, errno);
  if (chmod(path.c_str(), 0600) != 0 || listen(listener.number(), 16) != 0) return failed(path, errno);
  return std::make_unique<Server>(path, std::move(listener), std::move(wake), std::move(answer));
}

}  // namespace drydock::live
