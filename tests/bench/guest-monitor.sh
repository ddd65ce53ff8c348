# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The CPU time of `mhpctl monitor` and of `udevadm monitor` while the kernel sends 8,192 events of a memory block. None
# may be lost: udevadm prints each, and mhpctl reports an overflow if one is. Sourced after guest.sh.

EVENTS=8192
WATCH_SECONDS=20

monitor_watch() {
	case $1 in
	mhpctl) mhpctl monitor --timeout "${WATCH_SECONDS}s" ;;
	udevadm) timeout -s INT "$WATCH_SECONDS" udevadm monitor --kernel --subsystem-match=memory ;;
	esac
}

# In a shell of its own, whose status is that of no watch: they end by a time limit.
monitor_metered() {
	export -f monitor_watch
	export WATCH_SECONDS
	# shellcheck disable=SC2016 # words of the inner shell
	meter 0 1 bash -c 'monitor_watch "$1" >/tmp/watch.out || :' bash "$1"
}

# The block goes online at the end, which both must show.
monitor_events() {
	sleep 3 # the watch has begun
	bare repeat "$EVENTS" change "$MEM/memory$BLOCK/uevent"
	bare write online_movable "$MEM/memory$BLOCK/state"
}

monitor_saw_all() {
	case $1 in
	mhpctl)
		has 'mhpctl: the last change is shown' "$(cat /tmp/watch.out)" "memory$BLOCK"
		eq 'mhpctl: no event is lost' 0 "$(grep -ci overflow /tmp/watch.out)"
		;;
	udevadm) eq 'udevadm: each event is shown' "$((EVENTS + 1))" "$(grep -c "^KERNEL.*memory$BLOCK " /tmp/watch.out)" ;;
	esac
}

monitor_round() {
	local way wall cpu peak

	for way in mhpctl udevadm; do
		bare write offline "$MEM/memory$BLOCK/state"
		spawn /tmp/watch monitor_metered "$way"
		monitor_events
		finish "$PID" /tmp/watch
		ended 0 "$way: the watch ends"
		monitor_saw_all "$way"
		read -r wall cpu peak <"$OUT"
		sample monitor "$EVENTS" "$way" "$cpu" cpu_us
		note "monitor: $way took $((wall / 1000)) ms, $peak KiB"
	done
}

monitor() {
	local round

	udevadm control --stop-exec-queue # it would take the CPU for the same events
	BLOCK=$(blocks_of_node 1 | tail -n 1)
	bare write online_movable "$MEM/memory$BLOCK/state"
	for ((round = 0; round < ROUNDS; round++)); do
		monitor_round
	done
	copy_out "$SAMPLES"
}
