#include "tests/metadata_images.h"

#include <zlib.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "block/check.h"

namespace drydock::tests {
namespace {

using Json = nlohmann::json;

std::string path_of(const std::string& folder, const std::string& file) {
  return std::string(DRYDOCK_TEST_DATA) + "/metadata/" + folder + "/" + file;
}

Json manifest(const std::string& folder) {
  std::ifstream file(path_of(folder, "manifest.json"));
  CHECK(file.good());
  return Json::parse(file)["images"];
}

Geometry geometry_of(const Json& json) {
  return {.size = SectorCount(json["target_size_sectors"].get<uint64_t>()),
          .region_size = SectorCount(json["region_size_sectors"].get<uint64_t>())};
}

// "0 131072 clone 8 6/1024 8 73/16384 ...": the words after the name of the target.
struct StatusLine {
  unsigned long long used = 0, total = 0, region_size = 0, hydrated = 0, regions = 0;
  explicit StatusLine(const std::string& line) {
    const int fields = std::sscanf(line.c_str(), "%*u %*u clone %*u %llu/%llu %llu %llu/%llu", &used, &total,
                                   &region_size, &hydrated, &regions);
    CHECK(fields == 5);
  }
};

void fill_common(MetadataImage& image, const std::string& folder, const Json& json) {
  image.folder = folder;
  image.file = json["file"];
  image.bytes = json["metadata_bytes"];
}

std::vector<GoodImage> read_good() {
  std::vector<GoodImage> images;
  for (const Json& json : manifest("good")) {
    GoodImage& image = images.emplace_back();
    fill_common(image, "good", json);
    image.geometry = geometry_of(json);
    const StatusLine status(json["status"]);
    image.used = BlockCount(status.used);
    image.total = BlockCount(status.total);
    for (const Json& range : json["hydrated"]) {
      image.hydrated.add(RegionRange::between(Region(range[0]), Region(range[1].get<uint64_t>() + 1)));
    }
    CHECK(image.hydrated.count().value() == status.hydrated);
  }
  return images;
}

bool is(const Json& value, const std::string& expected) { return value.is_string() && value == expected; }

bool works(const Json& json) {
  const Json& wrong = json["regions_read_wrong"]["6_1_176"];
  const Json& further = json["after_further_commits"]["6_1_176"];
  return (wrong.is_null() || wrong == 0) && is(json["first_commit"]["6_1_176"], "ok") &&
         is(json["reopen_after_commit"]["6_1_176"], "accept") && (further.is_null() || further == "ok") &&
         is(json["reopen_after_further_commits"]["6_1_176"], "accept");
}

std::vector<BadImage> read_bad() {
  std::vector<BadImage> images;
  for (const Json& json : manifest("bad")) {
    BadImage& image = images.emplace_back();
    fill_common(image, "bad", json);
    image.geometry = geometry_of(json["table"]);
    image.mutation = json["mutation"];
    image.opens = json["open_6_1_176"] == "accept" && json["open_6_1_192"] == "accept";
    image.works = image.opens && works(json);
    const Json& status = json["status"]["6_1_176"];
    if (status.is_string()) image.hydrated = RegionCount(StatusLine(status).hydrated);
  }
  return images;
}

}  // namespace

const std::vector<GoodImage>& good_images() {
  static const std::vector<GoodImage> images = read_good();
  return images;
}

const std::vector<BadImage>& bad_images() {
  static const std::vector<BadImage> images = read_bad();
  return images;
}

const GoodImage& good_image(const std::string& name) {
  const auto found =
      std::ranges::find(good_images(), name, [](const GoodImage& image) { return image.name(); });
  CHECK(found != good_images().end());
  return *found;
}

std::unique_ptr<MemoryDisk> disk_of(const MetadataImage& image) {
  gzFile file = gzopen(path_of(image.folder, image.file).c_str(), "rb");
  CHECK(file != nullptr);
  auto disk = std::make_unique<MemoryDisk>(SectorCount(image.bytes / kSectorBytes));
  MemoryDisk::Page page{};
  uint64_t at = 0;
  for (int got; (got = gzread(file, page.data(), kBlockBytes)) > 0; at += static_cast<uint64_t>(got)) {
    if (page != MemoryDisk::Page{}) disk->write_at(at, std::span(page).first(static_cast<size_t>(got)));
  }
  CHECK(at == image.bytes);
  gzclose(file);
  return disk;
}

}  // namespace drydock::tests
