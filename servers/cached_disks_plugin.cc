// nbdkit plugin: disks with a volatile cache, to the disk model, on plain files (docs/drydock-disks.md).
//
// Only glue: the disks are in cached_disk.h, what the control understands in disks_control.h.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <map>
#include <memory>
#include <string_view>

#include "block/did_you_mean.h"
#include "live/control_server.h"
#include "servers/cached_disks.h"
#include "servers/disks_control.h"
#include "servers/nbdkit.h"

namespace drydock::servers {
namespace {

// ---- configuration ----

struct Setup {
  CachedDisks::Options options;
  std::string control;
  std::map<std::string, std::string, std::less<>> of_disks;  // "NAME.profile" and the like
};

// Never destroyed by the end of a process: nbdkit's parent ends after the fork, and must not take the
// control's socket with it. cleanup() and unload() do it.
struct Server {
  Setup setup;
  std::unique_ptr<CachedDisks> disks;
  std::unique_ptr<live::ControlServer> control;
};
Server& server = *new Server;
Setup& setup = server.setup;
std::unique_ptr<CachedDisks>& disks = server.disks;
std::unique_ptr<live::ControlServer>& control = server.control;

int refuse(const std::string& message) {
  nbdkit_error("%s", message.c_str());
  return -1;
}

int add_disk(std::string_view value) {
  const size_t equals = value.find('=');
  if (equals == std::string_view::npos) return refuse("disk: NAME=FILE is needed, as in disk=data=data.img");
  const std::string path(value.substr(equals + 1));
  setup.options.disks.push_back(
      {.name = std::string(value.substr(0, equals)), .path = absolute(path.c_str())});
  return 0;
}

int set_profile(std::string_view name, DiskProfile& profile) {
  const auto known = profile_named(name);
  if (!known) {
    std::vector<std::string_view> names;
    for (const DiskProfile& each : all_profiles()) names.push_back(each.name);
    return refuse(fmt::format("profile: '{}' is unknown{}", name, hint(name, names)));
  }
  profile = *known;
  return 0;
}

int set_unit(const std::string& size, DiskProfile& profile) {
  const int64_t bytes = nbdkit_parse_size(size.c_str());
  if (bytes < 0) return -1;
  const SectorCount unit(static_cast<uint64_t>(bytes) / kSectorBytes);
  if (!std::has_single_bit(unit.value()) || unit > SectorCount(128)) {
    return refuse(fmt::format("unit: '{}' is no power of two from 512 to 64K", size));
  }
  profile.atomic_unit = unit;
  return 0;
}

int config(const char* key, const char* value) {
  const std::string_view word = key;
  if (word == "disk") return add_disk(value);
  if (word == "log") return setup.options.log = absolute(value), 0;
  if (word == "control") return setup.control = absolute(value), 0;
  if (word == "seed") return nbdkit_parse_uint64_t("seed", value, &setup.options.seed);
  if (word == "cache") {
    const int64_t bytes = nbdkit_parse_size(value);
    if (bytes < 0) return -1;
    setup.options.cache = SectorCount(static_cast<uint64_t>(bytes) / kSectorBytes);
    return 0;
  }
  if (word == "sync") {
    const int sync = nbdkit_parse_bool(value);
    setup.options.sync = sync == 1;
    return sync < 0 ? -1 : 0;
  }
  if (word == "profile" || word == "unit" || word.ends_with(".profile") || word.ends_with(".unit") ||
      word.ends_with(".remote") || word == "trim-zeros" || word.ends_with(".trim-zeros")) {
    setup.of_disks[key] = value;
    return 0;
  }
  constexpr std::array<std::string_view, 9> kKnown = {"disk", "profile", "unit", "log",       "control",
                                                      "seed", "cache",   "sync", "trim-zeros"};
  return refuse(fmt::format("'{}' is unknown here{}", word, hint(word, kKnown)));
}

// For `disk`: what was said of it, or else of all.
const std::string* said_of(const std::string& disk, const std::string& what) {
  const auto own = setup.of_disks.find(disk + "." + what);
  if (own != setup.of_disks.end()) return &own->second;
  const auto all = setup.of_disks.find(what);
  return all == setup.of_disks.end() ? nullptr : &all->second;
}

int take_trim_zeros(CachedDisks::DiskSetup& disk) {
  const std::string* said = said_of(disk.name, "trim-zeros");
  const int zeros = said == nullptr ? 0 : nbdkit_parse_bool(said->c_str());
  if (zeros == 1) make_trims_zeros(disk.profile);
  return zeros < 0 ? -1 : 0;
}

int complete_disk(CachedDisks::DiskSetup& disk) {
  const std::string* profile = said_of(disk.name, "profile");
  if (profile != nullptr && set_profile(*profile, disk.profile) != 0) return -1;
  const std::string* unit = said_of(disk.name, "unit");
  if (unit != nullptr && set_unit(*unit, disk.profile) != 0) return -1;
  const std::string* remote = said_of(disk.name, "remote");
  if (take_trim_zeros(disk) != 0) return -1;
  const int is_remote = remote == nullptr ? 0 : nbdkit_parse_bool(remote->c_str());
  if (is_remote == 1) disk.profile.power_domain = PowerDomain::kRemote;
  return is_remote < 0 ? -1 : 0;
}

int config_complete() {
  if (setup.options.disks.empty()) return refuse("no disk is given: disk=NAME=FILE");
  for (const auto& [key, value] : setup.of_disks) {
    const auto is_it = [&](const auto& disk) { return key.starts_with(disk.name + "."); };
    const bool of_one = key.find('.') != std::string::npos;
    if (of_one && std::ranges::none_of(setup.options.disks, is_it)) {
      return refuse(fmt::format("{}: there is no disk of that name", key));
    }
  }
  for (CachedDisks::DiskSetup& disk : setup.options.disks) {
    if (complete_disk(disk) != 0) return -1;
  }
  return 0;
}

constexpr const char* kConfigHelp =
    "disk=NAME=FILE        a disk, exported as NAME, whose durable contents are in FILE (any number of "
    "times)\n"
    "profile=PROFILE       what the disks are like: zero_trim (the default), spec, writethrough, sata_4k, "
    "...\n"
    "unit=SIZE             what survives a power cut as a whole, where not as the profile says: 512 to 64K\n"
    "trim-zeros=true       whatever the profile says, a TRIM reads zeros, exactly where it was asked for: a\n"
    "                      loop device over nbdfuse relies on that\n"
    "NAME.profile=, NAME.unit=, NAME.trim-zeros=  the same of this disk\n"
    "NAME.remote=true      a power cut of the host does not take this disk's cache\n"
    "log=FILE              write the write log there\n"
    "control=SOCKET        take commands there: drydock disks SOCKET --help\n"
    "seed=N                what power cuts leave follows from it (0)\n"
    "cache=SIZE            pending data that a disk may keep (256M)\n"
    "sync=true             what is durable survives a crash of this machine, too";

// ---- life ----

// Under a loop device on nbdfuse the kernel's zeroing arrives as TRIM.
void tell_of_trims() {
  for (const CachedDisks::DiskSetup& disk : setup.options.disks) {
    if (trims_read_zeros(disk.profile)) continue;
    fmt::print(
        stderr,
        "drydock: {}: profile {}: a TRIM need not read zeros: not for a loop device over nbdfuse, where "
        "zeroing becomes TRIM; {}.trim-zeros=true makes it fit\n",
        disk.name, disk.profile.name, disk.name);
  }
}

int get_ready() {
  auto opened = CachedDisks::open(setup.options);
  if (!opened) return refuse(opened.error().message);
  disks = std::move(*opened);
  tell_of_trims();
  if (setup.control.empty()) return 0;
  auto bound = live::ControlServer::bind(
      setup.control, [](const std::string& command) { return answer_disks_command(*disks, command); });
  if (!bound) return refuse(bound.error().message);
  control = std::move(*bound);
  return 0;
}

int after_fork() {
  if (control != nullptr) control->start();
  return 0;
}

// After the last connection: a disk with power writes out what it holds.
void cleanup() {
  control.reset();
  if (disks != nullptr) disks->write_out();
}

void unload() { disks.reset(); }

int list_exports(int, int, nbdkit_exports* exports) {
  for (const auto& disk : disks->disks()) {
    if (nbdkit_add_export(exports, std::string(disk->name()).c_str(), nullptr) != 0) return -1;
  }
  return 0;
}

// Of one disk alone, for clients that name none.
const char* default_export(int, int) {
  return disks != nullptr && disks->disks().size() == 1
             ? nbdkit_strdup_intern(std::string(disks->disks().front()->name()).c_str())
             : "";
}

// ---- one connection ----

void* open_export(int) {
  const char* name = nbdkit_export_name();
  const bool only_one = disks->disks().size() == 1 && name != nullptr && *name == '\0';
  CachedDisk* disk = only_one ? disks->disks().front().get() : disks->find(name == nullptr ? "" : name);
  if (disk != nullptr) return disk;
  nbdkit_error("there is no disk '%s'", name == nullptr ? "" : name);
  nbdkit_set_error(ENOENT);
  return nullptr;
}

CachedDisk& disk_of(void* handle) { return *static_cast<CachedDisk*>(handle); }

int64_t get_size(void* handle) { return static_cast<int64_t>(bytes_of(disk_of(handle).limits().size)); }

int block_size(void* handle, uint32_t* minimum, uint32_t* preferred, uint32_t* maximum) {
  *minimum = static_cast<uint32_t>(bytes_of(disk_of(handle).limits().logical_block));
  *preferred = kPreferredBlock;
  *maximum = kLargestRequest;
  return 0;
}

int can_cache(void*) { return NBDKIT_CACHE_NONE; }

int ask(void* handle, IoRequest request, uint64_t offset, uint64_t count) {
  const auto range = sectors_of(offset, count);
  if (!range) return answer_of(failure(ErrorCode::kInvalid, "a request is not in whole sectors"));
  request.range = *range;
  disk_of(handle).submit(request);
  if (request.error == ErrorCode::kNone) return 0;
  nbdkit_set_error(errno_of(request.error));
  nbdkit_debug("%s of %s fails", std::string(to_string(request.kind)).c_str(),
               std::string(disk_of(handle).name()).c_str());
  return -1;
}

int pread(void* handle, void* buffer, uint32_t count, uint64_t offset, uint32_t) {
  return ask(handle, {.kind = IoKind::kRead, .data = {static_cast<std::byte*>(buffer), count}}, offset,
             count);
}

int pwrite(void* handle, const void* buffer, uint32_t count, uint64_t offset, uint32_t flags) {
  // A disk never writes into the data of a write.
  auto* bytes = static_cast<std::byte*>(const_cast<void*>(buffer));
  return ask(handle, {.kind = IoKind::kWrite, .fua = fua_of(flags), .data = {bytes, count}}, offset, count);
}

int flush(void* handle, uint32_t) { return ask(handle, {.kind = IoKind::kFlush}, 0, 0); }

int trim(void* handle, uint32_t count, uint64_t offset, uint32_t flags) {
  return ask(handle, {.kind = IoKind::kDiscard, .fua = fua_of(flags)}, offset, count);
}

int zero(void* handle, uint32_t count, uint64_t offset, uint32_t flags) {
  return ask(handle, {.kind = IoKind::kWriteZeroes, .fua = fua_of(flags)}, offset, count);
}

// Side by side, all of `range` that lies on the disk.
std::vector<Extent> extents_of(const CachedDisk& disk, SectorRange range) {
  range = range.intersect({Sector(0), disk.limits().size});
  std::vector<Extent> extents;
  Sector at = range.first;
  for (const SectorRange& data : disk.data_in(range)) {
    extents.push_back({SectorRange::between(at, data.first), true});
    extents.push_back({data, false});
    at = data.end();
  }
  extents.push_back({SectorRange::between(at, range.end()), true});
  return extents;
}

int extents(void* handle, uint32_t count, uint64_t offset, uint32_t, nbdkit_extents* found) {
  return add_extents(offset, count, found,
                     [&](SectorRange range) { return extents_of(disk_of(handle), range); });
}

nbdkit_plugin make_plugin() {
  nbdkit_plugin plugin{};
  plugin.name = "drydock-cached-disks";
  plugin.longname = "disks with a volatile cache, for crash tests";
  plugin.version = DRYDOCK_VERSION;
  plugin.description = "disks on plain files whose power can be cut";
  plugin.config = config;
  plugin.config_complete = config_complete;
  plugin.config_help = kConfigHelp;
  plugin.magic_config_key = "disk";
  plugin.get_ready = get_ready;
  plugin.after_fork = after_fork;
  plugin.cleanup = cleanup;
  plugin.unload = unload;
  plugin.list_exports = list_exports;
  plugin.default_export = default_export;
  plugin.open = open_export;
  plugin.get_size = get_size;
  plugin.block_size = block_size;
  plugin.can_write = yes;
  plugin.can_flush = yes;
  plugin.can_trim = yes;
  plugin.can_zero = yes;
  plugin.can_fast_zero = yes;
  plugin.can_multi_conn = yes;
  plugin.can_extents = yes;
  plugin.can_fua = native_fua;
  plugin.can_cache = can_cache;
  plugin.pread = pread;
  plugin.pwrite = pwrite;
  plugin.flush = flush;
  plugin.trim = trim;
  plugin.zero = zero;
  plugin.extents = extents;
  return plugin;
}

nbdkit_plugin plugin = make_plugin();

}  // namespace
}  // namespace drydock::servers

#define THREAD_MODEL NBDKIT_THREAD_MODEL_PARALLEL
NBDKIT_REGISTER_PLUGIN(drydock::servers::plugin)
