// drydock meta: what its verbs share. Each verb is a function of its own, in a file by subject.
//
// Exit codes: of a device that cannot be opened, or whose metadata does not load, 3; only check and repair
// look at damage, and to them it is a finding.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "block/disk.h"
#include "block/geometry.h"
#include "block/region_set.h"
#include "block/result.h"
#include "cli/verb.h"
#include "engine/devices/file_disk.h"
#include "engine/metadata/load.h"

namespace drydock::cli::meta {

int check(std::span<const std::string> words);
int dump(std::span<const std::string> words);
int restore(std::span<const std::string> words);
int repair(std::span<const std::string> words);
int format(std::span<const std::string> words);
int stat(std::span<const std::string> words);
int size(std::span<const std::string> words);
int diff(std::span<const std::string> words);

// The options --region-size and --target-size.
struct GeometryWords {
  std::string region_size;
  std::string target_size;

  void add_to(CLI::App& app, bool required, const std::string& what_for);
  // Nothing if it was not given. REQUIRES: the words were checked, as add_to() sees to.
  std::optional<SectorCount> region() const;
  std::optional<SectorCount> target() const;
  // Nothing if neither was given. kInvalid, the option first: just one is given, or no clone can have them.
  Result<std::optional<Geometry>> both() const;
  // Tells on stderr what was understood. REQUIRES: both() has a geometry.
  void echo() const;
};

// The device's metadata. Blank: kDamaged.
Result<engine::metadata::Loaded> load_from(const std::string& path, engine::devices::Access access);

// kInvalid, with what is there instead, if nothing of dm-clone's is on a device that is not blank: a wrong
// device is no damage. The device's errors.
Status check_not_foreign(const std::string& path);
// kInUse, with what is there and the option that overrides, unless the device is blank as far as `geometry`
// would write, or `force`.
Status check_may_be_written(const std::string& path, Geometry geometry, bool force);

// On stderr, if a clone would be refused because the metadata device is too small for the commits that are
// still to come. Nothing is said of metadata that does not load.
void warn_if_small(const std::string& path, Disk& disk);

// For writing: a file that is not there, or is empty, becomes as long as a clone of this geometry needs;
// anything else stays as long as it is.
Result<std::unique_ptr<Disk>> open_for_writing(const std::string& path, Geometry geometry);

// f(range) for each maximal run of members, ascending.
void for_each_run(const RegionSet& regions, Geometry geometry, const std::function<void(RegionRange)>& f);
// "0-15", or "17" for one region.
std::string to_text(RegionRange range);

double percent(RegionCount part, RegionCount whole);
// null if nothing is known; else {"uuid", "source": {"size", "id", "name"}, "destination": ...}.
std::string pair_json(const engine::metadata::PairIdentity& pair);
// As a JSON text, with its quotes.
std::string json_text(const std::string& text);

// The error with the path first, if it does not name that yet.
Error named(const std::string& path, Error error);
// On stderr, and the exit code.
int environment(const Error& error);
int usage(const Error& error);

}  // namespace drydock::cli::meta
