#include "engine/metadata/store.h"

#include <fmt/format.h>

#include <utility>

#include "block/buffer.h"
#include "block/check.h"
#include "engine/metadata/block_io.h"
#include "engine/metadata/format.h"
#include "engine/metadata/layout.h"

namespace drydock::engine::metadata {
namespace {

Status check_same(Geometry expected, SectorCount region_size, SectorCount target_size) {
  if (region_size != expected.region_size) {
    return failure(ErrorCode::kInvalid, fmt::format("superblock: region size {} sectors, the clone's is {}",
                                                    region_size, expected.region_size));
  }
  if (target_size != expected.size) {
    return failure(ErrorCode::kInvalid, fmt::format("superblock: target size {} sectors, the clone's is {}",
                                                    target_size, expected.size));
  }
  return {};
}

// Says in `is_new` whether it was formatted.
Task<Result<Loaded>> load_or_format(Disk& disk, Geometry geometry, bool format_anyway, PairIdentity identity,
                                    bool& is_new) {
  if (!format_anyway) {
    Result<Loaded> loaded = co_await load(disk);
    if (!loaded || !loaded->blank) co_return std::move(loaded);
  }
  is_new = true;
  Result<Loaded> formatted = co_await format(disk, geometry, identity);
  co_return std::move(formatted);
}

// What was found may be in the device's cache only: its writer has died since. A commit that builds on it
// overwrites what the superblock on the medium leads to. A flush alone is not enough: if an earlier one has
// failed, the device may never write what that one covered, and say nothing. So the superblock is written
// again, as it is.
Task<Status> make_superblock_durable(Disk& disk, const Rules& rules) {
  if (rules.superblock_on_start == SuperblockOnStart::kTrusted) co_return Status();
  if (rules.superblock_on_start == SuperblockOnStart::kRewritten) {
    Buffer superblock(kBlockBytes);
    const SectorRange place = sectors_of(kSuperblockAt);
    Status read = co_await disk.read(place, superblock.span());
    if (!read) co_return read;
    Status written = co_await disk.write(place, superblock.span(), Fua::kNo);
    if (!written) co_return written;
  }
  Status flushed = co_await disk.flush();
  co_return flushed;
}

}  // namespace

Store::Store(Disk& disk, Geometry geometry, const Rules& rules, Loaded loaded, bool is_new)
    : disk_(disk),
      geometry_(geometry),
      rules_(rules),
      structure_(std::move(loaded.structure)),
      identity_(loaded.identity),
      committed_(std::move(loaded.hydrated)),
      is_new_(is_new) {}

Task<Result<std::unique_ptr<Store>>> Store::open(Disk& disk, Geometry geometry, Rules rules,
                                                 PairIdentity identity) {
  bool is_new = false;
  Result<Loaded> loaded = co_await load_or_format(disk, geometry, rules.format_on_start, identity, is_new);
  if (!loaded) co_return std::unexpected(std::move(loaded.error()));
  Status same = check_same(geometry, loaded->region_size, loaded->target_size);
  if (!same) co_return std::unexpected(std::move(same.error()));
  Status durable = co_await make_superblock_durable(disk, rules);
  if (!durable) co_return std::unexpected(std::move(durable.error()));
  std::unique_ptr<Store> store(new Store(disk, geometry, rules, std::move(*loaded), is_new));
  if (identity.is_known() && identity != store->identity_) {
    Status recorded = co_await store->record(std::move(identity));
    if (!recorded) co_return std::unexpected(std::move(recorded.error()));
  }
  co_return std::move(store);
}

// All of it is in the superblock's first sector: a power cut leaves the old identity or the new one.
Task<Status> Store::record(PairIdentity identity) {
  identity_ = std::move(identity);
  Status written = co_await write_superblock();
  if (!written) co_return written;
  Status durable = co_await disk_.flush();
  co_return durable;
}

Task<Status> Store::commit(RegionSet newly) {
  CHECK(state_ != State::kCommitting);
  if (state_ == State::kFailed) {
    co_return failure(ErrorCode::kReadOnly,
                      "metadata: a commit failed, no more are taken until it is opened again");
  }
  CHECK(!newly.contains_any(RegionRange::between(geometry_.all_regions().end(), Region(RegionSet::kLimit))));
  newly.remove(committed_);
  if (newly.empty()) co_return Status();

  Transaction transaction(structure_, geometry_, committed_, newly);
  Status planned = transaction.plan(rules_);
  if (!planned) co_return planned;
  state_ = State::kCommitting;
  Status written = co_await write(transaction);
  if (!written) {
    transaction.undo();
    state_ = State::kFailed;
    co_return written;
  }
  transaction.keep();
  committed_.add(newly);
  state_ = State::kReady;
  co_return Status();
}

Task<Status> Store::write(const Transaction& transaction) {
  const auto encode = [&transaction](size_t i, BlockBytes bytes) { return transaction.encode(i, bytes); };
  Status blocks = co_await write_blocks(disk_, transaction.count(), encode);
  if (!blocks) co_return blocks;
  // The superblock must never lead to a block that is not durable yet.
  if (!rules_.skip_flush_before_superblock) {
    Status before = co_await disk_.flush();
    if (!before) co_return before;
  }
  Status superblock = co_await write_superblock();
  if (!superblock) co_return superblock;
  // Until it is durable, the next transaction must not overwrite what the old one leads to.
  if (!rules_.skip_flush_after_superblock) {
    Status after = co_await disk_.flush();
    if (!after) co_return after;
  }
  co_return Status();
}

Task<Status> Store::write_superblock() {
  Buffer buffer(kBlockBytes);
  encode_superblock(superblock_of(structure_, geometry_, identity_), block_in(buffer, 0));
  Status written = co_await write_block(disk_, kSuperblockAt, block_in(buffer, 0));
  co_return written;
}

Task<Status> Store::reread_superblock() {
  CHECK(state_ != State::kCommitting);
  Buffer buffer(kBlockBytes);
  Status read = co_await read_block(disk_, kSuperblockAt, block_in(buffer, 0));
  if (!read) co_return read;
  const Result<Superblock> decoded = decode_superblock(block_in(buffer, 0));
  if (!decoded) co_return std::unexpected(decoded.error());
  co_return check_same(geometry_, decoded->geometry.region_size, decoded->geometry.size);
}

}  // namespace drydock::engine::metadata
