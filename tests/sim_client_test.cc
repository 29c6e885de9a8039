// The client: it sends its list in order, no operation before its time and no more at once than its queue is
// deep, and records what it asked and was told.
#include <gtest/gtest.h>

#include "sim/client.h"
#include "tests/print.h"

namespace drydock::tests {
namespace {

using sim::Client;
using sim::ClientOperation;

constexpr SectorRange at(uint64_t sector) { return {Sector(sector), SectorCount(1)}; }

// Keeps each request until the test answers it.
class PatientDisk final : public Disk {
 public:
  const DiskLimits& limits() const override { return limits_; }
  std::string_view name() const override { return "patient"; }
  std::string identity() const override { return "patient"; }
  Status claim() override { return {}; }
  void release() override {}
  void submit(IoRequest& request) override {
    asked.push_back(&request);
    ranges.push_back(request.range);
  }

  // Ever. A request that was answered is gone.
  std::vector<IoRequest*> asked;
  std::vector<SectorRange> ranges;

 private:
  DiskLimits limits_{.size = SectorCount(64)};
};

class Clients : public testing::Test {
 protected:
  static ClientOperation write(uint32_t id, uint64_t at_us = 0) {
    return {.id = id, .at_us = at_us, .kind = IoKind::kWrite, .range = at(id)};
  }
  Client client(std::vector<ClientOperation> operations, size_t queue_depth) {
    operations_ = std::move(operations);
    return Client(operations_, {.queue_depth = queue_depth}, executor_, log_);
  }
  void answer(size_t number, ErrorCode error = ErrorCode::kNone) {
    disk_.asked[number]->complete(error);
    run_ready();
  }
  void run_ready() {
    while (executor_.next_due_us() == executor_.now_us()) executor_.step();
  }
  // Lets a microsecond pass, and what is due then happen.
  void tick() {
    executor_.advance_to(executor_.now_us() + 1);
    run_ready();
  }

