// Coverage: how often runs took each edge of the protocol, as JSON that one program writes and another reads.
//
// {"edges":[{"aspect":"region","from":"not hydrated","action":"copy_started","to":"reading the
// source","count":12}]}
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "block/result.h"
#include "model/protocol/edges.h"

namespace drydock::reports {

// One edge a line, in their order. An edge that no run took may be left out, or be there with 0.
std::string edge_counts_json(const model::protocol::EdgeCounts& counts);

// The opposite. kInvalid, in one line with `name` first, then where and what is wrong: a word that is none of
// the aspects, the phases of that aspect or the actions; a field that is unknown or missing; an edge that is
// there twice, or leads to where it begins.
Result<model::protocol::EdgeCounts> parse_edge_counts(std::string_view text, std::string_view name);

// The edges that can be reached and that no run took.
std::vector<model::protocol::Edge> missing_edges(const model::protocol::EdgeCounts& taken,
                                                 const model::protocol::EdgeCounts& reachable);

// Which of the edges that can be reached were taken, in numbers, and by name those that were not.
std::string coverage_text(const model::protocol::EdgeCounts& taken,
                          const model::protocol::EdgeCounts& reachable);

}  // namespace drydock::reports
