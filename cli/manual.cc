#include "cli/manual.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "cli/help.h"
#include "cli/verb.h"

namespace drydock::cli {
namespace {

constexpr std::string_view kExample = "Example: ";

// As man(7) takes it: no word is a request, and a minus can be copied into a shell.
std::string escaped(std::string_view text) {
  std::string result = text.starts_with('.') || text.starts_with('\'') ? "\\&" : "";
  for (const char letter : text) {
    if (letter == '\\') {
      result += "\\e";
    } else if (letter == '-') {
      result += "\\-";
    } else {
      result += letter == '\n' ? ' ' : letter;
    }
  }
  return result;
}

std::string dashed(std::string name) {
  std::ranges::replace(name, ' ', '-');
  return name;
}

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char letter) { return std::toupper(letter); });
  return text;
}

bool takes_value(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

// "--runs=UINT", or "FILE ...".
std::string spelled(const CLI::Option& option) {
  if (option.get_positional())
    return option.get_name(true) + (option.get_items_expected_max() > 1 ? " ..." : "");
  const std::string name = "--" + option.get_lnames().front();
  return takes_value(option) ? name + "=" + option.get_type_name() : name;
}

std::vector<const CLI::Option*> shown_options(const CLI::App& app) {
  std::vector<const CLI::Option*> shown;
  for (const CLI::Option* option : app.get_options()) {
    const bool hidden = option->get_group().empty();
    if (!hidden && (option->get_positional() || !option->get_lnames().empty())) shown.push_back(option);
  }
  return shown;
}

std::vector<const CLI::App*> verbs_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* verb) { return !verb->get_name().empty(); });
}

std::string heading(std::string_view name, std::string_view title, std::string_view about) {
  return fmt::format(".TH {} 1 \"\" \"drydock {}\" \"drydock manual\"\n.SH NAME\n{} \\- {}\n",
                     upper(std::string(title)), DRYDOCK_VERSION, name, escaped(about));
}

// The line below the name: from the table of verbs, or how the description begins.
std::string summary(const CLI::App& app) {
  const std::string name = app.get_name().substr(app.get_name().find(' ') + 1);
  const auto verb = std::ranges::find(all_verbs(), name, &Verb::name);
  if (verb != all_verbs().end()) return std::string(verb->summary);
  const std::string about = app.get_description();
  return about.substr(0, about.find(". ")).substr(0, about.find_last_not_of(".\n") + 1);
}

std::string options_part(const CLI::App& app) {
  std::string text;
  for (const CLI::Option* option : shown_options(app)) {
    text += fmt::format(".TP\n\\fB{}\\fR\n{}", escaped(spelled(*option)), escaped(option->get_description()));
    if (!option->get_default_str().empty())
      text += fmt::format(" (default: {})", escaped(option->get_default_str()));
    text += '\n';
  }
  return text;
}

// What stands below the options in --help: words of its own, and examples.
struct Footer {
  std::string text, examples;

  explicit Footer(const CLI::App& app) {
    std::istringstream lines(app.get_footer());
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with(kExample)) {
        examples += escaped(line.substr(kExample.size())) + "\n";
      } else {
        text += escaped(line) + "\n";
      }
    }
    if (text.find_first_not_of('\n') == std::string::npos) text.clear();
  }
  std::string both() const {
    const auto as_it_stands = [](const std::string& lines) { return ".PP\n.nf\n" + lines + ".fi\n"; };
    return (text.empty() ? "" : as_it_stands(text)) +
           (examples.empty() ? "" : ".SH EXAMPLES\n" + as_it_stands(examples));
  }
};

std::string verbs_part(const CLI::App& app) {
  const std::vector<const CLI::App*> verbs = verbs_of(app);
  if (verbs.empty()) return "";
  std::string text = ".SH VERBS\n";
  for (const CLI::App* verb : verbs) {
    text += fmt::format(".SS {} {}\n{}\n{}", escaped(app.get_name()), escaped(verb->get_name()),
                        escaped(verb->get_description()), options_part(*verb));
    const Footer footer(*verb);
    if (!footer.text.empty()) text += ".PP\n.nf\n" + footer.text + ".fi\n";
    if (!footer.examples.empty()) text += ".PP\nExample:\n.PP\n.nf\n" + footer.examples + ".fi\n";
  }
  return text;
}

