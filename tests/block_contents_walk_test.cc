// DeviceStates, and so DiskContents, against a naive walk of the log (tests/crash_states.h): after any
// events, a power cut can leave the same contents of each sector.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "block/device_states.h"
#include "tests/block_contents_log.h"
#include "tests/crash_states.h"
#include "tests/print.h"

namespace drydock::tests {
namespace {

using Possible = std::map<Sector, std::vector<Content>>;

// Contents ascend; sectors where nothing but the initial content is possible are left out.
Possible normalised(Possible possible) {
  for (auto& [sector, contents] : possible) {
    std::ranges::sort(contents);
    contents.erase(std::ranges::unique(contents).begin(), contents.end());
  }
  std::erase_if(possible,
                [](const auto& entry) { return entry.second == std::vector{Content::stale(entry.first)}; });
  return possible;
}

Possible walked(const DeviceLog& made) {
  return normalised(possible_contents(made.log(), made.log().events().size(), DeviceLog::kDevice));
}

Possible kept(const DeviceLog& made) {
  DeviceStates states(made.log());
  for (const Event& event : made.log().events()) states.apply(event);
  Possible possible;
  states.of(DeviceLog::kDevice).any_possible({Sector(0), made.size()}, [&](SectorRange part, Content first) {
    for (Sector s = part.first; s < part.end(); ++s) possible[s].push_back(first.advanced(s - part.first));
    return false;
  });
  return normalised(std::move(possible));
}

std::string told(const Possible& possible) {
  std::string text;
  for (const auto& [sector, contents] : possible) {
    text += fmt::format("  sector {}:", sector);
    for (const Content content : contents) text += " " + to_string(content) + ";";
    text += "\n";
  }
  return text;
}

// Empty if the two agree, else all there is to know.
std::string difference(const DeviceLog& made) {
  const Possible a = kept(made);
  const Possible b = walked(made);
  if (a == b) return "";
  std::string text;
  for (const Event& event : made.log().events()) text += to_string(made.log(), event) + "\n";
  return text + "kept:\n" + told(a) + "walked:\n" + told(b);
}

// Each profile, and as a disk that forgets or keeps what a failed flush was to make durable.
std::vector<DiskProfile> profiles() {
  std::vector<DiskProfile> found;
  for (DiskProfile profile : all_profiles()) {
    for (const OnFlushError on_error : {OnFlushError::kForgets, OnFlushError::kKeeps}) {
      profile.on_flush_error = on_error;
      found.push_back(profile);
    }
  }
  return found;
}

std::string name_of(const testing::TestParamInfo<DiskProfile>& info) {
  return std::string(info.param.name) +
         (info.param.on_flush_error == OnFlushError::kForgets ? "_forgets" : "_keeps");
}

class RandomLogs : public testing::TestWithParam<DiskProfile> {};

// 16 times 20,000 logs of up to 24 events, of which any prefix is as likely as the whole.
TEST_P(RandomLogs, LeaveWhatTheWalkFinds) {
  constexpr uint64_t kLogs = 20'000;
  for (uint64_t n = 0; n < kLogs; ++n) {
    const Chance chance(derived_seed(11, n));
    DeviceLog made(GetParam(), 2 + n % 3);
    made.add_random(chance, 1 + n % 24, 1 + n % 4, Rot::kSometimes);
    ASSERT_EQ(difference(made), "") << "log " << n;
  }
}

INSTANTIATE_TEST_SUITE_P(Profiles, RandomLogs, testing::ValuesIn(profiles()), name_of);

// Everything that two sectors can go through in so few events. False if the event is not possible there.
bool add(DeviceLog& made, unsigned letter) {
  const size_t pending = made.pending();
  const size_t which = letter % 2 == 0 ? 0 : pending - 1;  // the oldest or the newest
  switch (letter) {
    case 0:
      return made.write(0, 1, Fua::kNo), true;
    case 1:
      return made.write(0, 2, Fua::kNo), true;
    case 2:
      return made.write(1, 1, Fua::kYes), true;
    case 3:
      return made.flush(), true;
    case 4:
    case 5:
      if (pending <= letter - 4) return false;
      return made.complete(which), true;
    case 6:
    case 7:
      if (pending <= letter - 6) return false;
      return made.fail(which, letter == 6 ? 1 : 2), true;
    case 8:
      return made.discard(1), true;
    default:
      return made.process_crash(1), true;
  }
}

constexpr unsigned kLetters = 10;

// Calls f for every log that goes on from these letters, up to `length`.
template <class F>
void for_each_log(const DiskProfile& profile, std::vector<unsigned>& letters, size_t length, F f) {
  for (unsigned letter = 0; letter < kLetters; ++letter) {
    letters.push_back(letter);
    DeviceLog made(profile, 2);
    if (std::ranges::all_of(letters, [&](unsigned l) { return add(made, l); })) {
      f(made);
      if (letters.size() < length) for_each_log(profile, letters, length, f);
    }
    letters.pop_back();
  }
}

class EveryLog : public testing::TestWithParam<DiskProfile> {};

TEST_P(EveryLog, OfSixEventsLeavesWhatTheWalkFinds) {
  std::vector<unsigned> letters;
  uint64_t logs = 0;
  for_each_log(GetParam(), letters, 6, [&](const DeviceLog& made) {
    ++logs;
    ASSERT_EQ(difference(made), "");
  });
  EXPECT_EQ(logs, 288'086u);
}

INSTANTIATE_TEST_SUITE_P(Profiles, EveryLog,
                         testing::Values(DiskProfile{.name = "spec"},
                                         DiskProfile{.name = "spec", .on_flush_error = OnFlushError::kKeeps},
                                         DiskProfile{.name = "writethrough", .volatile_cache = false}),
                         name_of);

}  // namespace
}  // namespace drydock::tests
