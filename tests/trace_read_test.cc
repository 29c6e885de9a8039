// What is read from recorded traces: plain or gzip'ed, whole or not at all.
#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "scenarios/trace.h"
#include "tests/scenario_samples.h"
#include "tests/temp_folder.h"

namespace drydock::tests {
namespace {

using nlohmann::json;
using scenarios::parse_trace;
using scenarios::read_trace;
using scenarios::Trace;
using scenarios::TraceRequest;

constexpr std::string_view kSample =
    R"({"format":"block-trace","version":1,"name":"sample","device_bytes":8192,"logical_block_size":4096})"
    "\n"
    R"({"t_us":0,"id":1,"op":"write","offset":4096,"length":4096,"fua":true,"done_us":9,"fill":"00000000000000aa"})"
    "\n"
    R"({"t_us":5,"id":2,"op":"write","offset":0,"length":512,"fua":false,"done_us":9,"fill":"0000000000000000"})"
    "\n"
    R"({"t_us":5,"id":3,"op":"flush","offset":0,"length":0,"fua":false,"done_us":12})"
    "\n"
    R"({"t_us":6,"id":4,"op":"discard","offset":0,"length":8192})"
    "\n"
    R"({"t_us":7,"id":5,"op":"read","offset":7680,"length":512})"
    "\n"
    R"({"t_us":8,"id":6,"op":"write_zeroes","offset":512,"length":1024})"
    "\n";

void expect_sample(const Trace& trace) {
  EXPECT_EQ(trace.name, "sample");
  EXPECT_EQ(trace.device, SectorCount(16));
  EXPECT_EQ(trace.logical_block, SectorCount(8));
  const auto range = [](uint64_t first, uint64_t count) {
    return SectorRange{Sector(first), SectorCount(count)};
  };
  const std::vector<TraceRequest> expected = {
      {.at_us = 0, .kind = IoKind::kWrite, .range = range(8, 8), .fua = Fua::kYes},
      {.at_us = 5, .kind = IoKind::kWrite, .range = range(0, 1), .zeros = true},
      {.at_us = 5, .kind = IoKind::kFlush},
      {.at_us = 6, .kind = IoKind::kDiscard, .range = range(0, 16)},
      {.at_us = 7, .kind = IoKind::kRead, .range = range(15, 1)},
      {.at_us = 8, .kind = IoKind::kWriteZeroes, .range = range(1, 2)},
  };
  ASSERT_EQ(trace.requests.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    const TraceRequest& request = trace.requests[i];
    EXPECT_EQ(request.at_us, expected[i].at_us) << i;
    EXPECT_EQ(request.kind, expected[i].kind) << i;
    EXPECT_EQ(request.range, expected[i].range) << i;
    EXPECT_EQ(request.fua, expected[i].fua) << i;
    EXPECT_EQ(request.zeros, expected[i].zeros) << i;
  }
}

TEST(Trace, EveryFieldIsReadAsWhatItMeans) {
  const auto trace = parse_trace(kSample, "a file");
  ASSERT_TRUE(trace) << trace.error().message;
  expect_sample(*trace);
}

TEST(Trace, PlainFilesAreRead) {
  const TempFolder folder;
  const auto trace = read_trace(folder.write("plain", kSample));
  ASSERT_TRUE(trace) << trace.error().message;
  expect_sample(*trace);
}

TEST(Trace, CompressedFilesAreRead) {
  const TempFolder folder;
  folder.write_compressed("sample.gz", kSample);
  const auto trace = read_trace(folder.path("sample.gz"));
  ASSERT_TRUE(trace) << trace.error().message;
  expect_sample(*trace);
}

TEST(Trace, WithoutANameIsNamedAfterItsFile) {
  const auto trace = parse_trace(R"({"format":"block-trace","version":1,"device_bytes":512})", "a file");
  ASSERT_TRUE(trace) << trace.error().message;
  EXPECT_EQ(trace->name, "a file");
  EXPECT_EQ(trace->logical_block, SectorCount(1));
}

TEST(Trace, EmptyLinesAndAMissingLastNewlineDoNotMatter) {
  std::string text(kSample.substr(0, kSample.size() - 1));
  text.insert(text.find('\n'), "\n\n");
  const auto trace = parse_trace(text, "a file");
  ASSERT_TRUE(trace) << trace.error().message;
  expect_sample(*trace);
}

std::vector<std::string> recordings() {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(data_path("traces"))) {
    if (entry.path().extension() == ".gz") paths.push_back(entry.path().string());
  }
  std::ranges::sort(paths);
  return paths;
}

std::string unpacked(const std::string& path) {
  std::string text;
  std::vector<char> buffer(1 << 20);
  const gzFile file = gzopen(path.c_str(), "rb");
  for (int got = 0; (got = gzread(file, buffer.data(), static_cast<unsigned>(buffer.size()))) > 0;)
    text.append(buffer.data(), static_cast<size_t>(got));
  gzclose(file);
  return text;
}

class Recording : public testing::TestWithParam<std::string> {};

// Held against the lines themselves: of each kind of request as many as there are, and all their sectors.
TEST_P(Recording, IsReadWhole) {
  const auto trace = read_trace(GetParam());
  ASSERT_TRUE(trace) << trace.error().message;
  std::istringstream lines(unpacked(GetParam()));
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(trace->name, json::parse(line)["name"].get<std::string>());
  EXPECT_EQ(bytes_of(trace->device), json::parse(line)["device_bytes"].get<uint64_t>());
  size_t next = 0;
  for (; std::getline(lines, line); ++next) {
    ASSERT_LT(next, trace->requests.size());
    const TraceRequest& request = trace->requests[next];
    const json told = json::parse(line);
    ASSERT_EQ(to_string(request.kind), told["op"].get<std::string>()) << line;
    ASSERT_EQ(bytes_of(request.range.first - Sector(0)), told["offset"].get<uint64_t>()) << line;
    ASSERT_EQ(bytes_of(request.range.count), told["length"].get<uint64_t>()) << line;
    ASSERT_EQ(request.at_us, told["t_us"].get<uint64_t>()) << line;
    ASSERT_EQ(request.fua == Fua::kYes, told["fua"].get<bool>()) << line;
  }
  EXPECT_EQ(next, trace->requests.size());
  EXPECT_GT(next, 100u);
}

INSTANTIATE_TEST_SUITE_P(Trace, Recording, testing::ValuesIn(recordings()), [](const auto& file) {
  const std::string name = std::filesystem::path(file.param).filename().string();
  return identifier(name.substr(0, name.find('.')));
});

}  // namespace
}  // namespace drydock::tests
