// drydock meta diff
#include <fmt/format.h>

#include <cstdio>

#include "cli/meta.h"

namespace drydock::cli::meta {
namespace {

using engine::devices::Access;
using engine::metadata::Loaded;

struct Difference {
  Geometry geometry{};
  RegionSet only_a, only_b;
  bool none() const { return only_a.empty() && only_b.empty(); }
};

Difference difference_of(const Loaded& a, const Loaded& b) {
  Difference found{.geometry = {.size = a.target_size, .region_size = a.region_size},
                   .only_a = a.hydrated,
                   .only_b = b.hydrated};
  found.only_a.remove(b.hydrated);
  found.only_b.remove(a.hydrated);
  return found;
}

void print_text(const Difference& found) {
  for_each_run(found.only_a, found.geometry, [](RegionRange run) { fmt::print("< {}\n", to_text(run)); });
  for_each_run(found.only_b, found.geometry, [](RegionRange run) { fmt::print("> {}\n", to_text(run)); });
}

void print_ranges(const char* name, const RegionSet& regions, Geometry geometry) {
  fmt::print(" \"{}\": [", name);
  bool is_first = true;
  for_each_run(regions, geometry, [&is_first](RegionRange run) {
    fmt::print("{}[{}, {}]", is_first ? "" : ", ", run.first, run.end() - RegionCount(1));
    is_first = false;
  });
  fmt::print("]");
}

void print_json(const Difference& found) {
  fmt::print("{{\"same\": {},\n", found.none());
  print_ranges("only_a", found.only_a, found.geometry);
  fmt::print(",\n");
  print_ranges("only_b", found.only_b, found.geometry);
  fmt::print("}}\n");
}

int compare(const Loaded& a, const Loaded& b, bool json) {
  if (a.region_size != b.region_size || a.target_size != b.target_size) {
    const auto print = [](const char* format, const Loaded& of) {
      fmt::print(fmt::runtime(format), of.region_size, of.target_size);
    };
    if (json) fmt::print("{{\"same\": false,\n");
    print(json ? " \"geometry_a\": [{}, {}],\n" : "< region size {}, target size {} sectors\n", a);
    print(json ? " \"geometry_b\": [{}, {}]}}\n" : "> region size {}, target size {} sectors\n", b);
    return kFinding;
  }
  const Difference found = difference_of(a, b);
  json ? print_json(found) : print_text(found);
  return found.none() ? kGood : kFinding;
}

}  // namespace

int diff(std::span<const std::string> words) {
  std::string a, b;
  bool json = false, force = false;
  CLI::App app(
      "Prints the regions that are hydrated in one of two only: '<' in A, '>' in B. Exit 0: the same, 1: "
      "not, "
      "3: one\nof them cannot be read.",
      "drydock meta diff");
  app.add_option("A", a, "a block device or a file")->required();
  app.add_option("B", b, "another")->required();
  app.add_flag("--json", json, "print it as JSON");
  app.add_flag("--force-read", force, "although they are in use: what is read may be torn");
  app.footer("Example: drydock meta diff /dev/vg/metadata repaired.meta");
  if (const auto code = parse(app, words)) return *code;
  const Access access = force ? Access::kForceRead : Access::kRead;
  const auto loaded_a = load_from(a, access);
  if (!loaded_a) return environment(loaded_a.error());
  const auto loaded_b = load_from(b, access);
  if (!loaded_b) return environment(loaded_b.error());
  return compare(*loaded_a, *loaded_b, json);
}

}  // namespace drydock::cli::meta
