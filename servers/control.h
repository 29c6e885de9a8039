// The control of a running server: a unix socket; a client sends one line of words and gets one line of JSON,
// as often as it likes.
//
//     power-cut --seed=7 source     {"seed":7,"disks":[{"disk":"source","pending_sectors":16}]}
//     bogus                         {"error":"'bogus' is no verb", "code":"invalid"}
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "block/result.h"

namespace drydock::servers {

// Answers a command's words with one line of JSON. Called from the control's thread only.
using ControlHandler = std::function<std::string(std::span<const std::string> words)>;

class ControlSocket {
 public:
  // Makes the socket, for its owner only; a socket that nobody listens at any more is replaced. Connections
  // wait until start(). Errors, the path first: kInUse; kInvalid.
  static Result<std::unique_ptr<ControlSocket>> bind(const std::string& path, ControlHandler handler);
  // Stops, and removes the socket.
  ~ControlSocket();
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;

  // Begins to answer, on a thread of its own. (A server that forks starts threads afterwards.)
  void start();

 private:
  ControlSocket(std::string path, int listener, ControlHandler handler);
  void serve();
  void converse(int connection);
  bool wait_for(int file) const;

  std::string path_;
  int listener_;
  std::array<int, 2> stop_{-1, -1};  // a pipe; closed to stop
  ControlHandler handler_;
  std::thread thread_;
};

// Sends one command and returns the answer's line. Errors: kNotFound: nobody listens there; kIo.
Result<std::string> ask_control(const std::string& path, std::span<const std::string> words);

}  // namespace drydock::servers
