# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Whole devices by daxX.Y/state: up, down, already done, stale, in part, pinned, cancelled, killed
# vm: nvdimm=2G label=128k timeout=500
# vm: kernels=7.3 usual=7.3

STATE=/sys/bus/dax/devices/dax0.0/state

state() {
	cat "$STATE"
}

# way NAME WAY: how the last command changed the blocks of its first target.
way() {
	eq "$1: by way of $2" "$2" "$(field '.targets[0].granularity')"
}

# listed NAME STATE: what list says of the device.
listed() {
	run mhpctl list --json
	eq "$1" "$2" "$(field '.dax_devices[0].state')"
}

whole_way_up_and_down() {
	done_now 'online from an empty region' online --init-labels region0
	way 'online from an empty region' device
	up 2
	eq 'the state says so' online_movable "$(state)"
	already_so 'online again' online dax0.0
	done_now 'offline' offline dax0.0
	way 'offline' device
	eq 'offline: no block is left' 0 "$(nr_blocks 2)"
	eq 'offline: the state says so' unplugged "$(state)"
	already_so 'offline again' offline dax0.0
	done_now 'online' online dax0.0
	way 'online' device
	up 2
	done_now 'remove' remove dax0.0
	way 'remove' device
	eq 'remove: mode' devdax "$(mhpctl list --json | jq -r '.dax_devices[0].mode')"
	done_now 'online from devdax' online dax0.0
	up 2
	eq 'events tell the way too' device "$(mhpctl offline dax0.0 --json=lines |
		jq -r 'select(.event == "step_done") | .granularity')"
	done_now 'and back' online dax0.0
}

unplugged_by_hand() {
	local name

	for name in dax0.0 region0 node2 all; do
		echo unplugged >"$STATE"
		listed "unplugged, $name: list says so" unplugged
		has "unplugged, $name: in text too" "$(mhpctl list)" 'system-ram, unplugged'
		done_now "unplugged, $name: online" online "$name"
		way "unplugged, $name" device
		up 2
	done
	echo unplugged >"$STATE"
	has 'unplugged: the doctor says so' "$(mhpctl doctor)" 'dax0.0 is bound to kmem and unplugged'
	done_now 'unplugged: remove' remove dax0.0
	done_now 'unplugged: online again' online dax0.0
	up 2
}

all_offline_by_hand() {
	local block

	for block in $(blocks_of_node 2); do
		echo offline >"$MEM/memory$block/state"
	done
	listed 'stale online_movable: list says so' online_movable
	has 'stale online_movable: in text too' "$(mhpctl list)" 'system-ram, state online_movable'
	has 'stale online_movable: the doctor says so' "$(mhpctl doctor)" \
		'the state of dax0.0 is online_movable, and 0 of 15'
	done_now 'stale online_movable: online' online dax0.0
	has 'stale online_movable: it is told' "$(cat "$ERR")" 'its state is online_movable, and none'
	way 'stale online_movable' device
	up 2
}

# Added offline, and brought online by hand: the state stays what it was.
stale_offline() {
	local block

	done_now 'stale offline: remove' remove dax0.0
	auto_online offline
	daxctl reconfigure-device -N -m system-ram --no-online dax0.0 >/dev/null 2>&1
	for block in $(blocks_of_node 2); do
		echo online_movable >"$MEM/memory$block/state" 2>/dev/null
	done
	eq 'stale offline: state' offline "$(state)"
	already_so 'stale offline: online' online dax0.0
	done_now 'stale offline: offline' offline dax0.0
	way 'stale offline' device
	eq 'stale offline: all is gone' "0 unplugged" "$(nr_blocks 2) $(state)"
	done_now 'stale offline: online again' online dax0.0
	up 2
}

in_part() {
	echo offline >"$MEM/memory40/state"
	done_now 'in part: online' online dax0.0
	way 'in part: online' blocks
	up 2
	done_now 'in part: offline' offline memory33-36
	way 'in part: offline' blocks
	eq 'in part: these are there' offline "$(state_of 33 34 35 36)"
	done_now 'in part: the rest' offline dax0.0
	way 'in part: the rest' device
	eq 'in part: none is left' 0 "$(nr_blocks 2)"
	done_now 'in part: and back' online dax0.0
	up 2
}

others_are() {
	# shellcheck disable=SC2046 # words on purpose
	[[ $(state_of $(blocks_of_node 2 | grep -vx "$block")) == "$1" ]]
}

