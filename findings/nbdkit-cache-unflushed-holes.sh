#!/bin/sh
# nbdkit 1.32.5: its cache filter keeps writes until a flush, and answers questions for extents from what is below it. Data that were
# written and acknowledged, but not flushed, are reported as holes that read as zeros, so a client that copies by extents copies
# zeros. The same range reads back right when it is read without asking for extents.
# Seen: the map is one "hole,zero", nbdcopy's copy is all zeros, and with --no-extents it is the data.
. "$(dirname "$(realpath "$0")")/begin"
packages nbdkit=1.32.5-1 libnbd-bin=1.14.2-1 libnbd0=1.14.2-1
truncate -s 1M disk.img
yes A | head -c 1048576 > data.img
nbdkit --foreground --unix "$work/socket" --filter="$lib/nbdkit/filters/nbdkit-cache-filter.so" \
  "$lib/nbdkit/plugins/nbdkit-file-plugin.so" disk.img &
started="$!"
await test -S socket
uri="nbd+unix:///?socket=$work/socket"
nbdcopy data.img "$uri"
still "map after the write" "0 1048576 3 hole,zero" "$(nbdinfo --map "$uri" | awk '{ $1 = $1; print }')"
nbdcopy "$uri" by-extents.img
nbdcopy --no-extents "$uri" plain.img
same() { cmp -s "$1" "$2" && echo yes || echo no; }
head -c 1048576 /dev/zero > zeros.img
still "the copy is zeros, without extents it is the data" "yes yes" "$(same by-extents.img zeros.img) $(same plain.img data.img)"
