#!/bin/bash
# devices.sh [--json] [--rounds=N] [--milliseconds=N] [--mib=N] [--rows=copy,sparse,io,clone,served,memory] [--folder=DIR]...
#
# Real devices: how fast drydock copies, and serves 4 KiB requests at queue depth 32, beside the programs that others
# would use, on the same loop devices with direct I/O over files in each DIR (default: /dev/shm and /var/tmp). The
# programs take turns in each round; of all rounds the median counts, and the median of the rounds' ratios, because the
# two of one round ran under nearly the same conditions. Beside each stand the processor seconds (user and system, of its
# process; what loop devices use is the kernel's) and the peak of its memory. The row memory serves a clone of 64 MiB and
# one of 1 TiB: its ratio is the bitmap of the difference to what the peak grew by. The row sparse copies a file of 100 GiB with 5 MiB of data. stdout is the table, or with --json one object; stderr is talk.
# Needs root and a release build. Makes its loop devices and files itself, and removes them.
set -euo pipefail
cd "$(dirname "$0")/.."

json=no rounds=5 milliseconds=2000 mib=2048 rows=copy,sparse,io,clone,served,memory
folders=()
for word in "$@"; do
  case $word in
    --json) json=yes ;;
    --rounds=*) rounds=${word#*=} ;;
    --milliseconds=*) milliseconds=${word#*=} ;;
    --mib=*) mib=${word#*=} ;;
    --rows=*) rows=${word#*=} ;;
    --folder=*) folders+=("${word#*=}") ;;
    *) sed -n '2,11s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  esac
