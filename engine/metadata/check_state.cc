#include "engine/metadata/check_state.h"

#include <algorithm>

#include "engine/metadata/fields.h"

namespace drydock::engine::metadata {

std::string_view to_string(Role role) {
  switch (role) {
    case Role::kSuperblock:
      return "superblock";
    case Role::kIndex:
      return "index";
    case Role::kBitmap:
      return "bitmap";
    case Role::kRefCountRoot:
      return "ref-count root";
    case Role::kNode:
      return "btree node";
    case Role::kArray:
      return "array block";
  }
  return "unknown";
}

void Reached::limit(BlockCount usable) {
  for (std::vector<uint32_t>& blocks : roles_) blocks.assign(usable.value() / 32 + 1, 0);
}

bool Reached::add(Role role, Block block) {
  uint32_t& word = roles_[static_cast<size_t>(role)][block.value() / 32];
  const uint32_t bit = uint32_t{1} << block.value() % 32;
  if ((std::exchange(word, word | bit) & bit) != 0) return false;
  ++counts_[static_cast<size_t>(role)];
  return true;
}

std::optional<Role> Reached::role_of(Block block) const {
  for (size_t role = 0; role < kRoles; ++role) {
    const std::vector<uint32_t>& blocks = roles_[role];
    const uint64_t word = block.value() / 32;
    if (word < blocks.size() && (blocks[word] >> block.value() % 32 & 1) != 0) return static_cast<Role>(role);
  }
  return std::nullopt;
}

bool Reached::may_have(Role role, Block block) const {
  const auto at = static_cast<size_t>(role);
  return counts_[at] == 0 || (roles_[at][block.value() / 32] >> block.value() % 32 & 1) != 0;
}

bool Reached::may_be(BlockKind kind, Block block) const {
  switch (kind) {
    case BlockKind::kSuperblock:
      return may_have(Role::kSuperblock, block);
    case BlockKind::kNode:
      return may_have(Role::kNode, block) || may_have(Role::kRefCountRoot, block);
    case BlockKind::kArray:
      return may_have(Role::kArray, block);
    case BlockKind::kIndex:
      return may_have(Role::kIndex, block);
    case BlockKind::kBitmap:
      return may_have(Role::kBitmap, block);
  }
  return false;
}

uint32_t Reached::bits_from(Block first) const {
  const uint64_t word = first.value() / 32;
  uint32_t bits = 0;
  for (const std::vector<uint32_t>& blocks : roles_) bits |= word < blocks.size() ? blocks[word] : 0;
  return bits;
}

std::string CheckState::name(const Pointer& pointer) const {
  return metadata::to_string(BlockName{to_string(pointer.role), pointer.number, pointer.block});
}

bool CheckState::reach(const Pointer& pointer) {
  if (pointer.block >= Block(0) + usable) {
    note(Severity::kFatal, pointer.holder, pointer.offset, "{}: lies past the end, the last block is {}",
         name(pointer), usable.value() - 1);
    return false;
  }
  if (!reached.add(pointer.role, pointer.block)) {
    note(Severity::kFatal, pointer.holder, pointer.offset, "{}: reached for the second time", name(pointer));
    return false;
  }
  return true;
}

bool CheckState::accept(const Pointer& pointer, const Status& read, const Flaws& flaws,
                        ConstBlockBytes bytes) {
  if (!read) {
    note(Severity::kFatal, pointer.block, 0, "{}: {}", name(pointer), read.error().message);
    return false;
  }
  if (flaws.empty()) [[likely]]
    return true;
  if (flaws.front().offset == fields::kChecksumAt && mistaken_.size() < options.most_faults) {
    if (const auto kind = intact_as(bytes, pointer.block)) {
      mistaken_.push_back({pointer, *kind});
      return false;
    }
  }
  for (const Flaw& flaw : flaws) {
    note(flaw.severity, pointer.block, flaw.offset, "{}: {}", name(pointer), flaw.what);
  }
  return std::ranges::none_of(flaws, [](const Flaw& flaw) { return flaw.severity == Severity::kFatal; });
}

// If the other kind belongs there, the pointer is wrong. Else the block was free, and what should have been
// written to it was not: what is there is older.
void CheckState::note_mistaken() {
  for (const auto& [pointer, kind] : mistaken_) {
    if (reached.may_be(kind, pointer.block)) {
      note(Severity::kFatal, pointer.holder, pointer.offset, "{}: the block is of another kind, {}",
           name(pointer), metadata::to_string(kind));
    } else {
      note(Severity::kFatal, pointer.block, fields::kChecksumAt,
           "{}: checksum of another kind, {}: older content, whose replacement was never written",
           name(pointer), metadata::to_string(kind));
    }
  }
  mistaken_.clear();
}

}  // namespace drydock::engine::metadata
