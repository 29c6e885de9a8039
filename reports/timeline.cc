#include "reports/timeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "block/device_states.h"
#include "model/invariants.h"

namespace drydock::reports {
namespace {

constexpr size_t kNumberWidth = 6;
constexpr size_t kTimeWidth = 10;
constexpr size_t kColumnWidth = 34;
constexpr size_t kWidth = kNumberWidth + kTimeWidth + 3 + 4 * (kColumnWidth + 1);

// The event's number is what a fault's after_event names.
std::string in_column(size_t number, uint64_t time_us, Party party, std::string text) {
  // The last column may be as long as it likes.
  if (party != Party::kMetadata && text.size() > kColumnWidth) text = text.substr(0, kColumnWidth - 2) + "..";
  return fmt::format("{:>{}} {:>{}}  {:>{}}{}\n", number, kNumberWidth, time_us, kTimeWidth, "",
                     static_cast<size_t>(party) * (kColumnWidth + 1), text);
}

std::string request_text(const Event& event) {
  if (event.io == IoKind::kFlush) return fmt::format("flush #{}", event.request);
  return fmt::format("{} #{} {}{}", to_string(event.io), event.request, event.range,
                     event.fua == Fua::kYes ? " FUA" : "");
}

std::string event_text(const Event& event) {
  switch (event.kind) {
    case EventKind::kSubmit:
      return "> " + request_text(event);
    case EventKind::kComplete: {
      std::string text = "< " + request_text(event);
      if (event.error != ErrorCode::kNone) text += fmt::format(": {}", to_string(event.error));
      if (event.ignored) text += ": ignored";
      return text;
    }
    case EventKind::kOpened:
      return event.error == ErrorCode::kNone ? "the clone is open"
                                             : fmt::format("does not open: {}", to_string(event.error));
    case EventKind::kHydrated:
      return "told: all is hydrated";
    case EventKind::kMode:
      return fmt::format("told: mode is {}", event.request == 1 ? "ro" : "Fail");
    case EventKind::kCommand:
      return fmt::format("> {} #{}", to_string(event.command), event.request);
    case EventKind::kAnswer:
      return fmt::format("< {} #{}{}{}", to_string(event.command), event.request,
                         event.error == ErrorCode::kNone ? "" : ": ",
                         event.error == ErrorCode::kNone ? "" : to_string(event.error));
    default:
      return std::string(to_string(event.kind));
  }
}

std::string rule_line(std::string_view title) {
  const size_t used = title.size() + 6;
  return fmt::format("---- {} {}\n", title, std::string(used < kWidth ? kWidth - used : 0, '-'));
}

void append_lines(std::string& text, std::string_view title, const std::vector<std::string>& lines) {
  for (size_t i = 0; i < lines.size(); ++i)
    text += fmt::format("  {:<12} {}\n", i == 0 ? title : "", lines[i]);
}

// Contents that a power cut could leave besides the newest one.
std::vector<std::string> cache_lines(const DiskContents& contents) {
  std::vector<std::string> lines;
  for (const SectorRange& range : contents.ambiguous()) {
    for (Sector at = range.first; at < range.end();) {
      const SectorRange alike = contents.uniform_around(at).intersect(SectorRange::between(at, range.end()));
      std::vector<std::string> possible;  // the durable content first, then the newest and what it replaced
      contents.any_possible(alike, [&](SectorRange, Content content) {
        possible.push_back(to_string(content));
        return false;
      });
      const bool differ =
          std::ranges::any_of(possible, [&](const std::string& text) { return text != possible.front(); });
      if (differ) {
        lines.push_back(fmt::format("sectors {}: in the cache {}; on the medium {}", alike,
                                    fmt::join(possible.begin() + 1, possible.end(), " over "),
                                    possible.front()));
      }
      at = alike.end();
    }
  }
  return lines;
}

std::string finding_block(const WriteLog& log, const model::Finding& finding) {
  const model::Invariant& broken = model::invariant(finding.invariant);
  const bool crash = finding.evidence == model::Finding::Evidence::kCrashState;
  std::string text = rule_line(crash ? fmt::format("crash point: a power cut after event {}", finding.event)
                                     : fmt::format("finding at event {}", finding.event));
  if (crash) text += caches(log, finding.event + 1, 6);
  append_lines(text, "finding", {fmt::format("invariant {}, {}", broken.number, broken.name), finding.text});
  if (finding.about_data) {
    std::vector<std::string> allowed;
    for (const Content content : finding.accepted) allowed.push_back(to_string(content));
    append_lines(text, "can read", {to_string(finding.found)});
    append_lines(text, "allowed", {fmt::format("{}", fmt::join(allowed, ", or "))});
  }
  for (const int also : finding.also) {
    append_lines(text, "also", {fmt::format("invariant {}, {}", also, model::invariant(also).name)});
  }
  return text + rule_line("the run goes on");
}

// What the client was given. Too long for a column, and too important to be cut.
std::vector<std::string> contents_read(const WriteLog& log, const Event& event) {
  std::vector<std::string> lines;
  const bool is_read = event.kind == EventKind::kComplete && event.io == IoKind::kRead;
  if (!is_read || event.party != Party::kClient) return lines;
  for (const ContentRun& run : log.runs(event))
    lines.push_back(fmt::format("sectors {}: {}", run.range, to_string(run.first)));
  return lines;
}

std::string crash_title(const Event& event) {
  if (event.kind == EventKind::kProcessCrash) return "process crash";
  return event.party == Party::kClient ? "power cut"
                                       : fmt::format("power cut of the {}", to_string(event.party));
}

// What a crash took: contents that reads had returned until then and that are gone.
std::vector<std::string> losses(const DiskContents& before, std::span<const ContentRun> survivors) {
  std::vector<std::string> lines;
  for (const ContentRun& run : survivors) {
    before.for_each_current(run.range, [&](SectorRange part, Content content) {
      if (content == run.at(part.first)) return;
      lines.push_back(fmt::format("sectors {}: lost {}, kept {}", part, to_string(content),
                                  to_string(run.at(part.first))));
    });
  }
  return lines;
}

// Requests to the metadata device between a start and the moment the clone is open.
class Opening {
 public:
  // True if the event belongs to an opening and is not shown by itself.
  bool swallow(const Event& event) {
    if (event.kind == EventKind::kStart) opening_ = true;
    const bool is_cut = event.kind == EventKind::kPowerCut && event.party == Party::kClient;
    if (event.kind == EventKind::kOpened || is_cut) opening_ = false;
    if (!opening_ || event.party != Party::kMetadata) return false;
    if (event.kind == EventKind::kSubmit) ++requests_;
    // Every start writes the superblock that it found; only a blank device gets the blocks behind it.
    const bool is_superblock = event.range.first == Sector(0);
    if (event.kind == EventKind::kSubmit && event.io == IoKind::kWrite && !is_superblock) formats_ = true;
    return true;
  }
  // Before event `number`, which is not swallowed.
  std::string take_line(size_t number, uint64_t time_us) {
    if (requests_ == 0) return "";
    const std::string text = fmt::format("{} in {} requests", formats_ ? "formatted" : "loaded", requests_);
    requests_ = 0;
    formats_ = false;
    return in_column(number - 1, time_us, Party::kMetadata, text);
  }

