#include "scenarios/trace.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>

#include "block/buffer.h"
#include "block/holes.h"
#include "scenarios/trace_import.h"

namespace drydock::scenarios {
namespace {

using nlohmann::json;

struct GzClose {
  void operator()(gzFile file) const { gzclose(file); }
};
using GzHandle = std::unique_ptr<gzFile_s, GzClose>;

// Reads plain and gzip'ed files alike, a buffer at a time.
template <class F>
Status for_each_buffer(const std::string& path, F take) {
  const GzHandle file(gzopen(path.c_str(), "rb"));
  if (!file) return failure(ErrorCode::kIo, fmt::format("{}: {}", path, std::strerror(errno)));
  std::vector<char> buffer(1 << 20);
  while (true) {
    const int got = gzread(file.get(), buffer.data(), static_cast<unsigned>(buffer.size()));
    int error = Z_OK;
    if (got <= 0) gzerror(file.get(), &error);  // also where a compressed file ends too early
    if (error == Z_ERRNO) return failure(ErrorCode::kIo, fmt::format("{}: {}", path, std::strerror(errno)));
    if (got < 0 || error != Z_OK)
      return failure(ErrorCode::kIo, fmt::format("{}: cannot be unpacked, it is damaged or cut off", path));
    if (got == 0) return {};
    take(std::string_view(buffer.data(), static_cast<size_t>(got)));
  }
}

std::optional<IoKind> operation_named(std::string_view name) {
  for (const IoKind kind :
       {IoKind::kRead, IoKind::kWrite, IoKind::kFlush, IoKind::kDiscard, IoKind::kWriteZeroes}) {
    if (to_string(kind) == name) return kind;
  }
  return std::nullopt;
}

std::optional<uint64_t> number(const json& line, const char* field) {
  const auto found = line.find(field);
  if (found == line.end() || !found->is_number_unsigned()) return std::nullopt;
  return found->get<uint64_t>();
}

class TraceReader {
 public:
  explicit TraceReader(std::string name) : name_(std::move(name)) {}

  Status take_line(std::string_view text) {
    ++line_;
    if (text.empty()) return {};
    const json line = json::parse(text, nullptr, false);
    if (!line.is_object()) return wrong("no JSON object");
    return has_header_ ? take_request(line) : take_header(line);
  }

  Result<Trace> finish() {
    if (has_header_) return std::move(trace_);
    line_ = 1;
    Status empty = wrong("empty");
    return std::unexpected(empty.error());
  }

 private:
  Status take_header(const json& line) {
    if (line.value("format", json()) != "block-trace") return wrong("no block-trace header");
    if (line.value("version", json()) != 1) return wrong("version is not 1");
    const auto bytes = number(line, "device_bytes");
    if (!bytes || *bytes == 0 || *bytes % kSectorBytes != 0)
      return wrong("device_bytes is no multiple of 512");
    trace_.device = SectorCount(*bytes / kSectorBytes);
    const auto name = line.find("name");
    trace_.name = name != line.end() && name->is_string() ? name->get<std::string>() : name_;
    const uint64_t block = number(line, "logical_block_size").value_or(kSectorBytes);
    if (block == 0 || block % kSectorBytes != 0) return wrong("logical_block_size is no multiple of 512");
    trace_.logical_block = SectorCount(block / kSectorBytes);
    has_header_ = true;
    return {};
  }

  Status take_request(const json& line) {
    const auto at_us = number(line, "t_us");
    const auto offset = number(line, "offset");
    const auto length = number(line, "length");
    const auto op = line.find("op");
    if (!at_us || !offset || !length || op == line.end() || !op->is_string()) {
      return wrong("t_us, offset, length or op is missing, or not what it must be");
    }
    if (!trace_.requests.empty() && *at_us < trace_.requests.back().at_us)
      return wrong("t_us is less than in the line before");
    const std::string& word = op->get_ref<const std::string&>();
    const auto kind = operation_named(word);
    if (!kind) return wrong(fmt::format("unknown op '{}'", word));
    if (*offset % kSectorBytes != 0 || *length % kSectorBytes != 0)
      return wrong("offset or length is no multiple of 512");
    const SectorRange range = {Sector(*offset / kSectorBytes), SectorCount(*length / kSectorBytes)};
    const SectorRange device = {Sector(0), trace_.device};
    if (!device.contains(range)) return wrong("past the end of the device");
    if (range.empty() != (*kind == IoKind::kFlush))
      return wrong("a flush with a length, or another request without one");
    const json fua = line.value("fua", json(false));
    if (!fua.is_boolean()) return wrong("fua is neither true nor false");
    const json fill = line.value("fill", json(""));
    if (!fill.is_string()) return wrong("fill is no text");
    trace_.requests.push_back({.at_us = *at_us,
                               .kind = *kind,
                               .range = range,
                               .fua = fua == true && *kind == IoKind::kWrite ? Fua::kYes : Fua::kNo,
                               .zeros = fill == "0000000000000000"});
    return {};
  }

