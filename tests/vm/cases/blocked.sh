# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A page that cannot move: every wait ends, everything else is done, and the report is true
# vm: nvdimm=1G label=128k

# others_are STATE: all blocks of the node but the held one.
others_are() {
	# shellcheck disable=SC2046 # words on purpose
	[[ $(state_of $(blocks_of_node 2 | grep -vx "$block")) == "$1" ]]
}

stays_online() {
	eq "$1: the held block is online" 'online Movable' "$(state_of "$block") $(zone_of "$block")"
}

ended_by_deadline() {
	ended '4|5|64' "$1: exit code"
	eq "$1: the report names the block" "$RC memory$block offline-block EINTR" \
		"$(field '"\(.exit_code) \(.failures[0] | "\(.target) \(.step) \(.errno)")"')"
	stays_online "$1"
}

one_block() {
	within 3 'one block' mhpctl offline --timeout 2s "memory$block" --json
	ended_by_deadline 'one block'
	holds 'one block: not too early' test "$(field .elapsed_ms)" -ge 1900
	eq 'one block: nothing changed' false "$(field .changed)"
}

all_others() {
	within 5 'keep going' mhpctl offline --timeout 2s --keep-going dax0.0 --json
	ended_by_deadline 'keep going'
	holds 'keep going: all others are offline' others_are offline
	eq 'keep going: the numbers' "true $(($(nr_blocks 2) - 1)) $(nr_blocks 2)" \
		"$(field '"\(.changed) \(.targets[0] | "\(.blocks_done) \(.blocks_total)")"')"
	done_now 'keep going: and back' online dax0.0
}

rolled_back() {
	within 5 'rollback' mhpctl offline --timeout 1s --rollback dax0.0 --json
	holds 'rollback: exit code' test "$RC" -ne 0
	holds 'rollback: all others are online again' others_are online
	stays_online 'rollback'
	eq 'rollback: zone' Movable "$(zones_of_node 2)"
}

# With a block online the kernel would lose the memory until the next boot.
never_unbound() {
	within 5 'remove' mhpctl remove --destroy --timeout 1s region0 --json
	ended_by_deadline 'remove'
	eq 'remove: the driver stays' kmem "$(basename "$(readlink -f /sys/bus/dax/devices/dax0.0/driver)")"
	done_now 'remove: and back' online region0
}

interrupted() {
	local start

	spawn /tmp/interrupted mhpctl offline --timeout 0 "memory$block" --json
	check 'interrupt: at work' until_true 5 grep -q going-offline "$MEM/memory$block/state"
	start=$EPOCHREALTIME
	kill -INT "$PID"
	finish "$PID" /tmp/interrupted
	in_time 1 'interrupt: within a second' "$start"
	eq 'interrupt: exit code' '130 130 interrupted' "$RC $(field '"\(.exit_code) \(.status)"')"
	keep_json "$OUT" 'mhpctl offline --json, interrupted'
	stays_online 'interrupt'
}

nothing_else_hangs() {
	spawn /tmp/busy mhpctl offline --timeout 3s "memory$block"
	check 'busy: at work' until_true 5 grep -q going-offline "$MEM/memory$block/state"
	within 2 'busy: list' mhpctl list --json
	eq 'busy: the state is seen' going_offline \
		"$(field ".blocks[] | select(.blocks == \"$block\") | .state")"
	finish "$PID" /tmp/busy
	ended '4|5' 'busy: exit code'
}

released() {
	release_pages
	done_now 'released' remove --destroy --timeout 10s region0
	empty_region region0
}

auto_online offline
done_now 'online' online --init-labels region0
hold_pages /tmp/holder --node 2 --kind vmsplice
block=$(held_block /tmp/holder)
one_block
all_others
rolled_back
never_unbound
interrupted
nothing_else_hangs
released
settings_are offline