 private:
  bool opening_ = false;
  bool formats_ = false;
  size_t requests_ = 0;
};

}  // namespace

std::string caches(const WriteLog& log, size_t events, size_t most_lines) {
  DeviceStates devices(log);
  for (size_t i = 0; i < events; ++i) devices.apply(log.events()[i]);
  std::string text;
  for (const Party device : kDevices) {
    std::vector<std::string> lines = cache_lines(devices.of(device));
    if (lines.empty()) lines.push_back("nothing in the cache");
    if (lines.size() > most_lines) {
      const size_t more = lines.size() - most_lines;
      lines.resize(most_lines);
      lines.push_back(fmt::format("and {} more", more));
    }
    append_lines(text, to_string(device), lines);
  }
  return text;
}

std::string timeline(const WriteLog& log, const std::optional<model::Finding>& finding) {
  std::string text =
      fmt::format("{:>{}} {:>{}}  {:<{}} {:<{}} {:<{}} {}\n", "event", kNumberWidth, "us", kTimeWidth,
                  "client", kColumnWidth, "source", kColumnWidth, "destination", kColumnWidth, "metadata");
  DeviceStates devices(log);
  Opening opening;
  for (size_t number = 0; number < log.events().size(); ++number) {
    const Event& event = log.events()[number];
    if (!opening.swallow(event)) {
      text += opening.take_line(number, event.time_us);
      if (event.kind == EventKind::kSurvivors) {
        append_lines(text, to_string(event.party), losses(devices.of(event.party), log.runs(event)));
      } else if (event.kind == EventKind::kPowerCut || event.kind == EventKind::kProcessCrash) {
        text += rule_line(crash_title(event));
      } else {
        text += in_column(number, event.time_us, event.party, event_text(event));
        append_lines(text, "reads", contents_read(log, event));
        if (event.words != 0) append_lines(text, "words", {std::string(log.words(event))});
      }
    }
    devices.apply(event);
    if (finding && finding->event == number) text += finding_block(log, *finding);
  }
  return text;
}

}  // namespace drydock::reports
