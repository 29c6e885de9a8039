// What progress says, from snapshots.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "live/progress.h"

namespace drydock::tests {
namespace {

using live::Progress;
using live::Snapshot;

Snapshot at(uint64_t seconds, uint64_t hydrated) {
  return {.time_us = seconds * 1'000'000,
          .size = SectorCount(8 * 1000),
          .region_size = SectorCount(8),
          .regions = RegionCount(1000),
          .hydrated = RegionCount(hydrated)};
}

TEST(Progress, RateAndTimeLeftAreOfTheLastTenSeconds) {
  Progress progress;
  progress.add(at(0, 0));
  EXPECT_FALSE(progress.regions_per_second());
  for (uint64_t second = 1; second <= 30; ++second) progress.add(at(second, second * 10));
  EXPECT_DOUBLE_EQ(*progress.regions_per_second(), 10);
  for (uint64_t second = 31; second <= 41; ++second) progress.add(at(second, 300 + (second - 30) * 20));
  EXPECT_DOUBLE_EQ(*progress.regions_per_second(), 20) << "what was before is forgotten";
  EXPECT_DOUBLE_EQ(*progress.seconds_left(), (1000 - 520) / 20.0);
}

TEST(Progress, WhatStandsStillHasNoTimeLeft) {
  Progress progress;
  progress.add(at(0, 5));
  progress.add(at(1, 5));
  EXPECT_FALSE(progress.seconds_left());
  progress.add(at(2, 1000));
  EXPECT_DOUBLE_EQ(*progress.seconds_left(), 0);
}

TEST(Progress, TheLineSaysWhatMatters) {
  Progress progress;
  EXPECT_EQ(progress.line(10), "");
  progress.add(at(0, 250));
  Snapshot now = at(1, 500);
  now.freed_on_source = RegionCount(256);
  now.failed_copies = RegionCount(2);
  progress.add(now);
  EXPECT_EQ(progress.line(10),
            "[#####.....]  50.0 %  500/1000 regions  1000KiB/s  2 s left  1MiB freed on the source  2 copies "
            "failed");
  now = at(2, 1000);
  now.mode = engine::Mode::kReadOnly;
  progress.add(now);
  EXPECT_EQ(progress.line(4), "[####] 100.0 %  1000/1000 regions  mode ro");
}

TEST(Progress, JsonHasTheSameFigures) {
  Progress progress;
  EXPECT_EQ(progress.json(), "{}");
  progress.add(at(0, 250));
  auto json = nlohmann::json::parse(progress.json());
  EXPECT_TRUE(json["bytes_per_second"].is_null());
  progress.add(at(1, 500));
  json = nlohmann::json::parse(progress.json());
  EXPECT_EQ(json["regions"], 1000);
  EXPECT_EQ(json["hydrated"], 500);
  EXPECT_EQ(json["bytes_per_second"], 250 * 4096);
  EXPECT_EQ(json["seconds_left"], 2);
  EXPECT_EQ(json["mode"], "rw");
  EXPECT_TRUE(json["copy_error"].is_null());
  Snapshot failing = at(2, 500);
  failing.failed_copies = RegionCount(1);
  failing.copy_error = "/dev/\"s\": read of sectors 0+8: I/O error";
  progress.add(failing);
  EXPECT_EQ(nlohmann::json::parse(progress.json())["copy_error"], failing.copy_error);
}

}  // namespace
}  // namespace drydock::tests
