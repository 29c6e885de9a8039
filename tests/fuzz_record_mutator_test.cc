// Changes of inputs that are a header and records: whole records, within the room, and the same ones again.
#include <gtest/gtest.h>

#include <vector>

#include "fuzz/record_mutator.h"
#include "fuzz/scenario_input.h"

namespace drydock::tests {
namespace {

using fuzz::kHeaderBytes;
using fuzz::kMostRecords;
using fuzz::kRecordBytes;

using Bytes = std::vector<std::byte>;

// Each record is eight times its number, so that a torn one is seen.
Bytes numbered(size_t records) {
  Bytes bytes(kHeaderBytes);
  for (size_t i = 1; i <= records; ++i) bytes.insert(bytes.end(), kRecordBytes, static_cast<std::byte>(i));
  return bytes;
}

Bytes mutated(Bytes bytes, size_t most, uint64_t seed) {
  const size_t size = bytes.size();
  bytes.resize(most);
  bytes.resize(fuzz::mutate_records(bytes, size, seed));
  return bytes;
}

bool is_whole_records(const Bytes& bytes) {
  return bytes.size() >= kHeaderBytes && (bytes.size() - kHeaderBytes) % kRecordBytes == 0;
}

TEST(RecordMutator, KeepsWholeRecordsAndTheRoom) {
  for (const size_t most : {kHeaderBytes, kHeaderBytes + kRecordBytes, kHeaderBytes + 5 * kRecordBytes + 3,
                            kHeaderBytes + 100 * kRecordBytes}) {
    Bytes bytes;
    for (uint64_t seed = 1; seed < 5000; ++seed) {
      if (seed % 32 == 0) continue;  // libFuzzer's own changes
      bytes = mutated(bytes, most, seed);
      ASSERT_TRUE(is_whole_records(bytes)) << bytes.size();
      ASSERT_LE(bytes.size(), kHeaderBytes + kMostRecords * kRecordBytes);
    }
  }
}

TEST(RecordMutator, MakesTheSameChangeForTheSameSeed) {
  for (uint64_t seed = 1; seed < 100; ++seed)
    EXPECT_EQ(mutated(numbered(9), 500, seed), mutated(numbered(9), 500, seed));
}

// Most records come out as they went in: a change is a small one.
TEST(RecordMutator, LeavesMostRecordsAsTheyAre) {
  for (uint64_t seed = 1; seed < 1000; ++seed) {
    if (seed % 32 == 0) continue;
    const Bytes bytes = mutated(numbered(40), 16 + 64 * 8, seed);
    size_t whole = 0;
    for (size_t at = kHeaderBytes; at < bytes.size(); at += kRecordBytes) {
      const auto record = bytes.begin() + static_cast<ptrdiff_t>(at);
      whole += std::equal(record + 1, record + kRecordBytes, record) ? 1 : 0;
    }
    ASSERT_GE(whole, 8u) << seed;
  }
}

TEST(RecordMutator, CrossesAtTheBordersOfRecords) {
  const Bytes first = numbered(10);
  const Bytes second = numbered(20);
  for (uint64_t seed = 1; seed < 1000; ++seed) {
    Bytes out(kHeaderBytes + 15 * kRecordBytes);
    out.resize(fuzz::cross_records(first, second, out, seed));
    ASSERT_TRUE(is_whole_records(out));
    for (size_t at = kHeaderBytes; at < out.size(); at += kRecordBytes)
      ASSERT_EQ(out[at], out[at + kRecordBytes - 1]);
  }
}

TEST(RecordMutator, CrossesWhatIsShorterThanAHeader) {
  const Bytes tiny(3);
  for (uint64_t seed = 1; seed < 100; ++seed) {
    Bytes out(100);
    EXPECT_EQ(fuzz::cross_records(tiny, numbered(2), out, seed), tiny.size());
    EXPECT_GE(fuzz::cross_records(numbered(2), tiny, out, seed), kHeaderBytes);
  }
}

}  // namespace
}  // namespace drydock::tests
