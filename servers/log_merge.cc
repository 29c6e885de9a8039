#include "servers/log_merge.h"

#include <absl/container/flat_hash_map.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "block/disk_contents.h"
#include "engine/metadata/layout.h"
#include "servers/content_names.h"
#include "servers/write_log_reader.h"

namespace drydock::servers {
namespace {

std::unexpected<Error> damaged(const std::string& path, std::string_view what) {
  return failure(ErrorCode::kDamaged, fmt::format("{}: {}", path, what));
}

// A disk as far as the log has come.
class DiskTrack {
 public:
  DiskTrack(const LoggedDisk& disk)
      : facts_{.name = disk.name, .size = disk.size, .profile = std::string(disk.profile.name)},
        profile_(disk.profile),
        contents_(disk.size, disk.profile, Content::zero()) {}

  std::optional<Party> party() const { return device_named(facts_.name); }
  MergedDisk& facts() { return facts_; }
  const DiskProfile& profile() const { return profile_; }
  const DiskContents& contents() const { return contents_; }
  bool has_begun() const { return begun_; }
  void preset(const ContentRun& run) { contents_.preset(run); }

  // What is wrong with the event, if it cannot be this disk's next one.
  std::optional<std::string_view> take(const LoggedEvent& event, std::span<const ContentRun> runs) {
    begun_ = true;
    switch (event.kind) {
      case EventKind::kSubmit:
        return submit(event, runs);
      case EventKind::kComplete:
        return complete(event, runs);
      case EventKind::kPowerCut:
        return std::nullopt;
      case EventKind::kSurvivors:
        return survive(event, runs);
      default:
        return "an event that no disk has";
    }
  }
  // Of the last kSurvivors.
  const std::optional<Sector>& impossible() const { return impossible_; }

  MergedDisk finish() {
    facts_.pending = pending();
    return facts_;
  }

 private:
  struct Open {
    IoKind io;
    Fua fua;
    SectorRange range;
  };

  std::optional<std::string_view> submit(const LoggedEvent& event, std::span<const ContentRun> runs) {
    count(event.io);
    // Every request is recorded, so numbers cannot be far ahead of their count.
    constexpr uint32_t kSlack = 1 << 16;
    if (event.request == 0 || event.request > ++submitted_ + kSlack || event.request > Content::kMaxRequest) {
      return "a request's number is out of the question";
    }
    if (!open_.try_emplace(event.request, Open{event.io, event.fua, event.range}).second) {
      return "a request is submitted twice";
    }
    if (event.io == IoKind::kRead) return std::nullopt;
    if (event.request <= last_change_) return "requests do not come in the order of their numbers";
    last_change_ = event.request;
    event.io == IoKind::kFlush ? contents_.submit_flush(event.request)
                               : contents_.submit(event.request, runs);
    return std::nullopt;
  }

  std::optional<std::string_view> complete(const LoggedEvent& event, std::span<const ContentRun> runs) {
    const auto open = open_.find(event.request);
    if (open == open_.end() || open->second.io != event.io || open->second.fua != event.fua ||
        open->second.range != event.range) {
      return "an answer to a request that was not made";
    }
    open_.erase(open);
    const bool failed = event.error != ErrorCode::kNone;
    if (failed) ++facts_.errors;
    if (event.io == IoKind::kRead) return std::nullopt;
    if (event.io != IoKind::kFlush) {
      failed ? contents_.fail(event.request, runs)
             : contents_.complete(event.request, event.fua == Fua::kYes);
    } else if (failed) {
      contents_.fail_flush(event.request);
    } else {
      event.ignored ? contents_.ignore_flush(event.request) : contents_.complete_flush(event.request);
    }
    return std::nullopt;
  }

  std::optional<std::string_view> survive(const LoggedEvent& event, std::span<const ContentRun> runs) {
    if (event.request != 0) return "survivors of what is no power cut";
    ++facts_.power_cuts;
    facts_.most_pending = std::max(facts_.most_pending, pending());
    impossible_ = first_impossible(runs);
    contents_.power_cut(runs);
    open_.clear();
    return std::nullopt;
  }

