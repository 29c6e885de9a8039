#include "servers/clone_server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <future>
#include <utility>

#include "block/holes.h"
#include "engine/devices/file_disk.h"
#include "live/known_sizes.h"

namespace drydock::servers {
namespace {

using engine::devices::Loop;
using engine::devices::OpenDescriptor;
using engine::devices::Posted;

// Only a regular file says where its holes are.
OpenDescriptor open_for_holes(const std::string& path) {
  OpenDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat found{};
  const bool is_regular = file.is_open() && fstat(file.number(), &found) == 0 && S_ISREG(found.st_mode);
  return is_regular ? std::move(file) : OpenDescriptor(-1);
}

// Appends what is known of `range`, in pieces.
void append_extents(const OpenDescriptor& file, SectorRange range, std::vector<Extent>& extents) {
  while (!range.empty()) {
    const Extent extent = file.is_open() ? extent_of_file(file.number(), range) : Extent{.range = range};
    extents.push_back(extent);
    range = SectorRange::between(extent.range.end(), range.end());
  }
}

}  // namespace

// Lives on the stack of the thread that waits for it.
struct CloneServer::Call : Posted {
  CloneServer* server = nullptr;
  IoRequest request{};
  Status status{};
  std::atomic<bool> answered = false;
};

Result<std::unique_ptr<CloneServer>> CloneServer::start(CloneServerSetup setup) {
  std::unique_ptr<CloneServer> server(new CloneServer(std::move(setup)));
  // Shared: set_value() may still be at work when get() has returned.
  const auto promise = std::make_shared<std::promise<Status>>();
  std::future<Status> opened = promise->get_future();
  server->thread_ = std::thread([&self = *server, promise] { self.run(*promise); });
  Status status = opened.get();
  if (!status) {
    server->thread_.join();
    return std::unexpected(std::move(status.error()));
  }
  return server;
}

CloneServer::~CloneServer() {
  if (!thread_.joinable()) return;
  loop_->stop();
  thread_.join();
}

// The engine's thread, from the first to the last.
void CloneServer::run(std::promise<Status>& promise) {
  Status opened = open();
  const bool is_open = opened.has_value();
  promise.set_value(std::move(opened));
  if (!is_open) return;
  loop_->run();
  fmt::print(stderr, "drydock: {}\n", service_->last_words());
  const Status closed = service_->close();
  if (!closed) fmt::print(stderr, "drydock: {}\n", closed.error().message);
  tasks_.reset();
  service_.reset();
}

Status CloneServer::open() {
  loop_ = std::make_unique<Loop>();
  if (!loop_->why_threads().empty()) fmt::print(stderr, "drydock: {}\n", loop_->why_threads());
  if (!loop_->why_unregistered().empty()) fmt::print(stderr, "drydock: {}\n", loop_->why_unregistered());
  Status logging = open_log();
  if (!logging) return logging;
  live::ServiceOptions options{.control = setup_.control, .on_event = setup_.on_event};
  options.on_remark = [](std::string_view remark) { fmt::print(stderr, "drydock: {}\n", remark); };
  options.on_happened = [this](const live::LiveEvent& event) { tell_log(event); };
  auto service = live::Service::start(*loop_, setup_.clone, std::move(options));
  if (recorder_) recorder_->opened(service ? ErrorCode::kNone : service.error().code);
  if (!service) return std::unexpected(std::move(service.error()));
  service_ = std::move(*service);
  tasks_.emplace();
  const engine::Clone& clone = service_->live().clone();
  size_ = clone.size();
  logical_block_ = clone.logical_block();
  region_size_ = clone.options().region_size;
  if (setup_.clone.dangerous.empty()) {
    const Geometry geometry{.size = size_, .region_size = clone.options().region_size};
    direct_ = DirectPath::open(setup_.clone.table.destination_device, setup_.clone.caching, geometry,
                               service_->live().clone().publish_hydrated());
  }
  source_file_ = open_for_holes(setup_.clone.table.source_device);
  destination_file_ = open_for_holes(setup_.clone.table.destination_device);
  tell_user();
  return {};
}

// What was understood, and what clients have to know.
void CloneServer::tell_user() const {
  fmt::print(stderr, "drydock: {}\n", service_->live().described());
  if (logical_block_ > SectorCount(1)) {
    fmt::print(
        stderr,
        "drydock: the smallest block is {0} bytes: a loop device on it needs losetup --sector-size={0} (-b "
        "{0})\n",
        bytes_of(logical_block_));
  }
  if (setup_.uri.empty()) return;
  const std::string line = setup_.uri + "\n";
  const ssize_t written = write(setup_.uri_to.number(), line.data(), line.size());
  if (written != static_cast<ssize_t>(line.size()))
    fmt::print(stderr, "drydock: stdout cannot be written; the URI is {}\n", setup_.uri);
}

// Before the clone is open: a life begins before its first request.
Status CloneServer::open_log() {
  if (setup_.log.empty()) return {};
  live::take_sizes_from_metadata(setup_.clone);
  if (!setup_.clone.size) {
    const auto source =
        engine::devices::open_file(setup_.clone.table.source_device, engine::devices::Access::kForceRead);
    if (!source) return std::unexpected(source.error());
    setup_.clone.size = (*source)->limits().size;
  }
  auto recorder = ClientRecorder::create(
      setup_.log, {.size = *setup_.clone.size, .region_size = setup_.clone.table.options.region_size});
  if (!recorder) return std::unexpected(std::move(recorder.error()));
  recorder_ = std::move(*recorder);
  recorder_->start();
  return {};
}

void CloneServer::tell_log(const live::LiveEvent& event) {
  if (!recorder_) return;
  if (event.kind == live::LiveEvent::Kind::kHydrated) recorder_->hydrated();
  // The log's numbers are the engine's, as in a simulated run.
  if (event.kind == live::LiveEvent::Kind::kMode) recorder_->mode(static_cast<uint32_t>(event.mode));
}

Status CloneServer::perform(IoKind kind, SectorRange range, std::span<std::byte> data, Fua fua) {
  const SectorRange all{Sector(0), size_};
  const bool is_aligned =
      range.first.value() % logical_block_.value() == 0 && range.count % logical_block_ == 0;
  if (kind != IoKind::kFlush && (!all.contains(range) || !is_aligned)) {
    return failure(ErrorCode::kInvalid,
                   fmt::format("clone: {} of {} sectors at {}: not inside, or no whole blocks",
                               to_string(kind), range.count, range.first));
  }
  std::optional<ClientRecorder::Request> recorded;
  if (recorder_) recorded = recorder_->submit(kind, range, fua, data);
  std::optional<Status> status = direct_ ? direct_->perform(kind, range, data, fua) : std::nullopt;
  if (!status) status = perform_on_loop(kind, range, data, fua);
  if (recorded) recorder_->complete(*recorded, *status ? ErrorCode::kNone : status->error().code, data);
  return std::move(*status);
}

Status CloneServer::perform_on_loop(IoKind kind, SectorRange range, std::span<std::byte> data, Fua fua) {
  Call call;
  call.run = [](Posted& posted) {
    Call& posted_call = static_cast<Call&>(posted);
    posted_call.server->tasks_->spawn(posted_call.server->serve(posted_call));
  };
  call.server = this;
  call.request = {.kind = kind, .fua = fua, .range = range, .data = data};
  loop_->post(call);
  call.answered.wait(false);
  return std::move(call.status);
}

Task<void> CloneServer::serve(Call& call) {
  Task<Status> asking = service_->live().clone().perform(call.request);
  call.status = co_await asking;
  call.answered.store(true);
  call.answered.notify_one();
}

std::vector<Extent> CloneServer::extents(SectorRange asked) {
  const SectorRange range = asked.intersect({Sector(0), size_});
  const auto promise = std::make_shared<std::promise<std::vector<Extent>>>();  // shared: as in start()
  std::future<std::vector<Extent>> answered = promise->get_future();
  loop_->post([this, range, promise] {
    const engine::Clone& clone = service_->live().clone();
    const SectorCount region_size = clone.options().region_size;
    const RegionSet& set = clone.hydrated_regions();
    const Region end = Region(0) + clone.regions();
    std::vector<Extent> found;
    for (Sector at = range.first; at < range.end();) {
      const Region region(at.value() / region_size.value());
      const bool hydrated = set.contains(region);
      const Region next =
          (hydrated ? set.next_absent(region, end) : set.next_present(region, end)).value_or(end);
      const Sector until = std::min(range.end(), Sector(next.value() * region_size.value()));
      append_extents(hydrated ? destination_file_ : source_file_, SectorRange::between(at, until), found);
      at = until;
    }
    promise->set_value(std::move(found));
  });
  return answered.get();
}

}  // namespace drydock::servers
