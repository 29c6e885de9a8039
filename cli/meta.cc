// drydock meta: the table of its verbs.

#include "cli/meta.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "block/did_you_mean.h"
#include "cli/manual.h"

namespace drydock::cli {
namespace {

constexpr std::array kVerbs = {
    Verb{"check", "say everything that is wrong with a metadata device", meta::check},
    Verb{"stat", "what the superblock says, how much is hydrated, blocks in use", meta::stat},
    Verb{"dump", "print which regions are hydrated", meta::dump},
    Verb{"restore", "write metadata anew from a dump", meta::restore},
    Verb{"repair", "write what can be proved from damaged metadata to another device", meta::repair},
    Verb{"diff", "compare the hydrated regions of two metadata devices", meta::diff},
    Verb{"format", "write the metadata of a clone in which nothing is hydrated", meta::format},
    Verb{"size", "how large a metadata device must be", meta::size},
};

constexpr std::string_view kAbout = "Works on dm-clone's metadata: on a block device, or in a file.";

std::string help() {
  std::string text = fmt::format("{}\n\nusage: drydock meta VERB ...\n\n", kAbout);
  for (const Verb& verb : kVerbs) text += fmt::format("  {:<10} {}\n", verb.name, verb.summary);
  return text +
         "\nSizes are sectors of 512 bytes, or bytes with a unit: 8, 4KiB, 1TiB. A device\n"
         "that others use is refused. 'drydock help meta VERB' tells more.\n"
         "Example: drydock meta check /dev/vg/metadata\n\n" +
         exit_codes_of("meta");
}

int unknown(const std::string& word) {
  std::vector<std::string_view> names;
  for (const Verb& verb : kVerbs) names.push_back(verb.name);
  complain(fmt::format("meta: '{}' is none of {}{}", word, fmt::join(names, ", "), hint(word, names)));
  return kUsage;
}

// For manual pages and completion: each verb has one of its own.
std::optional<std::string> answer_of_meta(std::span<const std::string> words) {
  CLI::App app(std::string(kAbout), "drydock meta");
  for (const Verb& verb : kVerbs) app.add_subcommand(std::string(verb.name), std::string(verb.summary));
  app.footer("Example: drydock meta check /dev/vg/metadata");
  return words.size() == 1 ? answer_to_machine(app, words) : std::nullopt;
}

}  // namespace

int run_meta(std::span<const std::string> words) {
  if (words.empty()) {
    fmt::print(stderr, "{}", help());
    return kUsage;
  }
  if (words.front() == "--help" || words.front() == "-h") {
    fmt::print("{}", help());
    return kGood;
  }
  if (const auto answer = answer_of_meta(words)) {
    fmt::print("{}", *answer);
    return kGood;
  }
  const auto verb = std::ranges::find(kVerbs, words.front(), &Verb::name);
  return verb == kVerbs.end() ? unknown(words.front()) : verb->run(words.subspan(1));
}

}  // namespace drydock::cli
