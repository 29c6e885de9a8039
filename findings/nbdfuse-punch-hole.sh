#!/bin/sh
# nbdfuse 1.14.2: `fallocate --punch-hole` on its file becomes an NBD trim, which need not zero anything, although fallocate(2)
# promises zeros there. With a server whose trim frees nothing the old data are still read, and every call succeeds.
# `fallocate --zero-range` becomes an NBD write of zeros, and does zero.
# Seen: fallocate's exit code 0, the server is asked "trim", and all 65536 bytes are as before. Needs /dev/fuse.
. "$(dirname "$(realpath "$0")")/begin"
[ -w /dev/fuse ] || { echo "needs /dev/fuse" >&2; exit 3; }
packages nbdkit=1.32.5-1 libnbd-bin=1.14.2-1 libnbd0=1.14.2-1
yes A | head -c 1048576 > disk.img
cp disk.img before.img
nbdkit --foreground --unix "$work/socket" "$lib/nbdkit/plugins/nbdkit-eval-plugin.so" \
  get_size="stat -c %s $work/disk.img" \
  pread="dd if=$work/disk.img iflag=skip_bytes,count_bytes skip=\$4 count=\$3 status=none" \
  pwrite="dd of=$work/disk.img oflag=seek_bytes conv=notrunc seek=\$4 status=none" can_write="exit 0" \
  trim="echo trim >> $work/asked" can_trim="exit 0" \
  zero="echo zero >> $work/asked; dd if=/dev/zero iflag=count_bytes count=\$3 of=$work/disk.img oflag=seek_bytes conv=notrunc seek=\$4 status=none" can_zero="exit 0" &
started="$!"
await test -S socket
mkdir mount
nbdfuse mount/disk --unix "$work/socket" &
started="$! $started"
await test -e mount/disk
mounted=$work/mount
fallocate --punch-hole --offset 65536 --length 65536 mount/disk
punched=$?
kept=$(cmp --bytes 65536 --ignore-initial 65536 mount/disk before.img > /dev/null && echo "all as before" || echo changed)
still "exit code, what the server was asked, the data" "0, trim, all as before" "$punched, $(cat asked), $kept"
fallocate --zero-range --offset 262144 --length 65536 mount/disk
zeroed=$(cmp --bytes 65536 --ignore-initial 262144:0 mount/disk /dev/zero > /dev/null && echo zeros || echo "not zeros")
still "with --zero-range" "zero, zeros" "$(tail -n 1 asked), $zeroed"
