#!/bin/bash
# compare.sh [--json] [--small] [--counts] [--rounds=N] [--drydock=PROGRAM] [--flags="-O2 ..."] [SIZE...]
#
# drydock's explorer beside Spin, on the same protocol: whether both count the same states and transitions, and how many
# states a second each meets. A SIZE is regions,operations,crashes,errors with ,nofua and ,after_commit or ,at_copy_async
# behind it, as in 2,2,1,0,nofua,after_commit. Without one: from some hundred states to some million, or with --small only
# sizes that take no time. Neither program leaves anything out (no symmetry, no partial order), and Spin keeps whole states.
# First each of Spin's ways to keep them is tried, then the fastest and drydock take turns for N rounds (default 3); the
# median counts. At each turn the program runs twice, and the second run counts: memory that a virtual machine has to ask
# its host for first costs both of them more than all else. Seconds are of one core's time, user and system, so that a busy
# machine matters less; with --counts nothing is timed. Where a rule is at fault, both have to break the same invariant after
# the same number of steps.
# stdout is the table, or with --json one object; stderr is talk. Exit 1: they differ; 3: spin, gcc or drydock is missing.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

json=no timed=yes rounds=3 drydock=$here/../../build/release/drydock flags=-O2
small="1,1,0,0,nofua 1,2,2,1 1,2,1,2,after_commit 2,1,2,2,after_commit 2,2,1,1 1,1,1,0,at_copy_async"
full="$small 1,3,2,1,after_commit 3,1,2,1 2,2,2,1,after_commit 2,3,1,0,nofua 3,2,1,0 2,3,1,0 3,2,1,1 2,3,1,1"
sizes=()
for word in "$@"; do
  case $word in
    --json) json=yes ;;
    --small) full=$small ;;
    --counts) timed=no flags=-O0 ;;
    --rounds=*) rounds=${word#*=} ;;
    --drydock=*) drydock=${word#*=} ;;
    --flags=*) flags=${word#*=} ;;
    [0-9]*,[0-9]*,[0-9]*,[0-9]*) sizes+=("$word") ;;
    *) sed -n '2,13s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  esac
done
# shellcheck disable=SC2206
[ ${#sizes[@]} -gt 0 ] || sizes=($full)
missing=""
for needed in spin gcc "$drydock"; do command -v "$needed" >/dev/null || missing="$missing $needed"; done
[ -z "$missing" ] || { echo "compare.sh: missing:$missing" >&2; exit 3; }
drydock=$(realpath "$(command -v "$drydock")")
cores=$(nproc)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# ---- What a size means to each of the two.

# Sets regions, operations, crashes, errors, fua, source_discard.
read_size() {
  local words word
  IFS=, read -ra words <<<"$1"
  regions=${words[0]} operations=${words[1]} crashes=${words[2]} errors=${words[3]} fua=1 source_discard=off
  for word in "${words[@]:4}"; do
    case $word in
      nofua) fua=0 ;;
      off | after_commit | at_copy_async | at_copy_sync) source_discard=$word ;;
      *) echo "compare.sh: size $1: nothing is called $word" >&2; exit 2 ;;
    esac
  done
}
spin_rule() {
  case $source_discard in
    off) echo kOff ;;
    after_commit) echo kAfterCommit ;;
    at_copy_async) echo kAtCopyAsync ;;
    at_copy_sync) echo kAtCopySync ;;
  esac
}
# make_pan PROGRAM SPIN_WORDS GCC_WORDS...: the partial order reduction of pan has nothing to reduce in one process, and is off.
make_pan() {
  local program=$1 spin_words=$2
  shift 2
  rm -f pan.*
  # shellcheck disable=SC2086
  spin -DREGIONS="$regions" -DOPERATIONS="$operations" -DCRASHES="$crashes" -DERRORS="$errors" -DFUA="$fua" \
    -DSOURCE_DISCARD="$(spin_rule)" $spin_words -o1 -o2 -a "$here/protocol.pml" >spin.talk || { cat spin.talk >&2; exit 1; }
  # shellcheck disable=SC2086
  gcc $flags -w -DSAFETY -DNOREDUCE -DNOBOUNDCHECK "$@" -o "$program" pan.c
}
run_drydock() { # JOBS WORDS...
  local jobs=$1 no_fua=""
  shift
  [ "$fua" = 1 ] || no_fua=--no-fua
  "$drydock" explore --regions="$regions" --operations="$operations" --crashes="$crashes" --errors="$errors" $no_fua \
    --rules=source_discard="$source_discard" --no-progress --jobs="$jobs" --memory=8 --json "$@"
}
run_whole() { run_drydock "$1" --no-symmetry --no-reduction; }
# The table of hashes is as large as the states that drydock has counted, which is best for pan. The stack is deep enough: every
# run ends. (Where it is not, pan says so, and the counts differ.)
run_pan() { "./$1" -m20000 -w"$(awk -v n="$2" 'BEGIN {w = 16; while (2 ^ w < n) ++w; print w}')"; }

