// Logs of disks and clients as traces.
#include <gtest/gtest.h>

#include "servers/any_trace.h"
#include "tests/servers_disks.h"

namespace drydock::tests {
namespace {

using servers::read_any_trace;

// "write 8+8 fua zeros", one request a line.
std::string told(const scenarios::ImportedTrace& imported) {
  std::string text;
  for (const scenarios::TraceRequest& request : imported.trace.requests) {
    text += std::string(to_string(request.kind)) + " " + std::to_string(request.range.first.value()) + "+" +
            std::to_string(request.range.count.value()) + (request.fua == Fua::kYes ? " fua" : "") +
            (request.zeros ? " zeros" : "") + "\n";
  }
  return text;
}

// The destination has six requests, the source one.
std::string log_of_two_disks() {
  DisksBench bench({"source", "destination"}, "zero_trim", 64, true);
  bench.write(8, "ab");
  bench.write(0, "x", Fua::kNo, "source");
  bench.write(16, std::string(3, '\0'), Fua::kYes);
  bench.change(IoKind::kDiscard, 4, 20);
  bench.change(IoKind::kWriteZeroes, 30, 3);
  bench.flush();
  bench.read(0, 8);
  bench.cut();
  bench.disks().power_on();
  bench.close();
  return bench.folder().read("log");
}

TEST(AnyTrace, ReadsDrydocksOwnLog) {
  const TempFolder folder;
  const auto imported = read_any_trace(folder.write("log", log_of_two_disks()));
  ASSERT_TRUE(imported) << imported.error().message;
  EXPECT_EQ(imported->format, "drydock's log of disks or clients");
  EXPECT_EQ(told(*imported),
            "write 8+2\nwrite 16+3 fua zeros\ndiscard 4+20\nwrite_zeroes 30+3\nflush 0+0\nread 0+8\n");
  EXPECT_EQ(imported->trace.device, SectorCount(33));
  const std::string left_out = servers::words_of_left_out(*imported);
  EXPECT_NE(left_out.find("7 completions"), std::string::npos) << left_out;
  EXPECT_NE(left_out.find("1 requests to other devices"), std::string::npos) << left_out;
}

TEST(AnyTrace, TakesTheDiskOfALogThatIsNamed) {
  const TempFolder folder;
  const std::string log = folder.write_compressed("log.gz", log_of_two_disks());
  const auto source = read_any_trace(log, {.device = "source"});
  ASSERT_TRUE(source) << source.error().message;
  EXPECT_EQ(told(*source), "write 0+1\n");
  const auto none = read_any_trace(log, {.device = "metadata"});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().message, log + ": has no requests to 'metadata', but to destination, source");
}

// Who writes a log may die; what is there then is a log, and that its end is missing is said.
TEST(AnyTrace, SaysThatTheEndOfALogIsCutOff) {
  const TempFolder folder;
  const std::string whole = log_of_two_disks();
  const auto cut = read_any_trace(folder.write("log", whole.substr(0, whole.size() - 5)));
  ASSERT_TRUE(cut) << cut.error().message;
  ASSERT_FALSE(cut->remarks.empty());
  EXPECT_NE(cut->remarks.front().find("are no whole record"), std::string::npos) << cut->remarks.front();
}

TEST(AnyTrace, RefusesALogThatIsDamaged) {
  const TempFolder folder;
  const auto damaged = read_any_trace(folder.write("log", "drydklog and nothing that a log begins with"));
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().code, ErrorCode::kInvalid);
  EXPECT_TRUE(damaged.error().message.starts_with(folder.path("log") + ": ")) << damaged.error().message;
}

}  // namespace
}  // namespace drydock::tests
