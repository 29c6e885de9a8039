// The control socket of a running clone, and who asks there; and the hooks.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>

#include "engine/devices/open_descriptor.h"
#include "live/control_client.h"
#include "live/control_server.h"
#include "live/event_hook.h"
#include "live/unix_socket.h"
#include "tests/temp_folder.h"

namespace drydock::tests {
namespace {

using live::ControlServer;

std::unique_ptr<ControlServer> echo(const std::string& path) {
  auto server = ControlServer::bind(path, [](const std::string& words) -> Result<std::string> {
    if (words == "bad") return failure(ErrorCode::kInvalid, "'bad' is bad");
    return "you said " + words;
  });
  CHECK(server.has_value());
  (*server)->start();
  return std::move(*server);
}

TEST(Control, AQuestionIsAnswered) {
  const TempFolder folder;
  const auto server = echo(folder.path("s"));
  EXPECT_EQ(live::ask(folder.path("s"), "status noflush"), "you said status noflush\n");
  EXPECT_EQ(live::ask(folder.path("s"), "bad").error().message, "'bad' is bad");
  EXPECT_EQ(live::ask(folder.path("s"), "again"), "you said again\n");
}

TEST(Control, IsForItsOwnerOnlyAndGoesAway) {
  const TempFolder folder;
  auto server = echo(folder.path("s"));
  struct stat found{};
  ASSERT_EQ(stat(folder.path("s").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600u);
  server.reset();
  EXPECT_EQ(stat(folder.path("s").c_str(), &found), -1);
  const auto nobody = live::ask(folder.path("s"), "status");
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(nobody.error().message, folder.path("s") + ": nobody answers here");
}

TEST(Control, EventsGoToAllWhoFollow) {
  const TempFolder folder;
  auto server = echo(folder.path("s"));
  std::atomic<int> heard = 0;
  std::string told;
  std::thread follower([&] {
    EXPECT_TRUE(live::follow_events(folder.path("s"), [&](std::string_view event) {
      if (event != "ping") told = event;
      ++heard;
      return true;
    }));
  });
  // Whoever has not begun to follow yet hears nothing.
  while (heard == 0) {
    server->announce("ping");
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  server->announce("hydrated");
  server->announce_end("");
  EXPECT_EQ(live::ask(folder.path("s"), "status"), "you said status\n") << "others are answered meanwhile";
  server.reset();
  follower.join();
  EXPECT_EQ(told, "hydrated");
}

// What a follower is told in the end, of a server that ends with `announce_last`.
Status end_of_events(const std::function<void(ControlServer&)>& announce_last) {
  const TempFolder folder;
  auto server = echo(folder.path("s"));
  std::atomic<bool> follows = false;
  Status end;
  std::thread follower(
      [&] { end = live::follow_events(folder.path("s"), [&](std::string_view) { return follows = true; }); });
  while (!follows) {
    server->announce("ping");
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  announce_last(*server);
  server.reset();
  follower.join();
  return end;
}

TEST(Control, WhoFollowsLearnsHowItEnded) {
  EXPECT_TRUE(end_of_events([](ControlServer& server) { server.announce_end(""); }));
  const Status bad = end_of_events([](ControlServer& server) { server.announce_end("mode ro"); });
  ASSERT_FALSE(bad);
  EXPECT_TRUE(bad.error().message.ends_with(": the clone ended: mode ro")) << bad.error().message;
  const Status died = end_of_events([](ControlServer&) {});
  ASSERT_FALSE(died);
  EXPECT_EQ(died.error().code, ErrorCode::kIo);
  EXPECT_TRUE(died.error().message.ends_with(": the clone died")) << died.error().message;
}

TEST(Control, WhoComesAfterTheEndWasAnnouncedIsToldToo) {
  const TempFolder folder;
  auto server = echo(folder.path("s"));
  server->announce_end("");
  EXPECT_EQ(live::ask(folder.path("s"), "first"), "you said first\n");
  EXPECT_TRUE(live::follow_events(folder.path("s"), [](std::string_view) { return true; }));
}

TEST(Control, ALongOrEndlessQuestionIsNotWaitedFor) {
  const TempFolder folder;
  const auto server = echo(folder.path("s"));
  const auto address = live::socket_address(folder.path("s"));
  const engine::devices::OpenDescriptor silent(socket(AF_UNIX, SOCK_STREAM, 0));
  ASSERT_EQ(connect(silent.number(), live::as_sockaddr(*address), sizeof(*address)), 0);
  const engine::devices::OpenDescriptor endless(socket(AF_UNIX, SOCK_STREAM, 0));
  ASSERT_EQ(connect(endless.number(), live::as_sockaddr(*address), sizeof(*address)), 0);
  const std::string much(100'000, 'x');
  EXPECT_GT(send(endless.number(), much.data(), much.size(), MSG_NOSIGNAL), 0);
  EXPECT_EQ(live::ask(folder.path("s"), "status"), "you said status\n");
}

TEST(Control, OnlyALeftoverSocketIsReplaced) {
  const TempFolder folder;
  const auto answer = [](const std::string&) -> Result<std::string> { return ""; };
  const auto server = echo(folder.path("used"));
  EXPECT_EQ(ControlServer::bind(folder.path("used"), answer).error().code, ErrorCode::kInUse);
  folder.write("file", "precious");
  EXPECT_EQ(ControlServer::bind(folder.path("file"), answer).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(folder.read("file"), "precious");
  {
    const auto address = live::socket_address(folder.path("left"));
    const engine::devices::OpenDescriptor left(socket(AF_UNIX, SOCK_STREAM, 0));
    ASSERT_EQ(bind(left.number(), live::as_sockaddr(*address), sizeof(*address)), 0);
  }
  EXPECT_TRUE(ControlServer::bind(folder.path("left"), answer));
  EXPECT_EQ(ControlServer::bind(std::string(200, 'x'), answer).error().code, ErrorCode::kInvalid);
}

TEST(EventHook, RunsTheCommandForEachEventInTheirOrder) {
  const TempFolder folder;
  {
    live::EventHook hook("echo \"$DRYDOCK_EVENT,$1\" >> " + folder.path("log"));
    hook.happened("hydrated");
    hook.happened("mode ro");
  }
  EXPECT_EQ(folder.read("log"), "hydrated,hydrated\nmode ro,mode ro\n");
}

}  // namespace
}  // namespace drydock::tests