  // The first unit that the survivors leave out, or in a state that no power cut could leave.
  std::optional<Sector> first_impossible(std::span<const ContentRun> runs) const {
    RangeMap<Content> survivors(facts_.size, Content::anything());
    const auto split = [](Content content, SectorCount n) { return content.advanced(n); };
    for (const ContentRun& run : runs) survivors.assign(run.range, run.first, split);
    for (const SectorRange& range : contents_.ambiguous()) {
      for (Sector at = range.first; at < range.end();) {
        const SectorRange unit = contents_.unit_of(at);
        DiskContents::UnitState left;
        survivors.any_of(unit, [&](SectorRange where, Content first) {
          const SectorRange part = where.intersect(unit);
          for (Sector sector = part.first; sector < part.end(); ++sector) {
            left.push_back(first.advanced(sector - where.first));
          }
          return false;
        });
        const auto states = contents_.unit_states(unit);
        const bool all_known = states.size() < DiskContents::kMostUnitStates;
        if (all_known && std::ranges::find(states, left) == states.end()) return unit.first;
        at = unit.end();
      }
    }
    return std::nullopt;
  }

  SectorCount pending() const {
    SectorCount sum;
    for (const SectorRange& range : contents_.ambiguous()) sum += range.count;
    return sum;
  }

  void count(IoKind io) {
    switch (io) {
      case IoKind::kRead:
        ++facts_.reads;
        break;
      case IoKind::kWrite:
        ++facts_.writes;
        break;
      case IoKind::kFlush:
        ++facts_.flushes;
        break;
      case IoKind::kDiscard:
        ++facts_.discards;
        break;
      case IoKind::kWriteZeroes:
        ++facts_.write_zeroes;
        break;
    }
  }

  MergedDisk facts_;
  DiskProfile profile_;
  DiskContents contents_;
  absl::flat_hash_map<uint32_t, Open> open_;
  uint32_t submitted_ = 0;
  uint32_t last_change_ = 0;
  bool begun_ = false;
  std::optional<Sector> impossible_;
};

// One file: its next event, and what its numbers mean.
struct Input {
  explicit Input(WriteLogReader r) : reader(std::move(r)) {}
  WriteLogReader reader;
  std::optional<LogRecord> event;  // the next one; none at the end
  std::vector<DiskTrack*> disks;   // by number, from 1
  struct ClientRequest {
    uint32_t number;  // in the merged log
    LoggedEvent submitted;
  };
  absl::flat_hash_map<uint32_t, ClientRequest> clients;  // requests without an answer
};

class Merger {
 public:
  Result<MergedLog> merge(const std::vector<std::string>& paths) {
    for (const std::string& path : paths) {
      auto reader = WriteLogReader::open(path);
      if (!reader) return std::unexpected(std::move(reader.error()));
      inputs_.push_back(std::make_unique<Input>(std::move(*reader)));
    }
    for (const auto& input : inputs_) {
      Status advanced = advance(*input);
      if (!advanced) return std::unexpected(std::move(advanced.error()));
    }
    Status described = describe();
    if (!described) return std::unexpected(std::move(described.error()));
    while (Input* input = earliest()) {
      Status taken = take(*input);
      if (taken) taken = advance(*input);
      if (!taken) return std::unexpected(std::move(taken.error()));
    }
    return finish();
  }

 private:
  WriteLog& log() { return merged_.log; }

  Input* earliest() const {
    Input* found = nullptr;
    for (const auto& input : inputs_) {
      if (!input->event) continue;
      if (found == nullptr || input->event->event.time_ns < found->event->event.time_ns) found = input.get();
    }
    return found;
  }

  // To the file's next event; what stands before it is taken in.
  Status advance(Input& input) {
    while (true) {
      auto record = input.reader.next();
      if (!record) return std::unexpected(std::move(record.error()));
      input.event.reset();
      if (!*record) return {};
      Status taken;
      switch ((*record)->kind) {
        case LogRecord::Kind::kEvent:
          input.event = std::move(*record);
          return {};
        case LogRecord::Kind::kDisk:
          taken = add_disk(input, (*record)->disk);
          break;
        case LogRecord::Kind::kClone:
          taken = add_clone(input, (*record)->geometry);
          break;
        case LogRecord::Kind::kPreset:
          taken = add_preset(input, **record);
          break;
      }
      if (!taken) return taken;
    }
  }

  Status add_disk(Input& input, const LoggedDisk& disk) {
    if (described_) return damaged(input.reader.path(), "a disk is described after the first event");
    const auto same = [&](const auto& other) { return other->facts().name == disk.name; };
    if (std::ranges::any_of(disks_, same)) {
      return failure(ErrorCode::kInvalid, fmt::format("{}: describes the disk '{}', as another one does",
                                                      input.reader.path(), disk.name));
    }
    disks_.push_back(std::make_unique<DiskTrack>(disk));
    input.disks.push_back(disks_.back().get());
    return {};
  }

