#include "reports/story.h"

#include <fmt/format.h>

#include <optional>

#include "model/invariants.h"
#include "model/read_check.h"

namespace drydock::reports {
namespace {

constexpr SectorRange kSuperblock = {Sector(0), SectorCount(1)};

class Teller {
 public:
  Teller(const WriteLog& log, const model::Finding& finding) : log_(log), finding_(finding) {
    if (finding.about_data) region_ = log.geometry.sectors_of(log.geometry.region_of(finding.sector));
  }

  std::string tell() {
    const model::Invariant& broken = model::invariant(finding_.invariant);
    text_ = fmt::format("invariant {}, {}: {}\n", broken.number, broken.name, broken.sentence);
    for (size_t number = 0; number < log_.events().size(); ++number) {
      const Event& event = log_.events()[number];
      if (const auto sentence = sentence_for(event)) add(event, *sentence);
      if (number == finding_.event) add_finding(event);
    }
    add_proof();
    return std::move(text_);
  }

 private:
  void add(const Event& event, std::string_view sentence) {
    text_ += fmt::format("{:>4}. {:>8} us  {}\n", ++steps_, event.time_us, sentence);
  }

  void add_finding(const Event& event) {
    add(event, fmt::format(">>> {}", finding_.text));
    if (!finding_.about_data) return;
    std::vector<std::string> allowed;
    for (const Content content : finding_.accepted) allowed.push_back(to_string(content));
    text_ += fmt::format("{:>18}      allowed is only: {}\n", "", fmt::join(allowed, ", or "));
  }

  // Not only possible: the run that was cut there did read it.
  void add_proof() {
    if (finding_.evidence != model::Finding::Evidence::kCrashState) return;
    const auto read = model::first_bad_read(log_);
    if (read) text_ += fmt::format("      And so it came: {}.\n", read->text);
  }

  bool concerns(SectorRange range) const { return region_.empty() || range.overlaps(region_); }

  std::optional<std::string> sentence_for(const Event& event) {
    switch (event.kind) {
      case EventKind::kStart:
        opening_ = true;
        return "the clone starts";
      case EventKind::kOpened:
        opening_ = false;
        return event.error == ErrorCode::kNone ? "the clone is open" : "the clone does not open";
      case EventKind::kPowerCut:
        if (event.party == Party::kClient) return "*** power cut ***";
        return fmt::format("*** power cut of the {} ***", to_string(event.party));
      case EventKind::kProcessCrash:
        return "*** the clone's process dies ***";
      case EventKind::kHydrated:
        return "the clone says that every region is hydrated and committed";
      case EventKind::kMode:
        return fmt::format("the clone's mode becomes {}", event.request == 1 ? "ro" : "Fail");
      case EventKind::kCommand:
        return fmt::format("administrator asks for {}{}", command_named(event),
                           event.words == 0 ? "" : fmt::format(": {}", log_.words(event)));
      case EventKind::kAnswer:
        return administrator_is_told(event);
      case EventKind::kSubmit:
        return event.party == Party::kClient ? client_asks(event) : device_is_asked(event);
      case EventKind::kComplete:
        return event.party == Party::kClient ? client_is_told(event) : device_answers(event);
      default:
        return std::nullopt;
    }
  }

  static std::string named(const Event& event) {
    if (event.io == IoKind::kFlush) return fmt::format("flush #{}", event.request);
    return fmt::format("{}{} #{} of sectors {}", event.fua == Fua::kYes ? "FUA " : "", to_string(event.io),
                       event.request, event.range);
  }

  static std::string command_named(const Event& event) {
    return fmt::format("{} #{}", to_string(event.command), event.request);
  }

  std::string administrator_is_told(const Event& event) const {
    if (event.error != ErrorCode::kNone) {
      return fmt::format("administrator is told that {} failed: {}", command_named(event),
                         to_string(event.error));
    }
    if (event.words != 0)
      return fmt::format("administrator reads {}: {}", command_named(event), log_.words(event));
    return fmt::format("administrator is told that {} is done", command_named(event));
  }

  std::optional<std::string> client_asks(const Event& event) const {
    if (event.io != IoKind::kFlush && !concerns(event.range)) return std::nullopt;
    return fmt::format("client asks for {}", named(event));
  }

  std::optional<std::string> client_is_told(const Event& event) const {
    if (event.io != IoKind::kFlush && !concerns(event.range)) return std::nullopt;
    if (event.error != ErrorCode::kNone)
      return fmt::format("client is told that {} failed: {}", named(event), to_string(event.error));
    if (event.io != IoKind::kRead) return fmt::format("client is told that {} is done", named(event));
    std::vector<std::string> contents;
    for (const ContentRun& run : log_.runs(event)) contents.push_back(to_string(run.first));
    return fmt::format("client reads sectors {}: {}", event.range, fmt::join(contents, "; "));
  }

  std::optional<std::string> device_is_asked(const Event& event) const {
    if (event.party == Party::kMetadata) {
      if (opening_) return std::nullopt;
      if (event.io != IoKind::kWrite || !event.range.overlaps(kSuperblock)) return std::nullopt;
      return "a superblock is written: the metadata of a commit takes effect";
    }
    if (event.io == IoKind::kFlush || !concerns(event.range)) return std::nullopt;
    if (event.party == Party::kSource && event.io == IoKind::kDiscard) {
      return fmt::format("the source's sectors {} are discarded", event.range);
    }
    if (event.io == IoKind::kWrite) {
      std::vector<std::string> contents;
      for (const ContentRun& run : log_.runs(event)) contents.push_back(to_string(run.first));
      return fmt::format("{}: write of sectors {}: {}", to_string(event.party), event.range,
                         fmt::join(contents, "; "));
    }
    return fmt::format("{}: {} of sectors {}", to_string(event.party), to_string(event.io), event.range);
  }

  std::optional<std::string> device_answers(const Event& event) const {
    if (event.error != ErrorCode::kNone)
      return fmt::format("{}: {} fails: {}", to_string(event.party), named(event), to_string(event.error));
    if (event.io == IoKind::kFlush && !opening_)
      return fmt::format("{}: flushed{}", to_string(event.party),
                         event.ignored ? ", says the disk, and did nothing" : "");
    return std::nullopt;
  }

  const WriteLog& log_;
  const model::Finding& finding_;
  SectorRange region_;  // empty: everything concerns the finding
  std::string text_;
  size_t steps_ = 0;
  bool opening_ = false;  // what the metadata device is asked while the clone opens is of no interest
};

}  // namespace

std::string story(const WriteLog& log, const model::Finding& finding) { return Teller(log, finding).tell(); }

}  // namespace drydock::reports
