// The story of a finding: the steps that lead to it, in order, in sentences.
#pragma once

#include <string>

#include "block/write_log.h"
#include "model/finding.h"

namespace drydock::reports {

// Only what concerns the finding's region (all of a small log, if it is about no data), and what the run went
// on to read.
std::string story(const WriteLog& log, const model::Finding& finding);

}  // namespace drydock::reports
