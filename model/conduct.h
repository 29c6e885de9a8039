// Conduct: what a clone must not ask, may not fail, and should not do twice: invariants 6, 8, 11 and 12.
//
// These hold for the run as it happens, not for what a crash could leave, so one walk over the log decides
// them. What depends on time (invariants 9 and 10) is decided by whoever lets time pass.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "block/range_map.h"
#include "block/rules.h"
#include "block/write_log.h"
#include "model/discards.h"
#include "model/finding.h"

namespace drydock::model {

class Conduct {
 public:
  struct Expectations {
    SourceDiscard source_discard = SourceDiscard::kOff;
    DiscardPromise discards{};
    bool metadata_may_be_full = false;  // a commit may fail though no device does
  };

  // The log outlives it.
  Conduct(const WriteLog& log, Expectations expectations);

  // Looks at the events that the log has by now, or up to the first finding.
  const std::optional<Finding>& run();
  // The run has ended, everything is hydrated and committed, and every source discard has been answered.
  const std::optional<Finding>& check_source_space();

 private:
  struct DeviceError {
    size_t event;
    Party device;
    SectorRange range;
  };
  struct OpenRequest {
    uint32_t request;
    size_t event;  // of its submission
    IoKind io;
    SectorRange range;
    SectorRange discarded{};  // whole regions that it covers, with others before it where they add up
  };
  // Flags of a sector of the source, for this life of the clone.
  static constexpr uint8_t kCopied = 1;     // read to be copied
  static constexpr uint8_t kDiscarded = 2;  // the client was told that its discard is done
  static constexpr uint8_t kFreed = 4;      // a source discard has succeeded

  void on_mode(const Event& event);
  void on_client(const Event& event);
  void on_device(const Event& event);
  void on_device_submit(const Event& event);
  void on_source_read(const Event& event);
  void on_device_error(const Event& event);
  void check_failure(const Event& event, const OpenRequest& request);
  bool has_a_cause(const OpenRequest& request) const;
  SectorRange whole_regions(SectorRange range) const;
  void on_close(const Event& event);
  void forget_troubles();
  void forget_life();
  void set_flags(SectorRange range, uint8_t flags);
  void clear_flags(SectorRange range, uint8_t flags);
  template <class Change>
  void change_flags(SectorRange range, Change change);
  void report(int invariant, std::string text);

  const WriteLog& log_;
  Expectations expectations_;
  CoveredByDiscards discards_;
  RangeMap<uint8_t> flags_;
  std::vector<OpenRequest> open_;
  std::vector<DeviceError> errors_;
  bool trouble_ = false;  // in this life a commit or a flush of a device has failed: writes and flushes may
  bool metadata_unreadable_ = false;
  bool degraded_ = false;
  bool failing_ = false;  // mode fail: everything fails
  size_t next_ = 0;
  std::optional<Finding> finding_;
};

}  // namespace drydock::model
