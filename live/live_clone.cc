#include "live/live_clone.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include "block/size_words.h"
#include "engine/devices/contents.h"
#include "engine/devices/storage.h"
#include "engine/metadata/layout.h"
#include "engine/metadata/size.h"
#include "live/device_names.h"
#include "live/known_sizes.h"
#include "live/pair.h"
#include "live/rule_safety.h"
#include "live/run_on.h"

namespace drydock::live {
namespace {

using engine::devices::Access;
using engine::devices::DeviceOptions;

LiveEvent live_event(const engine::CloneEvent& event) {
  if (event.kind == engine::CloneEvent::Kind::kHydrated) return {.kind = LiveEvent::Kind::kHydrated};
  return {.kind = LiveEvent::Kind::kMode, .mode = event.mode};
}

// What is beyond the first part of the metadata device, and is not its tail, no clone of ours has written to.
constexpr SectorCount kWipedAtLeast{uint64_t{64} * 1024 * 1024 / kSectorBytes};
constexpr SectorCount kWipedTail{uint64_t{1024} * 1024 / kSectorBytes};

Task<Status> zero(Disk& disk, SectorCount first_part) {
  const SectorCount size = disk.limits().size;
  const SectorCount head = std::min(size, std::max(first_part, kWipedAtLeast));
  const SectorCount tail = std::min(size - head, kWipedTail);
  Status done = co_await disk.write_zeroes({Sector(0), head}, Fua::kNo);
  if (!done) co_return done;
  done = co_await disk.write_zeroes({Sector(0) + (size - tail), tail}, Fua::kNo);
  if (!done) co_return done;
  done = co_await disk.flush();
  co_return done;
}

std::unexpected<Error> refused(std::string_view path, std::string_view why) {
  return failure(ErrorCode::kInvalid, fmt::format("{}: {}", path, why));
}

}  // namespace

Result<std::unique_ptr<LiveClone>> LiveClone::open(engine::devices::Loop& loop, const LiveSetup& setup,
                                                   LiveEventSink events) {
  Status checked = check_rules(setup.rules, setup.dangerous);
  if (!checked) return std::unexpected(std::move(checked.error()));
  const std::array paths = {setup.table.source_device, setup.table.destination_device,
                            setup.table.metadata_device};
  checked = engine::devices::check_apart(paths);
  if (!checked) return std::unexpected(std::move(checked.error()));
  std::unique_ptr<LiveClone> live(new LiveClone(loop, setup));
  take_sizes_from_metadata(live->setup_);
  Status opened = live->check_source_alone();
  if (opened) opened = live->open_devices();
  if (opened) opened = live->check_metadata();
  if (opened) opened = live->check_whose();
  if (opened) opened = live->check_destination();
  if (opened) opened = live->check_destination_is_zero();
  if (opened && live->must_wipe_) opened = live->wipe_metadata();
  if (opened) opened = live->open_clone(std::move(events));
  if (!opened) return std::unexpected(std::move(opened.error()));
  return live;
}

LiveClone::~LiveClone() {
  if (clone_) loop_.clear();  // the requests in flight point into the clone
}

Status LiveClone::open_devices() {
  const auto open = [&](const std::string& path, DeviceOptions options,
                        std::unique_ptr<Disk>& disk) -> Status {
    auto opened = open_device(loop_, path, options);
    if (!opened) return std::unexpected(std::move(opened.error()));
    disk = std::move(*opened);
    return {};
  };
  const bool frees_source = setup_.rules.source_discard != SourceDiscard::kOff;
  const Access source_access = frees_source ? Access::kWrite : Access::kRead;
  const engine::TableLine& table = setup_.table;
  const DeviceOptions options{
      .caching = setup_.caching,
      .sharing = {.others_may_write = setup_.allow_other_writers, .allowed_by = "--allow-other-writers"}};
  DeviceOptions of_source = options;
  of_source.access = source_access;
  Status opened = open(table.source_device, of_source, source_);
  source_is_block_device_ = device_number(table.source_device) != table.source_device;
  if (opened) opened = open(table.destination_device, options, destination_);
  if (opened) opened = open(table.metadata_device, {}, metadata_);
  if (opened && !setup_.size) opened = take_size_of_source();
  return opened;
}

// The tail of a file that is no whole block would be left out.
Status LiveClone::take_size_of_source() {
  const std::string& path = setup_.table.source_device;
  const size_t block = bytes_of(source_->limits().logical_block);
  std::error_code ignored;
  const bool is_file = std::filesystem::is_regular_file(path, ignored);
  const uintmax_t bytes = is_file ? std::filesystem::file_size(path, ignored) : 0;
  if (bytes % block != 0) {
    return failure(ErrorCode::kInvalid,
                   fmt::format("{}: {} bytes are no whole blocks of {}: make it longer, or say --size", path,
                               bytes, block));
  }
  setup_.size = source_->limits().size;
  return {};
}

// What a loop device reaches may be mounted, and change while it is copied.
Status LiveClone::check_source_alone() const {
  const std::string& path = setup_.table.source_device;
  const auto storage = engine::devices::storage_of(path);
  if (!storage) return std::unexpected(storage.error());
  const auto loop = engine::devices::loop_device_over(*storage);
  if (!loop) return std::unexpected(loop.error());
  if (!*loop) return {};
  return failure(ErrorCode::kInUse, fmt::format("{}: in use: it is behind {}", path, **loop));
}

// All that a clone of this size may write to.
BlockCount LiveClone::metadata_blocks() const {
  const Geometry geometry{.size = *setup_.size, .region_size = setup_.table.options.region_size};
  if (!engine::metadata::check_geometry(geometry)) return engine::devices::kUsuallyLookedAt;
  return engine::metadata::blocks_for_worst_commit(geometry, BlockCount(0));
}

Status LiveClone::check_metadata() {
  using engine::devices::ContentKind;
  const std::string& path = setup_.table.metadata_device;
  const auto found = engine::devices::contents_of(path, metadata_blocks());
  if (!found) return std::unexpected(found.error());
  const bool is_ours = found->kind == ContentKind::kCloneMetadata;
  if (setup_.format) {
    must_wipe_ = found->kind != ContentKind::kBlank;
    if (!must_wipe_ || setup_.overwrite_metadata) return {};
    const std::string_view instead = is_ours ? "without --format the clone that it tells of goes on; " : "";
    return refused(path, fmt::format("not blank: looks like {}: {}--overwrite=metadata begins another one "
                                     "here, and what is there is gone",
                                     found->what, instead));
  }
  switch (found->kind) {
    case ContentKind::kCloneMetadata:
      return {};
    case ContentKind::kBlank:
      return refused(path, "blank, no clone has been here: --format begins one");
    case ContentKind::kLostMetadata:
      return failure(ErrorCode::kDamaged,
                     fmt::format("{}: looks like {}: drydock meta repair can bring back what "
                                 "was hydrated",
                                 path, found->what));
    case ContentKind::kRecognised:
    case ContentKind::kData:
      break;
  }
  return refused(path, fmt::format("no dm-clone metadata: looks like {}", found->what));
}

Status LiveClone::check_whose() {
  const engine::TableLine& table = setup_.table;
  identity_ = identity_of_pair(table.source_device, source_->limits().size, table.destination_device,
                               destination_->limits().size);
  begins_ = setup_.format;
  return setup_.format ? Status() : run_on(loop_, take_identity());
}

// Of a clone that goes on. Where nothing is hydrated yet, nothing can be taken for copied that is not.
Task<Status> LiveClone::take_identity() {
  Buffer buffer(kBlockBytes);
  const SectorRange first{Sector(0), kSectorsPerBlock};
  Status read = co_await metadata_->read(first, buffer.span());
  if (!read) co_return read;
  const auto recorded = engine::metadata::identity_in(buffer.span().first<kBlockBytes>());
  const SamePair same = compare(recorded, identity_);
  if (same == SamePair::kYes) identity_.uuid = recorded.uuid;
  if (same == SamePair::kYes || setup_.same_pair) co_return Status();
  const auto loaded = co_await engine::metadata::load(*metadata_);
  if (!loaded) co_return Status();  // opening the clone says what is wrong with it
  begins_ = loaded->hydrated.empty();
  if (begins_) co_return Status();
  std::string what =
      "does not say of which source and destination (the kernel's does not, nor does one that was "
      "restored without them)";
  if (recorded.is_known()) {
    what =
        fmt::format("{}: {}; here: {}",
                    same == SamePair::kNo ? "tells of a clone of other devices"
                                          : "tells of devices that have no lasting name, or these have none",
                    to_text(recorded), to_text(identity_));
  }
  co_return refused(setup_.table.metadata_device,
                    fmt::format("{} regions are hydrated, and it {}: if it is of these two, --same-pair says "
                                "so; of others, regions would be taken for copied that are not",
                                loaded->hydrated.count(), what));
}

// What has no name may be anything, an earlier attempt too; dd and qemu-img overwrite that as well.
Status LiveClone::check_destination() const {
  if (!begins_ || setup_.overwrite_destination) return {};
  const std::string& path = setup_.table.destination_device;
  std::string here, on_source;
  const auto found = engine::devices::recognised_on(path, &here);
  if (!found) return std::unexpected(found.error());
  if (found->what.empty()) return {};
  const auto source = engine::devices::recognised_on(setup_.table.source_device, &on_source);
  if (source && here == on_source && !here.empty()) return {};
  return refused(path, fmt::format("holds {}, which a clone would overwrite: --overwrite=destination does so",
                                   found->what));
}

// What costs nothing to ask: whether a file is one hole there. Of a block device nobody tells, and the user's
// word is taken.
Status LiveClone::check_destination_is_zero() const {
  if (!setup_.format || setup_.table.options.sparse != engine::Sparse::kSkipped) return {};
  const SectorRange all{Sector(0), std::min(*setup_.size, destination_->limits().size)};
  std::error_code ignored;
  const std::string& path = setup_.table.destination_device;
  if (all.empty() || !std::filesystem::is_regular_file(path, ignored)) return {};
  const Extent extent = destination_->extent_at(all);
  if (extent.reads_as_zeros && extent.range == all) return {};
  const Sector data = extent.reads_as_zeros ? extent.range.end() : all.first;
  return refused(path,
                 fmt::format("holds data at sector {}, so --destination-is-zero may not be true; without "
                             "it zeros are written where they are needed",
                             data));
}

Status LiveClone::wipe_metadata() {
  const SectorCount first_part(bytes_of(metadata_blocks()) / kSectorBytes);
  return run_on(loop_, zero(*metadata_, first_part));
}

Status LiveClone::open_clone(LiveEventSink events) {
  engine::Clone::Setup setup{.size = *setup_.size,
                             .options = setup_.table.options,
                             .rules = setup_.rules,
                             .events = {},
                             .identity = identity_};
  setup.events = [sink = std::move(events)](const engine::CloneEvent& event) { sink(live_event(event)); };
  auto opened = run_on(
      loop_, engine::Clone::open({.source = *source_, .destination = *destination_, .metadata = *metadata_},
                                 std::move(setup), loop_));
  if (!opened) {
    Error error = std::move(opened.error());
    // What is wrong inside the metadata is said of its parts.
    const bool of_metadata = error.code == ErrorCode::kDamaged || error.message.starts_with("superblock");
    const std::string device = std::string(metadata_->name()) + ": ";
    if (of_metadata && !error.message.starts_with(device)) error.message.insert(0, device);
    if (error.code == ErrorCode::kDamaged) error.message += "; drydock meta check says more";
    if (error.code == ErrorCode::kNoSpace) error.message += " (drydock meta size)";
    return std::unexpected(std::move(error));
  }
  clone_ = std::move(*opened);
  return {};
}

Status LiveClone::close() {
  Status closed = run_on(loop_, clone_->close());
  loop_.clear();
  clone_.reset();
  return closed;
}

Snapshot LiveClone::snapshot() const {
  const engine::CloneOptions& options = clone_->options();
  const bool fails = clone_->hydration_failures() > RegionCount(0);
  return {.time_us = loop_.now_us(),
          .size = clone_->size(),
          .region_size = options.region_size,
          .regions = clone_->regions(),
          .hydrated = clone_->hydrated(),
          .failed_copies = clone_->hydration_failures(),
          .copy_error = fails ? clone_->last_hydration_failure().message : "",
          .copies_failed = clone_->copies_failed(),
          .freed_on_source = clone_->source_regions_discarded(),
          .failed_to_free = clone_->source_discards_failed(),
          .mode = clone_->mode(),
          .hydrating = options.hydration && options.hydration_threshold > 0};
}

std::string LiveClone::described() const {
  return readable_geometry({.size = clone_->size(), .region_size = clone_->options().region_size});
}

std::vector<std::string> LiveClone::remarks() const {
  std::vector<std::string> remarks;
  if (setup_.rules.source_discard != SourceDiscard::kOff && !source_->limits().can_discard)
    remarks.push_back(fmt::format("{}: cannot be discarded: its space does not come back", source_->name()));
  const engine::CloneOptions& options = clone_->options();
  if (options.hydration && options.hydration_threshold == 0)
    remarks.emplace_back("hydration threshold 0: hydration is off");
  if (options.discard_passdown && !clone_->can_pass_discards_down()) {
    remarks.push_back(
        fmt::format("{}: takes no discards of a region: none are passed down (behind qemu-nbd they need its "
                    "--discard=unmap)",
                    destination_->name()));
  }
  if (!setup_.table.ignored.empty()) {
    remarks.push_back(
        fmt::format("table: '{}' stands behind the counted words and is ignored, as dm-clone does",
                    setup_.table.ignored));
  }
  return remarks;
}

std::optional<std::string> LiveClone::missing_source() const {
  const std::string& path = setup_.table.source_device;
  const std::optional<uint64_t> bytes = size_now(path);
  if (!bytes) return path + ": it is gone";
  if (*bytes >= bytes_of(clone_->size())) return std::nullopt;
  return fmt::format("{}: {} bytes are left, the clone needs {}", path, *bytes, bytes_of(clone_->size()));
}

std::string LiveClone::with_target(std::string_view rest) const {
  return fmt::format("0 {} clone {}", clone_->size(), rest);
}

std::string LiveClone::table() const {
  engine::TableLine line = setup_.table;
  for (std::string* device : {&line.metadata_device, &line.destination_device, &line.source_device})
    *device = device_number(*device);
  if (line.as_given.empty()) return with_target(to_string(line));
  return with_target(fmt::format("{} {} {} {}", line.metadata_device, line.destination_device,
                                 line.source_device, line.as_given));
}

Task<std::string> LiveClone::status_after_commit() {
  const std::string line = co_await clone_->status_after_commit();
  co_return with_target(line);
}

Task<Result<std::string>> answer(LiveClone& live, const Progress& progress, std::string words) {
  if (words == "status noflush") co_return live.status();
  if (words == "status") {
    std::string status = co_await live.status_after_commit();
    co_return status;
  }
  if (words == "table") co_return live.table();
  if (words == "progress") co_return progress.json();
  constexpr std::string_view kMessage = "message ";
  if (words.starts_with(kMessage)) {
    const std::string_view message = std::string_view(words).substr(kMessage.size());
    Status taken = live.clone().message(message);
    if (!taken) co_return std::unexpected(std::move(taken.error()));
    const std::string ignored = engine::words_ignored_in_message(message);
    if (ignored.empty()) co_return "";
    co_return fmt::format("message: '{}' is ignored, as dm-clone does", ignored);
  }
  co_return failure(ErrorCode::kInvalid,
                    fmt::format("'{}' is none of status, message, table, progress, events", words));
}

}  // namespace drydock::live
