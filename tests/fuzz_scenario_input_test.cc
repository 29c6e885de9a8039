// Bytes as scenarios: all bytes are one, that can be written down and run; and a byte says one thing.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>
#include <string>

#include "faults/fault.h"
#include "fuzz/scenario_input.h"
#include "scenarios/json_words.h"
#include "scenarios/scenario_json.h"

namespace drydock::tests {
namespace {

using fuzz::kHeaderBytes;
using fuzz::kMostRecords;
using fuzz::kRecordBytes;
using fuzz::scenario_of;
using scenarios::Scenario;

using Bytes = std::vector<uint8_t>;

Scenario scenario_of_bytes(const Bytes& bytes) { return scenario_of(std::as_bytes(std::span(bytes))); }

Bytes drawn_bytes(size_t records) {
  return *rc::gen::container<Bytes>(kHeaderBytes + records * kRecordBytes, rc::gen::arbitrary<uint8_t>());
}

RC_GTEST_PROP(ScenarioInput, IsReadBackEqualAsJson, ()) {
  const auto size = *rc::gen::inRange<size_t>(0, kHeaderBytes + 20 * kRecordBytes);
  const Bytes bytes = *rc::gen::container<Bytes>(size, rc::gen::arbitrary<uint8_t>());
  const Scenario scenario = scenario_of_bytes(bytes);
  const Result<Scenario> again = scenarios::parse_scenario(scenarios::to_json(scenario), "input");
  RC_ASSERT(again.has_value());
  RC_ASSERT(*again == scenario);
}

TEST(ScenarioInput, EveryFirstByteIsReadBackEqualAsJson) {
  for (unsigned first = 0; first < 256; ++first) {
    Bytes bytes(kHeaderBytes + kRecordBytes, 0xff);
    bytes[0] = static_cast<uint8_t>(first);
    const Scenario scenario = scenario_of_bytes(bytes);
    const auto again = scenarios::parse_scenario(scenarios::to_json(scenario), "input");
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(*again, scenario);
  }
}

TEST(ScenarioInput, NothingIsAScenarioToo) {
  const Scenario scenario = scenario_of({});
  EXPECT_EQ(scenario.geometry().regions(), RegionCount(1));
  EXPECT_TRUE(scenario.operations.empty());
  EXPECT_TRUE(scenario.faults.empty());
}

// No clone can be right in spite of such a fault: a finding would say nothing.
RC_GTEST_PROP(ScenarioInput, StaysWithinTheContractOfDisks, ()) {
  const Scenario scenario = scenario_of_bytes(drawn_bytes(kMostRecords));
  for (const faults::Fault& fault : scenario.faults) RC_ASSERT(!is_beyond_contract(fault.kind));
  for (const Party device : kDevices) RC_ASSERT(scenario.device(device).profile.honours_flush);
  RC_ASSERT(scenario.rules == Rules{});
}

RC_GTEST_PROP(ScenarioInput, IsBounded, ()) {
  const Scenario scenario = scenario_of_bytes(drawn_bytes(4 * kMostRecords));
  RC_ASSERT(scenario.operations.size() + scenario.faults.size() <= kMostRecords);
}

// What is left after `erased`: of operations, all but the number, and the time from one to the next.
using Said = std::tuple<IoKind, SectorRange, Fua, bool, uint64_t>;
std::vector<Said> said(const std::vector<sim::ClientOperation>& operations) {
  std::vector<Said> all;
  uint64_t last_us = 0;
  for (const sim::ClientOperation& operation : operations) {
    all.emplace_back(operation.kind, operation.range, operation.fua, operation.zeros,
                     operation.at_us - last_us);
    last_us = operation.at_us;
  }
  return all;
}

RC_GTEST_PROP(ScenarioInput, ARecordLessIsAnOperationOrAFaultLess, ()) {
  const auto records = *rc::gen::inRange<size_t>(1, 20);
  Bytes bytes = drawn_bytes(records);
  const auto erased = *rc::gen::inRange<size_t>(0, records);
  const Scenario whole = scenario_of_bytes(bytes);
  const auto begin = bytes.begin() + static_cast<ptrdiff_t>(kHeaderBytes + erased * kRecordBytes);
  const bool is_operation = (*begin & 15) <= 10;
  bytes.erase(begin, begin + kRecordBytes);
  const Scenario rest = scenario_of_bytes(bytes);
  if (!is_operation) {
    RC_ASSERT(rest.operations == whole.operations);
    return;
  }
  RC_ASSERT(rest.faults.size() == whole.faults.size());
  RC_ASSERT(rest.operations.size() + 1 == whole.operations.size());
  std::vector<Said> expected = said(whole.operations);
  std::vector<Said> found = said(rest.operations);
  size_t first_difference = 0;
  while (first_difference < found.size() && found[first_difference] == expected[first_difference])
    ++first_difference;
  expected.erase(expected.begin() + static_cast<ptrdiff_t>(first_difference));
  RC_ASSERT(found == expected);
}

TEST(ScenarioInput, EachKindOfOperationAndFaultHasARecord) {
  std::set<IoKind> operations;
  std::set<faults::FaultKind> kinds;
  for (unsigned first = 0; first < 256; ++first) {
    Bytes bytes(kHeaderBytes + kRecordBytes);
    bytes[8] = 128;  // a remote source
    bytes[kHeaderBytes] = static_cast<uint8_t>(first);
    const Scenario scenario = scenario_of_bytes(bytes);
    EXPECT_EQ(scenario.operations.size() + scenario.faults.size(), 1u) << first;
    for (const sim::ClientOperation& operation : scenario.operations) operations.insert(operation.kind);
    for (const faults::Fault& fault : scenario.faults) kinds.insert(fault.kind);
  }
  EXPECT_EQ(operations.size(), scenarios::kIoKinds.size());
  EXPECT_EQ(kinds.size(), 7u);
}

}  // namespace
}  // namespace drydock::tests
