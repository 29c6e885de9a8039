// How a failed test prints our values.
#pragma once

#include <ostream>

#include "block/content.h"
#include "block/disk_profile.h"

namespace drydock {

inline void PrintTo(Content content, std::ostream* out) { *out << to_string(content); }

inline void PrintTo(const DiskProfile& profile, std::ostream* out) { *out << profile.name; }

template <class Unit>
void PrintTo(Count<Unit> count, std::ostream* out) {
  *out << count.value();
}
template <class Unit>
void PrintTo(Index<Unit> index, std::ostream* out) {
  *out << index.value();
}
template <class Unit>
void PrintTo(Range<Unit> range, std::ostream* out) {
  *out << range.first.value() << '+' << range.count.value();
}

inline void PrintTo(const ContentRun& run, std::ostream* out) {
  PrintTo(run.range, out);
  *out << ": " << to_string(run.first);
}

}  // namespace drydock
