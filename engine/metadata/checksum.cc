#include "engine/metadata/checksum.h"

#include <isa-l/crc.h>

namespace drydock::engine::metadata {

uint32_t block_checksum(ConstBlockBytes bytes, BlockKind kind) {
  const auto covered = bytes.subspan<sizeof(uint32_t)>();
  // ISA-L's CRC32C inverts neither the seed nor the result, as the format wants it. It does not write to the
  // buffer; its interface is older than const.
  auto* data = const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(covered.data()));
  const uint32_t crc = crc32_iscsi(data, static_cast<int>(covered.size()), ~uint32_t{0});
  return crc ^ static_cast<uint32_t>(kind);
}

}  // namespace drydock::engine::metadata
