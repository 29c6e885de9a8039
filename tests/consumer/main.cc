// Asks one question of the library: can a crash lose data with this rule?
#include <cstdio>

#include "block/rules.h"
#include "scenarios/generator.h"
#include "scenarios/runner.h"

int main() {
  drydock::scenarios::Material material;
  material.rules.source_discard = drydock::SourceDiscard::kAtCopySync;
  drydock::scenarios::Runner runner;
  for (uint64_t seed = 1; seed <= 1000; ++seed) {
    const drydock::scenarios::RunResult result = runner.run(drydock::scenarios::generate(seed, material));
    if (!result.finding) continue;
    std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), result.finding->text.c_str());
    return 0;
  }
  std::puts("no finding");
  return 1;
}
