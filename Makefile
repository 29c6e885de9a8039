# make run    installs what is missing for it, builds the program, and runs the main job; the last line is the verdict
# make test   builds and runs all tests
# make fuzz TIME=60   runs each fuzz target for so many seconds; TARGETS=... only some (fuzz/README.md)
# make diagrams   draws docs/diagrams again
# make build  the program at build/release/drydock, the benchmarks at build/release/drydock_bench
# make package  Debian packages of it, looked at by lintian: build/release/drydock_*.deb, drydock-dev_*.deb
PRESET ?= release
JOBS ?= $(shell nproc)
TIME ?= 60
TARGETS ?=
# After `make run` in the same folder, which leaves them out. The sanitizers' presets have no benchmarks.
ALL = -DDRYDOCK_BUILD_TESTS=ON $(if $(filter release dev clang,$(PRESET)),-DDRYDOCK_BUILD_BENCH=ON)

.PHONY: run test build bench package diagrams fuzz lint format packages clean

# Tests and benchmarks are left out: they need packages that the program does not.
run:
	scripts/install-packages run
	cmake --preset $(PRESET) -DDRYDOCK_BUILD_TESTS=OFF -DDRYDOCK_BUILD_BENCH=OFF
	cmake --build --preset $(PRESET) --parallel $(JOBS) --target drydock
	DRYDOCK=build/$(PRESET)/drydock scripts/main-job

packages:
	scripts/install-packages

build: packages
	cmake --preset $(PRESET) $(ALL)
	cmake --build --preset $(PRESET) --parallel $(JOBS) --target drydock drydock_bench

test: packages
	cmake --preset $(PRESET) $(ALL)
	cmake --build --preset $(PRESET) --parallel $(JOBS)
	ctest --preset $(PRESET) --parallel $(JOBS)

package: packages
	cmake --preset $(PRESET)
	cmake --build --preset $(PRESET) --parallel $(JOBS) --target package
	lintian --fail-on error build/$(PRESET)/drydock*.deb

bench: build
	build/release/drydock_bench

diagrams: build
	scripts/diagrams

fuzz: packages
	scripts/fuzz --time=$(TIME) $(TARGETS)

lint: build
	scripts/lint

format: packages
	git ls-files '*.h' '*.cc' | xargs clang-format-19 -i

clean:
	rm -rf build
