// drydock diagram

#include "reports/diagram.h"

#include <fmt/format.h>

#include <cstdio>

#include "block/did_you_mean.h"
#include "block/read_file.h"
#include "block/write_file.h"
#include "cli/system_options.h"
#include "cli/verb.h"
#include "reports/counterexample.h"
#include "reports/coverage.h"
#include "reports/render.h"
#include "reports/sequence.h"

namespace drydock::cli {
namespace {

namespace protocol = model::protocol;
using reports::PictureFormat;

struct Words : SystemWords {
  std::string counts;
  std::string counterexample;
  std::string format;
  std::string out;
};

// Small, and large enough: more of anything reaches no other edge.
protocol::SystemOptions default_system() {
  protocol::SystemOptions system;
  system.regions = 1;
  system.operations = 3;
  system.errors = 2;
  system.rules.source_discard = SourceDiscard::kAfterCommit;
  return system;
}

void describe_picture(CLI::App& app, Words& words) {
  app.add_option("--format", words.format, "svg, png, pdf, or dot: the graph before graphviz lays it out")
      ->type_name("FORMAT");
  app.add_option("--out", words.out,
                 "write to this file, whose ending may say the format; else SVG on stdout");
}

CLI::App* add_aspect(CLI::App& app, protocol::Aspect aspect, std::string summary, Words& words) {
  const std::string name(to_string(aspect));
  CLI::App* verb = app.add_subcommand(name, std::move(summary));
  describe_picture(*verb, words);
  verb->add_option("--counts", words.counts,
                   "how often runs took each edge: what hunt --coverage=FILE wrote");
  describe_system(*verb, words);
  verb->footer(fmt::format("Example: drydock diagram {0} --out={0}.svg", name));
  return verb;
}

CLI::App* add_coverage(CLI::App& app, Words& words) {
  CLI::App* verb = app.add_subcommand("coverage", "draw all three, with what runs took and never took");
  describe_picture(*verb, words);
  verb->add_option("--counts", words.counts, "how often runs took each edge: what hunt --coverage=FILE wrote")
      ->required();
  describe_system(*verb, words);
  verb->footer("Example: drydock diagram coverage --counts=counts.json --out=coverage.pdf");
  return verb;
}

CLI::App* add_counterexample(CLI::App& app, Words& words) {
  CLI::App* verb =
      app.add_subcommand("counterexample", "draw what drydock explore --json found, step by step");
  verb->add_option("FILE", words.counterexample, "what it printed")->required();
  describe_picture(*verb, words);
  verb->footer("Example: drydock diagram counterexample found.json --out=found.svg");
  return verb;
}

Result<PictureFormat> format_of(const Words& words) {
  const auto& names = reports::kPictureFormatNames;
  std::optional<PictureFormat> format = PictureFormat::kSvg;
  if (!words.format.empty()) {
    const auto found = std::ranges::find(names, words.format);
    if (found == names.end()) {
      return failure(ErrorCode::kInvalid, fmt::format("--format: '{}' is none of {}{}", words.format,
                                                      fmt::join(names, ", "), hint(words.format, names)));
    }
    format = static_cast<PictureFormat>(found - names.begin());
  } else if (!words.out.empty()) {
    format = reports::picture_format_of(words.out);
    if (!format) {
      return failure(ErrorCode::kInvalid, fmt::format("--out: {}: ends in none of .{}; give --format",
                                                      words.out, fmt::join(names, ", .")));
    }
  }
  const bool is_text = *format == PictureFormat::kSvg || *format == PictureFormat::kDot;
  if (words.out.empty() && !is_text) {
    return failure(ErrorCode::kInvalid,
                   fmt::format("--format: {} goes to a file only; give --out", words.format));
  }
  return *format;
}

Result<std::string> counterexample_graph(const std::string& path) {
  const Result<std::string> text = read_file(path);
  if (!text) return std::unexpected(text.error());
  const auto counterexample = reports::parse_counterexample(*text, path);
  if (!counterexample) return std::unexpected(counterexample.error());
  return reports::sequence_graph(*counterexample);
}

// `aspect`: the one to draw; nothing for all.
Result<std::string> edges_graph(std::optional<protocol::Aspect> aspect, const CLI::App& verb, Words& words) {
  const Status prepared = prepare_system(verb, words);
  if (!prepared) return std::unexpected(prepared.error());
  reports::DiagramInput input{.system = words.system, .reachable = {}, .taken = {}};
  if (!words.counts.empty()) {
    const Result<std::string> text = read_file(words.counts);
    if (!text) return std::unexpected(text.error());
    const auto counts = reports::parse_edge_counts(*text, words.counts);
    if (!counts) return std::unexpected(counts.error());
    input.taken = *counts;
  }
  input.reachable = protocol::reachable_edges(words.system);
  return aspect ? reports::aspect_graph(*aspect, input) : reports::coverage_graph(input);
}

Status write_picture(const std::string& picture, const std::string& path) {
  if (!path.empty()) return write_file(path, picture);
  fmt::print("{}", picture);
  return {};
}

}  // namespace

int run_diagram(std::span<const std::string> arguments) {
  Words words;
  words.system = default_system();
  CLI::App app("Draws the protocol as its model really goes, with graphviz.", "drydock diagram");
  app.require_subcommand(1);
  using protocol::Aspect;
  const std::array aspects = {
      add_aspect(app, Aspect::kRegion, "draw the life of a region", words),
      add_aspect(app, Aspect::kCommit, "draw what a commit goes through", words),
      add_aspect(app, Aspect::kMode, "draw the clone's modes: rw, ro, Fail, and crashed", words)};
  CLI::App* coverage = add_coverage(app, words);
  CLI::App* counterexample = add_counterexample(app, words);
  app.footer("Example: drydock diagram region --out=region.svg");
  if (const auto unknown = unknown_verb(app, arguments)) {
    complain(*unknown);
    return kUsage;
  }
  if (const auto code = parse(app, arguments)) return *code;
  const Result<PictureFormat> format = format_of(words);
  if (!format) return outcome(format.error());
  if (!words.out.empty()) {
    const Status writable = can_write_file("--out", words.out);
    if (!writable) return outcome(writable.error());
  }
  const auto drawn = std::ranges::find_if(aspects, &CLI::App::parsed);
  const bool is_one = drawn != aspects.end();
  const auto aspect =
      is_one ? std::optional(protocol::kAspects[static_cast<size_t>(drawn - aspects.begin())]) : std::nullopt;
  const Result<std::string> graph = counterexample->parsed()
                                        ? counterexample_graph(words.counterexample)
                                        : edges_graph(aspect, is_one ? **drawn : *coverage, words);
  if (!graph) return outcome(graph.error());
  const Result<std::string> picture = reports::render(*graph, *format);
  if (!picture) return outcome(picture.error());
  const Status written = write_picture(*picture, words.out);
  return written ? kGood : outcome(written.error());
}

}  // namespace drydock::cli
