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
inline constexpr std::array<std::string_view, 5> kIoKindNames = {"read", "write", "flush", "discard",
                                                                 "write_zeroes"};
inline constexpr std::array kIoKinds = {IoKind::kRead, IoKind::kWrite, IoKind::kFlush, IoKind::kDiscard,
                                        IoKind::kWriteZeroes};
inline constexpr std::array<std::string_view, 12> kFaultNames = {
    "power_cut",  "process_crash",     "io_error",    "delay",         "silence", "metadata_full",
    "lost_write", "misdirected_write", "shorn_write", "ignored_flush", "bit_rot", "source_power_cut"};

}  // namespace drydock::scenarios