# A pin of a kind that no counter knows is met on the way.
in_the_way() {
	local start

	spawn /tmp/holder holder --node 2 --block 40 --kind vmsplice
	HOLDER=$PID
	check 'in the way: a page of a block in the middle is held' until_true 60 \
		grep -q '^ready' /tmp/holder
	block=$(held_block /tmp/holder)
	run mhpctl offline --timeout 3s dax0.0 --json
	ended '4|5|64' 'in the way: exit code'
	eq 'in the way: the block is named' "memory$block EINTR" \
		"$(field '.failures[0] | "\(.target) \(.errno)"')"
	eq 'in the way: and its owner' "$HOLDER" "$(field '.failures[0].owners[0].pid')"
	holds 'in the way: all others are offline' others_are offline
	eq 'in the way: the held one is online' 'online Movable' "$(state_of "$block") $(zone_of "$block")"
	done_now 'in the way: and back' online dax0.0
	run mhpctl offline --timeout 2s --rollback dax0.0 --json
	ended '4|5|64' 'rollback: exit code'
	eq 'rollback: nothing has changed' 'false 0 online_movable' \
		"$(field '"\(.changed) \(.targets[0].blocks_done)"') $(state)"
	up 2
	spawn /tmp/int mhpctl remove --timeout 0 dax0.0 --json=lines
	check 'INT: its owner is named while it runs' until_true 20 \
		grep -q "\"retrying\".*\"memory$block\".*\"pid\": *$HOLDER\\b" /tmp/int
	start=$EPOCHREALTIME
	kill -INT "$PID"
	finish "$PID" /tmp/int
	in_time 5 'INT: ends when all is put back' "$start"
	eq 'INT: told' '130 interrupted false' \
		"$RC $(field 'select(.event == "result") | "\(.status) \(.changed)"')"
	up 2
	eq 'INT: the driver stays' kmem "$(basename "$(readlink -f /sys/bus/dax/devices/dax0.0/driver)")"
	second_writer
	killed_at_the_pin
	spawn /tmp/freed mhpctl offline --timeout 60s dax0.0 --json
	check 'lets go: at work' until_true 20 grep -q going-offline "$MEM/memory$block/state"
	release_pages
	finish "$PID" /tmp/freed
	eq 'lets go: goes as a whole' '0 true device' \
		"$RC $(field '"\(.changed) \(.targets[0].granularity)"')"
	eq 'lets go: all is gone' 0 "$(nr_blocks 2)"
	done_now 'lets go: and back' online dax0.0
}

# Another process is stuck in the same file: a writer waits, and ignores signals, until that ends.
second_writer() {
	sh -c "echo unplugged >$STATE" 2>/tmp/second.err 7>&- 8>&- &
	second=$!
	check 'second writer: at work' until_true 20 grep -q going-offline "$MEM/memory$block/state"
	within 30 'second writer: mhpctl ends' mhpctl offline --timeout 500ms dax0.0 --json
	holds 'second writer: it did not succeed' test "$RC" -ne 0
	check_rc '1|4|5|64' 'second writer: nor does remove' mhpctl remove --timeout 500ms dax0.0 --json
	eq 'second writer: never unbound' kmem \
		"$(basename "$(readlink -f /sys/bus/dax/devices/dax0.0/driver)")"
	kill -KILL $second
	wait $second 2>/dev/null
	run mhpctl online --wait=20s dax0.0 --json
	eq 'second writer: then all is well' '0 ok' "$RC $(field .status)"
	up 2
}

killed_at_the_pin() {
	spawn /tmp/killed mhpctl remove --timeout 0 dax0.0 --json
	check 'killed at the pin: at work' until_true 20 grep -q going-offline "$MEM/memory$block/state"
	kill -KILL "$PID"
	finish "$PID" /tmp/killed
	run mhpctl remove --timeout 1s --rollback --wait=20s dax0.0 --json
	ended '4|5|64' 'killed at the pin: the next one ends by its deadline'
	up 2
}

# The kernel counts this one, so the device is not even begun with as a whole.
known_pin() {
	local pins

	modprobe dm_mod
	hold_pages /tmp/direct --node 2 --kind direct
	pins=$(awk '/nr_foll_pin_acquired/ { a = $2 } /nr_foll_pin_released/ { r = $2 } END { print a - r }' \
		/sys/devices/system/node/node2/vmstat)
	holds 'known pin: the kernel counts it' test "$pins" -gt 0
	run mhpctl offline --timeout 2s dax0.0 --json
	ended '4|5|64' 'known pin: exit code'
	way 'known pin' blocks
	eq 'known pin: the state was not written' online_movable "$(state)"
	kill "$HOLDER" # which ends the read first; killed by force it would stay
	wait "$HOLDER" 2>/dev/null
	done_now 'known pin: and back' online dax0.0
}

# After a kill at any moment the next run reaches the goal.
killed_at_random() {
	local round

	for round in 1 2 3 4; do
		spawn /tmp/killed mhpctl offline dax0.0
		sleep "0.$((RANDOM % 6))$((RANDOM % 10))"
		kill -KILL "$PID" 2>/dev/null
		wait "$PID" 2>/dev/null
		run mhpctl offline --wait=20s dax0.0 --json
		eq "killed, round $round: then offline" '0 ok 0' "$RC $(field .status) $(nr_blocks 2)"
		spawn /tmp/killed mhpctl online dax0.0
		sleep "0.$((RANDOM % 6))$((RANDOM % 10))"
		kill -KILL "$PID" 2>/dev/null
		wait "$PID" 2>/dev/null
		run mhpctl online --wait=20s dax0.0 --json
		eq "killed, round $round: then online" '0 ok' "$RC $(field .status)"
		up 2
	done
}

# timed NAME CMD...: how long it takes, for comparison.
timed() {
	local name=$1 start=$EPOCHREALTIME
	shift

	"$@" >/dev/null 2>&1
	note "$name: $(ms_since "$start") ms"
}

times() {
	local round

	for round in 1 2 3; do
		timed "bare write, down, round $round" sh -c "echo unplugged >$STATE"
		timed "bare write, up, round $round" sh -c "echo online_movable >$STATE"
		timed "mhpctl, down, round $round" mhpctl offline dax0.0
		timed "mhpctl, up, round $round" mhpctl online dax0.0
		timed "mhpctl by blocks, down, round $round" mhpctl offline memory33-47
		timed "mhpctl by blocks, up, round $round" mhpctl online memory33-47
	done
	up 2
}

undone() {
	done_now 'back' remove --destroy region0
	empty_region region0
}

auto_online offline
whole_way_up_and_down
unplugged_by_hand
all_offline_by_hand
stale_offline
in_part
in_the_way
known_pin
killed_at_random
times
undone
settings_are offline
