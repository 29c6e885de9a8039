// How a write log lies in its file (write_log_file.h); for those two who write and read it.
#pragma once

#include <fmt/format.h>
#include <isa-l/crc.h>

#include <array>
#include <bit>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <utility>

#include "block/result.h"
#include "block/units.h"

namespace drydock::servers::log_format {

static_assert(std::endian::native == std::endian::little);

inline constexpr std::array<char, 8> kMagic = {'d', 'r', 'y', 'd', 'k', 'l', 'o', 'g'};
inline constexpr uint32_t kVersion = 1;
inline constexpr size_t kHeaderBytes = 16;
inline constexpr size_t kRecordBytes = 9;  // before the payload
inline constexpr size_t kMostPayload = 1 << 21;
inline constexpr SectorCount kMostSectors{1 << 11};  // of one data record
inline constexpr size_t kWriteAt = 1 << 20;          // bytes
inline constexpr SectorCount kLargestDisk{uint64_t{1} << 44};

enum Type : uint8_t { kDisk = 1, kClone = 2, kPreset = 3, kData = 4, kEvent = 5 };

inline uint32_t checksum(uint8_t type, std::span<const std::byte> payload, std::span<const std::byte> more) {
  const auto bytes_at = [](std::span<const std::byte> bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
  };
  uint32_t sum = crc32_gzip_refl(0, &type, 1);
  sum = crc32_gzip_refl(sum, bytes_at(payload), payload.size());
  return more.empty() ? sum : crc32_gzip_refl(sum, bytes_at(more), more.size());
}

inline std::unexpected<Error> failed(const std::string& path, int reason) {
  const ErrorCode code = reason == ENOENT                      ? ErrorCode::kNotFound
                         : reason == ENOSPC                    ? ErrorCode::kNoSpace
                         : reason == EACCES || reason == EPERM ? ErrorCode::kInvalid
                                                               : ErrorCode::kIo;
  return failure(code, fmt::format("{}: {}", path, std::strerror(reason)));
}

}  // namespace drydock::servers::log_format
