// Traces that are refused, and what is said about them: file, line, reason.
#include <gtest/gtest.h>

#include "scenarios/trace.h"
#include "tests/scenario_samples.h"
#include "tests/temp_folder.h"

namespace drydock::tests {
namespace {

using scenarios::parse_trace;
using scenarios::read_trace;

constexpr std::string_view kHeader = R"({"format":"block-trace","version":1,"device_bytes":8192})";
constexpr std::string_view kGood = R"({"t_us":7,"op":"read","offset":0,"length":512})";

struct BadLine {
  const char* name;
  const char* line;
  const char* reason;
};

constexpr const char* kMissing = "t_us, offset, length or op is missing, or not what it must be";

const BadLine kBadHeaders[] = {
    {"NotJson", "block-trace", "no JSON object"},
    {"NoObject", "[1]", "no JSON object"},
    {"CutOff", R"({"format":"block-trace","version":1)", "no JSON object"},
    {"NoFormat", R"({"version":1,"device_bytes":8192})", "no block-trace header"},
    {"AnotherFormat", R"({"format":"blktrace","version":1,"device_bytes":8192})", "no block-trace header"},
    {"FormatNoText", R"({"format":1,"version":1,"device_bytes":8192})", "no block-trace header"},
    {"NoVersion", R"({"format":"block-trace","device_bytes":8192})", "version is not 1"},
    {"TheNextVersion", R"({"format":"block-trace","version":2,"device_bytes":8192})", "version is not 1"},
    {"NoSize", R"({"format":"block-trace","version":1})", "device_bytes is no multiple of 512"},
    {"EmptyDevice", R"({"format":"block-trace","version":1,"device_bytes":0})",
     "device_bytes is no multiple of 512"},
    {"HalfASector", R"({"format":"block-trace","version":1,"device_bytes":8448})",
     "device_bytes is no multiple of 512"},
    {"NegativeSize", R"({"format":"block-trace","version":1,"device_bytes":-512})",
     "device_bytes is no multiple of 512"},
    {"HalfABlock", R"({"format":"block-trace","version":1,"device_bytes":8192,"logical_block_size":256})",
     "logical_block_size is no multiple of 512"},
    {"NoBlock", R"({"format":"block-trace","version":1,"device_bytes":8192,"logical_block_size":0})",
     "logical_block_size is no multiple of 512"},
    {"NoHeader", R"({"t_us":7,"op":"read","offset":0,"length":512})", "no block-trace header"},
};

const BadLine kBadRequests[] = {
    {"NotJson", "read 0 512", "no JSON object"},
    {"CutOff", R"({"t_us":7,"op":"re)", "no JSON object"},
    {"NoTime", R"({"op":"read","offset":0,"length":512})", kMissing},
    {"NoOffset", R"({"t_us":7,"op":"read","length":512})", kMissing},
    {"NoLength", R"({"t_us":7,"op":"read","offset":0})", kMissing},
    {"NoOperation", R"({"t_us":7,"offset":0,"length":512})", kMissing},
    {"OperationNoText", R"({"t_us":7,"op":1,"offset":0,"length":512})", kMissing},
    {"NegativeOffset", R"({"t_us":7,"op":"read","offset":-512,"length":512})", kMissing},
    {"FractionalLength", R"({"t_us":7,"op":"read","offset":0,"length":512.5})", kMissing},
    {"TimeAsText", R"({"t_us":"7","op":"read","offset":0,"length":512})", kMissing},
    {"TimeGoesBack", R"({"t_us":6,"op":"read","offset":0,"length":512})",
     "t_us is less than in the line before"},
    {"UnknownOperation", R"({"t_us":7,"op":"trim","offset":0,"length":512})", "unknown op 'trim'"},
    {"OffsetInsideASector", R"({"t_us":7,"op":"read","offset":256,"length":512})",
     "offset or length is no multiple of 512"},
    {"LengthOfHalfASector", R"({"t_us":7,"op":"read","offset":0,"length":256})",
     "offset or length is no multiple of 512"},
    {"PastTheDevice", R"({"t_us":7,"op":"read","offset":7680,"length":1024})", "past the end of the device"},
    {"FarPastTheDevice",
     R"({"t_us":7,"op":"read","offset":18446744073709551104,"length":18446744073709551104})",
     "past the end of the device"},
    {"FlushOfSectors", R"({"t_us":7,"op":"flush","offset":0,"length":512})",
     "a flush with a length, or another request without one"},
    {"ReadOfNothing", R"({"t_us":7,"op":"read","offset":0,"length":0})",
     "a flush with a length, or another request without one"},
    {"FuaNoFlag", R"({"t_us":7,"op":"write","offset":0,"length":512,"fua":1})",
     "fua is neither true nor false"},
    {"FillNoText", R"({"t_us":7,"op":"write","offset":0,"length":512,"fill":0})", "fill is no text"},
};

std::string name_of(const testing::TestParamInfo<BadLine>& info) { return info.param.name; }

class BadTraceHeader : public testing::TestWithParam<BadLine> {};

TEST_P(BadTraceHeader, IsRefusedWithLineAndReason) {
  const auto trace = parse_trace(std::string(GetParam().line) + "\n" + std::string(kGood), "a file");
  ASSERT_FALSE(trace);
  EXPECT_EQ(trace.error().code, ErrorCode::kInvalid);
  EXPECT_EQ(trace.error().message, std::string("a file: line 1: ") + GetParam().reason);
}

INSTANTIATE_TEST_SUITE_P(Trace, BadTraceHeader, testing::ValuesIn(kBadHeaders), name_of);

class BadTraceRequest : public testing::TestWithParam<BadLine> {};

TEST_P(BadTraceRequest, IsRefusedWithLineAndReason) {
  const std::string text =
      std::string(kHeader) + "\n" + std::string(kGood) + "\n\n" + GetParam().line + "\n" + std::string(kGood);
  const auto trace = parse_trace(text, "a file");
  ASSERT_FALSE(trace);
  EXPECT_EQ(trace.error().code, ErrorCode::kInvalid);
  EXPECT_EQ(trace.error().message, std::string("a file: line 4: ") + GetParam().reason);
}

INSTANTIATE_TEST_SUITE_P(Trace, BadTraceRequest, testing::ValuesIn(kBadRequests), name_of);

TEST(BadTrace, OfNothingIsCalledEmpty) {
  const auto trace = parse_trace("", "a file");
  ASSERT_FALSE(trace);
  EXPECT_EQ(trace.error().message, "a file: line 1: empty");
}

TEST(BadTrace, ThatIsMissingIsNamed) {
  const TempFolder folder;
  const auto trace = read_trace(folder.path("no.gz"));
  ASSERT_FALSE(trace);
  EXPECT_EQ(trace.error().code, ErrorCode::kIo);
  EXPECT_EQ(trace.error().message, folder.path("no.gz") + ": No such file or directory");
}

TEST(BadTrace, ThatIsAFolderIsNamed) {
  const TempFolder folder;
  const auto trace = read_trace(folder.path());
  ASSERT_FALSE(trace);
  EXPECT_EQ(trace.error().code, ErrorCode::kIo);
  EXPECT_EQ(trace.error().message, folder.path() + ": Is a directory");
}

// What can be unpacked of it would look like a shorter trace.
TEST(BadTrace, WhoseCompressedFileEndsTooEarlyIsRefused) {
  const TempFolder folder;
  const std::string whole = text_of(data_path("traces/qemu-img-convert.trace.jsonl.gz"));
  for (const size_t kept : {whole.size() / 2, whole.size() - 9, whole.size() - 1}) {
    const std::string path = folder.write("cut.gz", whole.substr(0, kept));
    const auto trace = read_trace(path);
    ASSERT_FALSE(trace) << kept;
    EXPECT_EQ(trace.error().message, path + ": cannot be unpacked, it is damaged or cut off");
  }
}

TEST(BadTrace, WithAFlippedBitInItsCompressedFileIsRefused) {
  const TempFolder folder;
  std::string damaged = text_of(data_path("traces/qemu-img-convert.trace.jsonl.gz"));
  damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 1);
  const auto trace = read_trace(folder.write("flipped.gz", damaged));
  ASSERT_FALSE(trace);
  EXPECT_TRUE(trace.error().message.starts_with(folder.path("flipped.gz") + ": ")) << trace.error().message;
}

}  // namespace
}  // namespace drydock::tests
