// drydock meta format and size: before there is a clone.
#include <fmt/format.h>

#include "block/size_words.h"
#include "block/task.h"
#include "cli/meta.h"
#include "engine/metadata/restore.h"
#include "engine/metadata/size.h"

namespace drydock::cli::meta {
namespace {

using engine::metadata::blocks_for_worst_commit;
using engine::metadata::blocks_used;

Status format_at(const std::string& path, Geometry geometry, bool force) {
  const auto disk = open_for_writing(path, geometry);
  if (!disk) return std::unexpected(disk.error());
  const Status blank = check_may_be_written(path, geometry, force);
  if (!blank) return blank;
  const RegionSet nothing;
  const Status written = run_now(engine::metadata::restore(**disk, geometry, nothing));
  if (!written) return std::unexpected(named(path, written.error()));
  warn_if_small(path, **disk);
  return {};
}

// The smallest device that can be formatted. A larger one may need another bitmap.
BlockCount smallest(Geometry geometry) {
  BlockCount device = blocks_used(geometry, BlockCount(0));
  for (BlockCount needed = blocks_used(geometry, device); needed > device;) {
    device = needed;
    needed = blocks_used(geometry, device);
  }
  return device;
}

void print_size(std::string_view name, BlockCount blocks) {
  fmt::print("{}  {} blocks, {} bytes ({})\n", name, blocks, bytes_of(blocks),
             readable_bytes(bytes_of(blocks)));
}

}  // namespace

int format(std::span<const std::string> arguments) {
  std::string path;
  GeometryWords words;
  bool force = false;
  CLI::App app(
      "Writes the metadata of a clone in which nothing is hydrated. A file that is not there, or is empty, "
      "is "
      "made as\nlarge as any commit may need.",
      "drydock meta format");
  app.add_option("DEV", path, "a block device or a file")->required();
  words.add_to(app, true, "");
  app.add_flag("--force", force, "although the device is not blank");
  app.footer("Example: drydock meta format --region-size=4KiB --target-size=1TiB /dev/vg/metadata");
  if (const auto code = parse(app, arguments)) return *code;
  const auto geometry = words.both();
  if (!geometry) return usage(geometry.error());
  const Status formatted = format_at(path, **geometry, force);
  if (!formatted) return environment(formatted.error());
  words.echo();
  return kGood;
}

int size(std::span<const std::string> arguments) {
  GeometryWords words;
  bool json = false;
  CLI::App app(
      "Prints how large a metadata device must be: to be formatted, and for any commit, even one that "
      "touches "
      "every\narray block.",
      "drydock meta size");
  words.add_to(app, true, "");
  app.add_flag("--json", json, "print it as JSON");
  app.footer("Example: drydock meta size --region-size=4KiB --target-size=1TiB");
  if (const auto code = parse(app, arguments)) return *code;
  const auto geometry = words.both();
  if (!geometry) return usage(geometry.error());
  const BlockCount formatted = smallest(**geometry);
  const BlockCount any_commit = blocks_for_worst_commit(**geometry, BlockCount(0));
  if (json) {
    fmt::print(
        "{{\"regions\": {}, \"format_blocks\": {}, \"format_bytes\": {}, \"any_commit_blocks\": {}, "
        "\"any_commit_bytes\": {}}}\n",
        (*geometry)->regions(), formatted, bytes_of(formatted), any_commit, bytes_of(any_commit));
    return kGood;
  }
  fmt::print("{}\n", readable_geometry(**geometry));
  print_size("to format  ", formatted);
  print_size("any commit ", any_commit);
  return kGood;
}

}  // namespace drydock::cli::meta
