// drydock meta: sizes, geometries and devices as words.

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "block/size_words.h"
#include "block/task.h"
#include "cli/meta.h"
#include "engine/devices/contents.h"
#include "engine/metadata/layout.h"
#include "engine/metadata/size.h"

namespace drydock::cli::meta {
namespace {

using engine::devices::Access;

CLI::Validator size_word() {
  const auto check = [](std::string& text) {
    const Result<SectorCount> size = parse_size(text);
    return size ? std::string() : size.error().message;
  };
  return CLI::Validator(check, "");
}

std::optional<SectorCount> parsed(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return *parse_size(text);
}

}  // namespace

void GeometryWords::add_to(CLI::App& app, bool required, const std::string& what_for) {
  app.add_option("--region-size", region_size, "of the clone" + what_for)
      ->required(required)
      ->check(size_word());
  app.add_option("--target-size", target_size, "size of the clone" + what_for)
      ->required(required)
      ->check(size_word());
}

std::optional<SectorCount> GeometryWords::region() const { return parsed(region_size); }
std::optional<SectorCount> GeometryWords::target() const { return parsed(target_size); }

Result<std::optional<Geometry>> GeometryWords::both() const {
  if (!region() && !target()) return std::nullopt;
  if (!region() || !target()) {
    return failure(ErrorCode::kInvalid,
                   fmt::format("--{}-size: is needed too", region() ? "target" : "region"));
  }
  const Geometry geometry{.size = *target(), .region_size = *region()};
  const Status possible = engine::metadata::check_geometry(geometry);
  if (!possible) {
    return failure(ErrorCode::kInvalid, "--region-size, --target-size: " + possible.error().message);
  }
  return geometry;
}

void GeometryWords::echo() const { complain(readable_geometry(**both())); }

Status check_not_foreign(const std::string& path) {
  const auto found = engine::devices::contents_of(path);
  if (!found) return std::unexpected(found.error());
  using enum engine::devices::ContentKind;
  if (found->kind != kRecognised && found->kind != kData) return {};
  return failure(ErrorCode::kInvalid,
                 fmt::format("{}: no dm-clone metadata: looks like {}", path, found->what));
}

Status check_may_be_written(const std::string& path, Geometry geometry, bool force) {
  if (force) return {};
  const auto found =
      engine::devices::contents_of(path, engine::metadata::blocks_for_worst_commit(geometry, BlockCount(0)));
  if (!found) return std::unexpected(found.error());
  if (found->kind == engine::devices::ContentKind::kBlank) return {};
  return failure(ErrorCode::kInUse,
                 fmt::format("{}: is not blank: looks like {}, which would be gone; --force overwrites it",
                             path, found->what));
}

void warn_if_small(const std::string& path, Disk& disk) {
  const Result<engine::metadata::Loaded> loaded = run_now(engine::metadata::load(disk));
  if (!loaded || loaded->blank || engine::metadata::has_room_for_the_rest(*loaded)) return;
  const Geometry geometry{.size = loaded->target_size, .region_size = loaded->region_size};
  const BlockCount device(disk.limits().size / kSectorsPerBlock);
  const BlockCount needed = engine::metadata::blocks_for_worst_commit(geometry, device);
  complain(fmt::format(
      "warning: {}: {} bytes are too small for a clone, which may need {} for one commit: make the device "
      "larger, and restore a dump to it",
      path, bytes_of(device), bytes_of(needed)));
}

Result<engine::metadata::Loaded> load_from(const std::string& path, Access access) {
  const Result<std::unique_ptr<Disk>> disk = engine::devices::open_file(path, access);
  if (!disk) return std::unexpected(disk.error());
  const Status known = check_not_foreign(path);
  if (!known) return std::unexpected(known.error());
  Result<engine::metadata::Loaded> loaded = run_now(engine::metadata::load(**disk));
  if (loaded && !loaded->blank) return loaded;
  if (loaded)
    return failure(ErrorCode::kDamaged, path + ": superblock: blank, there is no metadata, or no more");
  return std::unexpected(named(path, loaded.error()));
}

Result<std::unique_ptr<Disk>> open_for_writing(const std::string& path, Geometry geometry) {
  Result<std::unique_ptr<Disk>> disk = engine::devices::open_file(path, Access::kWrite);
  const bool is_empty = disk && (*disk)->limits().size == SectorCount(0);
  const bool is_missing = !disk && disk.error().code == ErrorCode::kNotFound;
  if (!is_empty && !is_missing) return disk;
  if (disk) disk->reset();  // its lock
  const BlockCount blocks = engine::metadata::blocks_for_worst_commit(geometry, BlockCount(0));
  return engine::devices::create_file(path, SectorCount(bytes_of(blocks) / kSectorBytes));
}

void for_each_run(const RegionSet& regions, Geometry geometry, const std::function<void(RegionRange)>& f) {
  const Region end = geometry.all_regions().end();
  auto first = regions.next_present(Region(0), end);
  while (first) {
    const Region after = regions.next_absent(*first, end).value_or(end);
    f(RegionRange::between(*first, after));
    first = regions.next_present(after, end);
  }
}

std::string to_text(RegionRange range) {
  if (range.count == RegionCount(1)) return fmt::format("{}", range.first);
  return fmt::format("{}-{}", range.first, range.end() - RegionCount(1));
}

double percent(RegionCount part, RegionCount whole) {
  return 100.0 * static_cast<double>(part.value()) / static_cast<double>(whole.value());
}

std::string pair_json(const engine::metadata::PairIdentity& pair) {
  if (!pair.is_known()) return "null";
  const auto record = [](const engine::metadata::DeviceRecord& of) {
    return fmt::format("{{\"size\": {}, \"id\": {}, \"name\": {}}}", of.size,
                       json_text(std::string(of.id.view())), json_text(std::string(of.name.view())));
  };
  return fmt::format("{{\"uuid\": \"{}\", \"source\": {}, \"destination\": {}}}", uuid_text(pair),
                     record(pair.source), record(pair.destination));
}

std::string json_text(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Error named(const std::string& path, Error error) {
  // A device's own errors begin with it.
  if (!error.message.starts_with(path + ": ")) error.message = path + ": " + error.message;
  return error;
}

int environment(const Error& error) {
  complain(error.message);
  return kEnvironment;
}

int usage(const Error& error) {
  complain(error.message);
  return kUsage;
}

}  // namespace drydock::cli::meta
