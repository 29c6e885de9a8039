// Scenarios made from recorded traces and images.
#include <gtest/gtest.h>

#include "scenarios/generator.h"
#include "scenarios/scenario_json.h"
#include "tests/scenario_samples.h"

namespace drydock::tests {
namespace {

using scenarios::generate;
using scenarios::Material;
using scenarios::Scenario;
using scenarios::SourceImage;
using scenarios::Trace;
using scenarios::TraceRequest;

constexpr SectorCount kTracedDevice{4'321 * 8};  // no size that the generator draws by itself

// The length of a request tells which one it is.
size_t index_of(SectorCount length) { return length.value() / 8 - 1; }

Trace sample_trace() {
  Trace trace{.name = "sample", .device = kTracedDevice, .logical_block = SectorCount(8), .requests = {}};
  for (uint64_t i = 0; i < 40; ++i) {
    trace.requests.push_back({.at_us = 1000 + i * i,
                              .kind = i % 3 == 0 ? IoKind::kRead : IoKind::kWrite,
                              .range = {Sector(i * 100 * 8), SectorCount((i + 1) * 8)},
                              .fua = i % 3 == 1 ? Fua::kYes : Fua::kNo,
                              .zeros = i % 3 == 2});
  }
  return trace;
}

Material of_trace(Trace trace) {
  Material material;
  material.traces.push_back(std::move(trace));
  return material;
}

// Of the trace alone, on a clone of another size.
Material of_trace_on(SectorCount size, Trace trace) {
  Material material = of_trace(std::move(trace));
  material.image = SourceImage{.name = "image", .size = size, .zeros = {}};
  material.operations = 0;
  return material;
}

std::vector<Scenario> traced(const Material& material, SectorCount size) {
  std::vector<Scenario> scenarios;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    Scenario scenario = generate(seed, material);
    if (scenario.size == size) scenarios.push_back(std::move(scenario));
  }
  return scenarios;
}

TEST(TracedScenarios, AreEverySecondOne) {
  const size_t count = traced(of_trace(sample_trace()), kTracedDevice).size();
  EXPECT_GE(count, 70u);
  EXPECT_LE(count, 130u);
}

TEST(TracedScenarios, DoWhatAStretchOfTheTraceDid) {
  const Trace trace = sample_trace();
  for (const Scenario& scenario : traced(of_trace(trace), kTracedDevice)) {
    ASSERT_FALSE(scenario.operations.empty());
    const size_t begin = index_of(scenario.operations.front().range.count);
    for (size_t i = 0; i < scenario.operations.size(); ++i) {
      const sim::ClientOperation& operation = scenario.operations[i];
      if (operation.is_command()) break;  // they come behind the requests
      const TraceRequest& request = trace.requests.at(begin + i);
      EXPECT_EQ(operation.range, request.range);
      EXPECT_EQ(operation.kind, request.kind);
      EXPECT_EQ(operation.fua, request.fua);
      EXPECT_EQ(operation.zeros, request.zeros);
      EXPECT_EQ(operation.at_us, request.at_us - trace.requests[begin].at_us);
    }
  }
}

// The source's image decides how large the clone is: the trace's requests are moved into it, whole and
// aligned.
TEST(TracedScenarios, AreFoldedOntoASmallerClone) {
  constexpr SectorCount kSmaller{1000};
  const Trace trace = sample_trace();
  for (const Scenario& scenario : traced(of_trace_on(kSmaller, trace), kSmaller)) {
    for (const sim::ClientOperation& operation : scenario.operations) {
      if (operation.is_command()) continue;
      const TraceRequest& request = trace.requests[index_of(operation.range.count)];
      EXPECT_EQ(operation.range.count, request.range.count);
      EXPECT_EQ(operation.kind, request.kind);
      EXPECT_LE(operation.range.end(), Sector(0) + kSmaller);
      EXPECT_EQ(operation.range.first.value() % trace.logical_block.value(), 0u);
    }
  }
}

TEST(TracedScenarios, LongerThanTheCloneAreCutToIt) {
  constexpr SectorCount kTiny{16};
  Trace trace = sample_trace();
  trace.requests.erase(trace.requests.begin());  // the only one that would fit
  for (const Scenario& scenario : traced(of_trace_on(kTiny, trace), kTiny)) {
    for (const sim::ClientOperation& operation : scenario.operations) {
      if (operation.is_command()) continue;
      EXPECT_EQ(operation.range, (SectorRange{Sector(0), kTiny}));
    }
  }
}

TEST(TracedScenarios, AreReadBackEqual) {
  Material material;
  for (const char* name : {"qemu-img-convert", "dd-sequential-sync", "ext4-lazyinit-olddata"}) {
    const auto trace = scenarios::read_trace(data_path("traces/" + std::string(name) + ".trace.jsonl.gz"));
    ASSERT_TRUE(trace) << trace.error().message;
    material.traces.push_back(*trace);
  }
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const Scenario scenario = generate(seed, material);
    const auto read = scenarios::parse_scenario(scenarios::to_json(scenario), "traced");
    ASSERT_TRUE(read) << read.error().message;
    ASSERT_EQ(*read, scenario);
  }
}

TEST(ImagedScenarios, HaveTheImagesSizeAndZeros) {
  const auto image = scenarios::read_source_image(data_path("images/ext4-16m.img.gz"));
  ASSERT_TRUE(image) << image.error().message;
  Material material;
  material.image = *image;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const Scenario scenario = generate(seed, material);
    EXPECT_EQ(scenario.size, image->size);
    EXPECT_EQ(scenario.source_zeros, image->zeros);
    const auto read = scenarios::parse_scenario(scenarios::to_json(scenario), "imaged");
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(*read, scenario);
  }
}

}  // namespace
}  // namespace drydock::tests