  WriteLog log_;
  sim::Executor executor_;
  PatientDisk disk_;
  std::vector<ClientOperation> operations_;
};

TEST_F(Clients, HaveNoMoreInFlightThanTheQueueIsDeep) {
  for (const size_t depth : {1u, 3u, 8u}) {
    disk_.asked.clear();
    Client client = this->client({write(1), write(2), write(3), write(4), write(5)}, depth);
    client.start(disk_);
    for (size_t answered = 0; answered < 5; ++answered) {
      EXPECT_EQ(disk_.asked.size(), std::min<size_t>(answered + depth, 5));
      EXPECT_EQ(client.in_flight(), disk_.asked.size() - answered);
      EXPECT_FALSE(client.finished());
      answer(answered);
    }
    EXPECT_TRUE(client.finished());
  }
}

// However the answers are ordered.
TEST_F(Clients, SendInTheOrderOfTheList) {
  Client client = this->client({write(1), write(2), write(3), write(4)}, 2);
  client.start(disk_);
  for (const size_t number : {1u, 2u, 0u, 3u}) answer(number);
  EXPECT_EQ(disk_.ranges, (std::vector<SectorRange>{at(1), at(2), at(3), at(4)}));
}

TEST_F(Clients, SendNothingBeforeItsTime) {
  Client client = this->client({write(1, 2), write(2, 5)}, 4);
  client.start(disk_);
  std::vector<size_t> asked;
  for (int us = 0; us < 7; ++us) {
    run_ready();
    asked.push_back(disk_.asked.size());
    tick();
  }
  EXPECT_EQ(asked, (std::vector<size_t>{0, 0, 1, 1, 1, 2, 2}));
}

// An earlier operation in the list is never overtaken by one whose time has come.
TEST_F(Clients, HoldLaterOperationsBackWithAnEarlierOne) {
  Client client = this->client({write(1, 3), write(2, 0)}, 4);
  client.start(disk_);
  run_ready();
  EXPECT_TRUE(disk_.asked.empty());
  for (int us = 0; us < 3; ++us) tick();
  EXPECT_EQ(disk_.asked.size(), 2u);
}

TEST_F(Clients, SendLateWhatHadToWaitForTheQueue) {
  Client client = this->client({write(1), write(2, 2)}, 1);
  client.start(disk_);
  for (int us = 0; us < 5; ++us) tick();
  EXPECT_EQ(disk_.asked.size(), 1u);
  answer(0);
  ASSERT_EQ(disk_.asked.size(), 2u);
  EXPECT_EQ(log_.events().back().time_us, 5u);
}

TEST_F(Clients, AskForWhatTheListSays) {
  const std::vector<ClientOperation> kAll = {
      {.id = 1, .kind = IoKind::kRead, .range = at(1)},
      {.id = 2, .kind = IoKind::kWrite, .range = at(2), .fua = Fua::kYes},
      {.id = 3, .kind = IoKind::kFlush},
      {.id = 4, .kind = IoKind::kDiscard, .range = at(4)},
      {.id = 5, .kind = IoKind::kWriteZeroes, .range = at(5), .fua = Fua::kYes}};
  Client client = this->client(kAll, 5);
  client.start(disk_);
  ASSERT_EQ(disk_.asked.size(), 5u);
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(disk_.asked[i]->kind, kAll[i].kind);
    EXPECT_EQ(disk_.asked[i]->range, kAll[i].range);
    EXPECT_EQ(disk_.asked[i]->fua, kAll[i].fua);
  }
  EXPECT_EQ(disk_.asked[0]->data.size(), kSectorBytes);
  EXPECT_TRUE(disk_.asked[3]->data.empty());
}

TEST_F(Clients, StampWhatTheyWrite) {
  Client client =
      this->client({write(7), {.id = 8, .kind = IoKind::kWrite, .range = at(8), .zeros = true}}, 2);
  client.start(disk_);
  EXPECT_EQ(log_.bytes.content_of(disk_.asked[0]->data), Content::write(7));
  EXPECT_EQ(log_.bytes.content_of(disk_.asked[1]->data), Content::zero());
}

TEST_F(Clients, RecordWhatTheyAsk) {
  Client client = this->client({write(7), {.id = 8, .kind = IoKind::kWriteZeroes, .range = at(8)}}, 2);
  executor_.advance_to(12);
  client.start(disk_);
  ASSERT_EQ(log_.events().size(), 2u);
  const Event& event = log_.events()[0];
  EXPECT_EQ(event.kind, EventKind::kSubmit);
  EXPECT_EQ(event.party, Party::kClient);
  EXPECT_EQ(event.io, IoKind::kWrite);
  EXPECT_EQ(event.request, 7u);
  EXPECT_EQ(event.time_us, 12u);
  EXPECT_EQ(log_.runs(event)[0], (ContentRun{at(7), Content::write(7)}));
  EXPECT_EQ(log_.runs(log_.events()[1])[0], (ContentRun{at(8), Content::zero()}));
}

TEST_F(Clients, RecordWhatTheyAreTold) {
  Client client = this->client({{.id = 3, .kind = IoKind::kRead, .range = at(4)}}, 1);
  client.start(disk_);
  log_.bytes.write_run(disk_.asked[0]->data, {at(4), Content::source(Sector(4))});
  answer(0);
  const Event& event = log_.events().back();
  EXPECT_EQ(event.kind, EventKind::kComplete);
  EXPECT_EQ(event.request, 3u);
  ASSERT_EQ(event.run_count, 1u);
  EXPECT_EQ(log_.runs(event)[0], (ContentRun{at(4), Content::source(Sector(4))}));
}

TEST_F(Clients, RecordAnErrorAndGoOn) {
  Client client = this->client({{.id = 1, .kind = IoKind::kRead, .range = at(1)}, write(2)}, 1);
  client.start(disk_);
  answer(0, ErrorCode::kIo);
  const Event& event = log_.events()[1];
  EXPECT_EQ(event.kind, EventKind::kComplete);
  EXPECT_EQ(event.error, ErrorCode::kIo);
  EXPECT_EQ(event.run_count, 0u);
  EXPECT_EQ(disk_.asked.size(), 2u);
}

// What was in flight is over, and the rest goes to the next life.
TEST_F(Clients, GoOnAfterACrash) {
  Client client = this->client({write(1), write(2), write(3), write(4, 9)}, 2);
  client.start(disk_);
  answer(0);
  client.crash();
  executor_.clear();
  EXPECT_EQ(client.in_flight(), 0u);
  EXPECT_EQ(client.sent(), 3u);
  PatientDisk next;
  client.start(next);
  executor_.advance_to(9);
  run_ready();
  ASSERT_EQ(next.asked.size(), 1u);
  EXPECT_EQ(next.asked[0]->range, at(4));
  next.asked[0]->complete(ErrorCode::kNone);
  EXPECT_TRUE(client.finished());
}

TEST_F(Clients, WithoutAListHaveFinished) {
  Client client = this->client({}, 1);
  client.start(disk_);
  EXPECT_TRUE(client.finished());
}

}  // namespace
}  // namespace drydock::tests
