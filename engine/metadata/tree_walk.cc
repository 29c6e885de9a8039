#include "engine/metadata/tree_walk.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "engine/metadata/block_io.h"
#include "engine/metadata/fields.h"

namespace drydock::engine::metadata {

Task<FoundTree> TreeWalk::run(Block root) {
  wanted_ = {{.block = root, .first = 0, .end = arrays_, .depth = 0}};
  while (!wanted_.empty()) {
    const Wanted next = wanted_.back();
    wanted_.pop_back();
    co_await read_node(next);
  }
  drop_shared();
  for (const auto& [array, block] : found_.arrays) co_await read_array(array, block);
  words_.flush();
  std::ranges::sort(gaps_);
  for (Gap& gap : gaps_) found_.lost.push_back(std::move(gap.text));
  co_return std::move(found_);
}

void TreeWalk::lose(uint64_t first, uint64_t end, std::string_view why) {
  const uint64_t last_region = std::min(end * kRegionsPerArray, regions_.value()) - 1;
  gaps_.push_back({first, fmt::format("regions {} to {}: {}", first * kRegionsPerArray, last_region, why)});
}

Task<Status> TreeWalk::read(BlockName name) {
  if (name.block >= Block(0) + blocks_of(disk_)) co_return damaged(name, "lies past the end");
  ++found_.blocks;
  Status done = co_await read_block(disk_, name.block, block_in(buffer_, 0));
  if (!done) co_return damaged(name, done.error().message);
  co_return Status();
}

Task<void> TreeWalk::read_node(Wanted wanted) {
  Status taken = co_await read(name_of(wanted.block));
  if (taken) taken = take_node(wanted, block_in(buffer_, 0));
  if (taken) co_return;
  if (wanted.depth == 0) found_.no_root = taken.error().message;
  lose(wanted.first, wanted.end, taken.error().message);
}

Status TreeWalk::take_node(const Wanted& wanted, ConstBlockBytes bytes) {
  const BlockName name = name_of(wanted.block);
  const Result<NodeHeader> header = check_node(bytes, sizeof(uint64_t), name);
  if (!header) return std::unexpected(header.error());
  // The kernel knows no other; with any other the values are not where they were written.
  if (header->max_entries != kNodeEntries) {
    return damaged(name, fmt::format("room for {} entries, expected {}", header->max_entries, kNodeEntries));
  }
  if (header->entries == 0) return damaged(name, "no entries");
  for (uint32_t entry = 0; entry < header->entries; ++entry) {
    const uint64_t key = node_key(bytes, entry);
    const uint64_t least = entry == 0 ? wanted.first : node_key(bytes, entry - 1) + 1;
    if (key != least && (header->leaf || entry == 0 || key < least)) {
      return damaged(name, fmt::format("key {}, expected {}", key, least));
    }
  }
  if (!taken_.insert(wanted.block.value()).second) return damaged(name, "reached for the second time");
  found_.nodes.push_back(wanted.block);
  return header->leaf ? take_leaf(wanted, *header, bytes) : take_inner(wanted, *header, bytes);
}

Status TreeWalk::take_leaf(const Wanted& wanted, const NodeHeader& header, ConstBlockBytes bytes) {
  const uint64_t end = wanted.first + header.entries;
  if (end != wanted.end && wanted.end == arrays_) {
    contradict(fmt::format("{}: ends with array block {}, {} are expected for this clone's regions",
                           to_string(name_of(wanted.block)), end - 1, arrays_));
  }
  for (uint64_t array = wanted.first; array < std::min(end, wanted.end); ++array) {
    const auto entry = static_cast<uint32_t>(array - wanted.first);
    found_.arrays.emplace_back(array, node_value(bytes, header, entry));
  }
  if (end < wanted.end) lose(end, wanted.end, to_string(name_of(wanted.block)) + ": no entries for them");
  return {};
}

Status TreeWalk::take_inner(const Wanted& wanted, const NodeHeader& header, ConstBlockBytes bytes) {
  const BlockName name = name_of(wanted.block);
  if (wanted.depth == kDeepestTree) return damaged(name, fmt::format("below {} levels", kDeepestTree));
  if (const uint64_t last = node_key(bytes, header.entries - 1); last >= wanted.end) {
    if (wanted.end == arrays_) {
      contradict(fmt::format("{}: key {}, the last array block is {}", to_string(name), last, arrays_ - 1));
    }
    return damaged(name, fmt::format("key {}, must be below {}", last, wanted.end));
  }
  for (uint32_t entry = 0; entry < header.entries; ++entry) {
    const bool last = entry + 1 == header.entries;
    wanted_.push_back({.block = node_value(bytes, header, entry),
                       .first = node_key(bytes, entry),
                       .end = last ? wanted.end : node_key(bytes, entry + 1),
                       .depth = wanted.depth + 1});
  }
  return {};
}

// Nothing says which of the entries that lead to one block is the right one.
void TreeWalk::drop_shared() {
  std::ranges::sort(found_.arrays);
  std::unordered_map<uint64_t, uint64_t> times;
  for (const auto& [array, block] : found_.arrays) ++times[block.value()];
  std::erase_if(found_.arrays, [&](const std::pair<uint64_t, Block>& entry) {
    const auto [array, block] = entry;
    const uint64_t reached = times[block.value()];
    if (reached == 1) return false;
    lose(array, array + 1,
         fmt::format("{}: reached {} times", to_string({"array block", array, block}), reached));
    return true;
  });
}

Task<void> TreeWalk::read_array(uint64_t array, Block block) {
  const uint32_t expected = words_in_array(regions_, array);
  Status checked = co_await read({"array block", array, block});
  const ConstBlockBytes bytes = block_in(buffer_, 0);
  if (checked) {
    checked = check_array(bytes, array, expected, block);
    const uint32_t entries = fields::get<uint32_t>(bytes, fields::array::kEntriesAt);
    const bool other_length =
        !checked && entries <= kWordsPerArray && check_array(bytes, array, entries, block);
    if (other_length && array + 1 == arrays_) contradict(checked.error().message);
  }
  if (!checked) {
    lose(array, array + 1, checked.error().message);
    co_return;
  }
  words_.add(bytes, array, regions_);
}

}  // namespace drydock::engine::metadata
