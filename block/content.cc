#include "block/content.h"

#include <fmt/format.h>

#include <cstring>

#include "block/buffer.h"
#include "block/check.h"

namespace drydock {
namespace {

constexpr uint64_t kStampMagic = 0x6b636f6479726400;  // "drydock", then a zero that no text file starts with
constexpr size_t kStampBytes = 16;

uint64_t word_at(std::span<const std::byte> bytes, size_t offset) {
  uint64_t word = 0;
  std::memcpy(&word, bytes.data() + offset, sizeof word);
  return word;
}

}  // namespace

std::string to_string(Content content) {
  using Kind = Content::Kind;
  switch (content.kind()) {
    case Kind::kZero:
      return "zeros";
    case Kind::kSource:
      return fmt::format("the source's sector {}", content.payload());
    case Kind::kStale:
      return fmt::format("stale data of sector {}, never written", content.payload());
    case Kind::kWrite:
      return fmt::format("data of write #{}, its sector {}", content.request(), content.offset());
    case Kind::kGarbage:
      return fmt::format("garbage left by the {}'s discard #{}", to_string(content.device()),
                         content.request());
    case Kind::kChanging:
      return fmt::format("ever new garbage since the {}'s discard #{}", to_string(content.device()),
                         content.request());
    case Kind::kShorn:
      return fmt::format("a mixture left by {} request #{}", to_string(content.device()), content.request());
    case Kind::kRot:
      return "rotten bits";
    case Kind::kBytes:
      return fmt::format("bytes @{}", content.payload());
    case Kind::kAnything:
      return "anything, for it is discarded";
  }
  return "unknown";
}

void append_run(std::vector<ContentRun>& runs, ContentRun run) {
  if (run.range.empty()) return;
  if (!runs.empty() && runs.back().range.end() == run.range.first &&
      runs.back().first.advanced(runs.back().range.count) == run.first) {
    runs.back().range.count += run.range.count;
    return;
  }
  runs.push_back(run);
}

void overwrite_run(std::vector<ContentRun>& runs, ContentRun run) {
  std::vector<ContentRun> result;
  const auto part_between = [](const ContentRun& old, Sector begin, Sector end) {
    const SectorRange part = SectorRange::between(begin, end).intersect(old.range);
    return part.empty() ? ContentRun{part, old.first} : old.clipped(part);
  };
  for (const ContentRun& old : runs) append_run(result, part_between(old, Sector(0), run.range.first));
  append_run(result, run);
  for (const ContentRun& old : runs) append_run(result, part_between(old, run.range.end(), old.range.end()));
  runs = std::move(result);
}

Content SectorBytes::content_of(std::span<const std::byte> sector) {
  const uint64_t magic = word_at(sector, 0);
  const bool tail_is_zero = all_zero(sector.subspan(kStampBytes));
  const uint64_t stamp = word_at(sector, 8);
  if (tail_is_zero && magic == kStampMagic && Content::from_bits(stamp).is_stamp())
    return Content::from_bits(stamp);
  if (tail_is_zero && magic == 0 && stamp == 0) return Content::zero();
  SectorImage& image = images_.emplace_back();
  std::memcpy(image.data(), sector.data(), kSectorBytes);
  return Content::bytes(images_.size() - 1);
}

void SectorBytes::write_to(std::span<std::byte> sector, Content content) const {
  CHECK(content.kind() != Content::Kind::kAnything && content.kind() != Content::Kind::kChanging);
  if (content.kind() == Content::Kind::kBytes) {
    std::memcpy(sector.data(), image(content).data(), kSectorBytes);
    return;
  }
  std::memset(sector.data(), 0, kSectorBytes);
  if (content.kind() == Content::Kind::kZero) return;
  const uint64_t stamp = content.bits();
  std::memcpy(sector.data(), &kStampMagic, sizeof kStampMagic);
  std::memcpy(sector.data() + sizeof kStampMagic, &stamp, sizeof stamp);
}

bool SectorBytes::equal(Content a, Content b) const {
  if (a == b) return true;
  if (a.kind() != Content::Kind::kBytes || b.kind() != Content::Kind::kBytes) return false;
  return image(a) == image(b);
}

void SectorBytes::append_contents(std::span<const std::byte> data, SectorRange range,
                                  std::vector<ContentRun>& runs) {
  CHECK(data.size() == bytes_of(range.count));
  for (size_t i = 0; i < range.count.value(); ++i) {
    const Content content = content_of(data.subspan(i * kSectorBytes, kSectorBytes));
    append_run(runs, {{range.first + SectorCount(i), SectorCount(1)}, content});
  }
}

void SectorBytes::write_run(std::span<std::byte> data, ContentRun run) const {
  CHECK(data.size() == bytes_of(run.range.count));
  for (size_t i = 0; i < run.range.count.value(); ++i) {
    write_to(data.subspan(i * kSectorBytes, kSectorBytes), run.first.advanced(SectorCount(i)));
  }
}

}  // namespace drydock
