// Requests that a strict client would not send, to both of our servers: each is answered somehow, and the
// server goes on serving. Of bytes that no request should name the plugins' own arithmetic is tested without
// nbdkit.
#include <gtest/gtest.h>
#include <libnbd.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "servers/nbd_extents.h"
#include "tests/nbdkit_server.h"

namespace drydock::tests {
namespace {

constexpr uint64_t kSize = uint64_t{16} << 20;

// A connection that sends whatever it is told to.
class LooseClient {
 public:
  explicit LooseClient(const std::string& uri) : nbd_(nbd_create()) {
    nbd_set_strict_mode(nbd_, 0);
    nbd_add_meta_context(nbd_, LIBNBD_CONTEXT_BASE_ALLOCATION);
    connected_ = nbd_connect_uri(nbd_, uri.c_str()) == 0;
  }
  ~LooseClient() { nbd_close(nbd_); }
  LooseClient(const LooseClient&) = delete;
  LooseClient& operator=(const LooseClient&) = delete;
  nbd_handle* get() { return nbd_; }
  bool is_served() {
    std::string data(4096, '!');
    return connected_ && nbd_pread(nbd_, data.data(), data.size(), 8192, 0) == 0;
  }

 private:
  nbd_handle* nbd_;
  bool connected_ = false;
};

struct LooseRequest {
  const char* kind;
  uint64_t offset;
  uint64_t count;
  uint32_t flags;
};

constexpr LooseRequest kRequests[] = {
    {"read", 0, 0, 0},
    {"read", 1, 511, 0},
    {"read", 700, 4096, 0},
    {"read", kSize - 512, 1024, 0},
    {"read", kSize, 512, 0},
    {"read", 0, 4096, LIBNBD_CMD_FLAG_FUA},
    {"read", 0, 4096, LIBNBD_CMD_FLAG_NO_HOLE},
    {"write", 0, 0, 0},
    {"write", 3, 7, 0},
    {"write", kSize - 512, 1024, 0},
    {"write", 0, 4096, LIBNBD_CMD_FLAG_FAST_ZERO},
    {"write", 0, 4096, LIBNBD_CMD_FLAG_REQ_ONE},
    {"trim", 0, 0, 0},
    {"trim", 100, 100, 0},
    {"trim", kSize - 512, 1024, 0},
    {"trim", 0, 65536, LIBNBD_CMD_FLAG_FAST_ZERO},
    {"zero", 0, 0, 0},
    {"zero", 5, 700, 0},
    {"zero", kSize - 512, 1024, 0},
    {"zero", 0, 65536, LIBNBD_CMD_FLAG_FAST_ZERO},
    {"zero", 5, 700, LIBNBD_CMD_FLAG_FAST_ZERO},
    {"zero", 0, 65536, LIBNBD_CMD_FLAG_FAST_ZERO | LIBNBD_CMD_FLAG_NO_HOLE},
    {"extents", 0, 0, 0},
    {"extents", 1, 1, 0},
    {"extents", 511, 2, LIBNBD_CMD_FLAG_REQ_ONE},
    {"extents", kSize - 1, 1, 0},
    {"extents", kSize - 512, 1024, 0},
    {"extents", 0, 4096, LIBNBD_CMD_FLAG_FUA},
};

int send(LooseClient& client, const LooseRequest& request) {
  const std::string kind = request.kind;
  std::string data(request.count, 'x');
  nbd_handle* const nbd = client.get();
  if (kind == "read") return nbd_pread(nbd, data.data(), data.size(), request.offset, request.flags);
  if (kind == "write") return nbd_pwrite(nbd, data.data(), data.size(), request.offset, request.flags);
  if (kind == "trim") return nbd_trim(nbd, request.count, request.offset, request.flags);
  if (kind == "zero") return nbd_zero(nbd, request.count, request.offset, request.flags);
  const nbd_extent_callback ignore = {
      .callback = [](void*, const char*, uint64_t, uint32_t*, size_t, int*) { return 0; },
      .user_data = nullptr,
      .free = nullptr};
  return nbd_block_status(nbd, request.count, request.offset, ignore, request.flags);
}

void expect_to_be_served_after_each(const std::string& uri) {
  for (const LooseRequest& request : kRequests) {
    const std::string what = std::string(request.kind) + " of " + std::to_string(request.count) + " at " +
                             std::to_string(request.offset) + ", flags " + std::to_string(request.flags);
    LooseClient client(uri);
    static_cast<void>(send(client, request));
    LooseClient another(uri);
    ASSERT_TRUE(another.is_served()) << what;
  }
}

// nbdkit with the clone's plugin, in the background.
class CloneServerProcess {
 public:
  CloneServerProcess() {
    for (const char* name : {"source", "destination", "metadata"}) {
      folder_.write(name, "");
      std::filesystem::resize_file(folder_.path(name), kSize);
    }
    std::string command = "nbdkit --pidfile " + folder_.path("pid") + " --unix " + folder_.path("nbd") + " " +
                          DRYDOCK_CLONE_PLUGIN + " format=yes no-hydration=yes region-size=64KiB";
    for (const std::string name : {"source", "destination", "metadata"})
      command += " " + name + "=" + folder_.path(name);
    started_ = shell(command + " >/dev/null 2>" + folder_.path("stderr"));
  }
  ~CloneServerProcess() {
    if (started_.exit_code == 0) kill(std::stoi(folder_.read("pid")), SIGTERM);
    while (started_.exit_code == 0 && kill(std::stoi(folder_.read("pid")), 0) == 0) usleep(2000);
  }
  CloneServerProcess(const CloneServerProcess&) = delete;
  CloneServerProcess& operator=(const CloneServerProcess&) = delete;
  bool is_running() const { return started_.exit_code == 0; }
  std::string trouble() const { return folder_.read("stderr"); }
  std::string uri() const { return "nbd+unix:///?socket=" + folder_.path("nbd"); }

