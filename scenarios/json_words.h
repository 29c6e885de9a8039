// The words of scenario JSON that reading and writing share.
#pragma once

#include <array>
#include <string_view>

#include "scenarios/scenario.h"

namespace drydock::scenarios {

// In the order of the enumerations.
inline constexpr std::array<std::string_view, 4> kDiscardReadsNames = {"zeros", "old", "garbage", "changing"};
inline constexpr std::array<std::string_view, 2> kOnFlushErrorNames = {"forgets", "keeps"};
inline constexpr std::array<std::string_view, 2> kPowerDomainNames = {"host", "remote"};
inline constexpr std::array<std::string_view, 3> kEndingNames = {"stop", "hydrate", "verify"};
inline constexpr std::array<std::string_view, 3> kDiscardModeNames = {"passdown", "zero", "ignore"};
inline constexpr std::array<std::string_view, 3> kSparseNames = {"off", "zeroes", "destination_is_zero"};
inline constexpr std::array<std::string_view, 3> kDeviceNames = {"source", "destination", "metadata"};
// Requests and commands, as operations name them. A request may be called by more than one word; the first
// is the one that is written.
struct OperationWord {
  std::string_view word;
  IoKind kind = IoKind::kRead;
  Command command = Command::kNone;
};
inline constexpr std::array kOperationWords = {
    OperationWord{"read", IoKind::kRead},
    OperationWord{"write", IoKind::kWrite},
    OperationWord{"flush", IoKind::kFlush},
    OperationWord{"discard", IoKind::kDiscard},
    OperationWord{"write_zeroes", IoKind::kWriteZeroes},
    OperationWord{"trim", IoKind::kDiscard},
    OperationWord{"suspend", IoKind::kRead, Command::kSuspend},
    OperationWord{"resume", IoKind::kRead, Command::kResume},
    OperationWord{"message", IoKind::kRead, Command::kMessage},
    OperationWord{"status", IoKind::kRead, Command::kStatus},
    OperationWord{"restart", IoKind::kRead, Command::kRestart},
};
inline constexpr std::array<std::string_view, 5> kIoKindNames = {"read", "write", "flush", "discard",
                                                                 "write_zeroes"};
inline constexpr std::array kIoKinds = {IoKind::kRead, IoKind::kWrite, IoKind::kFlush, IoKind::kDiscard,
                                        IoKind::kWriteZeroes};
inline constexpr std::array<std::string_view, 12> kFaultNames = {
    "power_cut",  "process_crash",     "io_error",    "delay",         "silence", "metadata_full",
    "lost_write", "misdirected_write", "shorn_write", "ignored_flush", "bit_rot", "source_power_cut"};

}  // namespace drydock::scenarios
