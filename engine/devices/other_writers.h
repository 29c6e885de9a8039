// OtherWriters: whether another program has a file or block device open for writing.
//
// Of a regular file the kernel tells: it grants a read lease (F_SETLEASE) only while nobody has the file open
// for writing. The lease is given back at once: who keeps it makes others wait for up to 45 s at open. So
// this is an answer about one moment; from then on only those are kept away who ask for locks as qemu does.
// Block devices have no leases; of them, and of files on which a lease is refused for another reason, only
// locks tell: those of open file descriptions and of processes (fcntl), and qemu's convention on bytes 100
// and 200.
#pragma once

#include <cstdint>
#include <string>

namespace drydock::engine::devices {

enum class Use : uint8_t { kRead, kWrite };

// REQUIRES: `number` is open for reading only, and nothing else in this process has the file open for
// writing.
bool is_open_for_writing(int number);

// What locks of others forbid or show, in words; empty if nothing. A reader minds writers, a writer minds
// everybody who has locked anything.
std::string lock_of_others(int number, Use use);

// Tells others as qemu does: read and not shared with writers, or written and shared with nobody who writes.
// Kept until the descriptor is closed. Does nothing where the file system has no such locks.
void lock_for_others(int number, Use use);

}  // namespace drydock::engine::devices
