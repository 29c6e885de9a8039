#include "engine/metadata/pair_identity.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string_view>

#include "block/buffer.h"
#include "engine/metadata/fields.h"

namespace drydock::engine::metadata {
namespace {

using namespace fields::pair;

template <size_t N>
FixedText<N> text_at(ConstBlockBytes bytes, size_t at) {
  const std::string_view all(reinterpret_cast<const char*>(bytes.data() + at), N);
  return FixedText<N>(all.substr(0, all.find('\0')));
}

void put_text(BlockBytes bytes, size_t at, std::string_view text) {
  std::ranges::copy(std::as_bytes(std::span(text)), bytes.begin() + static_cast<ptrdiff_t>(at));
}

DeviceRecord record_at(ConstBlockBytes bytes, size_t at) {
  return {.size = SectorCount(fields::get<uint64_t>(bytes, at)),
          .id = text_at<kLongestId>(bytes, at + kIdAt),
          .name = text_at<kLongestName>(bytes, at + kNameAt)};
}

void put_record(BlockBytes bytes, size_t at, const DeviceRecord& record) {
  fields::put(bytes, at, record.size.value());
  put_text(bytes, at + kIdAt, record.id.view());
  put_text(bytes, at + kNameAt, record.name.view());
}

}  // namespace

PairIdentity identity_in(ConstBlockBytes superblock) {
  PairIdentity identity;
  std::ranges::copy(superblock.subspan<fields::superblock::kUuidAt, 16>(), identity.uuid.begin());
  if (!identity.is_known()) return identity;
  if (fields::get<uint32_t>(superblock, kVersionAt) != kVersion) return {};
  if (!all_zero(superblock.subspan(kEnd))) return {};
  identity.source = record_at(superblock, kSourceAt);
  identity.destination = record_at(superblock, kDestinationAt);
  return identity;
}

void encode_identity(const PairIdentity& identity, BlockBytes superblock) {
  if (!identity.is_known()) return;
  std::ranges::copy(identity.uuid, superblock.begin() + fields::superblock::kUuidAt);
  fields::put(superblock, kVersionAt, kVersion);
  put_record(superblock, kSourceAt, identity.source);
  put_record(superblock, kDestinationAt, identity.destination);
}

std::string uuid_text(const PairIdentity& identity) {
  std::string text;
  for (size_t i = 0; i < identity.uuid.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02x}", static_cast<unsigned>(identity.uuid[i]));
  }
  return text;
}

}  // namespace drydock::engine::metadata
