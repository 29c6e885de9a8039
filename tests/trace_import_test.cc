// Traces of other programs: what is taken of each format, what is left out, and what is refused.
#include "scenarios/trace_import.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstring>

#include "tests/scenario_samples.h"
#include "tests/temp_folder.h"

namespace drydock::tests {
namespace {

using scenarios::import_trace;
using scenarios::ImportedTrace;

// "write 8+8 fua zeros @12", one request a line.
std::string told(const ImportedTrace& imported) {
  std::string text;
  for (const scenarios::TraceRequest& request : imported.trace.requests) {
    text += std::string(to_string(request.kind)) + " " + std::to_string(request.range.first.value()) + "+" +
            std::to_string(request.range.count.value()) + (request.fua == Fua::kYes ? " fua" : "") +
            (request.zeros ? " zeros" : "") + " @" + std::to_string(request.at_us) + "\n";
  }
  return text;
}

std::string left_out(const ImportedTrace& imported) {
  std::string text;
  for (const scenarios::LeftOut& kind : imported.left_out) {
    text += std::to_string(kind.count) + " " + kind.what + "\n";
  }
  return text;
}

ImportedTrace sample(const std::string& name) {
  auto imported = import_trace(text_of(data_path("traces/foreign/" + name)), name);
  EXPECT_TRUE(imported) << imported.error().message;
  return imported ? std::move(*imported) : ImportedTrace();
}

TEST(TraceImport, KeepsTheTrimsOfAFioIolog) {
  const ImportedTrace imported = sample("fio-iolog-v3.log");
  EXPECT_EQ(imported.format, "fio iolog, version 3");
  EXPECT_EQ(told(imported), "write 0+8 @0\ndiscard 128+128 @28\nflush 0+0 @65\nread 16+8 @78\n");
  EXPECT_EQ(left_out(imported), "");
  EXPECT_EQ(imported.trace.device, SectorCount(256));
  EXPECT_EQ(imported.trace.logical_block, SectorCount(8));
}

TEST(TraceImport, TakesTheTimesOfAnOldFioIologFromItsWaits) {
  const auto imported = import_trace(
      "fio version 2 iolog\n/a add\n/a open\n/a write 512 512\n/a wait 150 0\n/a datasync 0 0\n/a wait 50 0\n"
      "/a sync_file_range 0 512\n/a trim 0 1024\n/a close\n",
      "a file");
  ASSERT_TRUE(imported) << imported.error().message;
  EXPECT_EQ(told(*imported), "write 1+1 @0\nflush 0+0 @150\ndiscard 0+2 @200\n");
  EXPECT_EQ(left_out(*imported), "1 sync_file_range (no flush)\n");
  EXPECT_EQ(imported->trace.logical_block, SectorCount(1));
}

TEST(TraceImport, TakesWhatWasQueuedAndWhatWasIssuedWithoutThat) {
  const ImportedTrace imported = sample("blkparse.txt");
  EXPECT_EQ(imported.format, "blkparse");
  EXPECT_EQ(told(imported), "write 2048+8 @0\ndiscard 4096+128 @90\nflush 0+0 @92\n");
  EXPECT_EQ(left_out(imported), "1 issues of what was queued before\n1 completions\n");
}

TEST(TraceImport, ReadsFlushAndFuaOfBlkparseAndItsSummaryIsNoEvent) {
  const auto imported = import_trace(
      "Input file sda.blktrace.0 added\n"
      "  8,0    1        1     0.000001000   100  Q FWFS 8 + 8 [app]\n"
      "  8,0    1        2     0.000002000   100  P   N [app]\n"
      "  8,0    1        3     0.000003000   100  D  FF 0 + 0 [app]\n"
      "  8,0    1        4     0.000004000   100  Q  RA 0 + 16 [app]\n"
      "  8,0    1        5     0.000005000   100  Q WZS 32 + 8 [app]\n"
      "CPU0 (8,0):\n Reads Queued:           1,        8KiB\n\nTotal (8,0):\nThroughput (R/W): 0KiB/s\n",
      "a file");
  ASSERT_TRUE(imported) << imported.error().message;
  EXPECT_EQ(told(*imported), "flush 0+0 @0\nwrite 8+8 fua @0\nread 0+16 @3\nwrite_zeroes 32+8 @4\n");
  EXPECT_EQ(left_out(*imported),
            "1 events that are no requests (merges, plugs, messages)\n1 issues of what was queued before\n");
}

TEST(TraceImport, ReadsTheTracesOfDataCentres) {
  const ImportedTrace msr = sample("msr-cambridge.csv");
  EXPECT_EQ(msr.format, "MSR-Cambridge CSV");
  EXPECT_EQ(told(msr), "write 2048+8 @0\nread 4096+64 @1990\n");
  const ImportedTrace alibaba = sample("alibaba.csv");
  EXPECT_EQ(alibaba.format, "Alibaba CSV");
  EXPECT_EQ(told(alibaba), "write 2048+32 @0\nread 8192+32 @899\n");
  const ImportedTrace tencent = sample("tencent.csv");
  EXPECT_EQ(tencent.format, "Tencent CSV");
  EXPECT_EQ(told(tencent), "read 2048+8 @0\nwrite 4096+8 @0\n");
}

constexpr const char* kTwoVolumes =
    "device_id,opcode,offset,length,timestamp\n1,R,0,512,30\n2,W,512,512,20\n2,W,1000,24,10\n2,R,0,0,5\n";

TEST(TraceImport, TakesTheBusiestOfSeveralDevicesInTheOrderOfTime) {
  const auto imported = import_trace(kTwoVolumes, "a file");
  ASSERT_TRUE(imported) << imported.error().message;
  EXPECT_EQ(told(*imported), "write 1+1 @0\nwrite 1+1 @10\n");
  EXPECT_EQ(left_out(*imported),
            "1 parts of sectors (requests became whole sectors)\n1 requests without a length\n"
            "1 requests to other devices\n");
  const auto other = import_trace(kTwoVolumes, "a file", {.device = "1"});
  ASSERT_TRUE(other);
  EXPECT_EQ(told(*other), "read 0+1 @0\n");
  EXPECT_EQ(import_trace(kTwoVolumes, "a file", {.device = "3"}).error().message,
            "a file: has no requests to '3', but to 1, 2");
}

// ---- binary ----

template <class T>
void put(std::string& bytes, T value, bool swapped = false) {
  if (swapped) value = std::byteswap(value);
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

struct BlkRecord {
  uint64_t time_ns, sector;
  uint32_t bytes, action;
  std::string more = "";
};

std::string blktrace_of(const std::vector<BlkRecord>& records, bool swapped) {
  std::string bytes;
  for (const BlkRecord& record : records) {
    put<uint32_t>(bytes, 0x65617407, swapped);
    put<uint32_t>(bytes, 1, swapped);
    put(bytes, record.time_ns, swapped);
    put(bytes, record.sector, swapped);
    put(bytes, record.bytes, swapped);
    put(bytes, record.action, swapped);
    put<uint32_t>(bytes, 100, swapped);
    put<uint32_t>(bytes, 8 << 20, swapped);
    put<uint32_t>(bytes, 0, swapped);
    put<uint16_t>(bytes, 0, swapped);
    put<uint16_t>(bytes, static_cast<uint16_t>(record.more.size()), swapped);
    bytes += record.more;
  }
  return bytes;
}

const std::vector<BlkRecord>& blk_records() {
  constexpr uint32_t kQueue = 1, kIssue = 7, kComplete = 8;
  constexpr uint32_t kRead = 1 << 16, kWrite = 1 << 17, kFlush = 1 << 18, kNotify = 1 << 26;
  constexpr uint32_t kDiscard = 1u << 29, kFua = 1u << 31;
  static const std::vector<BlkRecord> records = {
      {0, 0, 0, kNotify, "a name"},         {5000, 8, 4096, kQueue | kWrite | kFlush | kFua},
      {6000, 8, 4096, kIssue | kWrite},     {7000, 0, 0, kIssue | kFlush | kWrite},
      {8000, 8, 4096, kComplete | kWrite},  {9000, 64, 65536, kQueue | kWrite | kDiscard},
      {9500, 0, 512, kQueue | kRead, "pdu"}};
  return records;
}

TEST(TraceImport, ReadsBlktraceOfBothByteOrders) {
  for (const bool swapped : {false, true}) {
    const auto imported = import_trace(blktrace_of(blk_records(), swapped), "a file");
    ASSERT_TRUE(imported) << imported.error().message;
    EXPECT_EQ(told(*imported), "flush 0+0 @0\nwrite 8+8 fua @0\ndiscard 64+128 @4\nread 0+1 @4\n");
    EXPECT_EQ(left_out(*imported),
              "1 events that are no requests (merges, plugs, messages)\n2 issues of what was queued before\n"
              "1 completions\n");
  }
}

struct LogEntry {
  uint64_t block, blocks, flags;
  std::string more = "";
};

std::string log_writes_of(const std::vector<LogEntry>& entries, uint32_t block_bytes = 512) {
  std::string bytes;
  const auto pad = [&] { bytes.resize((bytes.size() + block_bytes - 1) / block_bytes * block_bytes); };
  put<uint64_t>(bytes, 0x6a736677736872);
  put<uint64_t>(bytes, 1);
  put<uint64_t>(bytes, entries.size());
  put<uint32_t>(bytes, block_bytes);
  pad();
  for (const LogEntry& entry : entries) {
    const bool is_mark = (entry.flags & 8) != 0;
    put(bytes, entry.block);
    put(bytes, entry.blocks);
    put(bytes, entry.flags);
    put<uint64_t>(bytes, is_mark ? entry.more.size() : 0);
    if (is_mark) bytes += entry.more;
    pad();
    if (!is_mark && (entry.flags & 4) == 0) bytes += entry.more;
  }
  return bytes;
}

TEST(TraceImport, ReadsDmLogWrites) {
  const auto imported = import_trace(log_writes_of({{8, 2, 0, std::string(1024, 'a')},
                                                    {16, 1, 0, std::string(512, '\0')},
                                                    {64, 16, 4},
                                                    {0, 0, 8, "mark"},
                                                    {0, 0, 1},
                                                    {2, 1, 3, std::string(512, 'b')},
                                                    {0, 0, 8, "dm-log-writes-end"}}),
                                     "a file");
  ASSERT_TRUE(imported) << imported.error().message;
  EXPECT_EQ(imported->format, "dm-log-writes");
  EXPECT_EQ(told(*imported),
            "write 8+2 @0\nwrite 16+1 zeros @10\ndiscard 64+16 @20\nflush 0+0 @40\nflush 0+0 @50\n"
            "write 2+1 fua @50\n");
  EXPECT_EQ(left_out(*imported), "2 marks\n");
}

TEST(TraceImport, CountsDmLogWritesInItsOwnBlocks) {
  const auto imported = import_trace(log_writes_of({{1, 1, 2, std::string(4096, 'a')}}, 4096), "a file");
  ASSERT_TRUE(imported) << imported.error().message;
  EXPECT_EQ(told(*imported), "write 8+8 fua @0\n");
}

// Nothing is taken in part: a binary file that is cut anywhere but between records is refused.
TEST(TraceImport, RefusesBinaryFilesThatEndInTheMiddle) {
  const std::string log = log_writes_of({{8, 2, 0, std::string(1024, 'a')}, {0, 0, 1}});
  for (size_t size = 8; size < log.size(); size += 7) {
    const auto imported = import_trace(log.substr(0, size), "a file");
    ASSERT_FALSE(imported) << size;
    EXPECT_EQ(imported.error().code, ErrorCode::kInvalid);
    EXPECT_TRUE(imported.error().message.starts_with("a file: byte ")) << imported.error().message;
  }
  const std::string trace = blktrace_of({{0, 0, 512, 1 | 1 << 16, "pdu"}}, false);
  for (size_t size = 4; size < trace.size(); ++size) {
    EXPECT_EQ(import_trace(trace.substr(0, size), "a file").error().message,
              "a file: byte 0: the file ends in the middle of a record");
  }
}

// ---- what is refused ----

struct Refused {
  const char* name;
  const char* content;
  const char* message;
};

const Refused kRefused[] = {
    {"Unknown", "hello\n",
     "a file: line 1: is of no known trace format (fio iolog, blkparse, blktrace, dm-log-writes, CSV of "
     "MSR-Cambridge, Alibaba or Tencent, a disks log, block-trace)"},
    {"Empty", "", "a file: line 1: empty"},
    {"FioAction", "fio version 2 iolog\n/a add\n/a erase 0 512\n", "a file: line 3: has an unknown action"},
    {"FioTime", "fio version 3 iolog\n/a add\n",
     "a file: line 2: does not begin with a time in microseconds"},
    {"FioCut", "fio version 3 iolog\n1 /a write 0\n",
     "a file: line 2: is no file with an action, an offset and a length"},
    {"FioNumber", "fio version 3 iolog\n1 /a write -1 512\n",
     "a file: line 2: has an offset or a length that is no number"},
    {"FioHuge", "fio version 3 iolog\n1 /a write 18446744073709551104 512\n",
     "a file: line 2: an offset or a length that is out of the question"},
    {"BlkparseLine", "8,0 1 1 0.000001000 1 Q W 8 + 8 [a]\nnonsense\n",
     "a file: line 2: is no event as blkparse prints it by default"},
    {"BlkparseSectors", "8,0 1 1 0.000001000 1 Q W 8 [a]\n", "a file: line 1: has no sector + sectors"},
    {"MsrKind", "1,srv,0,Write,0,512,1\n1,srv,0,Trim,0,512,1\n", "a file: line 2: is neither Read nor Write"},
    {"AlibabaFields", "7,W,0,512,1\n7,W,0\n", "a file: line 2: has 3 fields; Alibaba CSV has 5"},
    {"TencentNumber", "1,8,8,0,7\n1,8,x,0,7\n", "a file: line 2: has a field that is no number"},
    {"TencentHuge", "1,18446744073709551615,8,0,7\n",
     "a file: line 1: has a number that is out of the question"},
};

class RefusedTrace : public testing::TestWithParam<Refused> {};

TEST_P(RefusedTrace, IsToldWithLineAndReason) {
  const auto imported = import_trace(GetParam().content, "a file");
  ASSERT_FALSE(imported);
  EXPECT_EQ(imported.error().code, ErrorCode::kInvalid);
  EXPECT_EQ(imported.error().message, GetParam().message);
}

std::string name_of(const testing::TestParamInfo<Refused>& refused) { return refused.param.name; }

INSTANTIATE_TEST_SUITE_P(Trace, RefusedTrace, testing::ValuesIn(kRefused), name_of);

TEST(TraceImport, WritesWhatDrydockReadsAgain) {
  const ImportedTrace imported = sample("fio-iolog-v3.log");
  const auto again = import_trace(to_json_lines(imported.trace), "again");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(told(*again), told(imported));
  EXPECT_EQ(again->trace.device, imported.trace.device);
}

TEST(TraceImport, OfACutGzipFileIsAnError) {
  const TempFolder folder;
  folder.write_compressed("whole.gz", text_of(data_path("traces/foreign/msr-cambridge.csv")));
  EXPECT_TRUE(scenarios::read_packed(folder.path("whole.gz")));
  const std::string whole = folder.read("whole.gz");
  const std::string cut = folder.write("cut.gz", whole.substr(0, whole.size() - 5));
  EXPECT_EQ(scenarios::read_packed(cut).error().message,
            cut + ": cannot be unpacked, it is damaged or cut off");
  EXPECT_EQ(scenarios::read_packed(folder.path()).error().code, ErrorCode::kIo);
}

}  // namespace
}  // namespace drydock::tests