# ---- What they have said.

field() { sed -n "s/.*\"$1\": \"\{0,1\}\([0-9a-z.]*\).*/\1/p" "$2" | head -n 1; }
stored_by_pan() { awk '/states, stored/ {print $1}' "$1"; }
# pan also counts how it came to the first state.
transitions_of_pan() { awk '/transitions \(=/ {print $1 - 1}' "$1"; }
errors_of_pan() { sed -n 's/.*errors: \([0-9]*\)$/\1/p' "$1"; }
# The name that the assert fails under is that of the C++ constant.
invariant_of_pan() {
  local name
  name=$(sed -n 's/.*assertion violated \([A-Za-z]*\).*/\1/p' "$1")
  sed -n "s/.*int $name = \([0-9]*\);.*/\1/p" "$here/../../model/invariants.h"
}
depth_of_pan() { sed -n 's/.*assertion violated.*at depth \([0-9]*\)).*/\1/p' "$1"; }

core_seconds() { # OUTPUT COMMAND...: prints the time of one core
  local output=$1 TIMEFORMAT='%U %S'
  shift
  { time "$@" >"$output" 2>"$output.talk" || true; } 2>&1 | awk '{print $1 + $2}'
}
median() { sort -n "$1" | awk '{v[NR] = $1} END {print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN {if (b > 0) printf "%.2f", a / b; else print "null"}'; }
# Too short a time says nothing.
rate() { awk -v n="$1" -v s="$2" 'BEGIN {if (s >= 0.02) printf "%.0f", n / s; else print "null"}'; }

same=true differ=no  # differ: or the last size that does
# Of the size at hand, and of all.
say_difference() { # SIZE TEXT
  echo "compare.sh: $1: $2" >&2
  same=false differ="$1"
}

# ---- One size: a line of rows, its columns separated by |.

# columns: size, what drydock and spin say is broken, states of both, transitions of both, seconds of both, spin's best way, the
# seconds of each way, seconds of drydock on all cores, states and seconds of drydock as it is used, whether both agree.
add_row() { (IFS='|'; echo "$*" >>rows); }

# Of a rule at fault: searched breadth first, pan finds a shortest way, too. It cannot do that with hidden variables, so these
# become a part of the state: then there are more states, and the ways are as long as before.
compare_violations() { # SIZE
  local ours theirs
  same=true
  make_pan pan_breadth -Dhidden= -DBFS
  run_pan pan_breadth 100000 >spin.out 2>&1 || true
  ours="invariant $(field invariant drydock.out) after $(grep -c '"action"' drydock.out || true) steps"
  theirs="invariant $(invariant_of_pan spin.out) after $(depth_of_pan spin.out) steps"
  [ "$ours" = "$theirs" ] || say_difference "$1" "drydock: $ours; spin: $theirs"
  add_row "$1" "$ours" "$theirs" "" "" "" "" "" "" "" "" "" "" "" $same
}
# A minimised automaton takes ten times as long: looked at where that is not for long.
ways_to_store() { # STATES
  echo whole
  [ $timed = no ] || echo collapsed=-DCOLLAPSE
  if [ $timed = yes ] && [ "$1" -lt 200000 ]; then echo automaton=-DMA=80; fi
}
# Sets best_way; its program is pan_$best_way, what it said is in spin.out. Writes the time and the states of each into ways.
find_best_way() { # STATES
  local way seconds best=""
  : >ways
  for way in $(ways_to_store "$1"); do
    # shellcheck disable=SC2046
    make_pan "pan_${way%%=*}" "" $(sed -n 's/^[a-z]*=//p' <<<"$way")
    seconds=$(core_seconds way.out run_pan "pan_${way%%=*}" "$1")
    echo "${way%%=*} $seconds $(stored_by_pan way.out)" >>ways
    if [ -z "$best" ] || awk "BEGIN {exit !($seconds < $best)}"; then
      best=$seconds best_way=${way%%=*}
      mv way.out spin.out
    fi
  done
}
take_turns() { # STATES
  local round
  rm -f seconds.*
  for ((round = 0; round < rounds; ++round)); do
    core_seconds drydock.round run_whole 1 >/dev/null
    core_seconds drydock.round run_whole 1 >>seconds.drydock
    core_seconds pan.round run_pan "pan_$best_way" "$1" >/dev/null
    core_seconds pan.round run_pan "pan_$best_way" "$1" >>seconds.pan
  done
}
check_counts() { # SIZE STATES TRANSITIONS
  local states
  states=$(awk '{print $3}' ways | sort -u | paste -sd' ')
  [ "$(field complete drydock.out)" = true ] || say_difference "$1" "drydock has not seen all"
  [ "$(errors_of_pan spin.out)" = 0 ] || say_difference "$1" "spin: $(head -n 1 spin.out)"
  [ "$states" = "$2" ] || say_difference "$1" "$2 states in drydock, $states in spin"
  [ "$(transitions_of_pan spin.out)" = "$3" ] ||
    say_difference "$1" "$3 transitions in drydock, $(transitions_of_pan spin.out) in spin"
}
compare_counts() { # SIZE
  local states transitions ours="" theirs="" all="" used_states="" used_seconds=""
  same=true
  states=$(field distinct_states drydock.out) transitions=$(field transitions drydock.out)
  find_best_way "$states"
  check_counts "$1" "$states" "$transitions"
  if [ $timed = yes ]; then
    take_turns "$states"
    ours=$(median seconds.drydock) theirs=$(median seconds.pan)
    run_whole "$cores" >all.out
    run_drydock 1 >used.out
    all=$(field seconds all.out) used_states=$(field distinct_states used.out) used_seconds=$(field seconds used.out)
  fi
  add_row "$1" "" "" "$states" "$(stored_by_pan spin.out)" "$transitions" "$(transitions_of_pan spin.out)" "$ours" "$theirs" \
    "$best_way" "$(awk '{printf "%s\"%s\": %s", s, $1, $2; s = ", "}' ways)" "$all" "$used_states" "$used_seconds" $same
}
compare_size() {
  echo "$1" >&2
  read_size "$1"
  run_whole 1 >drydock.out || [ "$(field verdict drydock.out)" = broken ]
  if [ "$(field verdict drydock.out)" = broken ]; then compare_violations "$1"; else compare_counts "$1"; fi
}

