# make run    installs what is missing, builds, and runs the main job
# make test   builds and runs all tests
# make fuzz TIME=60   runs each fuzz target for so many seconds; TARGETS=... only some (fuzz/README.md)
# make diagrams   draws docs/diagrams again
# make build  the program at build/release/drydock, the benchmarks at build/release/drydock_bench
PRESET ?= release
JOBS ?= $(shell nproc)
TIME ?= 60
TARGETS ?=

.PHONY: run test build bench diagrams fuzz lint format packages clean

run: build
	scripts/main-job

packages:
	scripts/install-packages

build: packages
	cmake --preset $(PRESET)
	cmake --build --preset $(PRESET) --parallel $(JOBS) --target drydock drydock_bench

test: packages
	cmake --preset $(PRESET)
	cmake --build --preset $(PRESET) --parallel $(JOBS)
	ctest --preset $(PRESET) --parallel $(JOBS)

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
