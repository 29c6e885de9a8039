#!/bin/bash -eu
# What OSS-Fuzz runs in its image: builds every target with the sanitizer and the engine that it asks for, and packs corpora
# and dictionaries.
#
# The libraries are the distribution's, built against libstdc++: that is used here too, not the image's libc++. Programs
# run in an image without those libraries: they are linked statically.
targets=$(sed -n 's/^drydock_fuzz_target(\([a-z_]*\).*/\1/p' fuzz/CMakeLists.txt)
cmake -S . -B "$WORK/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_COMPILER="$CC" -DCMAKE_CXX_COMPILER="$CXX" \
  -DCMAKE_CXX_FLAGS="${CXXFLAGS//-stdlib=libc++/}" -DCMAKE_CXX_FLAGS_RELEASE="" -DCMAKE_FIND_LIBRARY_SUFFIXES=".a;.so" \
  -DDRYDOCK_WARNINGS_AS_ERRORS=OFF -DDRYDOCK_BUILD_TESTS=OFF -DDRYDOCK_BUILD_BENCH=OFF \
  -DDRYDOCK_FUZZ=ON -DDRYDOCK_FUZZ_ENGINE="$LIB_FUZZING_ENGINE;-static-libstdc++"
# shellcheck disable=SC2086
cmake --build "$WORK/build" --target $targets
for target in $targets; do
  cp "$WORK/build/$target" "$OUT/"
  # Shared libraries that are left go along.
  mkdir -p "$OUT/lib"
  ldd "$OUT/$target" | awk '$3 ~ /lib(absl|fmt|roaring|isal|mimalloc)/ { print $3 }' | xargs -r cp -n -t "$OUT/lib"
  patchelf --set-rpath "\$ORIGIN/lib" "$OUT/$target"
  cp "fuzz/dictionaries/$target.dict" "$OUT/"
  zip -q -j -r "$OUT/${target}_seed_corpus.zip" "fuzz/corpus/$target"
  [ ! -d "fuzz/regressions/$target" ] || zip -q -j -r "$OUT/${target}_seed_corpus.zip" "fuzz/regressions/$target"
done