# ---- What comes of it.

# read_row: the next line of rows into variables.
read_row() {
  IFS='|' read -r size our_verdict its_verdict our_states its_states our_transitions its_transitions our_seconds its_seconds \
    best ways all_seconds used_states used_seconds agree
}

print_table() {
  printf '%-26s %10s %11s  %-6s' size states transitions same
  [ $timed = no ] || printf ' %9s %9s %11s %11s %6s  %s' "drydock s" "spin s" drydock/s spin/s ratio \
    "drydock/s on $cores cores; with reductions"
  echo
  while read_row; do
    if [ -n "$our_verdict" ]; then
      printf '%-26s %s; spin: %s\n' "$size" "$our_verdict" "$its_verdict"
      continue
    fi
    printf '%-26s %10s %11s  %-6s' "$size" "$our_states" "$our_transitions" "$([ "$agree" = true ] && echo yes || echo NO)"
    if [ -n "$our_seconds" ]; then
      printf ' %9.2f %9.2f %11s %11s %6s  %11s; %s states in %.2f s' "$our_seconds" "$its_seconds" \
        "$(rate "$our_states" "$our_seconds")" "$(rate "$its_states" "$its_seconds")" "$(ratio "$its_seconds" "$our_seconds")" \
        "$(rate "$our_states" "$all_seconds")" "$used_states" "$used_seconds"
    fi
    echo
  done <rows
}

print_json() {
  local separator=""
  echo "{\"rounds\": $rounds, \"flags\": \"$flags\", \"spin\": \"$(spin -V)\", \"cores\": $cores, \"rows\": ["
  while read_row; do
    printf '%s  {"size": "%s", "same": %s' "$separator" "$size" "$agree"
    separator=$',\n'
    if [ -n "$our_verdict" ]; then
      printf ', "drydock": {"broken": "%s"}, "spin": {"broken": "%s"}}' "$our_verdict" "$its_verdict"
      continue
    fi
    printf ', "drydock": {"states": %s, "transitions": %s, "seconds": %s, "states_per_second": %s}' "$our_states" \
      "$our_transitions" "${our_seconds:-null}" "$(rate "$our_states" "${our_seconds:-0}")"
    printf ', "spin": {"states": %s, "transitions": %s, "seconds": %s, "states_per_second": %s, "best": "%s", "ways": {%s}}' \
      "${its_states:-null}" "${its_transitions:-null}" "${its_seconds:-null}" "$(rate "${its_states:-0}" "${its_seconds:-0}")" "$best" "$ways"
    printf ', "ratio": %s' "$(ratio "${its_seconds:-0}" "${our_seconds:-0}")"
    printf ', "all_cores": {"elapsed_seconds": %s, "states_per_second": %s}' "${all_seconds:-null}" \
      "$(rate "$our_states" "${all_seconds:-0}")"
    printf ', "as_used": {"states": %s, "elapsed_seconds": %s}}' "${used_states:-null}" "${used_seconds:-null}"
  done <rows
  printf '\n]}\n'
}

: >rows
for size in "${sizes[@]}"; do compare_size "$size"; done
if [ $json = yes ]; then print_json; else print_table; fi
if [ "$differ" != no ]; then
  echo "compare.sh: drydock and spin differ; again: $0 --counts --drydock=$drydock $differ" >&2
  exit 1
fi
