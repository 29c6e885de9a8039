// drydock meta check and stat: what a metadata device holds.
#include <fmt/format.h>

#include "block/buffer.h"
#include "block/size_words.h"
#include "block/task.h"
#include "cli/meta.h"
#include "engine/devices/contents.h"
#include "engine/metadata/check.h"
#include "engine/metadata/layout.h"
#include "engine/metadata/size.h"
#include "reports/metadata_report.h"

namespace drydock::cli::meta {
namespace {

using engine::devices::Access;
using engine::devices::ContentKind;
using engine::devices::Contents;
using engine::devices::open_file;
using engine::metadata::CheckReport;
using engine::metadata::Loaded;

void print_json(const Loaded& loaded) {
  const Geometry geometry{.size = loaded.target_size, .region_size = loaded.region_size};
  fmt::print(
      "{{\"region_size\": {}, \"target_size\": {}, \"regions\": {}, \"hydrated\": {}, \"percent\": {:.2f},\n"
      " \"blocks\": {}, \"blocks_used\": {}, \"blocks_for_any_commit\": {},\n"
      " \"index\": {}, \"ref_count_root\": {}, \"bitset_root\": {}, \"nodes\": {}, \"array_blocks\": {},\n"
      " \"pair\": {}}}\n",
      geometry.region_size, geometry.size, geometry.regions(), loaded.hydrated.count(),
      percent(loaded.hydrated.count(), geometry.regions()), loaded.total, loaded.used,
      engine::metadata::blocks_for_worst_commit(geometry, loaded.total), loaded.structure.space.index(),
      loaded.structure.ref_count_root, loaded.structure.tree.nodes.front().block,
      loaded.structure.tree.nodes.size(), loaded.structure.tree.arrays.size(), pair_json(loaded.identity));
}

void print_record(std::string_view what, const engine::metadata::DeviceRecord& record) {
  fmt::print("{}{} ({}), {}\n", what, record.name.view(), readable_bytes(bytes_of(record.size)),
             record.id.empty() ? "nothing lasting is known of it" : record.id.view());
}

void print_text(const Loaded& loaded) {
  const Geometry geometry{.size = loaded.target_size, .region_size = loaded.region_size};
  const BlockCount needed = engine::metadata::blocks_for_worst_commit(geometry, loaded.total);
  fmt::print("region size   {} sectors ({})\n", geometry.region_size,
             readable_bytes(bytes_of(geometry.region_size)));
  fmt::print("target size   {} sectors ({})\n", geometry.size, readable_bytes(bytes_of(geometry.size)));
  fmt::print("hydrated      {} of {} regions ({:.2f} %)\n", loaded.hydrated.count(), geometry.regions(),
             percent(loaded.hydrated.count(), geometry.regions()));
  fmt::print("blocks        {} of {} in use; {} are enough for any commit\n", loaded.used, loaded.total,
             needed);
  fmt::print("index         block {}\n", loaded.structure.space.index());
  fmt::print("ref-counts    block {}\n", loaded.structure.ref_count_root);
  fmt::print("bitset root   block {}; {}, {}\n", loaded.structure.tree.nodes.front().block,
             counted(loaded.structure.tree.nodes.size(), "btree node"),
             counted(loaded.structure.tree.arrays.size(), "array block"));
  const engine::metadata::PairIdentity& pair = loaded.identity;
  fmt::print("pair          {}\n",
             pair.is_known() ? uuid_text(pair) : "unknown: it does not say whose it is");
  if (!pair.is_known()) return;
  print_record("source        ", pair.source);
  print_record("destination   ", pair.destination);
}

bool is_foreign(const Contents& contents) {
  return contents.kind == ContentKind::kRecognised || contents.kind == ContentKind::kData;
}

// Of a device that never was metadata, damage would be the wrong word.
int tell_of_foreign(const Contents& contents, bool json) {
  if (json) {
    fmt::print("{{\"looks_like\": {}}}\n", json_text(contents.what));
  } else {
    fmt::print("no dm-clone metadata: looks like {}\n", contents.what);
  }
  return kFinding;
}

// The check itself looks for what is left in the right places only.
bool add_remains(const Contents& contents, CheckReport& report) {
  using engine::metadata::Severity;
  if (contents.kind != ContentKind::kLostMetadata || !report.clean()) return false;
  report.faults.push_back({.severity = Severity::kDangerous,
                           .what = fmt::format("superblock: all zeros, but this looks like {}: a start would "
                                               "format the device and forget what was hydrated",
                                               contents.what),
                           .block = engine::metadata::kSuperblockAt,
                           .offset = 0});
  report.worst = Severity::kDangerous;
  return true;
}

}  // namespace

int check(std::span<const std::string> words) {
  std::string path;
  GeometryWords geometry;
  bool json = false, force = false;
  CLI::App app(
      "Says everything that is wrong with dm-clone metadata. Writes nothing. Exit 0: clean (blank, too), 1: "
      "faults,\n3: cannot be read.",
      "drydock meta check");
  app.add_option("DEV", path, "a block device or a file")->required();
  app.add_flag("--json", json, "print the report as JSON");
  geometry.add_to(app, false, ", as its table says");
  app.add_flag("--force-read", force, "although it is in use: what is read may be torn");
  app.footer("Example: drydock meta check --region-size=4KiB --target-size=1TiB /dev/vg/metadata");
  if (const auto code = parse(app, words)) return *code;
  const auto disk = open_file(path, force ? Access::kForceRead : Access::kRead);
  if (!disk) return environment(disk.error());
  const auto contents = engine::devices::contents_of(path);
  if (!contents) return environment(contents.error());
  if (is_foreign(*contents)) return tell_of_foreign(*contents, json);
  Result<CheckReport> report = run_now(
      engine::metadata::check(**disk, {.region_size = geometry.region(), .target_size = geometry.target()}));
  if (!report) return environment(named(path, report.error()));
  const bool is_shifted = add_remains(*contents, *report);
  const std::string next = is_shifted ? "next: map the device so that its blocks lie where they say\n"
                                      : reports::next_command(*report, path);
  fmt::print("{}", json ? reports::check_json(*report) : reports::check_text(*report) + next);
  if (!report->blank && report->worst != engine::metadata::Severity::kFatal) warn_if_small(path, **disk);
  return report->clean() ? kGood : kFinding;
}

int stat(std::span<const std::string> words) {
  std::string path;
  bool json = false, force = false;
  CLI::App app(
      "Prints what the superblock says, how much is hydrated and how many metadata blocks are in use.",
      "drydock meta stat");
  app.add_option("DEV", path, "a block device or a file")->required();
  app.add_flag("--json", json, "print it as JSON");
  app.add_flag("--force-read", force, "although it is in use: what is read may be torn");
  app.footer("Example: drydock meta stat /dev/vg/metadata");
  if (const auto code = parse(app, words)) return *code;
  const Result<Loaded> loaded = load_from(path, force ? Access::kForceRead : Access::kRead);
  if (!loaded) return environment(loaded.error());
  json ? print_json(*loaded) : print_text(*loaded);
  return kGood;
}

}  // namespace drydock::cli::meta
