// What the parts of a check share: how far the device goes, which blocks have been reached, and what was
// found.
#pragma once

#include <fmt/format.h>

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "block/buffer.h"
#include "engine/metadata/check.h"
#include "engine/metadata/flaws.h"
#include "engine/metadata/layout.h"

namespace drydock::engine::metadata {

// What a block is to the one that leads to it.
enum class Role : uint8_t { kSuperblock, kIndex, kBitmap, kRefCountRoot, kNode, kArray };
inline constexpr size_t kRoles = 6;
std::string_view to_string(Role role);

// A field that names another block.
struct Pointer {
  Block holder{};
  size_t offset = 0;
  Role role = Role::kSuperblock;
  std::optional<uint64_t> number{};  // of the bitmap, or the array block
  Block block{};
};

// Which blocks have been reached, in which role.
class Reached {
 public:
  // Blocks from `usable` on are not kept.
  void limit(BlockCount usable);
  // False if it was reached in this role before. REQUIRES: below the limit.
  bool add(Role role, Block block);
  std::optional<Role> role_of(Block block) const;
  // Whether it was reached where a block of this kind belongs. Also true if no block was: then those that
  // belong there are unknown.
  bool may_be(BlockKind kind, Block block) const;
  // From here on none was reached.
  Block end() const { return Block(roles_[0].size() * 32); }
  // Bit i: whether block `first` + i was reached in any role. REQUIRES: `first` is a multiple of 32.
  uint32_t bits_from(Block first) const;

 private:
  bool may_have(Role role, Block block) const;

  std::array<std::vector<uint32_t>, kRoles> roles_;
  std::array<size_t, kRoles> counts_{};
};

class CheckState {
 public:
  CheckState(Disk& device, const CheckOptions& wanted, CheckReport& found)
      : disk(device), options(wanted), report(found) {}

  Disk& disk;
  const CheckOptions& options;
  CheckReport& report;
  Buffer buffer{kBlockBytes};
  Superblock superblock{};
  BlockCount total{};                    // blocks that the space map covers, or should
  BlockCount usable{};                   // of those, the ones that the device has
  std::optional<RegionCount> regions{};  // unknown if no credible source says
  Reached reached{};
  bool reached_all = true;  // else there are blocks in use that could not be found
  size_t levels = 0;        // of the bitset's tree

  template <class... Args>
  void note(Severity severity, Block block, size_t offset, fmt::format_string<Args...> what, Args&&... args) {
    report.worst = std::max(report.worst, std::optional(severity));
    if (report.faults.size() >= options.most_faults) {
      ++report.unlisted;
      return;
    }
    report.faults.push_back({severity, fmt::format(what, std::forward<Args>(args)...), block, offset});
  }

  // "array block 5 (block 13)".
  std::string name(const Pointer& pointer) const;
  // Whether the block is to be read: it lies inside, and was not reached in this role before. Notes why not.
  bool reach(const Pointer& pointer);
  // Whether it could be read and is what the pointer says, apart from harmless flaws. Notes all that is
  // wrong.
  bool accept(const Pointer& pointer, const Status& read, const Flaws& flaws, ConstBlockBytes bytes);
  // To be called once everything has been reached: only then is it known who is to blame for a block of
  // another kind.
  void note_mistaken();

 private:
  // A pointer to a block that is intact, but of another kind.
  struct Mistaken {
    Pointer pointer;
    BlockKind kind;
  };
  std::vector<Mistaken> mistaken_;
};

}  // namespace drydock::engine::metadata