  Status add_clone(Input& input, Geometry geometry) {
    const Geometry known = log().geometry;
    const bool same = known.size == geometry.size && known.region_size == geometry.region_size;
    if (known.size != SectorCount(0) && !same) {
      return failure(ErrorCode::kInvalid, input.reader.path() + ": is of another clone");
    }
    Status possible = engine::metadata::check_geometry(geometry);
    if (!possible) return possible;
    log().geometry = geometry;
    return {};
  }

  Status add_preset(Input& input, const LogRecord& record) {
    DiskTrack& disk = *input.disks[record.event.party - 1];
    if (described_ || disk.has_begun()) return damaged(input.reader.path(), "a preset after the first event");
    std::vector<ContentRun> runs;
    for (const LoggedData& data : record.data) {
      const bool is_source = disk.party() == Party::kSource;
      append(disk, data, is_source ? Content::source(data.range.first) : Content::stale(data.range.first),
             runs);
    }
    for (const ContentRun& run : runs) {
      disk.preset(run);
      presets_.emplace_back(&disk, run);
    }
    return {};
  }

  // What a start reads from metadata must be bytes; of data a name is enough.
  void append(const DiskTrack& disk, const LoggedData& data, std::optional<Content> origin,
              std::vector<ContentRun>& runs) {
    const bool is_metadata = disk.party() == Party::kMetadata;
    ContentNames& names = is_metadata ? metadata_names_ : data_names_;
    names.append(data.range, data.bytes, is_metadata ? std::nullopt : origin, runs);
  }

  DiskTrack* disk_of(Party party) const {
    const auto is_it = [&](const auto& disk) { return disk->party() == party; };
    const auto found = std::ranges::find_if(disks_, is_it);
    return found == disks_.end() ? nullptr : found->get();
  }

  Status describe() {
    described_ = true;
    const bool all_disks = std::ranges::all_of(kDevices, [&](Party p) { return disk_of(p) != nullptr; });
    if (log().geometry.size == SectorCount(0) || !all_disks) return {};
    merged_.has_clone = true;
    for (const Party party : kDevices) {
      DiskTrack& disk = *disk_of(party);
      if (party != Party::kMetadata && disk.facts().size < log().geometry.size) {
        return failure(ErrorCode::kInvalid,
                       fmt::format("{}: has {} sectors, and the clone {}", to_string(party),
                                   disk.facts().size, log().geometry.size));
      }
      log().device(party) = {.size = disk.facts().size,
                             .profile = disk.profile(),
                             .initial = Content::Kind::kZero,
                             .preset = {}};
    }
    for (const auto& [disk, run] : presets_) {
      if (const auto party = disk->party()) append_run(log().device(*party).preset, run);
    }
    return {};
  }

  Status take(Input& input) {
    const LogRecord& record = *input.event;
    if (merged_.events++ == 0) begin_ns_ = record.event.time_ns;
    return record.event.party == kLoggedHost ? take_host(input, record) : take_disk(input, record);
  }

  uint64_t time_us(const LoggedEvent& event) const {
    return event.time_ns < begin_ns_ ? 0 : (event.time_ns - begin_ns_) / 1000;
  }

  void add(const LoggedEvent& event, Party party, uint32_t request, std::span<const ContentRun> runs) {
    if (!merged_.has_clone) return;
    log().append({.time_us = time_us(event),
                  .range = event.range,
                  .request = request,
                  .kind = event.kind,
                  .party = party,
                  .io = event.io,
                  .fua = event.fua,
                  .error = event.error,
                  .ignored = event.ignored},
                 runs);
  }

  Status take_disk(Input& input, const LogRecord& record) {
    const LoggedEvent& event = record.event;
    DiskTrack& disk = *input.disks[event.party - 1];
    const bool stores = event.kind == EventKind::kSubmit && event.io == IoKind::kWrite;
    // Without clients a disk's own writes are the origin of what they write. Their names need only differ.
    std::optional<Content> origin;
    if (stores && !merged_.has_clone && ++writes_ <= Content::kMaxRequest) origin = Content::write(writes_);
    std::vector<ContentRun> runs;
    for (const LoggedData& data : record.data) {
      const auto here = origin && event.range.contains(data.range)
                            ? std::optional(origin->advanced(data.range.first - event.range.first))
                            : std::nullopt;
      append(disk, data, here, runs);
    }
    if (const auto wrong = disk.take(event, runs)) return damaged(input.reader.path(), *wrong);
    if (event.kind == EventKind::kSurvivors && disk.impossible() && !merged_.disk_finding) {
      merged_.disk_finding =
          fmt::format("{}: after the power cut at {} us, sector {} holds what no power cut could leave there",
                      disk.facts().name, time_us(event), *disk.impossible());
    }
    if (const auto party = disk.party()) add(event, *party, event.request, runs);
    return {};
  }

