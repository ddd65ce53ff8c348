# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Two mhpctl at once on one target
# vm: nvdimm=1G label=128k

auto_online offline
done_now 'online' online region0
hold_pages /tmp/holder --node 2 --kind vmsplice
block=$(held_block /tmp/holder)

# A page that cannot move keeps the first one busy.
spawn /tmp/first mhpctl offline --timeout 30s "memory$block" --json
first=$PID
check 'the first is at work' until_true 5 grep -q going-offline "$MEM/memory$block/state"

within 2 'the second ends at once' mhpctl offline dax0.0 --json
eq 'with the code for it' '8 8 held false' \
	"$RC $(field '"\(.exit_code) \(.failures[0].reason) \(.changed)"')"
has 'it names the holder' "$(cat "$OUT")" "$first"
within 2 'so does one on another target' mhpctl remove --destroy region0 --json
eq 'with the same code' 8 "$RC"
within 3 'one that waits gives up in time' mhpctl offline --wait=1s dax0.0 --json
check 'and says so' test "$RC" -eq 8 -o "$RC" -eq 5
within 2 'list needs no lock' mhpctl list --json
eq 'list is well' 0 "$RC"
within 2 'nor does a dry run' mhpctl offline --dry-run dax0.0 --json
eq 'dry run is well' 0 "$RC"

spawn /tmp/second mhpctl offline --wait=20s dax0.0 --json
second=$PID
sleep 0.5
release_pages
finish "$first"
eq 'the first is done' 0 "$RC"
finish "$second"
eq 'the one that waited goes on' '0 ok' "$RC $(json /tmp/second .status)"
keep_json /tmp/second 'mhpctl offline --wait=20s dax0.0 --json'
eq 'all is offline' offline "$(states_of_node 2)"
done_now 'and back' remove --destroy region0
