// A run whose log was changed afterwards: each event that is left out or comes too early is noticed, and
// named with its region.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "engine/hydration.h"
#include "model/protocol/follower.h"
#include "scenarios/runner.h"

namespace drydock::tests {
namespace {

using model::protocol::Followed;
using model::protocol::RegionGraph;
using scenarios::Scenario;

constexpr SectorCount kRegionSize{8};
constexpr uint32_t kWrite = 1;
constexpr uint32_t kFlush = 2;

Rules right_rules() {
  Rules rules;
  rules.source_discard = SourceDiscard::kAfterCommit;
  return rules;
}

// A client writes all of the third of four regions and flushes; then everything is hydrated.
Scenario small_scenario() {
  Scenario scenario = scenarios::plain_scenario(kRegionSize * 4, kRegionSize);
  scenario.rules = right_rules();
  scenario.operations = {
      {.id = kWrite, .at_us = 0, .kind = IoKind::kWrite, .range = {Sector(16), kRegionSize}, .fua = Fua::kNo},
      {.id = kFlush, .at_us = 1'000'000, .kind = IoKind::kFlush, .range = {}, .fua = Fua::kNo}};
  scenario.ending = scenarios::Ending::kHydrate;
  return scenario;
}

class TamperedLog : public testing::Test {
 protected:
  TamperedLog() {
    runner_.run(small_scenario());
    for (size_t at = 0; at < events().size(); ++at) order_.push_back(at);
  }

  const std::vector<Event>& events() const { return runner_.log().events(); }
  const Event& event(size_t at) const { return events()[at]; }
  // REQUIRES: there is one.
  size_t first(std::function<bool(const Event&)> is_it, size_t from = 0) const {
    const auto found = std::find_if(events().begin() + static_cast<ptrdiff_t>(from), events().end(), is_it);
    CHECK(found != events().end());
    return static_cast<size_t>(found - events().begin());
  }
  size_t first(EventKind kind, Party party, IoKind io, size_t from = 0) const {
    return first(
        [=](const Event& event) { return event.kind == kind && event.party == party && event.io == io; },
        from);
  }

  void leave_out(size_t at) { std::erase(order_, at); }
  // A request, and its answer.
  void leave_out_request(size_t submit) {
    const Event asked = event(submit);
    leave_out(submit);
    leave_out(first(
        [&](const Event& event) {
          return event.kind == EventKind::kComplete && event.party == asked.party &&
                 event.request == asked.request;
        },
        submit));
  }
  void put_before(size_t at, size_t where) {
    std::erase(order_, at);
    order_.insert(std::ranges::find(order_, where), at);
  }

  WriteLog tampered() const {
    WriteLog log;
    log.geometry = runner_.log().geometry;
    log.devices = runner_.log().devices;
    log.bytes = runner_.log().bytes;
    for (const size_t at : order_) log.append(event(at), runner_.log().runs(event(at)));
    return log;
  }
  void expect_divergence(size_t original, uint64_t region) const {
    RegionGraph graph(right_rules());
    const WriteLog log = tampered();
    const Followed followed =
        model::protocol::follow(log, graph, {.longest_request = engine::Hydration::kLongestRequest});
    ASSERT_TRUE(followed.divergence);
    const auto& divergence = *followed.divergence;
    EXPECT_EQ(order_[divergence.event], original) << divergence.text;
    EXPECT_EQ(divergence.region, region) << divergence.text;
    EXPECT_NE(divergence.text.find("region " + std::to_string(region)), std::string::npos) << divergence.text;
    EXPECT_NE(divergence.text.find(to_string(log, log.events()[divergence.event])), std::string::npos)
        << divergence.text;
  }

  scenarios::Runner runner_;
  std::vector<size_t> order_;
};

TEST_F(TamperedLog, IsFollowedAsItWas) {
  RegionGraph graph(right_rules());
  const Followed followed =
      model::protocol::follow(tampered(), graph, {.longest_request = engine::Hydration::kLongestRequest});
  EXPECT_FALSE(followed.divergence) << followed.divergence->text;
  EXPECT_EQ(followed.regions, 4u);
}

TEST_F(TamperedLog, ShowsACommitWithoutADestinationFlush) {
  const size_t flush = first(EventKind::kSubmit, Party::kDestination, IoKind::kFlush);
  leave_out_request(flush);
  const size_t superblock = first(
      [](const Event& event) {
        return event.kind == EventKind::kSubmit && event.party == Party::kMetadata &&
               event.io == IoKind::kWrite && event.range.first == Sector(0);
      },
      flush);
  expect_divergence(superblock, 0);
}

TEST_F(TamperedLog, ShowsASourceDiscardBeforeItsCommitIsOver) {
  const size_t discard = first(EventKind::kSubmit, Party::kSource, IoKind::kDiscard);
  size_t flush = 0;  // the commit's last
  for (size_t at = 0; at < discard; ++at) {
    const Event& it = event(at);
    const bool is_end =
        it.kind == EventKind::kComplete && it.party == Party::kMetadata && it.io == IoKind::kFlush;
    if (is_end) flush = at;
  }
  put_before(discard, flush);
  expect_divergence(discard, event(discard).range.first.value() / kRegionSize.value());
}

TEST_F(TamperedLog, ShowsAFlushThatIsAcknowledgedBeforeItsCommitIsOver) {
  const size_t sent = first(EventKind::kSubmit, Party::kClient, IoKind::kFlush);
  const size_t told = first(EventKind::kComplete, Party::kClient, IoKind::kFlush);
  put_before(told, sent + 1);
  expect_divergence(told, 0);
}

TEST_F(TamperedLog, ShowsAWriteThatNeverWentToTheDestination) {
  const SectorRange third = {Sector(16), kRegionSize};
  leave_out_request(first([&](const Event& event) {
    return event.kind == EventKind::kSubmit && event.party == Party::kDestination && event.range == third;
  }));
  expect_divergence(first(EventKind::kComplete, Party::kClient, IoKind::kWrite), 2);
}

}  // namespace
}  // namespace drydock::tests
