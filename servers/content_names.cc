#include "servers/content_names.h"

#include <cstring>

#include "block/buffer.h"
#include "block/check.h"
#include "block/mixed.h"

namespace drydock::servers {
namespace {

constexpr size_t kStampBytes = 16;

}  // namespace

void ContentNames::append(SectorRange range, std::span<const std::byte> data, std::optional<Content> origin,
                          std::vector<ContentRun>& runs) {
  if (data.empty()) return append_run(runs, {range, Content::zero()});
  CHECK(data.size() == bytes_of(range.count));
  for (uint64_t i = 0; i < range.count.value(); ++i) {
    const std::optional<Content> here =
        origin ? std::optional(origin->advanced(SectorCount(i))) : std::nullopt;
    const Content name = name_of(data.subspan(i * kSectorBytes, kSectorBytes), here);
    append_run(runs, {{range.first + SectorCount(i), SectorCount(1)}, name});
  }
}

Content ContentNames::name_of(std::span<const std::byte> sector, std::optional<Content> origin) {
  if (all_zero(sector)) return Content::zero();
  const auto [place, is_new] = names_.try_emplace(digest_of(sector));
  if (!is_new) return place->second;
  // What a discard left behind says so itself.
  const bool may_be_stamp = all_zero(sector.subspan(kStampBytes));
  place->second = origin && !may_be_stamp ? *origin : bytes_.content_of(sector);
  return place->second;
}

ContentNames::Digest ContentNames::digest_of(std::span<const std::byte> sector) {
  Digest digest = {0x9e3779b97f4a7c15, 0xd1b54a32d192ed03};
  for (size_t offset = 0; offset < kSectorBytes; offset += 8) {
    uint64_t word = 0;
    std::memcpy(&word, sector.data() + offset, sizeof word);
    digest.first = mixed(digest.first, word);
    digest.second = mixed(digest.second, word * 0xda942042e4dd58b5);
  }
  return digest;
}

}  // namespace drydock::servers