  Status take_host(Input& input, const LogRecord& record) {
    const LoggedEvent& event = record.event;
    switch (event.kind) {
      case EventKind::kStart:
        if (alive_) end_life({.time_ns = event.time_ns, .kind = EventKind::kProcessCrash});
        alive_ = true;
        ++merged_.lives;
        add(event, Party::kClient, 0, {});
        return {};
      case EventKind::kPowerCut:
      case EventKind::kProcessCrash:
        end_life(event);
        return {};
      case EventKind::kOpened:
      case EventKind::kHydrated:
      case EventKind::kMode:
        alive_ ? add(event, Party::kClient, event.request, {}) : leave_out();
        return {};
      case EventKind::kSubmit:
        return submit_client(input, record);
      case EventKind::kComplete:
        return complete_client(input, record);
      default:
        return damaged(input.reader.path(), "an event that no client has");
    }
  }

  void end_life(const LoggedEvent& event) {
    alive_ = false;
    for (const auto& input : inputs_) input->clients.clear();
    add({.time_ns = event.time_ns, .kind = event.kind}, Party::kClient, 0, {});
  }

  void leave_out() { ++left_out_; }

  Status submit_client(Input& input, const LogRecord& record) {
    const LoggedEvent& event = record.event;
    if (!alive_) return leave_out(), Status();
    const uint32_t number = ++client_requests_;
    if (!input.clients.try_emplace(event.request, Input::ClientRequest{number, event}).second) {
      return damaged(input.reader.path(), "a client's request is submitted twice");
    }
    std::optional<Content> origin;
    if (number <= Content::kMaxRequest) origin = Content::write(number);
    add(event, Party::kClient, number, client_runs(record, origin));
    return {};
  }

  Status complete_client(Input& input, const LogRecord& record) {
    const LoggedEvent& event = record.event;
    const auto open = input.clients.find(event.request);
    if (!alive_ || open == input.clients.end()) return leave_out(), Status();
    const LoggedEvent& asked = open->second.submitted;
    if (asked.io != event.io || asked.range != event.range || asked.fua != event.fua) {
      return damaged(input.reader.path(), "an answer to a request that the client did not make");
    }
    add(event, Party::kClient, open->second.number, client_runs(record, std::nullopt));
    input.clients.erase(open);
    return {};
  }

  std::vector<ContentRun> client_runs(const LogRecord& record, std::optional<Content> origin) {
    std::vector<ContentRun> runs;
    for (const LoggedData& data : record.data) {
      const SectorRange part = data.range.intersect(record.event.range);
      if (part != data.range) continue;  // what lies outside was not asked for
      const auto here =
          origin ? std::optional(origin->advanced(part.first - record.event.range.first)) : std::nullopt;
      data_names_.append(part, data.bytes, here, runs);
    }
    return runs;
  }

  MergedLog finish() {
    for (const auto& disk : disks_) merged_.disks.push_back(disk->finish());
    for (const auto& input : inputs_) {
      if (const uint64_t bytes = input->reader.cut_off(); bytes > 0) {
        merged_.remarks.push_back(fmt::format("{}: its last {} bytes are no whole record and were left out",
                                              input->reader.path(), bytes));
      }
    }
    if (left_out_ > 0) {
      merged_.remarks.push_back(fmt::format(
          "{} events of clients lie between the end of a life and the next start, and were left out",
          left_out_));
    }
    return std::move(merged_);
  }

  MergedLog merged_;
  ContentNames data_names_{merged_.log.bytes};
  ContentNames metadata_names_{merged_.log.bytes};
  std::vector<std::unique_ptr<Input>> inputs_;
  std::vector<std::unique_ptr<DiskTrack>> disks_;
  std::vector<std::pair<DiskTrack*, ContentRun>> presets_;
  bool described_ = false;
  bool alive_ = false;
  uint64_t begin_ns_ = 0;
  uint32_t client_requests_ = 0;
  uint32_t writes_ = 0;
  uint64_t left_out_ = 0;
};

}  // namespace

Result<MergedLog> merge_logs(const std::vector<std::string>& paths) { return Merger().merge(paths); }

}  // namespace drydock::servers
