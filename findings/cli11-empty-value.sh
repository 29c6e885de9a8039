#!/bin/sh
# CLI11 2.1.2: `--option=` followed by another option does not give --option an empty value. It takes the next word as the value,
# even if that is an option of the same program, which is then not set; no error is told.
# Seen: `--out= --quiet` sets out to "--quiet" and leaves quiet off; `--out "" --quiet` sets out to "".
. "$(dirname "$(realpath "$0")")/begin"
packages libcli11-dev=2.1.2+ds-1
cat > ask.cc <<'C'
#include <CLI/CLI.hpp>
#include <iostream>
int main(int argc, char** argv) {
  CLI::App app;
  std::string out;
  bool quiet = false;
  app.add_option("--out", out);
  app.add_flag("--quiet", quiet);
  CLI11_PARSE(app, argc, argv);
  std::cout << "out '" << out << "', quiet " << quiet << "\n";
}
C
c++ -isystem root/usr/include ask.cc -o ask
still "with --out= --quiet" "out '--quiet', quiet 0" "$(./ask --out= --quiet)"
still "with --out '' --quiet" "out '', quiet 1" "$(./ask --out '' --quiet)"
