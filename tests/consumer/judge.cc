// Puts somebody else's clone (naive_clone.h) on simulated disks, lets clients work with it, and has every
// crash state at every event of what they did judged. The order in which it first commits loses data; the
// other one does not.
#include <drydock/block/chance.h>
#include <drydock/block/mishap.h>
#include <drydock/block/write_log.h>
#include <drydock/model/crash_check.h>
#include <drydock/model/invariants.h>
#include <drydock/sim/client.h>
#include <drydock/sim/disk.h>
#include <drydock/sim/executor.h>

#include <cstdio>
#include <optional>

#include "naive_clone.h"

using namespace drydock;

namespace {

constexpr Geometry kGeometry{.size = SectorCount(256), .region_size = SectorCount(8)};
constexpr uint64_t kSeeds = 200;

// Nothing goes wrong with the disks but what every disk may do when its power is cut.
class NoMishaps : public MishapSource {
  Mishap mishap_of(Party, const IoRequest&, uint64_t) override { return {}; }
};

std::vector<sim::ClientOperation> drawn_operations(const Chance& chance) {
  std::vector<sim::ClientOperation> operations;
  for (uint32_t id = 1; id <= 30; ++id) {
    const Draw draw = chance.draw(Chance::Topic::kTest, id);
    sim::ClientOperation& operation = operations.emplace_back();
    operation.id = id;
    if (draw.happens(0, 150)) {
      operation.kind = IoKind::kFlush;
      continue;
    }
    operation.kind = draw.happens(0, 500) ? IoKind::kRead : IoKind::kWrite;
    operation.range = {Sector(draw.below(1, 240)), SectorCount(draw.between(2, 1, 16))};
    if (operation.kind == IoKind::kWrite && draw.happens(3, 200)) operation.fua = Fua::kYes;
  }
  return operations;
}

struct Judged {
  std::optional<model::Finding> finding;
  size_t crash_points = 0;
};

Task<void> live(NaiveClone& clone, sim::Client& client, WriteLog& log) {
  const Status opened = co_await clone.open();
  log.append({.kind = EventKind::kOpened, .error = opened ? ErrorCode::kNone : opened.error().code});
  if (!opened) co_return;
  client.start(clone);
  const Status hydrated = co_await clone.hydrate();
  if (!hydrated) std::fprintf(stderr, "%s\n", hydrated.error().message.c_str());
}

Judged judged(CommitOrder order, uint64_t seed) {
  WriteLog log;
  log.geometry = kGeometry;
  log.device(Party::kSource) = {
      .size = kGeometry.size, .profile = {}, .initial = Content::Kind::kSource, .preset = {}};
  log.device(Party::kDestination) = {.size = kGeometry.size, .profile = {}, .preset = {}};
  log.device(Party::kMetadata) = {
      .size = SectorCount(8), .profile = {}, .initial = Content::Kind::kZero, .preset = {}};

  const Chance chance(seed);
  sim::Executor executor;
  NoMishaps none;
  const sim::Timing timing = {
      .read = {20, 200}, .write = {20, 400}, .flush = {100, 1000}, .discard = {20, 200}};
  sim::SimDisk source(Party::kSource, timing, chance, executor, log, none);
  sim::SimDisk destination(Party::kDestination, timing, chance, executor, log, none);
  sim::SimDisk metadata(Party::kMetadata, timing, chance, executor, log, none);

  const std::vector<sim::ClientOperation> operations = drawn_operations(chance);
  sim::Client client(operations, {.queue_depth = 4}, executor, log);
  NaiveClone clone({source, destination, metadata}, kGeometry, order, executor);
  TaskSet life;
  log.append({.kind = EventKind::kStart});
  life.spawn(live(clone, client, log));
  while (executor.step()) continue;

  model::CrashCheck check(log, [](Disk& disk) { return run_now(NaiveClone::load(disk)); });
  Judged result{.finding = check.run(), .crash_points = 0};
  result.crash_points = check.crash_points();
  return result;
}

bool loses_data(CommitOrder order, const char* name) {
  size_t crash_points = 0;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const Judged result = judged(order, seed);
    crash_points += result.crash_points;
    if (!result.finding) continue;
    const model::Invariant& broken = model::invariant(result.finding->invariant);
    std::printf("%s: seed %d, invariant %d, %.*s: %s\n", name, static_cast<int>(seed), broken.number,
                static_cast<int>(broken.name.size()), broken.name.data(), result.finding->text.c_str());
    return true;
  }
  std::printf("%s: no finding at %zu crash points, every crash state of each checked\n", name, crash_points);
  return false;
}

}  // namespace

int main() {
  const bool found = loses_data(CommitOrder::kBitmapFirst, "the bitmap first, then the data");
  const bool right = !loses_data(CommitOrder::kDataFirst, "the data first, then the bitmap");
  return found && right ? 0 : 1;
}
