// Opening a clone: what is taken, and what is refused before anything is written.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/clone_fixture.h"

namespace drydock::tests {
namespace {

CloneSetup with_region_size(uint64_t region_size) {
  CloneSetup setup;
  setup.size = SectorCount(uint64_t{3} << 21);
  setup.metadata.size = SectorCount(4096);
  setup.options.region_size = SectorCount(region_size);
  return setup;
}

std::string refusal_of(const CloneSetup& setup) {
  CloneFixture f(setup);
  const Status opened = f.open();
  return opened ? "taken" : fmt::format("{}: {}", to_string(opened.error().code), opened.error().message);
}

std::string code_of_opening(const CloneSetup& setup) {
  CloneFixture f(setup);
  return std::string(code_of(f.open()));
}

TEST(RegionSize, OfEachPowerOfTwoFrom8To2To21IsTaken) {
  for (uint64_t size = 8; size <= uint64_t{1} << 21; size *= 2)
    EXPECT_EQ(refusal_of(with_region_size(size)), "taken") << size;
}

TEST(RegionSize, OfAnyOtherNumberIsRefused) {
  std::vector<uint64_t> sizes = {1u << 22,          (1u << 21) + 8,    3u << 20,
                                 uint64_t{1} << 32, uint64_t{1} << 63, UINT64_MAX};
  for (uint64_t size = 0; size <= 8200; ++size) {
    const bool possible = size >= 8 && (size & (size - 1)) == 0;
    if (!possible) sizes.push_back(size);
  }
  for (const uint64_t size : sizes) EXPECT_EQ(code_of_opening(with_region_size(size)), "invalid") << size;
}

TEST(RegionSize, MustBeAMultipleOfTheLogicalBlocksOfSourceAndDestination) {
  for (const uint64_t block : {1u, 2u, 4u, 8u, 16u, 64u}) {
    CloneSetup of_source, of_destination;
    of_source.source.profile.logical_block = SectorCount(block);
    of_destination.destination.profile.logical_block = SectorCount(block);
    const std::string expected = block <= 8 ? "none" : "invalid";
    EXPECT_EQ(code_of_opening(of_source), expected) << block;
    EXPECT_EQ(code_of_opening(of_destination), expected) << block;
  }
}

TEST(Size, OfZeroIsRefused) { EXPECT_EQ(code_of_opening({.size = SectorCount(0)}), "invalid"); }

// Of a size of half a block the last region could never be read.
TEST(Size, ThatIsNoMultipleOfTheLogicalBlockIsRefused) {
  CloneSetup setup = {.size = SectorCount(60)};
  setup.source.size = setup.destination.size = SectorCount(64);
  setup.source.profile.logical_block = SectorCount(8);
  EXPECT_EQ(code_of_opening(setup), "invalid");
}

TEST(Size, InRegionsIsRoundedUp) {
  for (uint64_t size = 1; size <= 40; ++size) {
    OpenClone f({.size = SectorCount(size)});
    EXPECT_EQ(f.clone().regions(), RegionCount((size + 7) / 8)) << size;
  }
}

// With 2^31 regions the metadata device is the only thing that is too small.
TEST(Size, OfMoreThan2To31RegionsIsRefused) {
  const uint64_t most = uint64_t{8} << 31;
  EXPECT_EQ(code_of_opening({.size = SectorCount(most)}), "no_space");
  EXPECT_EQ(refusal_of({.size = SectorCount(most + 1)}),
            "invalid: clone: 2147483649 regions, at most 2147483648 are possible");
  EXPECT_EQ(code_of_opening({.size = SectorCount(uint64_t{8} << 32)}), "invalid");
}

TEST(Devices, LargerThanTheCloneAreTaken) {
  CloneSetup setup;
  setup.source.size = setup.destination.size = SectorCount(1000);
  EXPECT_EQ(refusal_of(setup), "taken");
}

TEST(Devices, SmallerThanTheCloneAreRefused) {
  CloneSetup of_source, of_destination;
  of_source.source.size = of_destination.destination.size = SectorCount(63);
  EXPECT_EQ(refusal_of(of_source), "invalid: source: 63 sectors, the clone needs 64");
  EXPECT_EQ(refusal_of(of_destination), "invalid: destination: 63 sectors, the clone needs 64");
}

TEST(Devices, OneInTwoRolesIsRefused) {
  CloneSetup source_twice, metadata_on_source, metadata_on_destination;
  source_twice.source.identity = source_twice.destination.identity = "8:0";
  metadata_on_source.source.identity = metadata_on_source.metadata.identity = "8:0";
  metadata_on_destination.destination.identity = metadata_on_destination.metadata.identity = "8:0";
  EXPECT_EQ(refusal_of(source_twice), "invalid: source: the same device as destination");
  EXPECT_EQ(refusal_of(metadata_on_source), "invalid: source: the same device as metadata");
  EXPECT_EQ(refusal_of(metadata_on_destination), "invalid: destination: the same device as metadata");
}

TEST(Devices, InUseAreRefusedAndTheOthersStayFree) {
  for (const Party used : kDevices) {
    CloneFixture f{CloneSetup{}};
    ASSERT_TRUE(f.disk(used).claim());
    EXPECT_EQ(code_of(f.open()), "in_use");
    for (const Party other : kDevices)
      EXPECT_EQ(f.disk(other).claim().has_value(), other != used) << to_string(other);
  }
}

TEST(Devices, OfAnOpenCloneAreInUse) {
  OpenClone f;
  for (const Party party : kDevices) EXPECT_EQ(code_of(f.disk(party).claim()), "in_use");
}

TEST(MetadataDevice, TooSmallForTheWorstCommitIsRefusedWithTheSizeThatIsNeeded) {
  CloneSetup setup;
  setup.metadata.size = kSectorsPerBlock * 9;
  EXPECT_EQ(refusal_of(setup),
            "no_space: metadata: 36864 bytes, but the worst commit of 8 regions needs 40960");
}

TEST(MetadataDevice, OfTheSizeThatIsNeededIsTakenAndTakesEveryCommit) {
  CloneSetup setup;
  setup.metadata.size = kSectorsPerBlock * 10;
  OpenClone f(setup);
  for (const uint64_t region : {0u, 1u, 2u, 3u, 4u, 5u, 6u, 7u}) {
    f.overwrite_regions({region});
    ASSERT_TRUE(f.flush());
  }
  EXPECT_EQ(f.events(), std::vector<std::string>{"hydrated"});
}

TEST(MetadataDevice, OfACloneOfAnotherRegionSizeIsRefused) {
  OpenClone f;
  ASSERT_TRUE(f.run(f.clone().close()));
  f.stop();
  f.setup().options.region_size = SectorCount(16);
  const Status opened = f.open();
  EXPECT_EQ(code_of(opened), "invalid");
  EXPECT_EQ(opened.error().message, "superblock: region size 8 sectors, the clone's is 16");
}

TEST(MetadataDevice, OfACloneOfAnotherSizeIsRefused) {
  OpenClone f;
  ASSERT_TRUE(f.run(f.clone().close()));
  f.stop();
  f.setup().size = SectorCount(63);
  const Status opened = f.open();
  EXPECT_EQ(code_of(opened), "invalid");
  EXPECT_EQ(opened.error().message, "superblock: target size 64 sectors, the clone's is 63");
}

TEST(MetadataDevice, ThatIsNeitherBlankNorMetadataIsRefusedAndKept) {
  CloneSetup setup;
  setup.metadata.preset = {{sectors(7, 1), Content::rot(Party::kMetadata, Sector(7))}};
  CloneFixture f(setup);
  EXPECT_EQ(code_of(f.open()), "damaged");
  for (const Event& event : f.requests(Party::kMetadata)) EXPECT_NE(event.io, IoKind::kWrite);
}

TEST(MetadataDevice, IsBlankIfItsFirstBlockIsZero) {
  CloneSetup setup;
  setup.metadata.preset = {{sectors(8, 120), Content::rot(Party::kMetadata, Sector(8))}};
  EXPECT_EQ(refusal_of(setup), "taken");
}

TEST(MetadataDevice, ThatIsDamagedAnywhereItMattersIsRefused) {
  for (const uint64_t block : {0u, 1u, 2u, 3u, 4u, 5u}) {
    OpenClone f;
    ASSERT_TRUE(f.run(f.clone().close()));
    f.stop();
    f.sim_disk(Party::kMetadata).rot(sectors_of(Block(block)));
    EXPECT_EQ(code_of(f.open()), "damaged") << block;
    for (const Party party : kDevices) EXPECT_TRUE(f.disk(party).claim());
  }
}

TEST(Opening, FailsWithAnyRequestOfItsAndReleasesTheDevices) {
  OpenClone counted;
  const uint32_t requests = counted.sim_disk(Party::kMetadata).requests();
  ASSERT_GE(requests, 5u);
  for (uint32_t i = 0; i < requests; ++i) {
    CloneFixture f{CloneSetup{}};
    f.mishaps().fail({.device = Party::kMetadata, .after = i, .times = 1});
    EXPECT_EQ(code_of(f.open()), "io") << i;
    for (const Party party : kDevices) EXPECT_TRUE(f.disk(party).claim()) << i;
  }
}

TEST(Opening, AsksNothingOfSourceAndDestination) {
  CloneFixture f{CloneSetup{}};
  ASSERT_TRUE(f.open());
  EXPECT_EQ(f.asked(Party::kSource), "");
  EXPECT_EQ(f.asked(Party::kDestination), "");
}

TEST(Opening, ThatIsRefusedForItsSetupAsksNothingOfAnyDevice) {
  CloneSetup small_source;
  small_source.source.size = SectorCount(63);
  for (const CloneSetup& setup : {with_region_size(24), small_source}) {
    CloneFixture f(setup);
    EXPECT_FALSE(f.open());
    EXPECT_EQ(f.asked(), "");
  }
}

// How much metadata a commit may need depends on what is hydrated already, so it is read, and nothing else is
// done.
TEST(Opening, OfTooLittleMetadataReadsItAndWritesNothing) {
  CloneSetup setup;
  setup.metadata.size = SectorCount(72);
  CloneFixture f(setup);
  EXPECT_EQ(code_of(f.open()), "no_space");
  EXPECT_EQ(f.asked(), "metadata read 0+8");
}

TEST(Opening, OfMetadataThatIsThereWritesTheSuperblockOnceMoreAndFlushesIt) {
  OpenClone f;
  f.overwrite_regions({1});
  ASSERT_TRUE(f.run(f.clone().close()));
  f.stop();
  f.look_from_here();
  ASSERT_TRUE(f.open());
  EXPECT_TRUE(f.story().ends_with(
      "metadata read 0+8, metadata read 0+8 done, metadata superblock, metadata superblock done, "
      "metadata flush, metadata flush done"))
      << f.story();
  EXPECT_EQ(f.asked().find("blocks"), std::string::npos);
}

TEST(Opening, LeavesTheMetadataAsTheyAre) {
  OpenClone f;
  f.overwrite_regions({1});
  ASSERT_TRUE(f.run(f.clone().close()));
  f.stop();
  const auto bytes = [&f]() -> Task<std::vector<std::byte>> {
    std::vector<std::byte> all(bytes_of(f.setup().metadata.size));
    const Status read = co_await f.disk(Party::kMetadata).read({Sector(0), f.setup().metadata.size}, all);
    CHECK(read);
    co_return all;
  };
  const std::vector<std::byte> before = f.run(bytes());
  ASSERT_TRUE(f.open());
  EXPECT_TRUE(f.run(bytes()) == before);
}

TEST(Opening, NeedsNobodyWhoListensToEvents) {
  CloneFixture f(CloneSetup{});
  std::unique_ptr<engine::Clone> clone;
  const auto hydrate_and_fail = [&]() -> Task<Status> {
    engine::Clone::Setup setup = {
        .size = f.setup().size, .options = f.setup().options, .rules = {}, .events = {}};
    auto opened = co_await engine::Clone::open(f.devices(), std::move(setup), f.executor());
    CHECK(opened);
    clone = std::move(*opened);
    Status discarded = co_await clone->discard(f.geometry().sectors());
    CHECK(discarded);
    Status committed = co_await clone->flush();
    CHECK(committed);
    f.mishaps().fail({.device = Party::kDestination, .kind = IoKind::kFlush});
    Status failed = co_await clone->flush();
    co_return failed;
  };
  EXPECT_EQ(code_of(f.run(hydrate_and_fail())), "io");
  EXPECT_EQ(clone->mode(), engine::Mode::kReadOnly);
}

}  // namespace
}  // namespace drydock::tests