// The rows of "Exit codes:" as --help prints them: two blanks, the code, and the sentence, which may go on
// below.
std::string exit_part(std::string_view verb) {
  std::string text = ".SH EXIT STATUS\n";
  std::istringstream lines(exit_codes_of(verb));
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) {
    const size_t begin = line.find_first_not_of(' ');
    if (begin == std::string::npos) continue;
    if (begin > 2) {
      text += escaped(line.substr(begin)) + "\n";
      continue;
    }
    const size_t end = line.find("  ", begin);
    const size_t sentence = line.find_first_not_of(' ', end);
    text += fmt::format(".TP\n.B {}\n{}\n", line.substr(begin, end - begin), escaped(line.substr(sentence)));
  }
  return text;
}

std::string manual_page(const CLI::App& app) {
  const std::string name = dashed(app.get_name());
  std::string text =
      heading(name, name, summary(app)) + fmt::format(".SH SYNOPSIS\n.B {}\n", escaped(app.get_name()));
  text += verbs_of(app).empty() ? "[\\fIOPTION\\fR ...]" : "\\fIVERB\\fR [\\fIOPTION\\fR ...]";
  for (const CLI::Option* option : shown_options(app)) {
    if (option->get_positional()) text += fmt::format(" \\fI{}\\fR", escaped(spelled(*option)));
  }
  text += fmt::format("\n.SH DESCRIPTION\n{}\n.SH OPTIONS\n{}", escaped(app.get_description()),
                      options_part(app));
  const std::string called = app.get_name();
  const size_t begin = called.find(' ') + 1;
  text +=
      verbs_part(app) + Footer(app).both() + exit_part(called.substr(begin, called.find(' ', begin) - begin));
  return text + ".SH SEE ALSO\n.BR drydock (1)\n";
}

std::string manual_page_of_program() {
  std::string text = heading("drydock", "drydock", "find out whether a crash at any moment can lose data") +
                     ".SH SYNOPSIS\n.B drydock\n\\fIVERB\\fR [\\fIOPTION\\fR ...]\n.SH DESCRIPTION\n"
                     "Runs a clone of a block device on simulated disks, checks every state that a power cut "
                     "could leave at every "
                     "event, and makes what it finds into a small scenario that anybody can replay. The same "
                     "clone works on real "
                     "devices.\n.SH VERBS\n";
  for (const Verb& verb : all_verbs()) {
    text += fmt::format(".TP\n.BR drydock\\-{} (1)\n{}\n", escaped(verb.name), escaped(verb.summary));
  }
  text += ".SH EXIT STATUS\n";
  for (const live::ExitMeaning& meaning : live::kExitMeanings)
    text += fmt::format(".TP\n.B {}\n{}\n", static_cast<int>(meaning.code), escaped(meaning.sentence));
  return text +
         ".SH FILES\n.TP\n.I /usr/share/drydock/library\nscenarios worth keeping, to replay\n"
         ".TP\n.I /usr/share/doc/drydock\nhow it works, file formats, the disk model\n";
}

std::string line_of_words(const std::string& word, std::string description) {
  std::ranges::replace(description, '\n', ' ');
  return fmt::format("{}\t{}\n", word, description);
}

// A line for each word that may come next: "--runs=", a tab, and what it is for.
std::string words_of(const CLI::App& app) {
  std::string text;
  for (const CLI::App* verb : verbs_of(app)) text += line_of_words(verb->get_name(), verb->get_description());
  for (const CLI::Option* option : shown_options(app)) {
    if (option->get_positional()) continue;
    const std::string name = "--" + option->get_lnames().front();
    text += line_of_words(takes_value(*option) ? name + "=" : name, option->get_description());
  }
  return text;
}

}  // namespace

std::optional<std::string> answer_to_machine(const CLI::App& app, std::span<const std::string> words) {
  if (words.empty() || words.size() > 2) return std::nullopt;
  const CLI::App* asked = &app;
  if (words.size() == 2) {
    const std::vector<const CLI::App*> verbs = verbs_of(app);
    const auto named =
        std::ranges::find(verbs, words.front(), [](const CLI::App* verb) { return verb->get_name(); });
    if (named == verbs.end()) return std::nullopt;
    asked = *named;
  }
  if (words.back() == "--words") return words_of(*asked);
  return words.back() == "--man" && asked == &app ? std::optional(manual_page(app)) : std::nullopt;
}

std::optional<std::string> answer_to_machine(std::span<const std::string> words) {
  if (words.size() != 1) return std::nullopt;
  if (words.front() == "--man") return manual_page_of_program();
  if (words.front() != "--words") return std::nullopt;
  std::string text;
  for (const Verb& verb : all_verbs())
    text += line_of_words(std::string(verb.name), std::string(verb.summary));
  return text + line_of_words("help", "what a verb does, with an example") +
         line_of_words("--version", "the version");
}

}  // namespace drydock::cli
