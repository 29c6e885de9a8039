#include "engine/metadata/check.h"

#include <algorithm>
#include <utility>

#include "engine/metadata/block_io.h"
#include "engine/metadata/check_space.h"
#include "engine/metadata/check_state.h"
#include "engine/metadata/check_tree.h"
#include "engine/metadata/fields.h"

namespace drydock::engine::metadata {
namespace {

using namespace fields::superblock;

// Of a blank device: whoever zeroed block 0 left the others. The kernel's ref-count root stays where
// formatting put it, at block 2, for ever; a few more are looked at in case that one is lost.
constexpr uint64_t kLookedAtForRemains = 64;

Task<void> look_for_remains(CheckState& state) {
  const uint64_t end = std::min(state.usable.value(), kLookedAtForRemains);
  std::vector<Block> blocks;
  for (uint64_t block = 1; block < end; ++block) blocks.push_back(Block(block));
  bool found = false;
  const auto visit = [&](size_t i, const Status& read, ConstBlockBytes bytes) {
    const auto kind = read ? intact_as(bytes, blocks[i]) : std::nullopt;
    if (!kind || std::exchange(found, true)) return;
    state.note(
        Severity::kDangerous, kSuperblockAt, 0,
        "superblock: all zeros, but block {} is intact ({}): a start would format the device and forget "
        "what was hydrated",
        blocks[i], to_string(*kind));
  };
  Task<void> reading = read_each(state.disk, blocks, state.buffer, visit);
  co_await reading;
}

void check_against_device(CheckState& state, BlockCount device) {
  const BlockCount possible = std::min(device, kMaxBlocks);
  const BlockCount total = state.superblock.total;
  const bool credible = total != BlockCount(0) && total <= kMaxBlocks;
  state.total = credible ? total : possible;
  state.usable = std::min(state.total, device);
  if (!credible || total == possible) return;
  const bool too_many = total > possible;
  state.note(too_many ? Severity::kDangerous : Severity::kHarmless, kSuperblockAt, kTotalAt,
             "superblock: {} blocks, the device has {}{}", total, device,
             too_many ? ": a commit may write past its end" : "");
}

void check_against_table(CheckState& state) {
  const Geometry found = state.superblock.geometry;
  const auto compare = [&](std::optional<SectorCount> expected, SectorCount is, size_t offset,
                           std::string_view what) {
    if (!expected || *expected == is) return;
    state.note(Severity::kFatal, kSuperblockAt, offset, "superblock: {} {} sectors, the clone's is {}", what,
               is, *expected);
  };
  compare(state.options.region_size, found.region_size, kRegionSizeAt, "region size");
  compare(state.options.target_size, found.size, kTargetSizeAt, "target size");
}

void choose_geometry(CheckState& state) {
  Geometry geometry = state.superblock.geometry;
  if (!check_geometry(geometry)) {
    geometry = {.size = state.options.target_size.value_or(geometry.size),
                .region_size = state.options.region_size.value_or(geometry.region_size)};
  }
  if (!check_geometry(geometry)) return;
  state.regions = geometry.regions();
  state.report.unknown.add(geometry.all_regions());
}

// False if there is nothing to follow.
bool take_superblock(CheckState& state, ConstBlockBytes bytes, BlockCount device) {
  const Flaws flaws = superblock_flaws(bytes);
  for (const Flaw& flaw : flaws) {
    state.note(flaw.severity, kSuperblockAt, flaw.offset, "superblock: {}", flaw.what);
  }
  const bool another = std::ranges::any_of(
      flaws, [](const Flaw& flaw) { return flaw.offset == kMagicAt || flaw.offset == kVersionAt; });
  if (another) return false;
  state.superblock = superblock_fields(bytes);
  state.report.region_size = state.superblock.geometry.region_size;
  state.report.target_size = state.superblock.geometry.size;
  check_against_device(state, device);
  check_against_table(state);
  choose_geometry(state);
  state.reached.limit(state.usable);
  state.reached.add(Role::kSuperblock, kSuperblockAt);
  return true;
}

Task<void> follow(CheckState& state) {
  const size_t batch = std::min<uint64_t>(kBatch, state.usable.value());
  state.buffer = Buffer(batch * kBlockBytes);
  SpaceCheck space(state);
  Task<void> space_map = space.read();
  co_await space_map;
  TreeCheck tree(state);
  Task<void> bitset = tree.run();
  co_await bitset;
  Task<void> ref_counts = space.read_ref_counts();
  co_await ref_counts;
  state.note_mistaken();
  space.compare();
}

}  // namespace

Task<Result<CheckReport>> check(Disk& disk, CheckOptions options) {
  CheckReport report;
  const BlockCount device = blocks_of(disk);
  if (device == BlockCount(0)) {
    co_return failure(ErrorCode::kNoSpace, fmt::format("{}: {} sectors, a metadata block has {}", disk.name(),
                                                       disk.limits().size, kSectorsPerBlock));
  }
  CheckState state(disk, options, report);
  const BlockBytes first = block_in(state.buffer, 0);
  Status read = co_await read_block(disk, kSuperblockAt, first);
  if (!read) co_return std::unexpected(std::move(read.error()));
  report.blank = is_blank(first);
  if (report.blank) {
    state.usable = device;
    Task<void> remains = look_for_remains(state);
    co_await remains;
  } else if (take_superblock(state, first, device)) {
    Task<void> rest = follow(state);
    co_await rest;
  }
  co_return std::move(report);
}

}  // namespace drydock::engine::metadata
