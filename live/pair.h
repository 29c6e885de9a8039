// Pair: whose metadata it is.
#pragma once

#include <cstdint>
#include <string>

#include "engine/metadata/pair_identity.h"

namespace drydock::live {

// What can be recorded of these two devices, with a new uuid. Sizes are those of the devices.
engine::metadata::PairIdentity identity_of_pair(const std::string& source, SectorCount source_size,
                                                const std::string& destination, SectorCount destination_size);

// kUnknown where nothing is recorded, or what is recorded of a device lasts until the next boot only.
enum class SamePair : uint8_t { kYes, kNo, kUnknown };
SamePair compare(const engine::metadata::PairIdentity& recorded, const engine::metadata::PairIdentity& here);

// "source /vm/a (16MiB), destination /vm/b (16MiB)"
std::string to_text(const engine::metadata::PairIdentity& identity);

}  // namespace drydock::live
