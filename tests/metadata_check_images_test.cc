// check() on every image that the kernel wrote, and on every corrupted one: what troubles the kernel, or a
// strict checker, never passes for clean. The table of both verdicts is printed.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "engine/metadata/check.h"
#include "engine/metadata/load.h"
#include "tests/metadata_images.h"

namespace drydock::tests {
namespace {

using engine::metadata::check;
using engine::metadata::CheckOptions;
using engine::metadata::CheckReport;
using engine::metadata::Fault;
using engine::metadata::load;
using engine::metadata::Severity;

// Made by the kernel itself, without a fault in the structure: only the regions' content is not what the
// clients were told. No checker of metadata can see that.
constexpr std::array kNothingToSee = {"two-writers-2"};

// Clean, and the kernel works with them: what they look like is what a crash, or a careful hand, may leave.
constexpr std::array kSound = {"torn-sb-512-first-new", "torn-sb-512-first-old", "bi-extra-level"};

bool listed(const auto& list, const std::string& image) {
  return std::ranges::find(list, image) != list.end();
}

// What the strict checker of the manifest found, by image.
const std::map<std::string, size_t>& structure_findings() {
  static const std::map<std::string, size_t> findings = [] {
    std::map<std::string, size_t> found;
    std::ifstream file(std::string(DRYDOCK_TEST_DATA) + "/metadata/bad/manifest.json");
    const nlohmann::json manifest = nlohmann::json::parse(file);
    for (const nlohmann::json& image : manifest["images"])
      found[image["file"]] = image["structure_check"].size();
    return found;
  }();
  return findings;
}

std::string lines(const CheckReport& report) {
  std::string text;
  for (const Fault& fault : report.faults)
    text += fmt::format("{}: {}\n", to_string(fault.severity), fault.what);
  return text;
}

CheckOptions table_of(const MetadataImage& image) {
  return {.region_size = image.geometry.region_size, .target_size = image.geometry.size};
}

class CheckGoodMetadata : public testing::TestWithParam<GoodImage> {};

TEST_P(CheckGoodMetadata, FindsNothing) {
  const auto disk = disk_of(GetParam());
  const Result<CheckReport> report = run_now(check(*disk, table_of(GetParam())));
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_TRUE(report->clean()) << lines(*report);
  EXPECT_FALSE(report->blank);
}

TEST_P(CheckGoodMetadata, ReadsWhatTheKernelWrote) {
  const auto disk = disk_of(GetParam());
  const Result<CheckReport> report = run_now(check(*disk, {}));
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->hydrated, GetParam().hydrated);
  EXPECT_EQ(report->region_size, GetParam().geometry.region_size);
  EXPECT_EQ(report->target_size, GetParam().geometry.size);
  EXPECT_TRUE(disk->log().empty());
}

class CheckBadMetadata : public testing::TestWithParam<BadImage> {};

TEST_P(CheckBadMetadata, IsNotCalledCleanIfItTroublesAnybody) {
  const BadImage& image = GetParam();
  const auto disk = disk_of(image);
  const Result<CheckReport> report = run_now(check(*disk, table_of(image)));
  if (!report) {
    EXPECT_EQ(report.error().code, ErrorCode::kNoSpace);
    return;
  }
  const bool trouble = !image.works || structure_findings().at(image.file) != 0;
  EXPECT_EQ(!report->clean(), trouble && !listed(kNothingToSee, image.name())) << image.mutation << '\n'
                                                                               << lines(*report);
}

// Harmless is a promise: the kernel commits and opens again, and so do we.
TEST_P(CheckBadMetadata, IsCalledHarmlessOnlyIfTheKernelWorksWithIt) {
  const BadImage& image = GetParam();
  const auto disk = disk_of(image);
  const Result<CheckReport> report = run_now(check(*disk, table_of(image)));
  if (!report || report->worst > Severity::kHarmless || listed(kNothingToSee, image.name())) return;
  EXPECT_TRUE(image.works) << image.mutation << '\n' << lines(*report);
}

TEST_P(CheckBadMetadata, HasAFatalFaultIfItDoesNotLoad) {
  const auto disk = disk_of(GetParam());
  const bool loads = run_now(load(*disk)).has_value();
  const Result<CheckReport> report = run_now(check(*disk, {}));
  ASSERT_TRUE(report || !loads);
  if (report) {
    EXPECT_EQ(report->worst == Severity::kFatal, !loads) << lines(*report);
  }
}

TEST(CheckBadMetadataTable, Printed) {
  fmt::print("{:32} {:8} {:10} first fault\n", "image", "kernel", "check");
  for (const BadImage& image : bad_images()) {
    const auto disk = disk_of(image);
    const Result<CheckReport> report = run_now(check(*disk, table_of(image)));
    const std::string_view kernel = image.works ? "works" : image.opens ? "fails" : "refuses";
    std::string_view ours = "clean";
    if (!report) ours = "too small";
    if (report && report->worst) ours = to_string(*report->worst);
    const std::string first = report && !report->clean() ? report->faults.front().what : "";
    fmt::print("{:32} {:8} {:10} {}\n", image.name(), kernel, ours, first);
  }
}

TEST(CheckBadMetadataLists, NameOnlyImagesThatPassForClean) {
  const auto clean = [](std::string_view name) {
    const auto image =
        std::ranges::find(bad_images(), name, [](const BadImage& each) { return each.name(); });
    if (image == bad_images().end()) return false;
    const auto disk = disk_of(*image);
    const Result<CheckReport> report = run_now(check(*disk, table_of(*image)));
    return report && report->clean();
  };
  for (const char* name : kNothingToSee) EXPECT_TRUE(clean(name)) << name;
  for (const char* name : kSound) EXPECT_TRUE(clean(name)) << name;
}

std::string test_name(const auto& info) {
  std::string name = info.param.name();
  std::ranges::replace(name, '-', '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Kernel, CheckGoodMetadata, testing::ValuesIn(good_images()),
                         test_name<testing::TestParamInfo<GoodImage>>);
INSTANTIATE_TEST_SUITE_P(Kernel, CheckBadMetadata, testing::ValuesIn(bad_images()),
                         test_name<testing::TestParamInfo<BadImage>>);

}  // namespace
}  // namespace drydock::tests
