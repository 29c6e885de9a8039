#include "reports/timeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "block/device_states.h"
#include "model/invariants.h"
#include "reports/wrap.h"

namespace drydock::reports {
namespace {

constexpr size_t kNumberWidth = 6;
constexpr size_t kTimeWidth = 10;
constexpr size_t kColumnWidth = 34;
constexpr size_t kLanesAt = kNumberWidth + kTimeWidth + 3;
static_assert(kTimelineWidth == kLanesAt + 4 * (kColumnWidth + 1) - 2);

// Where things stand on a line.
class Layout {
 public:
  explicit Layout(size_t width) : width_(width), is_narrow_(width > 0 && width < kTimelineWidth) {}

  std::string legend() const {
    const std::string lanes = is_narrow_ ? "C client, S source, D destination, M metadata; " : "";
    return fitted(lanes +
                      "> asks, < is answered; #7 is request 7; 8+16 is 16 sectors from sector 8; us is the "
                      "run's own time",
                  0);
  }

  std::string head() const {
    const std::string columns =
        is_narrow_ ? fmt::format("{:>{}} {:>{}}  C S D M", "event", kNumberWidth, "us", kTimeWidth)
                   : fmt::format("{:>{}} {:>{}}  {:<{}} {:<{}} {:<{}} {}", "event", kNumberWidth, "us",
                                 kTimeWidth, "client", kColumnWidth, "source", kColumnWidth, "destination",
                                 kColumnWidth, "metadata");
    return columns + "\n";
  }

  // The event's number is what a fault's after_event names.
  std::string in_lane(size_t number, uint64_t time_us, Party party, std::string text) const {
    constexpr size_t kLetters = 9;  // a letter and a space for each lane, and a space
    const std::string when = fmt::format("{:>{}} {:>{}}  ", number, kNumberWidth, time_us, kTimeWidth);
    const auto lane = static_cast<size_t>(party);
    if (is_narrow_) {
      std::string letters(kLetters, ' ');
      letters[2 * lane] = "CSDM"[lane];
      return fitted(when + letters + text, kLanesAt + kLetters);
    }
    // The last column may be as long as it likes.
    if (party != Party::kMetadata && text.size() > kColumnWidth)
      text = text.substr(0, kColumnWidth - 2) + "..";
    return fmt::format("{}{:>{}}{}\n", when, "", lane * (kColumnWidth + 1), text);
  }

  std::string rule_line(std::string_view title) const {
    const size_t used = title.size() + 6;
    const size_t all = is_narrow_ ? width_ : kTimelineWidth + 2;
    return fmt::format("---- {} {}\n", title, std::string(used < all ? all - used : 0, '-'));
  }

  // Below each other, the title in front of the first.
  std::string titled(std::string_view title, const std::vector<std::string>& lines) const {
    constexpr size_t kIndent = 15;
    std::string text;
    for (size_t i = 0; i < lines.size(); ++i)
      text += fitted(fmt::format("  {:<12} {}", i == 0 ? title : "", lines[i]), kIndent);
    return text;
  }

 private:
  std::string fitted(const std::string& line, size_t hanging) const {
    return wrapped(line, {.width = is_narrow_ ? width_ : 0, .hanging = hanging}) + "\n";
  }

  size_t width_;
  bool is_narrow_;
};

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

std::string cache_text(const Layout& layout, const WriteLog& log, size_t events, size_t most_lines) {
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
    text += layout.titled(to_string(device), lines);
  }
  return text;
}

std::string finding_block(const Layout& layout, const WriteLog& log, const model::Finding& finding) {
  const model::Invariant& broken = model::invariant(finding.invariant);
  const bool crash = finding.evidence == model::Finding::Evidence::kCrashState;
  std::string text =
      layout.rule_line(crash ? fmt::format("crash point: a power cut after event {}", finding.event)
                             : fmt::format("finding at event {}", finding.event));
  if (crash) text += cache_text(layout, log, finding.event + 1, 6);
  text +=
      layout.titled("finding", {fmt::format("invariant {}, {}", broken.number, broken.name), finding.text});
  if (finding.about_data) {
    std::vector<std::string> allowed;
    for (const Content content : finding.accepted) allowed.push_back(to_string(content));
    text += layout.titled("can read", {to_string(finding.found)});
    text += layout.titled("allowed", {fmt::format("{}", fmt::join(allowed, ", or "))});
  }
  for (const int also : finding.also) {
    text += layout.titled("also", {fmt::format("invariant {}, {}", also, model::invariant(also).name)});
  }
  return text + layout.rule_line("the run goes on");
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
  std::string take_line(const Layout& layout, size_t number, uint64_t time_us) {
    if (requests_ == 0) return "";
    const std::string text = fmt::format("{} in {} requests", formats_ ? "formatted" : "loaded", requests_);
    requests_ = 0;
    formats_ = false;
    return layout.in_lane(number - 1, time_us, Party::kMetadata, text);
  }

 private:
  bool opening_ = false;
  bool formats_ = false;
  size_t requests_ = 0;
};

}  // namespace

std::string timeline_legend(size_t width) { return Layout(width).legend(); }

std::string caches(const WriteLog& log, size_t events, size_t most_lines) {
  return cache_text(Layout(0), log, events, most_lines);
}

std::string timeline(const WriteLog& log, const std::optional<model::Finding>& finding, size_t width) {
  const Layout layout(width);
  std::string text = layout.head();
  DeviceStates devices(log);
  Opening opening;
  for (size_t number = 0; number < log.events().size(); ++number) {
    const Event& event = log.events()[number];
    if (!opening.swallow(event)) {
      text += opening.take_line(layout, number, event.time_us);
      if (event.kind == EventKind::kSurvivors) {
        text += layout.titled(to_string(event.party), losses(devices.of(event.party), log.runs(event)));
      } else if (event.kind == EventKind::kPowerCut || event.kind == EventKind::kProcessCrash) {
        text += layout.rule_line(crash_title(event));
      } else {
        text += layout.in_lane(number, event.time_us, event.party, event_text(event));
        text += layout.titled("reads", contents_read(log, event));
        if (event.words != 0) text += layout.titled("words", {std::string(log.words(event))});
      }
    }
    devices.apply(event);
    if (finding && finding->event == number) text += finding_block(layout, log, *finding);
  }
  return text;
}

}  // namespace drydock::reports
