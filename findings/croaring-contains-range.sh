#!/bin/sh
# CRoaring 0.2.66: roaring_bitmap_contains_range() can say yes for a range of which a part is missing. When no value with the
# upper 16 bits of the range's end is in the set, but one further on is, that later container is asked instead.
# Seen: "contains [0, 131172)" is 1, although 131100 is not in the set and the range holds 131072 values of 131172.
. "$(dirname "$(realpath "$0")")/begin"
packages libroaring0=0.2.66+ds-2 libroaring-dev=0.2.66+ds-2
cat > ask.c <<'C'
#include <roaring/roaring.h>
#include <stdio.h>
int main() {
  roaring_bitmap_t* set = roaring_bitmap_create();
  roaring_bitmap_add_range(set, 0, 131072);
  roaring_bitmap_add_range(set, 196608, 262144);
  printf("%d %d %d\n", roaring_bitmap_contains_range(set, 0, 131172), roaring_bitmap_contains(set, 131100),
         (int)roaring_bitmap_range_cardinality(set, 0, 131172));
  roaring_bitmap_free(set);
}
C
cc -Iroot/usr/include ask.c -L"$lib" -lroaring -o ask
still "range contained, one of its values contained, how many there are" "1 0 131072" "$(./ask)"
