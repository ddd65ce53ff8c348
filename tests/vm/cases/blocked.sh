# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A page that cannot move: every wait ends, the other blocks go offline, and the report is true
# vm: nvdimm=1G label=128k
# vm: usual="6.1 7.2"

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
	eq "$1: the report names the block" "$RC memory$block offline_block EINTR" \
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

# Dynamic debug reports the reason of a failed offline: it is on for that time only.
reason_is() {
	eq "$1" "$2" "$(grep -F '"memory offlining [mem' /proc/dynamic_debug/control | grep -o ' =[a-z_]* ')"
}

interrupted() {
	local signal=$1 start

	spawn /tmp/interrupted mhpctl offline --timeout 0 "memory$block" --json
	check "$signal: at work" until_true 5 grep -q going-offline "$MEM/memory$block/state"
	check "$signal: the reason is asked for" until_true 5 \
		grep -q 'offline_pages =p "memory offlining' /proc/dynamic_debug/control
	start=$EPOCHREALTIME
	kill "-$signal" "$PID"
	finish "$PID" /tmp/interrupted
	in_time 1 "$signal: within a second" "$start"
	eq "$signal: exit code" '130 130 interrupted' "$RC $(field '"\(.exit_code) \(.status)"')"
	keep_json "$OUT" "mhpctl offline --json, after SIG$signal"
	stays_online "$signal"
	reason_is "$signal: and no more" ' =_ '
}

# Nobody can put it back at once, but the next run does.
killed() {
	spawn /tmp/killed mhpctl offline --timeout 0 "memory$block" --json
	check 'killed: the reason is asked for' until_true 5 \
		grep -q 'offline_pages =p "memory offlining' /proc/dynamic_debug/control
	kill -KILL "$PID"
	finish "$PID" /tmp/killed
	check 'killed: the write ends with it' until_true 10 grep -q online "$MEM/memory$block/state"
	run mhpctl offline --timeout 1s --wait=10s "memory$block" --json
	reason_is 'killed: the next run puts it back' ' =_ '
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

has_retried() {
	(($(grep -c '"retrying"' /tmp/freed) >= 3))
}

# The holder releases it while the offline waits for it.
lets_go_json() {
	local last

	spawn /tmp/freed mhpctl offline --timeout 30s "memory$block" --json=lines
	check 'lets go: it is named' until_true 10 \
		grep -q "\"retrying\".*\"pid\": *$HOLDER\\b" /tmp/freed
	check 'lets go: it goes on' until_true 10 has_retried
	release_pages
	finish "$PID" /tmp/freed
	keep_json "$OUT" 'mhpctl offline --json=lines, and the holder lets go'
	last=$(field 'select(.event == "result") | "\(.exit_code) \(.status) \(.changed) \(.failures | length)"')
	eq 'lets go: it succeeds' '0 0 ok true 0' "$RC $last"
	has 'lets go: and says so' "$(field 'select(.event == "warning") | .message')" \
		'its last page was released'
	eq 'lets go: a heartbeat a second' '1 2 3' \
		"$(field 'select(.event == "retrying") | .elapsed_ms / 1000 | floor' | head -n 3 | xargs)"
	eq 'lets go: is offline' offline "$(state_of "$block")"
	reason_is 'lets go: the reason is no more told' ' =_ '
	done_now 'lets go: and back' online "memory$block"
}

lets_go_text() {
	hold_pages /tmp/holder --node 2 --kind vmsplice
	block=$(held_block /tmp/holder)
	spawn /tmp/freed mhpctl offline --progress=always --timeout 30s "memory$block"
	check 'lets go, text: it is named' until_true 10 \
		grep -q "memory$block: .* stuck for .* held by holder\[$HOLDER\] (vmsplice)" /tmp/freed.err
	release_pages
	finish "$PID" /tmp/freed
	eq 'lets go, text: it succeeds' "0 memory$block: 1 of 1 blocks offline" "$RC $(cat "$OUT")"
	has 'lets go, text: and says so' "$(cat "$ERR")" 'its last page was released'
	done_now 'lets go, text: and back' online "memory$block"
}

released() {
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
reason_is 'after deadlines the reason is not told' ' =_ '
interrupted INT
interrupted TERM
killed
nothing_else_hangs
lets_go_json
lets_go_text
released
settings_are offline
