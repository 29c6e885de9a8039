// What errors, requests, devices and profiles are called, and what the profiles are.
#include <gtest/gtest.h>

#include <set>

#include "block/buffer.h"
#include "block/disk_profile.h"
#include "block/party.h"
#include "block/task.h"
#include "block/write_log.h"
#include "tests/memory_disk.h"
#include "tests/print.h"

namespace drydock::tests {
namespace {

// Names of the values 0 to n - 1, and of one that does not exist.
template <class Enum>
std::vector<std::string> names(int n) {
  std::vector<std::string> found;
  for (int i = 0; i <= n; ++i) found.emplace_back(to_string(static_cast<Enum>(i)));
  return found;
}

using Names = std::vector<std::string>;

TEST(Names, OfErrorCodesSayWhatTheCallerCanDo) {
  EXPECT_EQ(names<ErrorCode>(9), (Names{"none", "io", "damaged", "no_space", "invalid", "in_use", "read_only",
                                        "unsupported", "not_found", "unknown"}));
}

TEST(Names, OfRequestKinds) {
  EXPECT_EQ(names<IoKind>(5), (Names{"read", "write", "flush", "discard", "write_zeroes", "unknown"}));
}

TEST(Names, OfEventKinds) {
  EXPECT_EQ(names<EventKind>(12),
            (Names{"start", "opened", "submit", "complete", "power_cut", "process_crash", "survivors", "rot",
                   "hydrated", "mode", "command", "answer", "unknown"}));
}

TEST(Names, OfDevicesNameThem) {
  for (const Party device : kDevices) EXPECT_EQ(device_named(to_string(device)), device);
  EXPECT_EQ(to_string(Party::kClient), "client");
}

TEST(Names, TheClientIsNoDevice) {
  EXPECT_EQ(device_named("client"), std::nullopt);
  EXPECT_EQ(device_named(""), std::nullopt);
}

Task<std::vector<std::string>> messages_of_failures(MemoryDisk& disk) {
  Buffer buffer(SectorCount(16));
  const SectorRange range = {Sector(8), SectorCount(16)};
  std::vector<std::string> messages;
  const auto hear = [&](const Status& status) {
    messages.push_back(status ? "success" : status.error().message);
  };
  disk.fail_request(0, false);
  hear(co_await disk.read(range, buffer.span()));
  disk.fail_request(0, false);
  hear(co_await disk.write(range, buffer.span(), Fua::kNo));
  disk.fail_request(0, false);
  hear(co_await disk.flush());
  hear(co_await disk.flush());
  co_return messages;
}

TEST(IoAwaiter, NamesDeviceOperationRangeAndError) {
  MemoryDisk disk{SectorCount(32)};
  EXPECT_EQ(run_now(messages_of_failures(disk)),
            (Names{"memory: read of sectors 8+16: io", "memory: write of sectors 8+16: io",
                   "memory: flush: io", "success"}));
}

TEST(IoAwaiter, GivesTheCodeOfTheAnswer) {
  MemoryDisk disk{SectorCount(32)};
  disk.fail_request(0, false);
  const Status status = run_now([](Disk& d) -> Task<Status> {
    Status flushed = co_await d.flush();
    co_return flushed;
  }(disk));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kIo);
}

TEST(Profiles, AreThoseOfTheDiskModel) {
  std::set<std::string> found;
  for (const DiskProfile& profile : all_profiles()) found.emplace(profile.name);
  EXPECT_EQ(found, (std::set<std::string>{"writethrough", "spec", "sata_4k", "garbage_trim", "zero_trim",
                                          "old_trim", "lying", "loop"}));
  EXPECT_EQ(all_profiles().size(), found.size());
}

TEST(Profiles, AreFoundByName) {
  for (const DiskProfile& profile : all_profiles()) EXPECT_EQ(profile_named(profile.name), profile);
  EXPECT_EQ(profile_named("nvme"), std::nullopt);
}

TEST(Profiles, SpecIsTheDefault) { EXPECT_EQ(profile_named("spec"), DiskProfile{}); }

// What the names promise (docs/disk-model.md); everything else is as in spec.
TEST(Profiles, DifferFromSpecInWhatTheirNamesSay) {
  const auto expect = [](DiskProfile profile) { EXPECT_EQ(profile_named(profile.name), profile); };
  expect({.name = "writethrough", .volatile_cache = false});
  expect({.name = "sata_4k", .atomic_unit = SectorCount(8), .discard_granule = SectorCount(8)});
  expect({.name = "garbage_trim", .discard_reads = DiscardReads::kGarbage});
  expect({.name = "zero_trim", .discard_reads = DiscardReads::kZeros});
  expect({.name = "old_trim", .discard_reads = DiscardReads::kOld});
  expect({.name = "lying", .honours_flush = false});
  expect({.name = "loop", .discard_reads = DiscardReads::kZeros});
}

}  // namespace
}  // namespace drydock::tests
