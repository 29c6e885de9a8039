// What devices and the engine reach on real disks. Measures one thing per call and prints one line of JSON;
// bench/devices.sh makes the disks and runs it beside other programs.
//     drydock_bench_devices io PATH read|write [--depth=32] [--milliseconds=3000]
//     drydock_bench_devices copy SOURCE DESTINATION METADATA [--region=SECTORS] [--threshold=N] [--batch=N]
//     drydock_bench_devices clone-io SOURCE DESTINATION METADATA read|write [--depth=32]
//     [--milliseconds=3000]
//     drydock_bench_devices run FILE COMMAND...: writes what it cost: seconds, processor seconds, peak KiB
// All but the last take [--backend=io_uring|threads] and [--registered=BYTES], of memory registered with
// io_uring.
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "block/buffer.h"
#include "block/chance.h"
#include "block/disk.h"
#include "block/task.h"
#include "engine/clone.h"
#include "engine/clone_disk.h"
#include "engine/devices/device.h"

namespace drydock::bench {
namespace {

using engine::devices::Access;
using engine::devices::Backend;
using engine::devices::Loop;
using engine::devices::LoopOptions;
using engine::devices::open_device;

constexpr SectorCount kRequest{8};

struct Words {
  std::vector<std::string> plain;
  std::map<std::string, std::string> named;

  uint64_t number(const std::string& name, uint64_t otherwise) const {
    const auto found = named.find(name);
    return found == named.end() ? otherwise : std::strtoull(found->second.c_str(), nullptr, 10);
  }
  Backend backend() const {
    const auto found = named.find("backend");
    return found != named.end() && found->second == "threads" ? Backend::kThreads : Backend::kUring;
  }
  LoopOptions loop() const {
    LoopOptions options{.backend = backend()};
    options.registered_bytes = number("registered", options.registered_bytes);
    return options;
  }
};

Words words_of(int count, char** texts) {
  Words words;
  for (int i = 1; i < count; ++i) {
    const std::string text = texts[i];
    const size_t equals = text.find('=');
    if (text.starts_with("--") && equals != std::string::npos) {
      words.named[text.substr(2, equals - 2)] = text.substr(equals + 1);
    } else {
      words.plain.push_back(text);
    }
  }
  return words;
}

template <class T>
T need(Result<T> result) {
  if (result) return std::move(*result);
  fmt::print(stderr, "{}\n", result.error().message);
  std::exit(3);
}

void need(const Status& status) {
  if (status) return;
  fmt::print(stderr, "{}\n", status.error().message);
  std::exit(3);
}

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

rusage used_so_far() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage;
}

// Of this process since then, as a part of a JSON object; the peak is the whole process's.
std::string cost(const rusage& since = {}) {
  const rusage usage = used_so_far();
  return fmt::format(
      "\"user_seconds\": {:.3f}, \"system_seconds\": {:.3f}, \"peak_memory_kib\": {}, \"switches\": {}",
      seconds_of(usage.ru_utime) - seconds_of(since.ru_utime),
      seconds_of(usage.ru_stime) - seconds_of(since.ru_stime), usage.ru_maxrss,
      usage.ru_nvcsw + usage.ru_nivcsw - since.ru_nvcsw - since.ru_nivcsw);
}

// Requests of 4 KiB at drawn places, so many at one time.
class RandomLoad {
 public:
  RandomLoad(Loop& loop, Disk& disk, bool writes, uint64_t milliseconds)
      : loop_(loop),
        disk_(disk),
        writes_(writes),
        places_(disk.limits().size / kRequest),
        end_us_(loop.now_us() + milliseconds * 1000) {}

  void run(uint64_t depth) {
    for (uint64_t client = 0; client < depth; ++client) tasks_.spawn(ask_until_the_end());
    loop_.run_until([this] { return tasks_.empty(); });
  }
  uint64_t requests() const { return requests_; }

 private:
  Task<void> ask_until_the_end() {
    Buffer buffer(kRequest);
    std::ranges::fill(buffer.span(), std::byte{0x5a});
    while (loop_.now_us() < end_us_) {
      state_ = state_ * 6364136223846793005u + 1442695040888963407u;
      const SectorRange range = {Sector((state_ >> 16) % places_ * kRequest.value()), kRequest};
      Status status;
      if (writes_) {
        status = co_await disk_.write(range, buffer.span(), Fua::kNo);
      } else {
        status = co_await disk_.read(range, buffer.span());
      }
      need(status);
      ++requests_;
    }
  }

