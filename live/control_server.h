// ControlServer: a unix socket on which a running clone, or another server, answers.
//
// A connection is one question: a line of words. The answer is a line, "ok" or "error REASON", and then what
// was asked for; then the connection ends. To "events" the answer is "ok", a line for each event, and at the
// end "ended", with the reason behind it if that is no good end. Without that line the program has died.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "block/result.h"

namespace drydock::live {

class ControlServer {
 public:
  // Called on the server's thread, one question at a time, for all words but "events".
  using Answer = std::function<Result<std::string>(std::string words)>;

  // Makes the socket, for this user only. What a server has left that ended without tidying up is replaced.
  // Questions wait until start(). Errors: kInUse if somebody answers there; kInvalid if there is something
  // else than a socket, or the path is too long; kIo.
  static Result<std::unique_ptr<ControlServer>> bind(const std::string& path, Answer answer);
  virtual ~ControlServer() = default;  // removes the socket; waits for the question that is being answered
  // Begins to answer, on a thread of its own. A program that forks starts threads afterwards.
  virtual void start() = 0;
  // From any thread. Does not wait: who does not read loses its connection.
  virtual void announce(std::string_view event) = 0;
  // The last line of all who follow. `trouble`: why it is no good end; empty if it is one.
  virtual void announce_end(std::string_view trouble) = 0;
};

}  // namespace drydock::live
