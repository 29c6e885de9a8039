// drydock serve: starts nbdkit with the clone's plugin.

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <vector>

#include "cli/setup_options.h"
#include "cli/verb.h"
#include "live/unix_socket.h"

namespace drydock::cli {
namespace {

constexpr const char* kPlugin = "drydock-clone-plugin.so";

struct Words {
  std::string unix_socket, listen, control, on_event, log;
  std::vector<std::string> nbdkit;
};

// Beside the program, as it is built; or where it is installed.
Result<std::string> plugin_path() {
  std::error_code error;
  const std::filesystem::path here = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  for (const std::filesystem::path& place : {here, here / "../lib/drydock"}) {
    if (exists(place / kPlugin, error)) return (place / kPlugin).lexically_normal().string();
  }
  return failure(ErrorCode::kNotFound, fmt::format("{}: neither beside the program nor in {}", kPlugin,
                                                   (here / "../lib/drydock").lexically_normal().string()));
}

// "HOST:PORT", "[::1]:PORT" or "PORT" as options of nbdkit.
Result<std::vector<std::string>> address_options(const Words& words) {
  if (!words.unix_socket.empty()) return std::vector<std::string>{"--unix", words.unix_socket};
  const size_t colon = words.listen.rfind(':');
  std::string host = colon == std::string::npos ? "" : words.listen.substr(0, colon);
  const std::string port = words.listen.substr(colon == std::string::npos ? 0 : colon + 1);
  uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc() || end != port.data() + port.size())
    return failure(ErrorCode::kInvalid, fmt::format("--listen: '{}' is no HOST:PORT", words.listen));
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  std::vector<std::string> options = {"--port", port};
  if (!host.empty()) options.insert(options.end(), {"--ipaddr", host});
  return options;
}

// As the NBD URI specification has it: what is neither a letter, a digit nor one of these is written as %XX.
std::string escaped(std::string_view path) {
  std::string text;
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~/").contains(c);
    text += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return text;
}

// By which clients on this machine find the server.
std::string uri_of(const Words& words) {
  const bool needs_tls = std::ranges::find(words.nbdkit, "--tls=require") != words.nbdkit.end();
  const std::string scheme = needs_tls ? "nbds" : "nbd";
  if (!words.unix_socket.empty()) {
    return fmt::format("{}+unix:///?socket={}", scheme,
                       escaped(std::filesystem::absolute(words.unix_socket).string()));
  }
  const bool has_host = words.listen.find(':') != std::string::npos && !words.listen.starts_with(':');
  const std::string port = words.listen.substr(words.listen.starts_with(':') ? 1 : 0);
  return fmt::format("{}://{}", scheme, has_host ? words.listen : "localhost:" + port);
}

// Filters of nbdkit that do not do what one hopes for.
void warn_of_filters(const std::vector<std::string>& words) {
  const auto is_used = [&](std::string_view filter) {
    return std::ranges::any_of(words, [&](const std::string& word) {
      return word == fmt::format("--filter={}", filter) || word == filter;
    });
  };
  if (is_used("cow")) {
    complain(
        "nbdkit's filter cow zeroes only the first 4 KiB of a range below nbdfuse: what is zeroed there "
        "keeps old "
        "data");
  }
  if (is_used("cache")) {
    complain(
        "nbdkit's filter cache reports data that it has not written out as holes: a copy of it may have "
        "zeros "
        "instead");
  }
}

Result<std::vector<std::string>> command(const Words& words, const SetupOptions& setup) {
  if (words.unix_socket.empty() == words.listen.empty())
    return failure(ErrorCode::kInvalid, "either --socket or --listen is needed, and not both");
  const auto checked = setup.setup();
  if (!checked) return std::unexpected(checked.error());
  const auto address = address_options(words);
  if (!address) return std::unexpected(address.error());
  const auto plugin = plugin_path();
  if (!plugin) return std::unexpected(plugin.error());
  std::vector<std::string> all = {"nbdkit", "--foreground"};
  all.insert(all.end(), address->begin(), address->end());
  all.insert(all.end(), words.nbdkit.begin(), words.nbdkit.end());
  all.push_back(*plugin);
  for (const auto& [name, value] : setup.said()) all.push_back(name + "=" + value);
  if (!words.control.empty()) all.push_back("control=" + words.control);
  if (!words.on_event.empty()) all.push_back("on-event=" + words.on_event);
  if (!words.log.empty()) all.push_back("log=" + words.log);
  all.push_back("uri=" + uri_of(words));
  return all;
}

}  // namespace

int run_serve(std::span<const std::string> arguments) {
  Words words;
  CLI::App app(
      "Serves a clone to NBD clients, at once, while it is copied in the background: starts nbdkit with the "
      "clone's plugin,\nuntil SIGINT or SIGTERM, and then until its clients have gone. Prints its URI. Words "
      "after -- go to nbdkit, for TLS say.",
      "drydock serve");
  app.add_option("--socket", words.unix_socket, "serve on this unix socket")->type_name("PATH");
  app.add_option("--listen", words.listen, "serve on TCP")->type_name("HOST:PORT");
  SetupOptions setup(app);
  app.add_option("--control", words.control, "make this socket, for drydock status, message and events")
      ->type_name("SOCKET");
  app.add_option("--on-event", words.on_event, "run this when something happens; $DRYDOCK_EVENT says what")
      ->type_name("COMMAND");
  app.add_option("--log", words.log, "write down what clients ask and are told (drydock check-log)")
      ->type_name("FILE");
  app.add_option("NBDKIT", words.nbdkit, "options of nbdkit");
  app.footer(
      "Example: drydock serve --socket=/run/clone.nbd --source=/dev/sdb --destination=/dev/sdc "
      "--metadata=/dev/sdd --format");
  if (const auto code = parse(app, arguments)) return *code;
  auto all = command(words, setup);
  if (all && !words.unix_socket.empty()) {
    if (Status free = live::remove_leftover_socket(words.unix_socket); !free)
      all = std::unexpected(std::move(free.error()));
  }
  if (!all) return outcome(all.error());
  warn_of_filters(words.nbdkit);
  std::vector<std::string> copies = *all;
  std::vector<char*> pointers;
  for (std::string& word : copies) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  execvp("nbdkit", pointers.data());
  complain(fmt::format("nbdkit: {}{}", std::strerror(errno),
                       errno == ENOENT ? "; Debian's package is nbdkit" : ""));
  return kEnvironment;
}

}  // namespace drydock::cli