  Loop& loop_;
  Disk& disk_;
  bool writes_;
  uint64_t places_;
  uint64_t end_us_;
  uint64_t state_ = 1;
  uint64_t requests_ = 0;
  TaskSet tasks_;
};

void measure_load(Loop& loop, Disk& disk, const Words& words) {
  const rusage before = used_so_far();
  const uint64_t start_us = loop.now_us();
  RandomLoad load(loop, disk, words.plain.back() == "write", words.number("milliseconds", 3000));
  load.run(words.number("depth", 32));
  const double seconds = static_cast<double>(loop.now_us() - start_us) / 1e6;
  fmt::print("{{\"iops\": {:.0f}, {}}}\n", static_cast<double>(load.requests()) / seconds, cost(before));
}

int measure_io(const Words& words) {
  Loop loop(words.loop());
  const Access access = words.plain[2] == "write" ? Access::kWrite : Access::kRead;
  const auto disk = need(open_device(loop, words.plain[1], {.access = access}));
  measure_load(loop, *disk, words);
  return 0;
}

// A clone on three devices.
class RealClone {
 public:
  explicit RealClone(const Words& words)
      : loop_(words.loop()),
        source_(need(open_device(loop_, words.plain[1], {.access = Access::kRead}))),
        destination_(need(open_device(loop_, words.plain[2], {}))),
        metadata_(need(open_device(loop_, words.plain[3], {}))) {
    engine::Clone::Setup setup = {.size = source_->limits().size, .options = {}, .rules = {}, .events = {}};
    // As drydock clone does: four copies of 1 MiB.
    setup.options.region_size = SectorCount(words.number("region", 128));
    setup.options.hydration_threshold = static_cast<uint32_t>(words.number("threshold", 64));
    setup.options.hydration_batch_size = static_cast<uint32_t>(words.number("batch", 16));
    run(open(std::move(setup)));
    loop_.run_until([this] { return clone_ != nullptr; });
  }
  ~RealClone() { run(close()); }

  // And commits: by itself it would do so within a second.
  void hydrate() {
    loop_.run_until([this] { return clone_->hydrated() == clone_->regions(); });
    run(flush());
  }
  Loop& loop() { return loop_; }
  engine::Clone& clone() { return *clone_; }

 private:
  void run(Task<void> task) {
    tasks_.spawn(std::move(task));
    loop_.run_until([this] { return tasks_.empty(); });
  }
  Task<void> open(engine::Clone::Setup setup) {
    auto opened =
        co_await engine::Clone::open({*source_, *destination_, *metadata_}, std::move(setup), loop_);
    clone_ = need(std::move(opened));
  }
  Task<void> flush() {
    const Status flushed = co_await clone_->flush();
    need(flushed);
  }
  Task<void> close() {
    const Status closed = co_await clone_->close();
    need(closed);
  }

  Loop loop_;
  std::unique_ptr<Disk> source_;
  std::unique_ptr<Disk> destination_;
  std::unique_ptr<Disk> metadata_;
  std::unique_ptr<engine::Clone> clone_;
  TaskSet tasks_;
};

int measure_copy(const Words& words) {
  const auto clone = std::make_unique<RealClone>(words);
  const uint64_t start_us = clone->loop().now_us();
  clone->hydrate();
  const double seconds = static_cast<double>(clone->loop().now_us() - start_us) / 1e6;
  const double mib = static_cast<double>(bytes_of(clone->clone().size())) / (1 << 20);
  fmt::print("{{\"seconds\": {:.3f}, \"mib_per_second\": {:.0f}, {}}}\n", seconds, mib / seconds, cost());
  return 0;
}

// On a clone that is hydrated first.
int measure_clone_io(const Words& words) {
  const auto clone = std::make_unique<RealClone>(words);
  clone->hydrate();
  engine::CloneDisk disk(clone->clone());
  measure_load(clone->loop(), disk, words);
  return 0;
}

double seconds_now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

// What the command says is its own; the exit code too. REQUIRES: texts ends with a null.
int run_and_write_cost(const char* file, char** texts) {
  const double start = seconds_now();
  const pid_t child = fork();
  if (child == 0) {
    execvp(texts[0], texts);
    _exit(127);
  }
  int status = 0;
  rusage usage{};
  if (child < 0 || wait4(child, &status, 0, &usage) < 0) return 3;
  std::FILE* const written = std::fopen(file, "w");
  if (written == nullptr) return 3;
  fmt::print(written, "{:.4f} {:.4f} {}\n", seconds_now() - start,
             seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime), usage.ru_maxrss);
  std::fclose(written);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 3;
}

int run(const Words& words) {
  const std::vector<std::string>& plain = words.plain;
  if (plain.size() == 3 && plain[0] == "io") return measure_io(words);
  if (plain.size() == 4 && plain[0] == "copy") return measure_copy(words);
  if (plain.size() == 5 && plain[0] == "clone-io") return measure_clone_io(words);
  fmt::print(stderr,
             "drydock_bench_devices: io, copy, clone-io or run; the head of bench/devices.cc tells more\n");
  return 2;
}

}  // namespace
}  // namespace drydock::bench

int main(int count, char** texts) {
  if (count >= 4 && std::string_view(texts[1]) == "run")
    return drydock::bench::run_and_write_cost(texts[2], texts + 3);
  return drydock::bench::run(drydock::bench::words_of(count, texts));
}
