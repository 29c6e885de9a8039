#!/bin/sh
# CRoaring 0.2.66: the bounds of roaring_bitmap_remove_range() are 64 bits wide, and are cut to 32 without a word. A set of 32-bit
# values has nothing at 2^32 and beyond, so one expects that removing from there does nothing; it removes from 0 on.
# Seen: of 100 values 0 to 99, removing [2^32, 2^32 + 10) leaves 90.
. "$(dirname "$(realpath "$0")")/begin"
packages libroaring0=0.2.66+ds-2 libroaring-dev=0.2.66+ds-2
cat > ask.c <<'C'
#include <roaring/roaring.h>
#include <stdio.h>
int main() {
  const uint64_t limit = (uint64_t)1 << 32;
  roaring_bitmap_t* set = roaring_bitmap_create();
  roaring_bitmap_add_range(set, 0, 100);
  roaring_bitmap_remove_range(set, limit, limit + 10);
  printf("%d %d\n", (int)roaring_bitmap_get_cardinality(set), roaring_bitmap_contains(set, 0));
  roaring_bitmap_free(set);
}
C
cc -Iroot/usr/include ask.c -L"$lib" -lroaring -o ask
still "values left, whether 0 is one of them" "90 0" "$(./ask)"
