#include "servers/cached_disks.h"

#include <fmt/format.h>

#include <algorithm>

#include "block/did_you_mean.h"

namespace drydock::servers {
namespace {

// As whom the judge knows a disk of this name; others are nobody's, and any device will do.
Party party_of(std::string_view name) { return device_named(name).value_or(Party::kDestination); }

Status check_name(std::string_view name) {
  if (!name.empty() && name.find_first_of(" \t\n:") == std::string_view::npos) return {};
  return failure(ErrorCode::kInvalid,
                 fmt::format("disk '{}': a name without spaces and colons is needed", name));
}

}  // namespace

bool trims_read_zeros(const DiskProfile& profile) {
  return profile.discard_reads == DiscardReads::kZeros && profile.discard_granule <= profile.logical_block &&
         profile.ignored_discard_permille == 0;
}

void make_trims_zeros(DiskProfile& profile) {
  profile.discard_reads = DiscardReads::kZeros;
  profile.discard_granule = profile.logical_block;
  profile.ignored_discard_permille = 0;
}

Result<std::unique_ptr<CachedDisks>> CachedDisks::open(const Options& options) {
  std::unique_ptr<CachedDisks> set(new CachedDisks());
  set->seed_ = options.seed;
  if (options.disks.empty()) return failure(ErrorCode::kInvalid, "no disk is given");
  std::vector<Medium> media;
  for (const DiskSetup& setup : options.disks) {
    Status named = check_name(setup.name);
    if (!named) return std::unexpected(std::move(named.error()));
    const auto same = [&](const DiskSetup& other) { return other.name == setup.name; };
    if (std::ranges::count_if(options.disks, same) > 1) {
      return failure(ErrorCode::kInvalid, fmt::format("disk '{}': is given twice", setup.name));
    }
    Result<Medium> medium = Medium::open(setup.path);
    if (!medium) return std::unexpected(std::move(medium.error()));
    media.push_back(std::move(*medium));
  }
  if (!options.log.empty()) {
    auto log = WriteLogRecorder::create(options.log);
    if (!log) return std::unexpected(std::move(log.error()));
    set->log_ = std::move(*log);
  }
  for (size_t i = 0; i < media.size(); ++i) {
    const DiskSetup& setup = options.disks[i];
    set->disks_.push_back(std::make_unique<CachedDisk>(CachedDisk::Options{.name = setup.name,
                                                                           .profile = setup.profile,
                                                                           .party = party_of(setup.name),
                                                                           .luck = {Chance(options.seed), i},
                                                                           .cache = options.cache,
                                                                           .sync = options.sync},
                                                       std::move(media[i]), set->log_.get()));
  }
  return set;
}

CachedDisk* CachedDisks::find(std::string_view name) const {
  const auto found = std::ranges::find(disks_, name, [](const auto& disk) { return disk->name(); });
  return found == disks_.end() ? nullptr : found->get();
}

// In the order in which they are held.
Result<std::vector<CachedDisk*>> CachedDisks::disks_to_cut(const CutOptions& options) const {
  std::vector<std::string_view> names;
  for (const auto& disk : disks_) names.push_back(disk->name());
  const auto check_known = [&](const std::string& name) -> Status {
    if (find(name) != nullptr) return {};
    return failure(ErrorCode::kNotFound, fmt::format("there is no disk '{}'{}", name, hint(name, names)));
  };
  for (const std::string& name : options.disks) {
    Status known = check_known(name);
    if (!known) return std::unexpected(std::move(known.error()));
  }
  for (const Choice& choice : options.choices) {
    Status known = check_known(choice.disk);
    if (!known) return std::unexpected(std::move(known.error()));
  }
  std::vector<CachedDisk*> chosen;
  for (const auto& disk : disks_) {
    const bool is_named = std::ranges::find(options.disks, disk->name()) != options.disks.end();
    const bool is_local = disk->options().profile.power_domain == PowerDomain::kHost;
    if (options.disks.empty() ? is_local : is_named) chosen.push_back(disk.get());
  }
  return chosen;
}

Result<CachedDisks::CutReport> CachedDisks::power_cut(const CutOptions& options) {
  const std::scoped_lock power(power_);
  auto struck = disks_to_cut(options);
  if (!struck) return std::unexpected(std::move(struck.error()));
  std::vector<CachedDisk::Held> held;
  for (CachedDisk* disk : *struck) {
    held.push_back(disk->hold());
    if (disk->power_is_on(held.back())) continue;
    return failure(ErrorCode::kInvalid, fmt::format("{}: its power is off already", disk->name()));
  }
  std::vector<std::vector<SurvivorChoice>> choices(struck->size());
  for (const Choice& choice : options.choices) {
    const auto disk = std::ranges::find(*struck, choice.disk, [](CachedDisk* d) { return d->name(); });
    const auto i = static_cast<size_t>(disk - struck->begin());
    if (disk == struck->end() || !(*disk)->has_state(held[i], choice.unit, choice.state)) {
      return failure(ErrorCode::kInvalid,
                     fmt::format("{}: a power cut cannot leave state {} of the unit at sector {}",
                                 choice.disk, choice.state, choice.unit));
    }
    choices[i].push_back({(*disk)->options().party, choice.unit, choice.state});
  }
  const uint64_t seed = options.seed.value_or(derived_seed(seed_, power_cuts_));
  CutReport report{.seed = seed, .disks = {}};
  log_cut(options, *struck);
  for (size_t i = 0; i < struck->size(); ++i) {
    CachedDisk& disk = *(*struck)[i];
    const auto pending = disk.cut_power(
        held[i],
        {.luck = {Chance(seed), disk.options().luck.disk}, .leave = options.leave, .choices = choices[i]});
    SectorCount sum;
    for (const SectorRange& range : pending) sum += range.count;
    report.disks.push_back({std::string(disk.name()), sum});
  }
  ++power_cuts_;
  return report;
}

void CachedDisks::log_cut(const CutOptions& options, std::span<CachedDisk* const> struck) const {
  if (log_ == nullptr) return;
  if (options.disks.empty()) return log_->record({.party = kLoggedHost, .kind = EventKind::kPowerCut});
  for (const CachedDisk* disk : struck) {
    log_->record({.party = disk->number_in_log(), .kind = EventKind::kPowerCut});
  }
}

void CachedDisks::power_on() {
  const std::scoped_lock power(power_);
  for (const auto& disk : disks_) disk->power_on(disk->hold());
}

void CachedDisks::process_crash() {
  if (log_ != nullptr) log_->record({.party = kLoggedHost, .kind = EventKind::kProcessCrash});
}

void CachedDisks::write_out() {
  const std::scoped_lock power(power_);
  for (const auto& disk : disks_) {
    const CachedDisk::Held held = disk->hold();
    if (disk->power_is_on(held)) disk->destage(held);
  }
}

}  // namespace drydock::servers
