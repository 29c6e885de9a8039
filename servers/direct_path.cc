#include "servers/direct_path.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "block/buffer.h"

namespace drydock::servers {
namespace {

// Longer requests are worth the way to the engine, which has several in flight for each.
constexpr size_t kLongest = size_t{256} * 1024;

bool is_aligned(std::span<const std::byte> data) {
  return reinterpret_cast<uintptr_t>(data.data()) % static_cast<size_t>(Buffer::kAlignment) == 0;
}

}  // namespace

std::unique_ptr<DirectPath> DirectPath::open(const std::string& destination, engine::devices::Caching caching,
                                             Geometry geometry,
                                             std::shared_ptr<const engine::HydratedMap> hydrated) {
  const int direct = caching == engine::devices::Caching::kDirect ? O_DIRECT : 0;
  engine::devices::OpenDescriptor file(::open(destination.c_str(), O_RDWR | O_CLOEXEC | direct));
  if (!file.is_open()) return nullptr;
  return std::unique_ptr<DirectPath>(
      new DirectPath(destination, std::move(file), geometry, std::move(hydrated)));
}

std::optional<Status> DirectPath::perform(IoKind kind, SectorRange range, std::span<std::byte> data,
                                          Fua fua) const {
  const bool moves_data = kind == IoKind::kRead || kind == IoKind::kWrite;
  if (!moves_data || fua == Fua::kYes || data.empty() || data.size() > kLongest) return std::nullopt;
  if (!hydrated_->contains_all(geometry_.regions_touched(range))) return std::nullopt;
  if (is_aligned(data)) return transfer(kind, range, data);
  thread_local Buffer aligned(kLongest);
  const std::span<std::byte> copy = aligned.first(data.size());
  if (kind == IoKind::kWrite) std::memcpy(copy.data(), data.data(), data.size());
  Status status = transfer(kind, range, copy);
  if (status && kind == IoKind::kRead) std::memcpy(data.data(), copy.data(), data.size());
  return status;
}

Status DirectPath::transfer(IoKind kind, SectorRange range, std::span<std::byte> data) const {
  auto at = static_cast<off_t>(bytes_of(range.first - Sector(0)));
  while (!data.empty()) {
    const ssize_t moved = kind == IoKind::kRead ? pread(file_.number(), data.data(), data.size(), at)
                                                : pwrite(file_.number(), data.data(), data.size(), at);
    if (moved < 0 && errno == EINTR) continue;
    if (moved <= 0) {
      return failure(moved < 0 && errno == ENOSPC ? ErrorCode::kNoSpace : ErrorCode::kIo,
                     fmt::format("{}: {} of {} sectors at {}: {}", name_, to_string(kind), range.count,
                                 range.first, moved == 0 ? "the device has shrunk" : std::strerror(errno)));
    }
    data = data.subspan(static_cast<size_t>(moved));
    at += moved;
  }
  return {};
}

}  // namespace drydock::servers
