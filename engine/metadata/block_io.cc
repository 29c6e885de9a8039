#include "engine/metadata/block_io.h"

namespace drydock::engine::metadata {
namespace {

// A fast device works on several requests at once, a slow one moves its head as little as possible:
// neighbours share a request, up to this many.
constexpr size_t kLongestRun = 16;

size_t run_length(std::span<const Block> blocks) {
  size_t length = 1;
  while (length < blocks.size() && length < kLongestRun && blocks[length] == blocks[0] + BlockCount(length))
    ++length;
  return length;
}

Task<Status> read_run(Disk& disk, Block first, std::span<std::byte> bytes) {
  const SectorRange range{sector_of(first), SectorCount(bytes.size() / kSectorBytes)};
  Status read = co_await disk.read(range, bytes);
  co_return read;
}

}  // namespace

Task<Status> read_block(Disk& disk, Block block, BlockBytes bytes) { return read_run(disk, block, bytes); }

Task<Status> write_block(Disk& disk, Block block, ConstBlockBytes bytes) {
  Status written = co_await disk.write(sectors_of(block), bytes, Fua::kNo);
  co_return written;
}

Task<Status> read_batch(Disk& disk, std::span<const Block> blocks, Buffer& buffer) {
  if (run_length(blocks) == blocks.size()) {
    return read_run(disk, blocks.front(), buffer.first(blocks.size() * kBlockBytes));
  }
  std::vector<Task<Status>> runs;
  for (size_t begin = 0; begin < blocks.size();) {
    const size_t length = run_length(blocks.subspan(begin));
    const std::span<std::byte> bytes = buffer.span().subspan(begin * kBlockBytes, length * kBlockBytes);
    runs.push_back(read_run(disk, blocks[begin], bytes));
    begin += length;
  }
  return all_of(std::move(runs));
}

}  // namespace drydock::engine::metadata
