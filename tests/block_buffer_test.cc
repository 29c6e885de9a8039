// Buffers are aligned for real devices, and a pool hands them out again.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "block/buffer.h"
#include "block/frame_pool.h"

namespace drydock::tests {
namespace {

uintptr_t address(std::span<const std::byte> bytes) { return reinterpret_cast<uintptr_t>(bytes.data()); }

TEST(Buffer, IsAlignedToABlock) {
  for (const uint64_t sectors : {1u, 3u, 8u, 1000u}) {
    const Buffer buffer{SectorCount(sectors)};
    EXPECT_EQ(address(buffer.span()) % 4096, 0u);
    EXPECT_EQ(buffer.size(), sectors * 512);
  }
}

TEST(Buffer, GoesToItsNewOwner) {
  Buffer buffer(size_t{100});
  const uintptr_t place = address(buffer.span());
  Buffer moved = std::move(buffer);
  EXPECT_EQ(address(moved.span()), place);
  Buffer assigned;
  assigned = std::move(moved);
  EXPECT_EQ(address(assigned.span()), place);
  EXPECT_EQ(assigned.size(), 100u);
}

TEST(Buffer, WithoutMemoryIsEmpty) { EXPECT_EQ(Buffer().size(), 0u); }

TEST(BufferPool, GivesJustAsMuchAsIsAskedFor) {
  BufferPool pool;
  for (const size_t bytes : {size_t{4096}, size_t{512}, size_t{0}, size_t{8192}})
    EXPECT_EQ(pool.take(bytes).span().size(), bytes);
}

TEST(BufferPool, GivesABufferOutAgain) {
  BufferPool pool;
  const uintptr_t first = address(pool.take(4096).span());
  EXPECT_EQ(address(pool.take(512).span()), first);
}

TEST(BufferPool, GivesABufferToOneUserAtATime) {
  BufferPool pool;
  BufferPool::Lease a = pool.take(512);
  BufferPool::Lease b = pool.take(512);
  EXPECT_NE(address(a.span()), address(b.span()));
}

TEST(BufferPool, DoesNotGiveABufferThatIsTooSmall) {
  BufferPool pool;
  {
    const BufferPool::Lease small = pool.take(512);
  }
  BufferPool::Lease large = pool.take(1 << 20);
  std::ranges::fill(large.span(), std::byte{1});
  EXPECT_EQ(large.span().size(), size_t{1} << 20);
}

TEST(BufferPool, GetsAMovedLeaseBackOnce) {
  BufferPool pool;
  {
    BufferPool::Lease lease = pool.take(512);
    const BufferPool::Lease moved = std::move(lease);
  }
  BufferPool::Lease a = pool.take(512);
  BufferPool::Lease b = pool.take(512);
  EXPECT_NE(address(a.span()), address(b.span()));
}

// Two pages, each given out once at a time.
class TwoPages final : public Memory {
 public:
  std::byte* take(size_t bytes) override {
    for (size_t page = 0; page < 2 && bytes <= 4096; ++page) {
      if (taken_[page]) continue;
      taken_[page] = true;
      return all_.span().data() + page * 4096;
    }
    return nullptr;
  }
  void give_back(std::byte* data, size_t) override { taken_[has(data) - 1] = false; }
  // 0 if it is no page of these.
  size_t has(const std::byte* data) {
    for (size_t page = 0; page < 2; ++page) {
      if (data == all_.span().data() + page * 4096) return page + 1;
    }
    return 0;
  }

 private:
  Buffer all_{size_t{8192}};
  bool taken_[2] = {false, false};
};

TEST(BufferPool, TakesFromTheHeapWhatThePreferredMemoryHasNot) {
  TwoPages memory;
  BufferPool pool(&memory);
  BufferPool::Lease a = pool.take(512);
  BufferPool::Lease b = pool.take(4096);
  BufferPool::Lease c = pool.take(512);
  BufferPool::Lease large = pool.take(8192);
  EXPECT_EQ(memory.has(a.span().data()), 1u);
  EXPECT_EQ(memory.has(b.span().data()), 2u);
  EXPECT_EQ(memory.has(c.span().data()), 0u);
  EXPECT_EQ(memory.has(large.span().data()), 0u);
  EXPECT_EQ(large.span().size(), 8192u);
}

TEST(BufferPool, GivesPreferredMemoryBackAtTheEndOfALease) {
  TwoPages memory;
  BufferPool pool(&memory), other(&memory);
  for (int i = 0; i < 3; ++i) {
    BufferPool::Lease a = pool.take(512);
    BufferPool::Lease b = other.take(512);
    EXPECT_EQ(memory.has(a.span().data()), 1u);
    EXPECT_EQ(memory.has(b.span().data()), 2u);
  }
}

// Every size class and those beyond: a frame is wholly the caller's, and freeing all of them and taking them
// again gives no frame to two.
TEST(FramePool, GivesEachFrameToOneOwner) {
  for (const size_t bytes : {size_t{1}, size_t{64}, size_t{65}, size_t{2047}, size_t{2048}, size_t{5000}}) {
    for (int round = 0; round < 2; ++round) {
      std::vector<std::byte*> frames;
      for (int i = 0; i < 20; ++i) {
        frames.push_back(static_cast<std::byte*>(allocate_frame(bytes)));
        std::fill_n(frames.back(), bytes, static_cast<std::byte>(i));
      }
      for (int i = 0; i < 20; ++i) {
        const std::byte* frame = frames[static_cast<size_t>(i)];
        EXPECT_TRUE(
            std::all_of(frame, frame + bytes, [&](std::byte b) { return b == static_cast<std::byte>(i); }));
      }
      for (std::byte* frame : frames) free_frame(frame, bytes);
    }
  }
}

}  // namespace
}  // namespace drydock::tests
