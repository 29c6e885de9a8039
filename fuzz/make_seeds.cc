// Writes the seeds of the corpora: make_seeds SOURCE_TREE. They are committed; this says where they come
// from.
//
// Images are small (at most 48 KiB), or a fuzzer is slow: those of the kernel are cut, after the last block
// that it used.
#include <fmt/format.h>
#include <zlib.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>

#include "block/check.h"
#include "engine/metadata/format.h"
#include "engine/metadata/store.h"
#include "fuzz/image_disk.h"
#include "servers/write_log_recorder.h"

namespace drydock::fuzz {
namespace {

namespace fs = std::filesystem;
namespace metadata = engine::metadata;

fs::path source_tree;

void write(std::string_view target, std::string_view name, std::string_view bytes) {
  const fs::path folder = source_tree / "fuzz" / "corpus" / target;
  fs::create_directories(folder);
  std::ofstream file(folder / name, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  CHECK(file.good());
}

void write_image(std::string_view name, std::string_view bytes) {
  for (const char* target : {"fuzz_metadata", "fuzz_metadata_differential", "fuzz_repair"})
    write(target, name, bytes);
}

std::string_view text_of(ImageDisk& disk) {
  return {reinterpret_cast<const char*>(disk.bytes().data()), disk.bytes().size()};
}

std::string unpacked(const fs::path& path, size_t most) {
  struct Close {
    void operator()(gzFile file) const { gzclose(file); }
  };
  const std::unique_ptr<gzFile_s, Close> file(gzopen(path.c_str(), "rb"));
  CHECK(file != nullptr);
  std::string bytes(most, '\0');
  const int got = gzread(file.get(), bytes.data(), static_cast<unsigned>(most));
  int error = Z_OK;
  gzerror(file.get(), &error);  // also where a compressed file ends too early
  CHECK(got >= 0 && error == Z_OK);
  bytes.resize(static_cast<size_t>(got));
  return bytes;
}

struct OurImage {
  std::string_view name;
  uint64_t blocks, sectors, region_sectors;
  int commits;  // each of another stretch of regions
};

void write_our_image(const OurImage& image) {
  const Geometry geometry = {.size = SectorCount(image.sectors),
                             .region_size = SectorCount(image.region_sectors)};
  ImageDisk disk;
  disk.clear(BlockCount(image.blocks));
  const auto formatted = run_now(metadata::format(disk, geometry));
  CHECK(formatted.has_value());
  const auto store = run_now(metadata::Store::open(disk, geometry, Rules{}));
  CHECK(store.has_value());
  const uint64_t regions = geometry.regions().value();
  for (int i = 0; i < image.commits; ++i) {
    RegionSet newly;
    const Region first(regions * static_cast<uint64_t>(i) / static_cast<uint64_t>(image.commits));
    newly.add(RegionRange{first, RegionCount(regions / static_cast<uint64_t>(2 * image.commits) + 1)});
    const Status committed = run_now((*store)->commit(newly));
    CHECK(committed.has_value());
  }
  write_image(image.name, text_of(disk));
}

// A tree of two levels, which the kernel makes above eight million regions only: two array blocks, each below
// a leaf of its own.
void write_image_with_inner_node() {
  using namespace metadata;
  const Geometry geometry = {.size = SectorCount(8 * (kRegionsPerArray + 70)), .region_size = SectorCount(8)};
  Structure structure;
  structure.ref_count_root = Block(2);
  structure.space = SpaceMap::formatted(BlockCount(20), Block(1), Block(3), BlockCount(9));
  structure.tree.nodes = {
      {.block = Block(4), .first = 1, .count = 2, .leaf = false},
      {.block = Block(5), .parent = 0, .lowest = 0, .first = 0, .count = 1},
      {.block = Block(6), .parent = 0, .lowest = 1, .first = 1, .count = 1},
  };
  structure.tree.arrays = {Block(7), Block(8)};
  ImageDisk disk;
  disk.clear(BlockCount(12));
  const auto block = [&disk](uint64_t i) {
    return disk.bytes().subspan(i * kBlockBytes).first<kBlockBytes>();
  };
  encode_superblock(superblock_of(structure, geometry), block(0));
  structure.space.encode_index(block(1));
  encode_empty_ref_counts(Block(2), block(2));
  structure.space.encode_bitmap(0, block(3));
  for (uint32_t node = 0; node < 3; ++node) structure.tree.encode(node, block(4 + node));
  std::vector<uint64_t> words(kWordsPerArray, 0x5555);
  encode_array(words, Block(7), block(7));
  encode_array(std::span(words).first(words_in_array(geometry.regions(), 1)), Block(8), block(8));
  write_image("two-levels", text_of(disk));
}

void write_images() {
  const OurImage ours[] = {
      {.name = "least", .blocks = 6, .sectors = 8, .region_sectors = 8, .commits = 0},
      {.name = "one-commit", .blocks = 10, .sectors = 4099, .region_sectors = 8, .commits = 1},
      {.name = "five-commits", .blocks = 10, .sectors = 100'000, .region_sectors = 16, .commits = 5},
      {.name = "two-arrays", .blocks = 12, .sectors = 8 * 32'577, .region_sectors = 8, .commits = 2},
  };
  for (const OurImage& image : ours) write_our_image(image);
  write_image_with_inner_node();
  write_image("blank", std::string(2 * kBlockBytes, '\0'));
  struct KernelImage {
    const char* name;
    size_t bytes;
  };
  const KernelImage theirs[] = {{"good/nearly-full-10", 40'960},   {"good/aborted-commit", 45'056},
                                {"good/one-short-region", 49'152}, {"good/tail-hydrated", 49'152},
                                {"good/array-32577", 49'152},      {"good/k192-three-arrays", 49'152}};
  const auto image_of = [](const KernelImage& image) {
    return unpacked(source_tree / fmt::format("tests/data/metadata/{}.meta.gz", image.name), image.bytes);
  };
  for (const KernelImage& image : theirs)
    write_image(fs::path(image.name).filename().string(), image_of(image));
  // A device that has become shorter than its metadata, by one sector.
  write_image("one-sector-short", image_of({"good/nearly-full-10", 40'960 - kSectorBytes}));
}

void write_region_sets() {
  using std::string_view_literals::operator""sv;
  const std::string_view sets[] = {
      ""sv,                                          // one region, nothing hydrated
      "\0\0\0\0\0\0\0\0\1\0"sv,                      // one region, hydrated
      "\x40\x7f\0\0\1\3\0\0\xff\xff\0\0\xff\xff"sv,  // one region more than an array block has, all of them
      "\xff\xff\3\0\x12\0\1\0\2\0\xff\xff\1\0\x3f\0\x41\0"sv,  // the most regions, single ones and short
                                                               // stretches
  };
  for (size_t i = 0; i < std::size(sets); ++i) write("fuzz_dump_restore", fmt::format("set-{}", i), sets[i]);
}

void write_table_lines() {
  write("fuzz_table", "plain", "/dev/m /dev/d /dev/s 8");
  write("fuzz_table", "options",
        "252:0 252:1 252:2 4096 2 no_hydration no_discard_passdown 4 hydration_threshold 256 "
        "hydration_batch_size 0");
  write("fuzz_table", "messages",
        "enable_hydration\ndisable_hydration\nhydration_threshold 4294967295\nHYDRATION_BATCH_SIZE 16\n");
}

void write_scenarios() {
  const auto copy = [](const fs::path& path) {
    write("fuzz_scenario_json", path.filename().string(), unpacked(path, 1 << 20));
  };
  for (const fs::directory_entry& entry : fs::directory_iterator(source_tree / "scenarios" / "library")) {
    copy(entry.path());
  }
  copy(source_tree / "tests" / "data" / "scenarios" / "every-field.json");
}

// As scenario_input.h says. What the others reach, a fuzzer has found; those named bug-... find one of the
// bank of known bugs, each under its rules.
void write_runs() {
  using std::string_view_literals::operator""sv;
  constexpr std::string_view kPlain = "\x07\0\0\0\x08\0\0\3\0\0\0\0\0\0\0\0"sv;
  constexpr std::string_view kOperations =
      "\0\0\3\0\0\0\0\0"
      "\x20\1\0\1\0\0\0\0"
      "\2\0\4\1\x30\0\0\0"
      "\3\2\0\7\0\0\0\0"
      "\4\0\0\7\0\0\0\0"
      "\6\0\0\0\0\0\0\0"
      "\x28\3\0\1\x40\0\0\0"
      "\x0a\4\2\2\0\0\0\0"sv;
  constexpr std::string_view kFaults =
      "\x0b\0\0\x10\0\0\0\0"
      "\x8c\0\x40\0\0\0\0\0"
      "\x2d\1\0\0\x80\1\1\0"
      "\x0e\0\0\1\x80\2\0\x70"
      "\x8e\0\0\2\x80\0\0\0"
      "\x8f\2\0\0\0\0\0\0"sv;
  const auto together = [](std::initializer_list<std::string_view> parts) {
    std::string bytes;
    for (const std::string_view part : parts) bytes += part;
    return bytes;
  };
  std::string many = together({kPlain, kOperations});
  many[0] = '\xf4';
  write("fuzz_scenario_run", "operations", together({kPlain, kOperations}));
  write("fuzz_scenario_run", "faults", together({kPlain, kOperations, kFaults, kOperations}));
  write("fuzz_scenario_run", "many-regions", many);
}

// What a clone's client and its disks say of a read, a write, a flush and a power cut.
class RecordedRun {
 public:
  explicit RecordedRun(const fs::path& folder)
      : disks_(std::move(*servers::WriteLogRecorder::create(folder / "disks"))),
        clients_(std::move(*servers::WriteLogRecorder::create(folder / "clients"))) {}

  void run() {
    for (const char* name : {"source", "destination", "metadata"})
      disks_->describe({name, SectorCount(64), *profile_named("sata_4k")});
    disks_->preset(1, {range_, std::as_bytes(std::span(letters_))});
    clients_->describe_clone({SectorCount(64), SectorCount(8)});
    clients_->record({.kind = EventKind::kStart});
    clients_->record({.kind = EventKind::kOpened});
    ask(IoKind::kRead, 1);
    ask(IoKind::kWrite, 2);
    ask(IoKind::kFlush, 2);
    disks_->record({.kind = EventKind::kPowerCut});
    for (uint8_t disk = 1; disk <= 3; ++disk) disks_->record({.party = disk, .kind = EventKind::kSurvivors});
  }

 private:
  // The client asks the clone, the clone a disk.
  void ask(IoKind io, uint8_t disk) {
    servers::LoggedEvent event = {.range = range_, .request = ++requests_, .io = io};
    if (io == IoKind::kFlush) event.range = {};
    const servers::LoggedData data = {range_, std::as_bytes(std::span(letters_))};
    clients_->record(event, io == IoKind::kWrite ? data : servers::LoggedData{});
    event.party = disk;
    disks_->record(event, io == IoKind::kWrite ? data : servers::LoggedData{});
    event.kind = EventKind::kComplete;
    disks_->record(event);
    event.party = servers::kLoggedHost;
    clients_->record(event, io == IoKind::kRead ? data : servers::LoggedData{});
  }

  std::unique_ptr<servers::WriteLogRecorder> disks_;
  std::unique_ptr<servers::WriteLogRecorder> clients_;
  const SectorRange range_{Sector(8), SectorCount(1)};
  const std::string letters_ = std::string(kSectorBytes, 'a');
  uint32_t requests_ = 0;
};

// Their times are those of the clock, so that they would differ each time: what is there stays.
void write_logs() {
  const fs::path folder = source_tree / "fuzz" / "corpus" / "fuzz_write_log";
  if (fs::exists(folder)) return;
  fs::create_directories(folder);
  RecordedRun(folder).run();
  write("fuzz_write_log", "both",
        unpacked(folder / "disks", 1 << 20) + unpacked(folder / "clients", 1 << 20));
}

// The first lines of each.
void write_traces() {
  for (const fs::directory_entry& entry : fs::directory_iterator(source_tree / "tests" / "data" / "traces")) {
    if (entry.path().extension() != ".gz") continue;
    const std::string text = unpacked(entry.path(), 4096);
    const std::string name = entry.path().filename().string();
    write("fuzz_trace", name.substr(0, name.find('.')), text.substr(0, text.rfind('\n') + 1));
  }
}

}  // namespace
}  // namespace drydock::fuzz

int main(int count, char** arguments) {
  if (count != 2) {
    std::fprintf(stderr, "usage: make_seeds SOURCE_TREE\n");
    return 2;
  }
  using namespace drydock::fuzz;
  source_tree = arguments[1];
  write_images();
  write_region_sets();
  write_table_lines();
  write_scenarios();
  write_runs();
  write_logs();
  write_traces();
  return 0;
}
