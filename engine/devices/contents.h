// What is on a device: asked before anything is overwritten, and before something is called damaged that was
// never ours.
//
// A device is blank only if nothing that has a name can be found on it (libblkid's probe, and a table of
// formats that libblkid does not know), every byte that is going to be written is zero, and so is its tail.
// Writes nothing.
#pragma once

#include <cstdint>
#include <string>

#include "block/result.h"
#include "block/units.h"

namespace drydock::engine::devices {

enum class ContentKind : uint8_t {
  kBlank,
  kCloneMetadata,  // dm-clone's superblock is in its place, whole or damaged
  kLostMetadata,   // intact blocks of dm-clone's metadata, and no superblock in its place
  kRecognised,     // something else that has a name
  kData,           // bytes that are not zero
};

struct Contents {
  ContentKind kind = ContentKind::kBlank;
  // For a sentence: "an ext4 file system", "a member of MD RAID 1.2", "dm-thin metadata". Empty if blank.
  std::string what{};
};

// How far contents_of() looks if nobody says how much would be written.
inline constexpr BlockCount kUsuallyLookedAt{uint64_t{64} * 1024 * 1024 / kBlockBytes};

// `written` is how many blocks from the device's start are going to be overwritten; at least 1 MiB is looked
// at, and the last 1 MiB. A path where nothing is counts as blank. Opens the path for reading, beside whoever
// holds it. Errors: kInvalid if it is neither a regular file nor a block device; else those of opening and
// reading, the path first.
Result<Contents> contents_of(const std::string& path, BlockCount written = kUsuallyLookedAt);

// What libblkid and the table know by name, and nothing else: kBlank or kRecognised, or kCloneMetadata. For a
// device that will be overwritten as a whole. `identity`, if not null, becomes what tells two of one kind
// apart (types and UUIDs): equal for a thing and its copy, empty if nothing is recognised.
Result<Contents> recognised_on(const std::string& path, std::string* identity = nullptr);

}  // namespace drydock::engine::devices