 private:
  TempFolder folder_;
  Shell started_;
};

TEST(LooseRequests, LeaveTheDisksServed) {
  const NbdkitServer server({"data"});
  if (!server.is_running()) GTEST_SKIP() << "nbdkit does not start: " << server.trouble();
  expect_to_be_served_after_each(server.uri());
}

TEST(LooseRequests, LeaveTheCloneServed) {
  const CloneServerProcess server;
  if (!server.is_running()) GTEST_SKIP() << "nbdkit does not start: " << server.trouble();
  expect_to_be_served_after_each(server.uri());
}

TEST(FastZero, IsRefusedAtOnceByTheCloneAndDoneByTheDisks) {
  const NbdkitServer disks({"data"});
  const CloneServerProcess clone;
  if (!disks.is_running() || !clone.is_running()) GTEST_SKIP() << disks.trouble() << clone.trouble();
  LooseClient of_disks(disks.uri());
  EXPECT_EQ(nbd_zero(of_disks.get(), 65536, 0, LIBNBD_CMD_FLAG_FAST_ZERO), 0);
  LooseClient of_clone(clone.uri());
  EXPECT_EQ(nbd_can_fast_zero(of_clone.get()), 1);
  EXPECT_EQ(nbd_zero(of_clone.get(), 65536, 0, LIBNBD_CMD_FLAG_FAST_ZERO), -1);
  EXPECT_EQ(nbd_get_errno(), ENOTSUP);
  EXPECT_EQ(nbd_zero(of_clone.get(), 65536, 0, 0), 0);
}

TEST(CloneServer, TellsTheRegionSizeAsThePreferredBlock) {
  const CloneServerProcess clone;
  if (!clone.is_running()) GTEST_SKIP() << clone.trouble();
  LooseClient client(clone.uri());
  EXPECT_EQ(nbd_get_block_size(client.get(), LIBNBD_SIZE_PREFERRED), 65536);
}

using servers::reported_extents;
using servers::ReportedExtent;

Extent known(uint64_t first, uint64_t count, bool zeros) {
  return {{Sector(first), SectorCount(count)}, zeros};
}

TEST(ReportedExtents, BeginAtTheRequestAndEndWithIt) {
  const std::vector<Extent> all = {known(0, 2, true), known(2, 2, false)};
  EXPECT_EQ(reported_extents(all, 100, 1000),
            (std::vector<ReportedExtent>{{100, 924, true}, {1024, 76, false}}));
  EXPECT_EQ(reported_extents(all, 511, 1), (std::vector<ReportedExtent>{{511, 1, true}}));
  EXPECT_EQ(servers::sectors_to_report(511, 2), (SectorRange{Sector(0), SectorCount(2)}));
}

TEST(ReportedExtents, AreOneGibibyteAtMost) {
  constexpr uint64_t kMany = uint64_t{1} << 24;
  const std::vector<Extent> all = {known(0, kMany, true), known(kMany, kMany, true)};
  EXPECT_EQ(reported_extents(all, 512, UINT32_MAX),
            (std::vector<ReportedExtent>{{512, uint64_t{1} << 30, true}}));
  EXPECT_EQ(servers::sectors_to_report(0, UINT32_MAX).count, SectorCount(1 << 21));
}

TEST(ReportedExtents, OfNoBytesAreNone) {
  EXPECT_TRUE(reported_extents({known(0, 8, false)}, 512, 0).empty());
  EXPECT_TRUE(reported_extents({}, 0, 512).empty());
}

}  // namespace
}  // namespace drydock::tests
