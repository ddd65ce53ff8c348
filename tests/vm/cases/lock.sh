# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Two mhpctl at once on one target
# vm: nvdimm=1G label=128k
# vm: usual=7.2

auto_online offline
done_now 'online' online --init-labels region0
hold_pages /tmp/holder --node 2 --kind vmsplice
block=$(held_block /tmp/holder)

# A page that cannot move keeps the first one busy.
spawn /tmp/first mhpctl offline --timeout 30s "memory$block" --json
first=$PID
check 'the first is at work' until_true 5 grep -q going-offline "$MEM/memory$block/state"

within 2 'the second ends at once' mhpctl offline dax0.0 --json
eq 'with the code for it' '8 8 lock_held false' \
	"$RC $(field '"\(.exit_code) \(.failures[0].reason) \(.changed)"')"
has 'it names the holder' "$(cat "$OUT")" "$first"
within 2 'so does one on another target' mhpctl remove --destroy region0 --json
ended 8 'with the same code'
within 3 'one that waits gives up in time' mhpctl offline --wait=1s dax0.0 --json
ended '5|8' 'and says so'
within 2 'list needs no lock' mhpctl list --json
ended 0 'list is well'
within 2 'nor does a dry run' mhpctl offline --dry-run dax0.0 --json
ended 0 'dry run is well'

spawn /tmp/second mhpctl offline --wait=20s dax0.0 --json
second=$PID
sleep 0.5
release_pages
finish "$first" /tmp/first
ended 0 'the first is done'
finish "$second" /tmp/second
eq 'the one that waited goes on' '0 ok' "$RC $(field .status)"
keep_json "$OUT" 'mhpctl offline --wait=20s dax0.0 --json'
eq 'all is offline' offline "$(states_of_node 2)"
done_now 'and back' remove --destroy region0
