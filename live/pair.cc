#include "live/pair.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <filesystem>

#include "block/check.h"
#include "block/size_words.h"
#include "engine/devices/lasting_id.h"

namespace drydock::live {
namespace {

using engine::metadata::DeviceRecord;
using engine::metadata::PairIdentity;

DeviceRecord record_of(const std::string& path, SectorCount size) {
  std::error_code failed;
  const std::string whole = std::filesystem::absolute(path, failed).lexically_normal().string();
  using namespace engine::metadata;
  return {.size = size,
          .id = FixedText<kLongestId>(engine::devices::lasting_id_of(path)),
          .name = FixedText<kLongestName>(whole.empty() ? path : whole)};
}

// The number of a device lasts until the next boot.
bool lasts(const DeviceRecord& record) {
  return !record.id.empty() && !record.id.view().contains(" in boot ");
}

SamePair compare(const DeviceRecord& recorded, const DeviceRecord& here) {
  if (recorded.id.empty() || here.id.empty()) return SamePair::kUnknown;
  if (recorded.id == here.id) return SamePair::kYes;
  return lasts(recorded) && lasts(here) ? SamePair::kNo : SamePair::kUnknown;
}

std::string to_text(const DeviceRecord& record) {
  return fmt::format("{} ({})", record.name.view(), readable_bytes(bytes_of(record.size)));
}

}  // namespace

PairIdentity identity_of_pair(const std::string& source, SectorCount source_size,
                              const std::string& destination, SectorCount destination_size) {
  PairIdentity identity;
  CHECK(getrandom(identity.uuid.data(), identity.uuid.size(), 0) ==
        static_cast<ssize_t>(identity.uuid.size()));
  // RFC 9562, version 4.
  identity.uuid[6] = (identity.uuid[6] & std::byte{0x0f}) | std::byte{0x40};
  identity.uuid[8] = (identity.uuid[8] & std::byte{0x3f}) | std::byte{0x80};
  identity.source = record_of(source, source_size);
  identity.destination = record_of(destination, destination_size);
  return identity;
}

SamePair compare(const PairIdentity& recorded, const PairIdentity& here) {
  if (!recorded.is_known()) return SamePair::kUnknown;
  const SamePair source = compare(recorded.source, here.source);
  const SamePair destination = compare(recorded.destination, here.destination);
  if (source == SamePair::kNo || destination == SamePair::kNo) return SamePair::kNo;
  return source == SamePair::kYes ? destination : source;
}

std::string to_text(const PairIdentity& identity) {
  return fmt::format("source {}, destination {}", to_text(identity.source), to_text(identity.destination));
}

}  // namespace drydock::live
