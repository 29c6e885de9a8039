#!/bin/bash
# devices.sh [--json] [--rounds=N] [--milliseconds=N] [--mib=N] [--rows=copy,io,clone,served] [--folder=DIR]...
#
# Real devices: how fast drydock copies, and serves 4 KiB requests at queue depth 32, beside the programs that others
# would use, on the same loop devices with direct I/O over files in each DIR (default: /dev/shm and /var/tmp). The
# programs take turns in each round; of all rounds the median counts, and the median of the rounds' ratios, because the
# two of one round ran under nearly the same conditions. stdout is the table, or with --json one object; stderr is talk.
# Needs root and a release build. Makes its loop devices and files itself, and removes them.
set -euo pipefail
cd "$(dirname "$0")/.."

json=no rounds=5 milliseconds=2000 mib=2048 rows=copy,io,clone,served
folders=()
for word in "$@"; do
  case $word in
    --json) json=yes ;;
    --rounds=*) rounds=${word#*=} ;;
    --milliseconds=*) milliseconds=${word#*=} ;;
    --mib=*) mib=${word#*=} ;;
    --rows=*) rows=${word#*=} ;;
    --folder=*) folders+=("${word#*=}") ;;
    *) sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  esac
done
[ ${#folders[@]} -gt 0 ] || folders=(/dev/shm /var/tmp)
drydock=$PWD/build/release/drydock_bench_devices
program=$PWD/build/release/drydock
missing=""
for needed in fio qemu-img nbdcopy nbdkit losetup "$drydock" "$program"; do
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

# Each of these prints one figure: MiB/s or requests per second. More is better.
timed() {
  local start=$EPOCHREALTIME
  "$@" >/dev/null 2>&1
  echo "$start $EPOCHREALTIME $mib" | awk '{printf "%.0f\n", $3 / ($2 - $1)}'
}
field() { sed -n "s/.*\"$1\": \([0-9.]*\).*/\1/p"; }
blank_metadata() { dd if=/dev/zero of="$metadata" bs=1M count=16 oflag=direct 2>/dev/null; }
copy_drydock() {
  blank_metadata
  timed "$program" clone --source="$source" --destination="$destination" --metadata="$metadata" --region-size=64KiB --format --quiet
}
copy_qemu_img() { timed qemu-img convert -n -W -m 16 -T none -t none -f raw -O raw "$source" "$destination"; }
copy_nbdcopy() { timed nbdcopy "$source" "$destination"; }
copy_dd() { timed dd "if=$source" "of=$destination" bs=1M iflag=direct oflag=direct; }
io_drydock() { "$drydock" io "$destination" "$1" --milliseconds="$milliseconds" | field iops; }
clone_drydock() {
  blank_metadata
  "$drydock" clone-io "$source" "$destination" "$metadata" "$1" --milliseconds="$milliseconds" | field iops
}
# Terse output: field 8 is the rate of reads, 49 that of writes.
io_fio() {
  local place=8
  [ "$1" = read ] || place=49
  fio --name=bare --filename="$destination" --ioengine=io_uring --direct=1 --iodepth=32 --rw="rand$1" --bs=4k \
    --time_based --runtime="${milliseconds}ms" --output-format=terse --terse-version=3 2>/dev/null | cut -d';' -f$place
}

# The destination over NBD, as a finished clone and as nbdkit's own file plugin serves it. Their defaults differ: the plugin
# reads and writes through the page cache, the clone past it; each is compared with its like.
served() { # DIRECTION COMMAND...: requests a second
  local direction=$1 socket=$figures/nbd place=8 server
  shift
  [ "$direction" = read ] || place=49
  rm -f "$socket"
  "$@" >&2 &
  server=$!
  for _ in $(seq 500); do [ -S "$socket" ] && break; sleep 0.01; done
  fio --name=served --ioengine=nbd --uri="nbd+unix:///?socket=$socket" --iodepth=32 --rw="rand$direction" --bs=4k \
    --size=${mib}M --time_based --runtime="${milliseconds}ms" --output-format=terse --terse-version=3 2>/dev/null |
    grep -v connected | cut -d';' -f$place
  kill $server
  wait $server || true
}
served_drydock() {
  served "$1" "$program" serve --socket="$figures/nbd" --source="$source" --destination="$destination" \
    --metadata="$metadata" --region-size=64KiB ${2:+--$2}
}
served_file() { served "$1" nbdkit --foreground --unix "$figures/nbd" file "$destination" ${2:+$2}; }

# row NAME UNIT GOAL PROGRAM=FUNCTION...: the first program is ours, the ratio is to the best of the others of a round.
row() {
  local name=$1 unit=$2 goal=$3 round pair figure best ours
  shift 3
  for ((round = 1; round <= rounds; ++round)); do
    best=0 ours=
    for pair in "$@"; do
      figure=$(${pair#*=})
      echo "$figure" >>"$figures/$name.${pair%%=*}"
      if [ -z "$ours" ]; then ours=$figure; else best=$(awk "BEGIN {print ($figure > $best) ? $figure : $best}"); fi
    done
    awk "BEGIN {printf \"%.3f\n\", $ours / $best}" >>"$figures/$name.ratio"
    echo "$name: round $round of $rounds" >&2
  done
  local programs=""
  for pair in "$@"; do programs+=" ${pair%%=*}"; done
  echo "$name|$unit|$goal|${programs# }" >>"$figures/rows"
}

median() { sort -n "$1" | awk '{v[NR] = $1} END {print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'; }

print_table() {
  printf '%-22s %-8s %-52s %6s %6s\n' row unit "median of $rounds" ratio goal
  local name unit goal programs program told
  while IFS='|' read -r name unit goal programs; do
    told=""
    for program in $programs; do told+="$program $(median "$figures/$name.$program")  "; done
    printf '%-22s %-8s %-52s %6s %6s\n' "$name" "$unit" "$told" "$(median "$figures/$name.ratio")" "$goal"
  done <"$figures/rows"
}

print_json() {
  local name unit goal programs program separator="" inner
  echo "{\"rounds\": $rounds, \"rows\": ["
  while IFS='|' read -r name unit goal programs; do
    printf '%s  {"name": "%s", "unit": "%s", "goal": %s, "ratio": %s, "ratios": [%s], "figures": {' "$separator" \
      "$name" "$unit" "$goal" "$(median "$figures/$name.ratio")" "$(paste -sd, "$figures/$name.ratio")"
    inner=""
    for program in $programs; do
      printf '%s"%s": [%s]' "$inner" "$program" "$(paste -sd, "$figures/$name.$program")"
      inner=", "
    done
    printf '}}'
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
  clean
done
if [ $json = yes ]; then print_json; else print_table; fi
