// Changes of write logs: what a change leaves is still read past its checksums, most of the time.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "fuzz/log_mutator.h"
#include "servers/write_log_reader.h"
#include "servers/write_log_recorder.h"
#include "tests/temp_folder.h"

namespace drydock::tests {
namespace {

using Bytes = std::vector<std::byte>;

std::string text_of(const Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Bytes small_log(const TempFolder& folder) {
  {
    const auto log = std::move(*servers::WriteLogRecorder::create(folder.path("log")));
    log->describe({"data", SectorCount(8), *profile_named("spec")});
    for (uint32_t i = 1; i <= 8; ++i)
      log->record({.range = {Sector(i % 8), SectorCount(1)}, .request = i, .party = 1});
  }
  const std::string text = folder.read("log");
  const std::span<const std::byte> bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

Bytes mutated(Bytes bytes, size_t most, uint64_t seed) {
  const size_t size = bytes.size();
  bytes.resize(most);
  bytes.resize(fuzz::mutate_log(bytes, size, seed));
  return bytes;
}

// Whether no checksum is wrong up to the log's end, or to what cannot be.
bool is_sealed(const TempFolder& folder, const Bytes& log) {
  folder.write("changed", text_of(log));
  auto reader = servers::WriteLogReader::open(folder.path("changed"));
  while (reader) {
    const auto record = reader->next();
    if (!record) return record.error().message.find("checksum") == std::string::npos;
    if (!*record) return true;
  }
  return false;
}

TEST(LogMutator, KeepsChecksumsRightMostOfTheTime) {
  const TempFolder folder;
  const Bytes log = small_log(folder);
  int sealed = 0;
  for (uint64_t seed = 1; seed <= 300; ++seed)
    sealed += is_sealed(folder, mutated(log, 2 * log.size(), seed)) ? 1 : 0;
  EXPECT_GE(sealed, 240);
  EXPECT_LT(sealed, 300);
}

TEST(LogMutator, ChangesOneOfTwoLogs) {
  const TempFolder folder;
  const Bytes log = small_log(folder);
  Bytes both = log;
  both.insert(both.end(), log.begin(), log.end());
  EXPECT_EQ(fuzz::second_log(both), log.size());
  for (uint64_t seed = 1; seed < 32; ++seed) {
    const std::string changed = text_of(mutated(both, 2 * both.size(), seed));
    EXPECT_TRUE(changed.starts_with(text_of(log)) || changed.ends_with(text_of(log)));
  }
}

TEST(LogMutator, KeepsToTheRoom) {
  const TempFolder folder;
  const Bytes log = small_log(folder);
  for (uint64_t seed = 1; seed < 300; ++seed) EXPECT_LE(mutated(log, log.size(), seed).size(), log.size());
}

TEST(LogMutator, TakesWhatIsNoLog) {
  for (size_t size = 0; size < 40; ++size) {
    for (uint64_t seed = 1; seed < 32; ++seed) EXPECT_LE(mutated(Bytes(size), 64, seed).size(), 64u);
  }
}

}  // namespace
}  // namespace drydock::tests
