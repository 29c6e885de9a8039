// ExpectedContents: what a client may find on a disk, from what it asked and was told alone.
//
// Requests come in rounds: those of one round are in flight together, and all are answered before the next
// one begins. It does not know that the disk is a clone, but for which sectors a discard may touch.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "block/content.h"
#include "block/disk.h"

namespace drydock::tests {

class ExpectedContents {
 public:
  // Each sector holds what the source held.
  explicit ExpectedContents(SectorCount size) {
    for (uint64_t i = 0; i < size.value(); ++i)
      sectors_.push_back(Sector{Content::source(drydock::Sector(i))});
  }

  // Requests of this round. Of a discard: the sectors that it may touch.
  void write(SectorRange range, uint32_t id, Fua fua) {
    for_each(range, [&](Sector& sector, SectorCount offset) {
      sector.round.push_back(Content::write(id).advanced(offset));
      sector.fua = sector.fua || fua == Fua::kYes;
    });
  }
  void write_zeroes(SectorRange range) {
    for_each(range, [](Sector& sector, SectorCount) { sector.round.push_back(Content::zero()); });
  }
  void discard(SectorRange touched) {
    for_each(touched, [](Sector& sector, SectorCount) { sector.round.push_back(Content::anything()); });
  }
  void flush() { flushed_ = true; }
  // Every request of the round has succeeded.
  void end_round() {
    for (Sector& sector : sectors_) {
      if (flushed_) sector.after_crash = sector.now;
      if (sector.fua) sector.after_crash.clear();
      sector.after_crash.insert(sector.after_crash.end(), sector.round.begin(), sector.round.end());
      if (!sector.round.empty()) sector.now = sector.round;
      sector.round.clear();
      sector.fua = false;
    }
    flushed_ = false;
  }

  // Whether a read may return this, now or in the round that is going on.
  bool accepts(std::span<const ContentRun> runs) const {
    return all_of(runs, [](const Sector& sector, Content content) {
      return contains(sector.now, content) || contains(sector.round, content);
    });
  }
  // Where several contents were possible, it is this one, until somebody writes.
  void has_read(std::span<const ContentRun> runs) {
    for_each_content(runs, [](Sector& sector, Content content) {
      if (!contains(sector.now, Content::anything())) sector.now = {content};
    });
  }
  // Whether a read after a crash in the middle of the round may return this.
  bool accepts_after_crash(std::span<const ContentRun> runs) const {
    return all_of(runs, [](const Sector& sector, Content content) {
      return contains(sector.after_crash, content) || contains(sector.round, content);
    });
  }
  // After a crash all was read: that is it from now on. A power cut leaves nothing in doubt, the death of the
  // process does.
  void has_crashed(std::span<const ContentRun> all, bool power_cut) {
    for_each_content(all, [&](Sector& sector, Content content) {
      const bool discarded = contains(sector.now, Content::anything()) ||
                             contains(sector.after_crash, Content::anything()) ||
                             contains(sector.round, Content::anything());
      sector.now = {discarded ? Content::anything() : content};
      sector.after_crash.insert(sector.after_crash.end(), sector.round.begin(), sector.round.end());
      if (power_cut) sector.after_crash = sector.now;
      sector.round.clear();
      sector.fua = false;
    });
    flushed_ = false;
  }

 private:
  struct Sector {
    explicit Sector(Content content) : now{content}, after_crash{content} {}
    std::vector<Content> now;          // any of these
    std::vector<Content> after_crash;  // any of these too
    std::vector<Content> round;        // what the requests of this round make of it
    bool fua = false;
  };

  static bool contains(const std::vector<Content>& contents, Content content) {
    return std::ranges::any_of(contents,
                               [&](Content one) { return one == content || one == Content::anything(); });
  }
  template <class F>
  void for_each(SectorRange range, F f) {
    for (uint64_t i = 0; i < range.count.value(); ++i) f(sectors_[range.first.value() + i], SectorCount(i));
  }
  template <class F>
  void for_each_content(std::span<const ContentRun> runs, F f) {
    for (const ContentRun& run : runs) {
      for_each(run.range, [&](Sector& sector, SectorCount offset) { f(sector, run.first.advanced(offset)); });
    }
  }
  template <class F>
  bool all_of(std::span<const ContentRun> runs, F f) const {
    return std::ranges::all_of(runs, [&](const ContentRun& run) {
      for (uint64_t i = 0; i < run.range.count.value(); ++i) {
        if (!f(sectors_[run.range.first.value() + i], run.first.advanced(SectorCount(i)))) return false;
      }
      return true;
    });
  }

  std::vector<Sector> sectors_;
  bool flushed_ = false;
};

}  // namespace drydock::tests
