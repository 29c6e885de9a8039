#include "engine/devices/contents.h"

#include <blkid.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "block/buffer.h"
#include "engine/devices/held_file.h"
#include "engine/devices/open_descriptor.h"
#include "engine/metadata/fields.h"
#include "engine/metadata/flaws.h"

namespace drydock::engine::devices {
namespace {

using metadata::BlockKind;
using metadata::ConstBlockBytes;

constexpr uint64_t kPieceBytes = uint64_t{1} << 20;
constexpr uint64_t kTailBytes = uint64_t{1} << 20;

// ---- reading ----

struct OpenedDevice {
  std::string path;
  OpenDescriptor file;
  uint64_t bytes = 0;
};

// Nothing if there is no such file.
Result<std::optional<OpenedDevice>> open_to_look(const std::string& path) {
  OpenDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file.is_open() && errno == ENOENT) return std::nullopt;
  struct stat found{};
  if (!file.is_open() || fstat(file.number(), &found) != 0) return failed(path, errno);
  auto bytes = static_cast<uint64_t>(found.st_size);
  if (S_ISBLK(found.st_mode)) {
    if (ioctl(file.number(), BLKGETSIZE64, &bytes) != 0) return failed(path, errno);
    // What a device-mapper target wrote went past the cache of the block device.
    posix_fadvise(file.number(), 0, 0, POSIX_FADV_DONTNEED);
  } else if (!S_ISREG(found.st_mode)) {
    return failure(ErrorCode::kInvalid, path + ": neither a regular file nor a block device");
  }
  return OpenedDevice{.path = path, .file = std::move(file), .bytes = bytes};
}

Status read_at(const OpenedDevice& device, uint64_t at, std::span<std::byte> data) {
  while (!data.empty()) {
    const ssize_t got = pread(device.file.number(), data.data(), data.size(), static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(device.path, errno);
    if (got == 0) return failure(ErrorCode::kIo, device.path + ": has become shorter");
    data = data.subspan(static_cast<size_t>(got));
    at += static_cast<size_t>(got);
  }
  return {};
}

// Where data is from `at` on; the device's end if there is none. Holes of files need not be read.
uint64_t next_data(const OpenedDevice& device, uint64_t at) {
  const off_t found = lseek(device.file.number(), static_cast<off_t>(at), SEEK_DATA);
  if (found >= 0) return static_cast<uint64_t>(found);
  return errno == ENXIO ? device.bytes : at;
}

// ---- what has a name ----

// Formats that libblkid does not know, or only newer ones. Sources: the kernel's drivers/md, and the
// specifications of the image formats.
struct Magic {
  size_t offset = 0;
  std::string_view bytes;
  std::string_view what;
};

using std::string_view_literals::operator""sv;
constexpr std::array kMagics = {
    Magic{32, "\xba\x52\x9c\x01\0\0\0\0"sv, "dm-thin metadata"},  // 27022010
    Magic{32, "\x03\xc4\x18\0\0\0\0\0"sv, "dm-cache metadata"},   // 06142003, which is octal
    Magic{32, "\x7b\x07\xc1\x7e\0\0\0\0"sv, "dm-era metadata"},   // 2126579579
    Magic{0, "\x21\x93\x48\x23"sv, "a dm-writecache device"},     // 0x23489321
    Magic{0, "rRiM"sv, "the log of a dm-mirror"},                 // 0x4D695272
    Magic{0, "DmRd"sv, "dm-raid metadata"},                       // 0x64526D44
    Magic{0, "QFI\xfb"sv, "a qcow2 image"},
    Magic{0, "QED\0"sv, "a QED image"},
    Magic{0, "KDMV"sv, "a VMDK image"},
    Magic{0, "vhdxfile"sv, "a VHDX image"},
    Magic{0, "conectix"sv, "a VHD image"},
    Magic{64, "\x7f\x10\xda\xbe"sv, "a VDI image"},
    Magic{0, "drydock: a restore is under way"sv, "metadata whose restore was cut off"},
    Magic{0, "drydock metadata-dump"sv, "a dump of metadata, which drydock meta restore reads"},
};

bool has(ConstBlockBytes bytes, const Magic& magic) {
  return std::ranges::equal(bytes.subspan(magic.offset, magic.bytes.size()),
                            std::as_bytes(std::span(magic.bytes)));
}

bool is_clone_superblock(ConstBlockBytes bytes) {
  using namespace metadata::fields;
  return get<uint64_t>(bytes, superblock::kMagicAt) == superblock::kMagic ||
         metadata::sealed_as(bytes) == BlockKind::kSuperblock;
}

struct Signature {
  std::string what;
  std::string identity;
};

std::string value_of(blkid_probe probe, const char* name) {
  const char* value = nullptr;
  return blkid_probe_lookup_value(probe, name, &value, nullptr) == 0 && value != nullptr ? value : "";
}

std::string with_article(const std::string& type) {
  constexpr std::array kSpokenWithAVowel = {"ntfs"sv, "f2fs"sv, "hfs"sv, "xfs"sv};
  const bool vowel =
      std::string_view("aeio").contains(type.front()) ||
      std::ranges::any_of(kSpokenWithAVowel, [&](auto name) { return type.starts_with(name); });
  return (vowel ? "an " : "a ") + type;
}

std::string named_superblock(const std::string& type, const std::string& usage, const std::string& version) {
  if (type == "linux_raid_member") return "a member of MD RAID" + (version.empty() ? "" : " " + version);
  if (type == "LVM2_member") return "a physical volume of LVM";
  if (type == "crypto_LUKS") return "a LUKS volume";
  if (type == "swap") return "swap space";
  if (type == "bcache") return "a bcache device";
  if (type == "zfs_member") return "a member of a ZFS pool";
  if (usage == "filesystem") return with_article(type) + " file system";
  return usage == "raid" ? "a member of " + type : type;
}

// All that libblkid finds, file systems and RAID members first, then a partition table.
Result<std::vector<Signature>> probed(const OpenedDevice& device) {
  const std::unique_ptr<blkid_struct_probe, void (*)(blkid_probe)> owned(blkid_new_probe(), blkid_free_probe);
  blkid_probe probe = owned.get();
  if (probe == nullptr || blkid_probe_set_device(probe, device.file.number(), 0, 0) != 0)
    return failure(ErrorCode::kIo, device.path + ": libblkid cannot look at it");
  blkid_probe_enable_superblocks(probe, 1);
  blkid_probe_set_superblocks_flags(
      probe, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_USAGE | BLKID_SUBLKS_UUID | BLKID_SUBLKS_VERSION);
  blkid_probe_enable_partitions(probe, 1);
  std::vector<Signature> found;
  int more = blkid_do_probe(probe);
  for (; more == 0; more = blkid_do_probe(probe)) {
    if (const std::string type = value_of(probe, "TYPE"); !type.empty()) {
      found.push_back({named_superblock(type, value_of(probe, "USAGE"), value_of(probe, "VERSION")),
                       fmt::format("{} {}", type, value_of(probe, "UUID"))});
    } else if (const std::string table = value_of(probe, "PTTYPE"); !table.empty()) {
      found.push_back({fmt::format("a partition table ({})", table),
                       fmt::format("{} {}", table, value_of(probe, "PTUUID"))});
    }
  }
  if (more < 0) return failure(ErrorCode::kIo, device.path + ": libblkid cannot read it");
  return found;
}

// "an ext4 file system and a partition table (gpt)".
Contents listed(const std::vector<Signature>& found, std::string* identity) {
  Contents contents;
  std::vector<std::string_view> named;
  for (const Signature& signature : found) {
    if (identity != nullptr) *identity += signature.identity + "\n";
    if (std::ranges::find(named, signature.what) != named.end()) continue;
    named.push_back(signature.what);
    contents.what += (contents.what.empty() ? "" : " and ") + signature.what;
  }
  if (!contents.what.empty()) contents.kind = ContentKind::kRecognised;
  return contents;
}

Result<Contents> look_for_names(const OpenedDevice& device, std::string* identity) {
  if (device.bytes >= kBlockBytes) {
    Buffer buffer(kBlockBytes);
    const auto first = buffer.span().first<kBlockBytes>();
    Status read = read_at(device, 0, first);
    if (!read) return std::unexpected(std::move(read.error()));
    if (is_clone_superblock(first)) return Contents{ContentKind::kCloneMetadata, "dm-clone metadata"};
    const auto magic = std::ranges::find_if(kMagics, [&](const Magic& each) { return has(first, each); });
    if (magic != kMagics.end()) {
      if (identity != nullptr) *identity = magic->what;
      return Contents{ContentKind::kRecognised, std::string(magic->what)};
    }
  }
  const auto found = probed(device);
  if (!found) return std::unexpected(found.error());
  return listed(*found, identity);
}

// ---- what has none ----

class Search {
 public:
  explicit Search(const OpenedDevice& device) : device_(device) {}

  // REQUIRES: both are multiples of the block size, or `end` is the device's.
  Status look(uint64_t begin, uint64_t end) {
    for (uint64_t at = begin; at < end;) {
      at = std::max(at, next_data(device_, at) / kBlockBytes * kBlockBytes);
      if (at >= end) break;
      const uint64_t bytes = std::min(kPieceBytes, end - at);
      const auto piece = buffer_.span().first(bytes);
      Status read = read_at(device_, at, piece);
      if (!read) return read;
      if (!all_zero(piece)) look_into(piece, at);
      at += bytes;
    }
    return {};
  }

  // A block with a checksum of ours says more than a byte that is not zero.
  Contents found() const {
    if (!sealed_.empty()) return {ContentKind::kLostMetadata, sealed_};
    if (first_byte_) {
      return {ContentKind::kData, fmt::format("data of an unknown kind (byte {} is not zero)", *first_byte_)};
    }
    return {};
  }

 private:
  void look_into(std::span<const std::byte> piece, uint64_t at) {
    if (!first_byte_) {
      const auto byte = std::ranges::find_if(piece, [](std::byte each) { return each != std::byte{0}; });
      first_byte_ = at + static_cast<uint64_t>(byte - piece.begin());
    }
    for (size_t i = 0; sealed_.empty() && i + kBlockBytes <= piece.size(); i += kBlockBytes) {
      const auto block = piece.subspan(i).first<kBlockBytes>();
      const auto kind = all_zero(block) ? std::nullopt : metadata::sealed_as(block);
      if (kind) note(*kind, (at + i) / kBlockBytes);
    }
  }

  void note(BlockKind kind, uint64_t block) {
    if (kind == BlockKind::kSuperblock) {
      sealed_ = fmt::format("dm-clone metadata that begins at block {}", block);
    } else {
      sealed_ = fmt::format("dm-clone metadata whose superblock was lost (block {} is an intact {})", block,
                            to_string(kind));
    }
  }

  const OpenedDevice& device_;
  Buffer buffer_{kPieceBytes};
  std::optional<uint64_t> first_byte_;
  std::string sealed_;
};

}  // namespace

Result<Contents> contents_of(const std::string& path, BlockCount written) {
  const auto device = open_to_look(path);
  if (!device) return std::unexpected(device.error());
  if (!*device || (*device)->bytes == 0) return Contents{};
  Result<Contents> named = look_for_names(**device, nullptr);
  if (!named || named->kind == ContentKind::kCloneMetadata) return named;
  const uint64_t bytes = (*device)->bytes;
  const uint64_t head = std::min(bytes, std::max(bytes_of(written), kTailBytes));
  Search search(**device);
  Status looked = search.look(0, head);
  const uint64_t tail = std::max(head, (bytes - std::min(bytes, kTailBytes)) / kBlockBytes * kBlockBytes);
  if (looked) looked = search.look(tail, bytes);
  if (!looked) return std::unexpected(std::move(looked.error()));
  const Contents unnamed = search.found();
  // The other targets' metadata has blocks with the same checksums: its superblock's magic decides.
  const bool is_other_target = named->what.starts_with("dm-");
  const bool is_named = named->kind == ContentKind::kRecognised;
  if (is_named && (is_other_target || unnamed.kind != ContentKind::kLostMetadata)) return named;
  return unnamed;
}

Result<Contents> recognised_on(const std::string& path, std::string* identity) {
  const auto device = open_to_look(path);
  if (!device) return std::unexpected(device.error());
  if (!*device || (*device)->bytes == 0) return Contents{};
  return look_for_names(**device, identity);
}

}  // namespace drydock::engine::devices
