// drydock meta dump, restore and repair: metadata read here and written there.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <memory>

#include "block/read_file.h"
#include "block/task.h"
#include "cli/meta.h"
#include "cli/meta_dump.h"
#include "engine/metadata/repair.h"
#include "engine/metadata/restore.h"

namespace drydock::cli::meta {
namespace {

using engine::devices::Access;
using engine::metadata::Loaded;
using engine::metadata::Repaired;

void print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

// A device that somebody takes for a dump by mistake is not read to its end.
bool may_be_a_dump(std::string_view text) { return text.starts_with("drydock ") || text.starts_with('{'); }

Result<std::string> read_text(const std::string& path) {
  return path == "-" ? read_descriptor(STDIN_FILENO, path, &may_be_a_dump) : read_file(path, &may_be_a_dump);
}

Status write_to(const std::string& path, const Dump& what, bool force) {
  const Result<std::unique_ptr<Disk>> disk = open_for_writing(path, what.geometry);
  if (!disk) return std::unexpected(disk.error());
  const Status blank = check_may_be_written(path, what.geometry, force);
  if (!blank) return blank;
  const Status written = run_now(engine::metadata::restore(**disk, what.geometry, what.hydrated, what.pair));
  if (!written) return std::unexpected(named(path, written.error()));
  return {};
}

// ---- repair ----

struct RepairWords {
  std::string source, target;
  GeometryWords geometry;
  bool json = false, in_place = false, force_read = false, force = false;
};

Status check_words(const RepairWords& words) {
  if (words.in_place) {
    return failure(
        ErrorCode::kInvalid,
        "--in-place: is refused, for it would overwrite what a better repair may need; repair to another "
        "device or file, check that, and copy it back yourself");
  }
  if (words.target.empty()) return failure(ErrorCode::kInvalid, "DST is required");
  const auto source = engine::devices::identity_of(words.source);
  const auto target = engine::devices::identity_of(words.target);
  for (const auto* identity : {&source, &target}) {
    // What is not there yet is nothing else, and opening says what it lacks.
    if (!*identity && identity->error().code != ErrorCode::kNotFound)
      return std::unexpected(identity->error());
  }
  if (source && target && *source == *target) {
    return failure(
        ErrorCode::kInvalid,
        fmt::format("{} and {}: are the same; repair to another device or file", words.source, words.target));
  }
  return {};
}

Result<Repaired> prove(const RepairWords& words, std::optional<Geometry> expected) {
  const auto disk =
      engine::devices::open_file(words.source, words.force_read ? Access::kForceRead : Access::kRead);
  if (!disk) return std::unexpected(disk.error());
  const Status known = check_not_foreign(words.source);
  if (!known) return std::unexpected(known.error());
  Result<Repaired> proved = run_now(engine::metadata::prove(**disk, {.expected = expected}));
  if (!proved) return std::unexpected(named(words.source, proved.error()));
  return proved;
}

void print_json(const Repaired& repaired) {
  print(fmt::format(
      "{{\"region_size\": {}, \"target_size\": {}, \"regions\": {}, \"hydrated\": {}, \"lost\": [",
      repaired.geometry.region_size, repaired.geometry.size, repaired.geometry.regions(),
      repaired.hydrated.count()));
  bool is_first = true;
  for (const std::string& line : repaired.lost) {
    print(fmt::format("{}\n  {}", is_first ? "" : ",", json_text(line)));
    is_first = false;
  }
  print("]}\n");
}

void print_text(const Repaired& repaired) {
  for (const std::string& line : repaired.lost) print(fmt::format("lost: {}\n", line));
  print(fmt::format("kept: {} of {} regions are hydrated\n", repaired.hydrated.count(),
                    repaired.geometry.regions()));
}

int repair_as(const RepairWords& words) {
  const Status good = check_words(words);
  if (!good) return usage(good.error());
  const auto expected = words.geometry.both();
  if (!expected) return usage(expected.error());
  Result<Repaired> proved = prove(words, *expected);
  if (!proved && proved.error().code == ErrorCode::kDamaged) {
    proved.error().message += fmt::format("; nothing can be proved{}",
                                          *expected ? "" : ", unless --region-size and --target-size help");
  }
  if (!proved) return environment(proved.error());
  const Status written = write_to(
      words.target, {.geometry = proved->geometry, .hydrated = proved->hydrated, .pair = proved->identity},
      words.force);
  if (!written) return environment(written.error());
  words.json ? print_json(*proved) : print_text(*proved);
  return proved->lost.empty() ? kGood : kFinding;
}

}  // namespace

int dump(std::span<const std::string> words) {
  std::string path;
  bool json = false, force = false;
  CLI::App app("Prints which regions are hydrated. 'drydock meta restore' reads it again.",
               "drydock meta dump");
  app.add_option("DEV", path, "a block device or a file")->required();
  app.add_flag("--json", json, "as JSON instead of text");
  app.add_flag("--force-read", force, "although it is in use: what is read may be torn");
  app.footer("Example: drydock meta dump /dev/vg/metadata > metadata.dump");
  if (const auto code = parse(app, words)) return *code;
  Result<Loaded> loaded = load_from(path, force ? Access::kForceRead : Access::kRead);
  if (!loaded) return environment(loaded.error());
  const Dump whole{.geometry = {.size = loaded->target_size, .region_size = loaded->region_size},
                   .hydrated = std::move(loaded->hydrated),
                   .pair = std::move(loaded->identity)};
  json ? write_json(whole, print) : write_text(whole, print);
  return kGood;
}

int restore(std::span<const std::string> words) {
  std::string from, path;
  bool force = false;
  CLI::App app(
      "Writes the metadata that a dump describes to a blank device. A file that is not there, or is "
      "empty,\nis "
      "made as large as any commit may need.",
      "drydock meta restore");
  app.add_option("DUMP", from, "a dump, text or JSON; - is stdin")->required();
  app.add_option("DEV", path, "a block device or a file; it is overwritten")->required();
  app.add_flag("--force", force, "although DEV is not blank");
  app.footer("Example: drydock meta restore metadata.dump /dev/vg/metadata");
  if (const auto code = parse(app, words)) return *code;
  const Result<std::string> text = read_text(from);
  if (!text) return environment(text.error());
  const Result<Dump> read = read_dump(*text);
  if (!read) return usage(named(from, read.error()));
  const Status written = write_to(path, *read, force);
  return written ? kGood : environment(written.error());
}

int repair(std::span<const std::string> arguments) {
  RepairWords words;
  CLI::App app(
      "Writes to DST what can be proved from SRC, and says what was lost. Exit 0: nothing was lost, 1: "
      "something was,\n3: nothing can be proved; DST is not touched then.",
      "drydock meta repair");
  app.add_option("SRC", words.source, "damaged metadata: a block device or a file; only read")->required();
  app.add_option("DST", words.target, "where to: another one; it is overwritten");
  words.geometry.add_to(app, false, ", as its table says: for a superblock that is lost or doubtful");
  app.add_flag("--json", words.json, "print the result as JSON");
  app.add_flag("--force", words.force, "although DST is not blank");
  app.add_flag("--force-read", words.force_read, "although SRC is in use: what is read may be torn");
  app.add_flag("--in-place", words.in_place, "refused, and says why");
  app.footer("Example: drydock meta repair /dev/vg/metadata repaired.meta");
  if (const auto code = parse(app, arguments)) return *code;
  return repair_as(words);
}

}  // namespace drydock::cli::meta
