// A scenario out of the bytes of a fuzzer's input.
//
// A header says what the clone and its disks are like, each record after it is one operation of the client or
// one fault. What a byte means depends on its record and the header alone: a change of a byte is a change of
// one thing, and a record less is an operation or a fault less. Nothing is refused: numbers are taken modulo
// what there is, what is missing is zeros, a record that is cut short or one too many is left out.
//
// Header: 0 number of regions; 1 region size; 2 sectors that the last region is short of; 3 where the source
// holds zeros; 4 hydration off, no passdown (one bit each), then two bits each for the ending, the restart
// delay and the way hydration gives way; 5 threshold; 6 batch; 7 queue depth, and in the two high bits what a
// discard does; two bytes each for source, destination and metadata: bits of the profile, how slow; 14, 15
// the seed.
//
// Record: 0 what it is in the low four bits, flags in the high ones; 1 region. An operation: 2 sector in the
// region; 3 how many sectors or regions, less one; 4 how long after the operation before it. A fault: 2, 3
// when it begins, in microseconds after the operation before it, or the number of an event; 4 how long it
// lasts; 5 device and operation; 6 how often it strikes; 7 delay.
#pragma once

#include <cstddef>
#include <span>

#include "scenarios/scenario.h"

namespace drydock::fuzz {

inline constexpr size_t kHeaderBytes = 16;
inline constexpr size_t kRecordBytes = 8;
inline constexpr size_t kMostRecords = 64;

// The rules are the default ones. What it returns can be written as JSON and is read as the same; no disk of
// it goes beyond the disk model, so a finding is a clone's fault.
scenarios::Scenario scenario_of(std::span<const std::byte> bytes);

}  // namespace drydock::fuzz
