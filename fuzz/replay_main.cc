// Runs a fuzz target on inputs that lie in files, for compilers without libFuzzer.
//
//     fuzz_table fuzz/corpus/fuzz_table fuzz/regressions/fuzz_table
//
// Each argument is a file or a folder; a folder's files are taken in the order of their names. A folder that
// does not exist holds nothing: not every target has had a regression. Exit 0: the target survived all of
// them. A failed CHECK names its input.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "block/check.h"
#include "block/read_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

namespace fs = std::filesystem;

void add_files(const fs::path& path, std::vector<fs::path>& files) {
  if (!fs::is_directory(path)) {
    if (fs::exists(path)) files.push_back(path);
    return;
  }
  std::vector<fs::path> found;
  for (const fs::directory_entry& entry : fs::directory_iterator(path)) {
    if (entry.is_regular_file()) found.push_back(entry.path());
  }
  std::ranges::sort(found);
  files.insert(files.end(), found.begin(), found.end());
}

bool run(const fs::path& path) {
  const drydock::Result<std::string> input = drydock::read_file(path.string());
  if (!input) {
    std::fprintf(stderr, "%s\n", input.error().message.c_str());
    return false;
  }
  const drydock::CheckContext context([&path] { return "input: " + path.string(); });
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input->data()), input->size());
  return true;
}

}  // namespace

int main(int count, char** arguments) {
  std::vector<fs::path> files;
  for (int i = 1; i < count; ++i) add_files(arguments[i], files);
  if (files.empty()) {
    std::fprintf(stderr, "usage: %s FILE|FOLDER...\nno input found\n", arguments[0]);
    return 2;
  }
  for (const fs::path& path : files) {
    if (!run(path)) return 3;
  }
  std::printf("%zu inputs\n", files.size());
  return 0;
}