  Status wrong(std::string_view what) const {
    return failure(ErrorCode::kInvalid, fmt::format("{}: line {}: {}", name_, line_, what));
  }

  std::string name_;
  size_t line_ = 0;
  bool has_header_ = false;
  Trace trace_;
};

// Takes what an image holds, from its beginning to its end, and remembers where it is zero.
class ZeroFinder {
 public:
  explicit ZeroFinder(const std::string& path) : image_{.name = path, .size = SectorCount(0), .zeros = {}} {}

  void take(std::string_view part) {
    rest_ += part;
    std::string_view left = rest_;
    for (; left.size() >= kSectorBytes; left.remove_prefix(kSectorBytes)) {
      const auto sector = std::as_bytes(std::span(left.data(), kSectorBytes));
      all_zero(sector) ? take_zeros(SectorCount(1)) : skip(SectorCount(1));
    }
    rest_.erase(0, rest_.size() - left.size());
  }
  // REQUIRES: what was taken before ends with a sector.
  void take_zeros(SectorCount count) {
    const Sector at = Sector(0) + image_.size;
    if (!image_.zeros.empty() && image_.zeros.back().end() == at) {
      image_.zeros.back().count += count;
    } else {
      image_.zeros.push_back({at, count});
    }
    skip(count);
  }

  Result<SourceImage> image() {
    if (image_.size == SectorCount(0))
      return failure(ErrorCode::kInvalid, fmt::format("{}: shorter than one sector", image_.name));
    return std::move(image_);
  }

 private:
  void skip(SectorCount count) { image_.size += count; }

  SourceImage image_;
  std::string rest_;  // less than a sector
};

// Reads a regular file that is not compressed, and not its holes. False: it is something else, and nothing
// was taken.
Result<bool> read_sparsely(const std::string& path, ZeroFinder& finder) {
  constexpr SectorCount kPiece{2048};
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), &std::fclose);
  struct stat found{};
  if (!file || fstat(fileno(file.get()), &found) != 0 || !S_ISREG(found.st_mode)) return false;
  constexpr std::array<char, 2> kCompressed = {'\x1f', '\x8b'};
  std::array<char, 2> magic{};
  if (std::fread(magic.data(), 1, magic.size(), file.get()) < magic.size() || magic == kCompressed)
    return false;
  SectorRange rest{Sector(0), SectorCount(static_cast<uint64_t>(found.st_size) / kSectorBytes)};
  std::string buffer(bytes_of(kPiece), '\0');
  while (!rest.empty()) {
    Extent extent = extent_of_file(fileno(file.get()), rest);
    if (extent.reads_as_zeros) {
      finder.take_zeros(extent.range.count);
    } else {
      extent.range.count = std::min(extent.range.count, kPiece);
      const size_t bytes = bytes_of(extent.range.count);
      const auto at = static_cast<off_t>(bytes_of(rest.first - Sector(0)));
      const ssize_t got = pread(fileno(file.get()), buffer.data(), bytes, at);
      if (got != static_cast<ssize_t>(bytes)) {
        return failure(ErrorCode::kIo,
                       fmt::format("{}: {}", path, got < 0 ? std::strerror(errno) : "has become shorter"));
      }
      finder.take(std::string_view(buffer).substr(0, bytes));
    }
    rest = SectorRange::between(extent.range.end(), rest.end());
  }
  return true;
}

}  // namespace

Result<Trace> parse_trace(std::string_view text, const std::string& name) {
  TraceReader reader(name);
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const Status taken = reader.take_line(line);
    if (!taken) return std::unexpected(taken.error());
  }
  return reader.finish();
}

Result<std::string> read_packed(const std::string& path) {
  std::string content;
  const Status read = for_each_buffer(path, [&](std::string_view part) { content += part; });
  if (!read) return std::unexpected(read.error());
  return content;
}

Result<Trace> read_trace(const std::string& path) {
  const Result<std::string> text = read_packed(path);
  if (!text) return std::unexpected(text.error());
  return parse_trace(*text, path);
}

Result<SourceImage> read_source_image(const std::string& path) {
  ZeroFinder finder(path);
  const Result<bool> sparse = read_sparsely(path, finder);
  if (!sparse) return std::unexpected(sparse.error());
  if (!*sparse) {
    const Status read = for_each_buffer(path, [&](std::string_view part) { finder.take(part); });
    if (!read) return std::unexpected(read.error());
  }
  return finder.image();
}

}  // namespace drydock::scenarios
