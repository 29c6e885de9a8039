// The whole way: nbdkit with the plugin, clients that are none of ours, the control, the log and its check.
#include <gtest/gtest.h>
#include <libnbd.h>

#include <nlohmann/json.hpp>

#include "servers/log_merge.h"
#include "tests/nbdkit_server.h"

namespace drydock::tests {
namespace {

// A connection of libnbd's.
class Client {
 public:
  explicit Client(const std::string& uri) : nbd_(nbd_create()) {
    CHECK(nbd_ != nullptr);
    CHECK(nbd_add_meta_context(nbd_, LIBNBD_CONTEXT_BASE_ALLOCATION) == 0);
    connected_ = nbd_connect_uri(nbd_, uri.c_str()) == 0;
  }
  ~Client() { nbd_close(nbd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool is_connected() const { return connected_; }
  nbd_handle* get() { return nbd_; }
  bool write(uint64_t offset, const std::string& data, uint32_t flags = 0) {
    return nbd_pwrite(nbd_, data.data(), data.size(), offset, flags) == 0;
  }
  std::string read(uint64_t offset, size_t bytes) {
    std::string data(bytes, '!');
    return nbd_pread(nbd_, data.data(), bytes, offset, 0) == 0 ? data : "error";
  }
  bool flush() { return nbd_flush(nbd_, 0) == 0; }

 private:
  nbd_handle* nbd_;
  bool connected_ = false;
};

const std::string kOld(4096, '\0');
const std::string kNew(4096, 'n');

class Nbdkit : public testing::Test {
 protected:
  void SetUp() override {
    if (!server_.is_running()) GTEST_SKIP() << "nbdkit does not start: " << server_.trouble();
  }
  std::string in_file(uint64_t offset, size_t bytes, const std::string& disk = "data") const {
    return server_.folder().read(disk + ".img").substr(offset, bytes);
  }

  NbdkitServer server_{{"data", "journal"}, "seed=5"};
};

TEST_F(Nbdkit, ListsEachDiskWithWhatItCan) {
  const Shell list = shell("nbdinfo --json --list '" + server_.uri("") + "'");
  ASSERT_EQ(list.exit_code, 0) << list.out;
  const auto json = nlohmann::json::parse(list.out);
  ASSERT_EQ(json["exports"].size(), 2u);
  EXPECT_EQ(json["exports"][1]["export-name"], "journal");
  for (const auto& disk : json["exports"]) {
    EXPECT_EQ(disk["export-size"], 16 << 20);
    EXPECT_EQ(disk["block_size_minimum"], 512);
    for (const char* what :
         {"can_flush", "can_fua", "can_trim", "can_zero", "can_fast_zero", "can_multi_conn"}) {
      EXPECT_EQ(disk[what], true) << what;
    }
  }
}

TEST_F(Nbdkit, AnUnflushedWriteIsThereAfterAPowerCutOrNotAsChosen) {
  for (const bool keep : {false, true}) {
    {
      Client client(server_.uri());
      ASSERT_TRUE(client.write(8192, kNew));
      EXPECT_EQ(client.read(8192, 4096), kNew);
      EXPECT_EQ(in_file(8192, 4096), kOld);
      std::string choices;
      for (int unit = 16; unit < 24; ++unit) {
        choices += " --choose=data:" + std::to_string(unit) + (keep ? ":1" : ":0");
      }
      const Shell cut = server_.control("power-cut" + choices);
      ASSERT_EQ(cut.exit_code, 0) << cut.out;
      EXPECT_EQ(nlohmann::json::parse(cut.out)["disks"][0]["pending_sectors"], 8);
      EXPECT_EQ(client.read(8192, 4096), "error");
      EXPECT_FALSE(client.flush());
    }
    EXPECT_EQ(in_file(8192, 4096), keep ? kNew : kOld);
    EXPECT_EQ(server_.control("power-on").exit_code, 0);
  }
}

TEST_F(Nbdkit, AFlushOnAnyConnectionMakesDurableWhatAllHaveWritten) {
  Client writer(server_.uri());
  Client flusher(server_.uri());
  ASSERT_TRUE(writer.write(0, kNew));
  ASSERT_TRUE(flusher.flush());
  ASSERT_EQ(server_.control("power-cut --leave=durable").exit_code, 0);
  EXPECT_EQ(in_file(0, 4096), kNew);
}

TEST_F(Nbdkit, FuaIsDurable) {
  Client client(server_.uri());
  ASSERT_TRUE(client.write(0, kNew, LIBNBD_CMD_FLAG_FUA));
  EXPECT_EQ(in_file(0, 4096), kNew);
}

TEST_F(Nbdkit, TrimAndZeroReadZerosAndAreExtentsOfZeros) {
  Client client(server_.uri());
  ASSERT_TRUE(client.write(0, kNew + kNew + kNew));
  ASSERT_EQ(nbd_trim(client.get(), 4096, 0, 0), 0);
  ASSERT_EQ(nbd_zero(client.get(), 4096, 4096, LIBNBD_CMD_FLAG_NO_HOLE), 0);
  EXPECT_EQ(client.read(0, 3 * 4096), kOld + kOld + kNew);
  std::string types;
  nbd_extent_callback add = {
      .callback =
          [](void* found, const char*, uint64_t, uint32_t* entries, size_t count, int*) {
            for (size_t i = 0; i + 1 < count; i += 2) {
              *static_cast<std::string*>(found) +=
                  std::to_string(entries[i] / 4096) + ":" + std::to_string(entries[i + 1]) + " ";
            }
            return 0;
          },
      .user_data = &types,
      .free = nullptr};
  ASSERT_EQ(nbd_block_status(client.get(), 4 * 4096, 0, add, 0), 0);
  EXPECT_EQ(types.substr(0, 8), "2:3 1:0 ");
}

TEST_F(Nbdkit, RequestsFailWhenTheControlSaysSo) {
  Client client(server_.uri());
  EXPECT_EQ(server_.control("fail data write 2").exit_code, 0);
  EXPECT_FALSE(client.write(0, kNew));
  EXPECT_FALSE(client.write(0, kNew));
  EXPECT_TRUE(client.write(0, kNew));
  const auto status = nlohmann::json::parse(server_.control("status").out);
  EXPECT_EQ(status["disks"][0]["writes"], 1);
  EXPECT_EQ(status["disks"][0]["pending_sectors"], 8);
}

TEST_F(Nbdkit, TheControlRefusesWhatItDoesNotKnow) {
  for (const char* words : {"powercut", "power-cut --sed=1", "power-cut dta", "fail data wirte", "pending",
                            "power-cut --choose=data:0:1", "power-cut --seed=x"}) {
    const Shell refused = server_.control(words);
    EXPECT_EQ(refused.exit_code, 2) << words;
    EXPECT_TRUE(refused.out.starts_with("drydock: disks: ")) << refused.out;
  }
}

TEST_F(Nbdkit, AShutdownWritesEverythingOut) {
  {
    Client client(server_.uri("journal"));
    ASSERT_TRUE(client.write(0, kNew));
  }
  server_.stop();
  EXPECT_EQ(in_file(0, 4096, "journal"), kNew);
}

TEST_F(Nbdkit, ServesClientsThatAreNotOurs) {
  const std::string image = server_.folder().path("image");
  ASSERT_EQ(shell("dd if=/dev/urandom of=" + image + " bs=1M count=16 status=none").exit_code, 0);
  const Shell copied = shell("nbdcopy --flush " + image + " '" + server_.uri() + "'");
  ASSERT_EQ(copied.exit_code, 0) << copied.out;
  const Shell compared = shell("qemu-img compare -f raw -F raw " + image + " '" + server_.uri() + "'");
  EXPECT_EQ(compared.exit_code, 0) << compared.out;
  const Shell patterns = shell(
      "qemu-io -f raw -c 'write -P 7 64k 128k' -c 'discard 96k 4k' -c 'read -P 7 64k 32k' "
      "-c 'read -P 0 96k 4k' -c flush '" +
      server_.uri() + "'");
  EXPECT_EQ(patterns.exit_code, 0) << patterns.out;
  EXPECT_EQ(patterns.out.find("failed"), std::string::npos) << patterns.out;
}

TEST_F(Nbdkit, ItsLogIsCheckedByTheProgram) {
  {
    Client client(server_.uri());
    for (int i = 0; i < 50; ++i) {
      client.write(static_cast<uint64_t>(i % 7) * 4096, std::string(4096, static_cast<char>('a' + i)));
      if (i % 9 == 0) client.flush();
      if (i % 20 == 0) {
        server_.control("power-cut");
        server_.control("power-on");
      }
    }
  }
  server_.stop();
  const Shell checked = shell(std::string(DRYDOCK_PROGRAM) + " check-log --json " + server_.log());
  ASSERT_EQ(checked.exit_code, 0) << checked.out;
  const auto json = nlohmann::json::parse(checked.out);
  EXPECT_EQ(json["disks"][0]["power_cuts"], 3);
  EXPECT_GT(json["disks"][0]["most_pending_sectors"], 0);
  EXPECT_EQ(json["disks"][0]["pending_sectors"], 0);
}

TEST(NbdkitPlugin, RefusesAWrongConfiguration) {
  const auto message = [](const std::string& words) { return NbdkitServer({"data"}, words).trouble(); };
  EXPECT_NE(message("profile=zero_trin").find("did you mean zero_trim?"), std::string::npos);
  EXPECT_NE(message("bogus.profile=spec").find("there is no disk of that name"), std::string::npos);
  EXPECT_NE(message("disk=bogus").find("NAME=FILE"), std::string::npos);
  EXPECT_NE(message("disk=more=/nowhere/at/all").find("No such file"), std::string::npos);
}

}  // namespace
}  // namespace drydock::tests
