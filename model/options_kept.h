// OptionsKept: the clone does what its options say: invariant 15.
//
// From the write log alone: who is copied, how many at one time, how many as one request, and when; what is
// passed down; what a suspended clone still does; and whether the status and the answers to messages are
// true. What the log cannot show for certain is not judged: a source read while a client waits for the region
// may be the client's own.
//
// Only for engines under the right rules (the source may be discarded after a commit).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "block/region_set.h"
#include "block/write_log.h"
#include "model/administered.h"
#include "model/finding.h"

namespace drydock::model {

class OptionsKept {
 public:
  // The log outlives it. `at_start`: the options of each start.
  OptionsKept(const WriteLog& log, const AdministeredOptions& at_start);

  // Looks at the events that the log has by now, or up to the first finding.
  const std::optional<Finding>& run();
  // What messages have made of the options by now.
  const AdministeredOptions& now() const { return now_; }

 private:
  struct Request {
    uint32_t request;
    size_t event;  // of its submission
    uint64_t time_us;
    IoKind io;
    SectorRange range;
  };
  // A read of the source that is, or may be, the first half of a copy.
  struct Copy {
    enum class Author : uint8_t { kBackground, kClient, kUnknown };
    Author author;
    SectorRange range;
    uint32_t request;  // to the source, then to the destination
    bool writing = false;
  };
  struct Failure {
    RegionRange regions;
    uint64_t time_us;
  };
  struct PassedDown {
    SectorRange range;
    size_t event;
  };

  void take(const Event& event);
  void on_start();
  void on_opened(const Event& event);
  void on_command(const Event& event);
  void on_answer(const Event& event);
  void on_client(const Event& event);
  void on_client_answer(const Event& event, const Request& request);
  void on_device(const Event& event);
  void on_submit(const Event& event);
  void on_answer_of_device(const Event& event);
  void on_source_read(const Event& event);
  void on_background_copy(const Event& event, RegionRange regions, bool is_new_to_all);
  void on_copy_answer(const Event& event);
  void on_destination_discard(const Event& event);
  void check_passed_down(const Event& event, const Request& request);
  void check_status(const Event& event);
  void check_counts(const StatusWords& status);
  void check_laziness(uint64_t now_us);
  void check_manners(uint64_t now_us);
  bool could_start_a_copy() const;

  Copy::Author author_of(SectorRange range) const;
  RegionRange whole_regions(SectorRange range) const;
  void add_failed(RegionRange regions);
  void touch(RegionRange regions);
  RegionCount copying(bool all) const;
  bool is_exact() const;
  bool passes_down() const;
  void forget_requests();
  void report(std::string text);

  const WriteLog& log_;
  const Geometry geometry_;
  const AdministeredOptions at_start_;
  AdministeredOptions now_;
  bool unclear_ = false;        // a message of unclear meaning: nothing about copies is judged in this life
  uint32_t largest_batch_ = 1;  // of this life
  bool is_open_ = false;
  bool suspended_ = false;  // it said so
  bool stopping_ = false;   // asked to suspend or close: it may stop at any moment
  uint32_t commands_ = 0;   // without an answer
  uint32_t mode_ = 0;
  std::vector<Request> clients_;
  std::vector<Request> discards_;  // at the destination
  std::vector<PassedDown> passed_down_;
  std::vector<Copy> copies_;
  std::vector<Sector> continued_at_;  // where a copy in pieces may go on
  RegionSet touched_;                 // regions that anything may have hydrated, in any life
  RegionCount untouched_;
  RegionSet hydrated_;  // for certain, in this life
  RegionSet failed_;    // for certain: copied in the background, in vain, and not hydrated since
  RegionSet maybe_failed_;
  std::vector<Failure> failures_;  // of copies in the background, of late
  RegionCount told_hydrated_;
  int64_t at_devices_ = 0;                 // requests without an answer
  std::optional<uint64_t> last_start_us_;  // of a copy in the background, for certain
  uint64_t maybe_start_us_ = 0;            // and of one that may be such
  uint64_t could_start_since_us_ = UINT64_MAX;
  std::optional<uint64_t> impolite_us_;  // a copy began then, with these clients waiting
  std::vector<uint32_t> waiting_;
  size_t next_ = 0;
  std::optional<Finding> finding_;
};

}  // namespace drydock::model
