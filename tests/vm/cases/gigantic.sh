# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A page of 1 GiB over eight blocks: reported once, and not tried if no other node has a free one
# vm: nvdimm=2G mem=4G append="hugepagesz=1G hugepages=1" kernels="7.2" usual="7.2" timeout=400

GIGANTIC=/proc/sys/vm/movable_gigantic_pages
POOL=hugepages/hugepages-1048576kB

pool_of() {
	echo "/sys/devices/system/node/node$1/$POOL"
}

free_elsewhere() {
	echo $(($(<"$(pool_of 0)/free_hugepages") + $(<"$(pool_of 1)/free_hugepages")))
}

# The page lies in the one gigabyte of the device that begins at a whole one: its last eight blocks.
take_page() {
	echo 1 >"$(pool_of 2)/nr_hugepages"
	eq 'the node has a page of 1 GiB' 1 "$(<"$(pool_of 2)/free_hugepages")"
	hold_pages /tmp/holder --kind gigantic --node 2
}

huge_pages() {
	field '[.huge_pages[] | "\(.blocks) \(.size) \(.in_use) \(.free_elsewhere)"] | join("; ")'
}

verdicts() {
	field "[.blocks[] | select(.block >= $FIRST) | \"\(.verdict) \(.reasons | join(\",\"))\"] | unique | join(\"; \")"
}

run mhpctl doctor --all --json
eq 'doctor: not so' ok "$(field '.findings[] | select(.id == "movable_gigantic_pages") | .severity')"
echo 1 >$GIGANTIC
run mhpctl doctor --json
eq 'doctor: so' 'warning sysctl -w vm.movable_gigantic_pages=0' \
	"$(field '.findings[] | select(.id == "movable_gigantic_pages") | "\(.severity) \(.fix)"')"
done_now 'online' online --yes=data region0
LAST=$(blocks_of_node 2 | tail -n 1)
FIRST=$((LAST - 7))
NR=$(blocks_of_node 2 | wc -l)
eq 'one is free elsewhere' 1 "$(free_elsewhere)"

# The move itself is not tried: to copy it takes minutes on an emulated machine.
take_page
run mhpctl check dax0.0 --json
ended 0 'check with room: maybe'
eq 'check with room: the page, once' "$FIRST-$LAST 1073741824 true 1" "$(huge_pages)"
eq 'check with room: its blocks' 'maybe hugetlb' "$(verdicts)"

for node in 0 1; do
	echo 0 >"$(pool_of $node)/nr_hugepages"
done
eq 'none is free elsewhere' 0 "$(free_elsewhere)"
run mhpctl check dax0.0 --json
ended 4 'check without room: blocked'
eq 'check without room: the page, once' "$FIRST-$LAST 1073741824 true 0" "$(huge_pages)"
eq 'check without room: its blocks' 'blocked hugetlb' "$(verdicts)"
run mhpctl check dax0.0
eq 'check without room, text: one line of the page' 1 "$(grep -c 'a huge page of 1 GiB' "$OUT")"
has 'check without room, text: what it lacks' "$(<"$OUT")" "memory$FIRST-$LAST: a huge page of 1 GiB in use, and no other"
within 15 'offline without room' mhpctl offline --timeout 10s dax0.0 --json
ended 4 'offline without room: blocked'
eq 'offline without room: the others are offline' "$((NR - 8)) $NR" \
	"$(field '.targets[0] | "\(.blocks_done) \(.blocks_total)"')"
eq 'offline without room: a failure for each block, of one kind' '8 hugetlb' \
	"$(field '"\(.failures | length) \([.failures[].reason] | unique | join(","))"')"
eq 'offline without room: none was tried' 0 "$(field '[.failures[].elapsed_ms | select(. >= 2000)] | length')"
eq 'offline without room: no number that means nothing' null \
	"$(field '[.failures[].migrate_failures] | unique | map(tostring) | join(",")')"
eq 'offline without room: who has it' "$HOLDER" "$(field '.failures[0].owners[0].pid')"
run mhpctl offline --timeout 10s dax0.0
eq 'offline without room, text: one line' 1 "$(grep -c '^mhpctl:' "$ERR")"
has 'offline without room, text: of all blocks' "$(<"$ERR")" "memory$FIRST-$LAST: offline not tried: a huge page of 1 GiB"
release_pages
done_now 'offline once it is free' offline dax0.0
