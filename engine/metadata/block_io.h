// Reading and writing many metadata blocks: several requests in flight, a buffer of bounded size.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "block/buffer.h"
#include "block/disk.h"
#include "block/join.h"
#include "block/task.h"
#include "engine/metadata/checksum.h"

namespace drydock::engine::metadata {

// Blocks that are on their way at one time.
inline constexpr size_t kBatch = 64;

// What the device holds of whole blocks.
inline BlockCount blocks_of(const Disk& disk) { return BlockCount(disk.limits().size / kSectorsPerBlock); }

inline BlockBytes block_in(Buffer& buffer, size_t i) {
  return buffer.span().subspan(i * kBlockBytes).first<kBlockBytes>();
}

// REQUIRES: the block lies inside the device.
Task<Status> read_block(Disk& disk, Block block, BlockBytes bytes);
Task<Status> write_block(Disk& disk, Block block, ConstBlockBytes bytes);
// Reads `blocks` into the buffer, in that order; neighbours in one request. REQUIRES: the buffer holds them,
// and they lie inside the device.
Task<Status> read_batch(Disk& disk, std::span<const Block> blocks, Buffer& buffer);

// Reads every block and shows it to `visit(position in blocks, bytes)`, in order; stops at the first failure
// of either. REQUIRES: buffer holds a block at least; blocks lie inside the device; `blocks` and `visit`
// outlive the task.
template <class Visit>
Task<Status> read_blocks(Disk& disk, std::span<const Block> blocks, Buffer& buffer, Visit& visit) {
  const size_t batch = buffer.size() / kBlockBytes;
  for (size_t done = 0; done < blocks.size(); done += batch) {
    const std::span<const Block> part = blocks.subspan(done, std::min(batch, blocks.size() - done));
    Status read = co_await read_batch(disk, part, buffer);
    if (!read) co_return read;
    for (size_t i = 0; i < part.size(); ++i) {
      Status visited = visit(done + i, ConstBlockBytes(block_in(buffer, i)));
      if (!visited) co_return visited;
    }
  }
  co_return Status();
}

// The same, but goes on after a failure: `visit(position in blocks, whether it could be read, bytes)` gets
// every block, and the bytes mean nothing if it could not be read.
template <class Visit>
Task<void> read_each(Disk& disk, std::span<const Block> blocks, Buffer& buffer, Visit& visit) {
  const size_t batch = buffer.size() / kBlockBytes;
  for (size_t done = 0; done < blocks.size(); done += batch) {
    const std::span<const Block> part = blocks.subspan(done, std::min(batch, blocks.size() - done));
    const Status all = co_await read_batch(disk, part, buffer);
    for (size_t i = 0; i < part.size(); ++i) {
      Status one = all;
      // Which of them failed, the batch does not tell.
      if (!all) one = co_await read_block(disk, part[i], block_in(buffer, i));
      visit(done + i, one, ConstBlockBytes(block_in(buffer, i)));
    }
  }
}

// Writes `count` blocks: `encode(i, bytes)` fills in the i-th and returns the block that it belongs to.
// REQUIRES: `encode` outlives the task.
template <class Encode>
Task<Status> write_blocks(Disk& disk, size_t count, Encode& encode) {
  Buffer buffer(std::min(count, kBatch) * kBlockBytes);
  for (size_t done = 0; done < count; done += kBatch) {
    std::vector<Task<Status>> writes;
    for (size_t i = 0; i < std::min(count - done, kBatch); ++i) {
      const BlockBytes bytes = block_in(buffer, i);
      const Block block = encode(done + i, bytes);
      writes.push_back(write_block(disk, block, bytes));
    }
    Task<Status> all = all_of(std::move(writes));
    Status written = co_await all;
    if (!written) co_return written;
  }
  co_return Status();
}

}  // namespace drydock::engine::metadata