done
[ ${#folders[@]} -gt 0 ] || folders=(/dev/shm /var/tmp)
drydock=$PWD/build/release/drydock_bench_devices
program=$PWD/build/release/drydock
missing=""
plugin=$PWD/build/release/drydock-clone-plugin.so
for needed in fio qemu-img nbdcopy nbdkit losetup "$drydock" "$program" "$plugin"; do
  command -v "$needed" >/dev/null || missing="$missing $needed"
done
[ -z "$missing" ] || { echo "devices.sh: missing:$missing" >&2; exit 3; }
[ "$(id -u)" -eq 0 ] || { echo "devices.sh: loop devices need root" >&2; exit 3; }

figures=$(mktemp -d)
loops=() files=()
clean() {
  [ ${#loops[@]} -eq 0 ] || losetup --detach "${loops[@]}" || true
  [ ${#files[@]} -eq 0 ] || rm -rf "${files[@]}"
  loops=() files=()
}
trap 'clean; rm -rf "$figures"' EXIT

# attach FILE: prints the loop device.
attach() { losetup --find --show --direct-io=on "$1" 2>/dev/null; }

# Sets source, destination, metadata to loop devices in folder $1. All blocks are there, so that no program pays for
# making them.
make_devices() {
  local folder
  folder=$(mktemp -d "$1/drydock-bench-XXXXXX")
  files+=("$folder")
  head -c $((mib << 20)) /dev/urandom >"$folder/source"
  head -c $((mib << 20)) /dev/zero >"$folder/destination"
  head -c $((16 << 20)) /dev/zero >"$folder/metadata"
  sync -f "$folder"
  source=$(attach "$folder/source"); loops+=("$source")
  destination=$(attach "$folder/destination"); loops+=("$destination")
  metadata=$(attach "$folder/metadata"); loops+=("$metadata")
}

# Each of these prints its figure, MiB/s or requests per second, and what it cost: processor seconds and KiB at the peak.
# Of the figure more is better.
costing() { "$drydock" run "$figures/cost" "$@"; }
cost() { cut -d' ' -f2- "$figures/cost"; }
timed() {
  costing "$@" >/dev/null 2>&1
  awk -v mib="$mib" '{printf "%.0f %s %s\n", mib / $1, $2, $3}' "$figures/cost"
}
# Of the line of JSON that our own benchmark prints.
from_json() {
  tr -d ',{}"' | awk '{for (i = 1; i < NF; i += 2) of[$i] = $(i + 1)
    print of["iops:"], of["user_seconds:"] + of["system_seconds:"], of["peak_memory_kib:"]}'
}
blank_metadata() { dd if=/dev/zero of="$metadata" bs=1M count=16 oflag=direct 2>/dev/null; }
copy_drydock() {
  blank_metadata
  timed "$program" clone --source="$source" --destination="$destination" --metadata="$metadata" --region-size=64KiB --format --quiet
}
copy_qemu_img() { timed qemu-img convert -n -W -m 16 -T none -t none -f raw -O raw "$source" "$destination"; }
copy_nbdcopy() { timed nbdcopy "$source" "$destination"; }
copy_dd() { timed dd "if=$source" "of=$destination" bs=1M iflag=direct oflag=direct; }
io_drydock() { "$drydock" io "$destination" "$1" --milliseconds="$milliseconds" | from_json; }
clone_drydock() {
  blank_metadata
  "$drydock" clone-io "$source" "$destination" "$metadata" "$1" --milliseconds="$milliseconds" | from_json
}
# Terse output: field 8 is the rate of reads, 49 that of writes.
io_fio() {
  local place=8
  [ "$1" = read ] || place=49
  local iops
  iops=$(costing fio --name=bare --filename="$destination" --ioengine=io_uring --direct=1 --iodepth=32 --rw="rand$1" \
    --bs=4k --time_based --runtime="${milliseconds}ms" --output-format=terse --terse-version=3 2>/dev/null |
    cut -d';' -f$place)
  echo "$iops $(cost)"
}

# start_server COMMAND...: sets server to its process, when it serves on $socket.
start_server() {
  socket=$figures/nbd
  rm -f "$socket"
  "$@" >&2 &
  server=$!
  for _ in $(seq 500); do [ -S "$socket" ] && break; sleep 0.01; done
}
end_server() { kill $server; wait $server || true; }
# Of the process so far.
cost_of_server() {
  awk -v tick="$(getconf CLK_TCK)" '{sub(/.*\) /, ""); printf "%.2f ", ($12 + $13) / tick}' "/proc/$server/stat"
  awk '/^VmHWM/ {print $2}' "/proc/$server/status"
}
ask_server() { # DIRECTION MEBIBYTES: requests a second
  local place=8
  [ "$1" = read ] || place=49
  fio --name=served --ioengine=nbd --uri="nbd+unix:///?socket=$socket" --iodepth=32 --rw="rand$1" --bs=4k --size="${2}M" \
    --time_based --runtime="${milliseconds}ms" --output-format=terse --terse-version=3 2>/dev/null |
    grep -v connected | cut -d';' -f$place
}

# The destination over NBD, as a finished clone and as nbdkit's own file plugin serves it. Their defaults differ: the plugin
# reads and writes through the page cache, the clone past it; each is compared with its like.
served() { # DIRECTION COMMAND...
  local direction=$1 iops
  shift
  start_server "$@"
  iops=$(ask_server "$direction" "$mib")
  echo "$iops $(cost_of_server)"
  end_server
}
served_drydock() {
  served "$1" "$program" serve --socket="$figures/nbd" --source="$source" --destination="$destination" \
    --metadata="$metadata" --region-size=64KiB ${2:+--$2}
}
served_file() { served "$1" nbdkit --foreground --unix "$figures/nbd" file "$destination" ${2:+$2}; }

# The server's peak of memory after requests all over a clone of MEBIBYTES, in files of holes in $sparse. Its figure is the
# peak.
served_memory() { # MEBIBYTES
  local bytes cost
  rm -f "$sparse"/*
  bytes=$("$program" meta size --region-size=64KiB --target-size="${1}MiB" --json | sed 's/.*"any_commit_bytes": \([0-9]*\).*/\1/')
  truncate -s "${1}M" "$sparse/source" "$sparse/destination"
  truncate -s "$bytes" "$sparse/metadata"
  start_server "$program" serve --socket="$figures/nbd" --source="$sparse/source" --destination="$sparse/destination" \
    --metadata="$sparse/metadata" --region-size=64KiB --format --no-hydration
  ask_server write "$1" >/dev/null
  cost=$(cost_of_server)
  echo "${cost#* } $cost"
  end_server
}

# row NAME UNIT GOAL PROGRAM=FUNCTION...: the first program is ours, the ratio is to the best of the others of a round.
row() {
  local name=$1 unit=$2 goal=$3 round pair figure processor peak best ours
  shift 3
  for ((round = 1; round <= rounds; ++round)); do
    best=0 ours=
    for pair in "$@"; do
      read -r figure processor peak <<<"$(${pair#*=})"
      echo "$figure" >>"$figures/$name.${pair%%=*}"
      echo "$processor" >>"$figures/$name.${pair%%=*}.processor"
      echo "$peak" >>"$figures/$name.${pair%%=*}.peak"
      if [ -z "$ours" ]; then ours=$figure; else best=$(awk "BEGIN {print ($figure > $best) ? $figure : $best}"); fi
    done
    awk "BEGIN {printf \"%.3f\n\", $ours / $best}" >>"$figures/$name.ratio"
    echo "$name: round $round of $rounds" >&2
  done
  local programs=""
  for pair in "$@"; do programs+=" ${pair%%=*}"; done
  echo "$name|$unit|$goal|${programs# }" >>"$figures/rows"
}

# A new copy of a file of 100 GiB that holds 5 MiB, with whatever each program needs for it. On stderr: how many KiB the
# copy takes.
sparse_copy() { # COMMAND...
  rm -f "$sparse/destination" "$sparse/metadata"
  truncate -s 100G "$sparse/destination"
  truncate -s "$sparse_metadata" "$sparse/metadata"
  costing "$@" >/dev/null 2>&1
  awk '{printf "%.1f %s %s\n", 100 * 1024 / $1, $2, $3}' "$figures/cost"
  echo "$1: $(du -k "$sparse/destination" | cut -f1) KiB for $(du -k "$sparse/source" | cut -f1)" >&2
}
sparse_drydock() {
  sparse_copy "$program" clone --source="$sparse/source" --destination="$sparse/destination" --metadata="$sparse/metadata" \
    --region-size=64KiB --format --quiet
}
sparse_qemu_img() { sparse_copy qemu-img convert -f raw -O raw "$sparse/source" "$sparse/destination"; }
sparse_nbdcopy() { sparse_copy nbdcopy "$sparse/source" "$sparse/destination"; }
sparse_row() {
  sparse=$(mktemp -d "$folder/drydock-bench-XXXXXX")
  files+=("$sparse")
  truncate -s 100G "$sparse/source"
  local i
  for i in 0 1 2 3 4; do
    dd if=/dev/urandom of="$sparse/source" bs=1M count=1 seek=$((i * 20000 + 7)) conv=notrunc status=none
  done
  sparse_metadata=$("$program" meta size --region-size=64KiB --target-size=100GiB --json |
    sed 's/.*"any_commit_bytes": \([0-9]*\).*/\1/')
  row "sparse-$1" MiB/s 1.0 drydock=sparse_drydock qemu-img=sparse_qemu_img nbdcopy=sparse_nbdcopy
}

# A bit a region: what 1 TiB in regions of 64 KiB needs more than 64 MiB. There may be some copies of it, in core, for other
# threads and on the way to the metadata, and nothing else that grows.
memory_row() {
  local name=memory-$1 bitmap_kib=2048
  sparse=$(mktemp -d "$folder/drydock-bench-XXXXXX")
  files+=("$sparse")
  row "$name" KiB 0.25 64MiB="served_memory 64" 1TiB="served_memory 1048576"
  paste "$figures/$name.64MiB" "$figures/$name.1TiB" |
    awk -v bitmap=$bitmap_kib '{printf "%.3f\n", bitmap / ($2 > $1 ? $2 - $1 : 1)}' >"$figures/$name.ratio"
}

median() { sort -n "$1" | awk '{v[NR] = $1} END {print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'; }

# One line a program; the ratio stands with ours.
print_table() {
  printf '%-24s %-6s %-12s %10s %10s %9s %6s %5s\n' row unit program "of $rounds" "cpu s" "peak MiB" ratio goal
  local name unit goal programs program of ratio
  while IFS='|' read -r name unit goal programs; do
    ratio=$(median "$figures/$name.ratio")
    for program in $programs; do
      of=$figures/$name.$program
      printf '%-24s %-6s %-12s %10s %10.2f %9.1f %6s %5s\n' "$name" "$unit" "$program" "$(median "$of")" \
        "$(median "$of.processor")" "$(median "$of.peak" | awk '{print $1 / 1024}')" "$ratio" "$goal"
    done
  done <"$figures/rows"
}

# json_lists NAME SUFFIX PROGRAM...: "PROGRAM": [FIGURE, ...] of each.
json_lists() {
  local name=$1 suffix=$2 program separator=""
  shift 2
  for program in "$@"; do
    printf '%s"%s": [%s]' "$separator" "$program" "$(paste -sd, "$figures/$name.$program$suffix")"
    separator=", "
  done
}

print_json() {
  local name unit goal programs separator=""
  echo "{\"rounds\": $rounds, \"rows\": ["
  while IFS='|' read -r name unit goal programs; do
    printf '%s  {"name": "%s", "unit": "%s", "goal": %s, "ratio": %s, "ratios": [%s]' "$separator" \
      "$name" "$unit" "$goal" "$(median "$figures/$name.ratio")" "$(paste -sd, "$figures/$name.ratio")"
    # shellcheck disable=SC2086
    printf ', "figures": {%s}, "processor_seconds": {%s}, "peak_kib": {%s}}' "$(json_lists "$name" "" $programs)" \
      "$(json_lists "$name" .processor $programs)" "$(json_lists "$name" .peak $programs)"
    separator=$',\n'
  done <"$figures/rows"
  printf '\n]}\n'
}

for folder in "${folders[@]}"; do
  place=$(basename "$folder")
  make_devices "$folder"
  case ,$rows, in *,copy,*)
    row "copy-$place" MiB/s 1.0 drydock=copy_drydock qemu-img=copy_qemu_img nbdcopy=copy_nbdcopy dd=copy_dd ;;
  esac
  case ,$rows, in *,sparse,*) sparse_row "$place" ;; esac
  for direction in read write; do
    case ,$rows, in *,io,*)
      row "bare-$direction-$place" req/s 0.9 "drydock=io_drydock $direction" "fio=io_fio $direction" ;;
    esac
    case ,$rows, in *,clone,*)
      row "clone-$direction-$place" req/s 0.9 "drydock=clone_drydock $direction" "fio=io_fio $direction" ;;
    esac
  done
  case ,$rows, in *,served,*)
    copy_drydock >/dev/null
    for direction in read write; do
      row "served-$direction-$place" req/s 0.9 "drydock=served_drydock $direction buffered" "nbdkit-file=served_file $direction"
      row "served-$direction-direct-$place" req/s 0.9 "drydock=served_drydock $direction" \
        "nbdkit-file=served_file $direction cache=none"
    done ;;
  esac
  case ,$rows, in *,memory,*) memory_row "$place" ;; esac
  clean
done
if [ $json = yes ]; then print_json; else print_table; fi
