#include "block/device_states.h"

namespace drydock {

DiskContents initial_contents(const DeviceDescription& description) {
  DiskContents contents(description.size, description.profile, description.first_content());
  for (const ContentRun& run : description.preset) contents.preset(run);
  return contents;
}

DeviceStates::DeviceStates(const WriteLog& log) : log_(log) {
  for (const Party device : kDevices) contents_.push_back(initial_contents(log.device(device)));
}

void DeviceStates::apply(const Event& event) {
  if (event.party == Party::kClient) return;
  DiskContents& disk = contents_[static_cast<size_t>(event.party) - 1];
  const std::span<const ContentRun> runs = log_.runs(event);
  if (event.kind == EventKind::kRot) return disk.rot(runs);
  if (event.kind == EventKind::kSurvivors) {
    const bool process_only = event.request != 0;
    return process_only ? disk.process_crash(event.request, runs) : disk.power_cut(runs);
  }
  if (event.io == IoKind::kRead) return;
  if (event.kind == EventKind::kComplete) return complete(disk, event);
  if (event.kind != EventKind::kSubmit) return;
  event.io == IoKind::kFlush ? disk.submit_flush(event.request) : disk.submit(event.request, runs);
}

void DeviceStates::complete(DiskContents& disk, const Event& event) {
  const bool failed = event.error != ErrorCode::kNone;
  if (event.io != IoKind::kFlush) {
    return failed ? disk.fail(event.request, log_.runs(event))
                  : disk.complete(event.request, event.fua == Fua::kYes);
  }
  if (failed) return disk.fail_flush(event.request);
  event.ignored ? disk.ignore_flush(event.request) : disk.complete_flush(event.request);
}

}  // namespace drydock
