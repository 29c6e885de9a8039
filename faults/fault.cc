#include "faults/fault.h"

#include <algorithm>
#include <array>

namespace drydock::faults {
namespace {

struct Name {
  FaultKind kind;
  std::string_view name;
  bool beyond_contract;
};

constexpr std::array kNames = {
    Name{FaultKind::kPowerCut, "power_cut", false},
    Name{FaultKind::kProcessCrash, "process_crash", false},
    Name{FaultKind::kIoError, "io_error", false},
    Name{FaultKind::kDelay, "delay", false},
    Name{FaultKind::kSilence, "silence", false},
    Name{FaultKind::kMetadataFull, "metadata_full", false},
    Name{FaultKind::kLostWrite, "lost_write", true},
    Name{FaultKind::kMisdirectedWrite, "misdirected_write", true},
    Name{FaultKind::kShornWrite, "shorn_write", true},
    Name{FaultKind::kIgnoredFlush, "ignored_flush", true},
    Name{FaultKind::kBitRot, "bit_rot", true},
    Name{FaultKind::kSourcePowerCut, "source_power_cut", false},
};

}  // namespace

std::string_view to_string(FaultKind kind) { return std::ranges::find(kNames, kind, &Name::kind)->name; }

std::optional<FaultKind> fault_kind_named(std::string_view name) {
  const auto found = std::ranges::find(kNames, name, &Name::name);
  return found == kNames.end() ? std::nullopt : std::optional(found->kind);
}

bool is_beyond_contract(FaultKind kind) {
  return std::ranges::find(kNames, kind, &Name::kind)->beyond_contract;
}

bool is_strike(FaultKind kind) {
  return is_crash(kind) || kind == FaultKind::kBitRot || kind == FaultKind::kSourcePowerCut;
}

bool is_permanent(const Fault& fault) {
  const bool strikes_requests = !is_strike(fault.kind) && fault.kind != FaultKind::kMetadataFull;
  return strikes_requests && fault.until_us == UINT64_MAX && fault.times == 0;
}

bool FaultPlan::strikes(size_t index, Party device, const IoRequest& request, uint64_t now_us) {
  const Fault& fault = faults_[index];
  if (fault.device != device || now_us < fault.from_us || now_us >= fault.until_us) return false;
  if (fault.operation && *fault.operation != request.kind) return false;
  if (!fault.range.empty() && !fault.range.overlaps(request.range)) return false;
  if (fault.times != 0 && struck_[index] >= fault.times) return false;
  ++struck_[index];
  return true;
}

Mishap FaultPlan::mishap_of(Party device, const IoRequest& request, uint64_t now_us) {
  Mishap mishap;
  uint64_t silent_us = 0;  // windows that overlap are one silence, to the end of the last of them
  for (size_t i = 0; i < faults_.size(); ++i) {
    const Fault& fault = faults_[i];
    const bool about_writes = fault.kind == FaultKind::kLostWrite ||
                              fault.kind == FaultKind::kMisdirectedWrite ||
                              fault.kind == FaultKind::kShornWrite;
    if (is_strike(fault.kind) || fault.kind == FaultKind::kMetadataFull) continue;
    if (about_writes && request.kind != IoKind::kWrite) continue;
    if (fault.kind == FaultKind::kIgnoredFlush && request.kind != IoKind::kFlush) continue;
    if (!strikes(i, device, request, now_us)) continue;
    switch (fault.kind) {
      case FaultKind::kIoError:
        mishap.error = ErrorCode::kIo;
        break;
      case FaultKind::kDelay:
        mishap.delay_us += fault.delay_us;
        break;
      case FaultKind::kSilence:
        silent_us = std::max(silent_us, fault.until_us - now_us);
        break;
      case FaultKind::kLostWrite:
        mishap.effect = Mishap::Effect::kLost;
        break;
      case FaultKind::kMisdirectedWrite:
        mishap.effect = Mishap::Effect::kMisdirected;
        mishap.misdirected_to = fault.target;
        break;
      case FaultKind::kShornWrite:
        mishap.effect = Mishap::Effect::kShorn;
        break;
      default:
        mishap.ignored_flush = true;
        break;
    }
  }
  mishap.delay_us += silent_us;
  return mishap;
}

}  // namespace drydock::faults
