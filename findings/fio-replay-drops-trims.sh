#!/bin/sh
# fio 3.33: a job's trims are recorded in its iolog, and are left out when that log is replayed. The replay ends with exit code 0 and
# reports error 0; all that is said is "bad ddir: 2" on stderr.
# Seen: 16 trims and 16 writes in the log; replayed: 16 writes, 0 trims, exit code 0.
. "$(dirname "$(realpath "$0")")/begin"
packages fio=3.33-3
fio --name=record --filename=disk.img --size=1m --bs=64k --rw=trimwrite --ioengine=null --write_iolog=log.txt > record.txt
still "in the log: trims, writes" "16 16" "$(awk '$3 == "trim" { t++ } $3 == "write" { w++ } END { print t, w }' log.txt)"
truncate -s 1M disk.img
code=0
fio --name=replay --ioengine=null --read_iolog=log.txt --output-format=json --output=replay.json 2> said || code=$?
counts=$(awk '/"write" : \{/ { kind = "writes" } /"trim" : \{/ { kind = "trims" } /"read" : \{/ { kind = "reads" }
  /"total_ios"/ { gsub(",", ""); if (!(kind in seen)) { seen[kind] = $3 } } END { print seen["trims"], seen["writes"] }' replay.json)
still "exit code; replayed: trims, writes" "0; 0 16" "$code; $counts"
still "on stderr" "bad ddir: 2" "$(sort -u said)"
