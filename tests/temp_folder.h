// A folder of its own for a test, gone when the test is over.
#pragma once

#include <zlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "block/check.h"

namespace drydock::tests {

class TempFolder {
 public:
  TempFolder() : TempFolder(std::filesystem::temp_directory_path()) {}
  explicit TempFolder(const std::filesystem::path& parent)
      : path_((parent / "drydock-test-XXXXXX").string()) {
    CHECK(mkdtemp(path_.data()) != nullptr);
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string path(std::string_view name) const { return path_ + "/" + std::string(name); }
  // REQUIRES: the file is there.
  std::string read(std::string_view name) const {
    std::ifstream file(path(name), std::ios::binary);
    CHECK(file.good());
    return {std::istreambuf_iterator(file), {}};
  }
  // Returns where the file is.
  std::string write(std::string_view name, std::string_view content) const {
    const std::string where = path(name);
    std::ofstream file(where, std::ios::binary | std::ios::trunc);
    file << content;
    file.close();
    CHECK(file.good());
    return where;
  }
  std::string write_compressed(std::string_view name, std::string_view content) const {
    const std::string where = path(name);
    const gzFile file = gzopen(where.c_str(), "wb");
    CHECK(file != nullptr);
    CHECK(gzwrite(file, content.data(), static_cast<unsigned>(content.size())) ==
          static_cast<int>(content.size()));
    CHECK(gzclose(file) == Z_OK);
    return where;
  }

 private:
  std::string path_;
};

}  // namespace drydock::tests
