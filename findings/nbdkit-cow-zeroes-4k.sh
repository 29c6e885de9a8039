#!/bin/sh
# nbdkit 1.32.5: behind its cow filter, `fallocate --zero-range` on the file of nbdfuse 1.14.2 succeeds and zeroes only the first 4 KiB of
# the range; the rest keeps its old data. Without the filter the whole range is zeroed.
# Seen: 4096 of 65536 bytes are zeros, in what the server answers to another client too. Needs /dev/fuse.
. "$(dirname "$(realpath "$0")")/begin"
[ -w /dev/fuse ] || { echo "needs /dev/fuse" >&2; exit 3; }
packages nbdkit=1.32.5-1 libnbd-bin=1.14.2-1 libnbd0=1.14.2-1
# zeroed FILTER...: how many bytes of 64 KiB at offset 256 KiB are zeros after they were asked to be.
zeroed() {
  yes A | head -c 1048576 > disk.img
  rm -f socket
  nbdkit --foreground --unix "$work/socket" "$@" "$lib/nbdkit/plugins/nbdkit-file-plugin.so" disk.img &
  server=$!
  await test -S socket
  mkdir -p mount
  nbdfuse mount/disk --unix "$work/socket" &
  fuse=$!
  started="$fuse $server"
  await test -e mount/disk
  mounted=$work/mount
  fallocate --zero-range --offset 262144 --length 65536 mount/disk
  nbdcopy --no-extents "nbd+unix:///?socket=$work/socket" copy.img
  fusermount3 -u mount
  wait "$fuse" || true
  kill "$server"
  wait "$server" || true
  mounted=""
  started=""
  answer=$(tail -c +262145 copy.img | head -c 65536 | tr -d 'A\n' | wc -c)
}
zeroed
still "bytes zeroed without the filter" 65536 "$answer"
zeroed --filter="$lib/nbdkit/filters/nbdkit-cow-filter.so"
still "bytes zeroed behind the filter" 4096 "$answer"
