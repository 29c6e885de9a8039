// Dumps: which regions are hydrated, as text or JSON, and back. Both forms are described in
// docs/drydock-meta.md.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "block/geometry.h"
#include "block/region_set.h"
#include "block/result.h"
#include "engine/metadata/pair_identity.h"

namespace drydock::cli::meta {

struct Dump {
  Geometry geometry{};
  RegionSet hydrated;
  engine::metadata::PairIdentity pair{};
};

// `out` is given the text piece by piece: a set of 2^31 regions may have many runs.
using Out = std::function<void(std::string_view)>;
void write_text(const Dump& dump, const Out& out);
void write_json(const Dump& dump, const Out& out);

// Takes either form, told apart by the first byte. Strict: whatever is not as it was written is refused, a
// dump that was cut off above all, for it would forget regions. Errors: kInvalid, "line 3: ..." or a JSON
// pointer first.
Result<Dump> read_dump(std::string_view text);

}  // namespace drydock::cli::meta
