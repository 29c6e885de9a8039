// DirectPath: requests to hydrated regions, on the thread of whoever asks.
//
// They concern nobody but the destination (engine/hydrated_map.h), so they need not wait for the engine's
// thread: two changes of threads less, for each request. Flushes, FUA, discards and everything else go to the
// engine. A flush there covers what was written here: it is the same device.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "block/disk.h"
#include "block/geometry.h"
#include "engine/devices/device.h"
#include "engine/devices/open_descriptor.h"
#include "engine/hydrated_map.h"

namespace drydock::servers {

class DirectPath {
 public:
  // Null if the destination cannot be opened like that once more: then the engine does everything.
  static std::unique_ptr<DirectPath> open(const std::string& destination, engine::devices::Caching caching,
                                          Geometry geometry,
                                          std::shared_ptr<const engine::HydratedMap> hydrated);

  // From any thread. Nothing: the engine has to do it. REQUIRES: the range lies inside the clone, in whole
  // logical blocks.
  std::optional<Status> perform(IoKind kind, SectorRange range, std::span<std::byte> data, Fua fua) const;

 private:
  DirectPath(std::string name, engine::devices::OpenDescriptor file, Geometry geometry,
             std::shared_ptr<const engine::HydratedMap> hydrated)
      : name_(std::move(name)), file_(std::move(file)), geometry_(geometry), hydrated_(std::move(hydrated)) {}

  Status transfer(IoKind kind, SectorRange range, std::span<std::byte> data) const;

  std::string name_;
  engine::devices::OpenDescriptor file_;
  Geometry geometry_;
  std::shared_ptr<const engine::HydratedMap> hydrated_;
};

}  // namespace drydock::servers
