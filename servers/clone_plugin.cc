// nbdkit plugin: exports a clone over NBD.
//
//     nbdkit ./drydock-clone-plugin.so source=DEV destination=DEV metadata=DEV [format=yes] ...
//
// Parameters are the options of `drydock clone`; control= and on-event= too, and log=FILE for the clients'
// part of a write log.
#include "servers/nbdkit.h"
// first, for its version

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <string>

#include "live/exit_code.h"
#include "live/setup_words.h"
#include "servers/clone_server.h"

#define THREAD_MODEL NBDKIT_THREAD_MODEL_PARALLEL

namespace drydock::servers {
namespace {

// nbdkit has one plugin, and no place for its state but here.
live::SetupReader reader;
CloneServerSetup setup;
std::string help;
std::unique_ptr<CloneServer> server;

bool is_path(std::string_view key) { return key == "source" || key == "destination" || key == "metadata"; }

int config(const char* key, const char* value) {
  const std::string_view name(key);
  if (name == "control" || name == "log") {
    (name == "log" ? setup.log : setup.control) = absolute(value);
    return 0;
  }
  if (name == "uri") {
    // nbdkit will have closed stdout by the time that clients are served.
    setup.uri = value;
    setup.uri_to = engine::devices::OpenDescriptor(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
    return 0;
  }
  if (name == "on-event") {
    setup.on_event = value;
    return 0;
  }
  return answer_of(reader.take(name, is_path(name) ? absolute(value) : value));
}

int config_complete() {
  auto clone = reader.finish();
  if (!clone) return answer_of(std::unexpected(clone.error()));
  setup.clone = std::move(*clone);
  return 0;
}

// Threads are started only now: nbdkit forks before. On an error nbdkit would end with 1, which is a finding
// elsewhere.
int after_fork() {
  auto started = CloneServer::start(std::move(setup));
  if (!started) {
    nbdkit_error("%s", started.error().message.c_str());
    std::exit(live::exit_code_of(started.error()));
  }
  server = std::move(*started);
  return 0;
}

void cleanup() { server.reset(); }

void* open_connection(int) { return NBDKIT_HANDLE_NOT_NEEDED; }

int64_t get_size(void*) { return static_cast<int64_t>(bytes_of(server->size())); }

int block_size(void*, uint32_t* minimum, uint32_t* preferred, uint32_t* maximum) {
  *minimum = static_cast<uint32_t>(bytes_of(server->logical_block()));
  // Trims of whole regions are what the clone can use at once, and writes of them need no copy.
  const uint64_t region = std::min<uint64_t>(bytes_of(server->region_size()), kLargestRequest);
  *preferred = std::max(*minimum, static_cast<uint32_t>(region));
  *maximum = kLargestRequest;
  return 0;
}

int perform(IoKind kind, uint64_t offset, uint64_t count, void* data, uint32_t flags) {
  const std::optional<SectorRange> range = sectors_of(offset, count);
  if (!range) return answer_of(failure(ErrorCode::kInvalid, "clone: no whole sectors"));
  const std::span<std::byte> bytes(static_cast<std::byte*>(data), data == nullptr ? 0 : count);
  return answer_of(server->perform(kind, *range, bytes, fua_of(flags)));
}

int read(void*, void* buffer, uint32_t count, uint64_t offset, uint32_t flags) {
  return perform(IoKind::kRead, offset, count, buffer, flags);
}
int write(void*, const void* buffer, uint32_t count, uint64_t offset, uint32_t flags) {
  return perform(IoKind::kWrite, offset, count, const_cast<void*>(buffer), flags);
}
int flush(void*, uint32_t) { return perform(IoKind::kFlush, 0, 0, nullptr, 0); }
int trim(void*, uint32_t count, uint64_t offset, uint32_t flags) {
  const int trimmed = perform(IoKind::kDiscard, offset, count, nullptr, 0);
  if (trimmed != 0 || fua_of(flags) == Fua::kNo) return trimmed;
  return perform(IoKind::kFlush, 0, 0, nullptr, 0);
}
// The clone writes zeros like other data. Who wants them only if that is fast is told at once that it is not.
int zero(void*, uint32_t count, uint64_t offset, uint32_t flags) {
  if ((flags & NBDKIT_FLAG_FAST_ZERO) != 0) {
    nbdkit_set_error(EOPNOTSUPP);
    return -1;
  }
  return perform(IoKind::kWriteZeroes, offset, count, nullptr, flags);
}

int extents(void*, uint32_t count, uint64_t offset, uint32_t, nbdkit_extents* found) {
  return add_extents(offset, count, found, [](SectorRange range) { return server->extents(range); });
}

std::string help_text() {
  std::string text;
  for (const live::SetupWord& word : live::setup_words()) {
    text += fmt::format("{}={:<20} {}\n", word.name, word.value.empty() ? "yes" : word.value, word.help);
  }
  return text +
         "control=SOCKET  make this socket, for drydock status, message and events\n"
         "on-event=COMMAND  run this when something happens; $DRYDOCK_EVENT says what\n"
         "uri=URI  what to print on stdout once clients are served\n"
         "log=FILE  write down what clients asked and were told\n";
}

nbdkit_plugin described() {
  help = help_text();
  nbdkit_plugin plugin{};
  plugin.name = "drydock-clone";
  plugin.version = DRYDOCK_VERSION;
  plugin.longname = "drydock clone";
  plugin.description = "a slow source as a local disk at once, copied region by region in the background";
  plugin.config_help = help.c_str();
  plugin.config = config;
  plugin.config_complete = config_complete;
  plugin.after_fork = after_fork;
  plugin.cleanup = cleanup;
  plugin.open = open_connection;
  plugin.get_size = get_size;
  plugin.block_size = block_size;
  plugin.can_write = yes;
  plugin.can_flush = yes;
  plugin.can_trim = yes;
  plugin.can_zero = yes;
  plugin.can_fast_zero = yes;  // that is, to say at once that it is not fast
  plugin.can_extents = yes;
  plugin.can_multi_conn = yes;
  plugin.can_fua = native_fua;
  plugin.pread = read;
  plugin.pwrite = write;
  plugin.flush = flush;
  plugin.trim = trim;
  plugin.zero = zero;
  plugin.extents = extents;
  plugin.errno_is_preserved = 0;
  return plugin;
}

nbdkit_plugin plugin = described();

}  // namespace
}  // namespace drydock::servers

using drydock::servers::plugin;
NBDKIT_REGISTER_PLUGIN(plugin)
