# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The cost of `mhpctl monitor --pins` for a load that forks and faults: the same load with the watch and
# without it (alone), in turns. Sourced after guest.sh.

FORKS=300

# fork_and_fault: processes that copy the shell's pages when they write to them, and programs.
fork_and_fault() {
	local i

	for ((i = 0; i < FORKS; i++)); do
		(printf -v _ '%65536s' x)
		busybox true
	done
}

watch_begin() {
	mhpctl monitor --pins --json=lines >/tmp/watch 2>&1 &
	WATCH=$!
	must until_true 10 grep -q '"event":"ready"' /tmp/watch
}

watch_end() {
	kill -INT "$WATCH"
	wait "$WATCH"
}

# Every other round in reverse order.
pins_round() {
	local round=$1 ways=(mhpctl alone) way

	((round % 2)) && ways=(alone mhpctl)
	for way in "${ways[@]}"; do
		[[ $way == alone ]] || watch_begin
		timed fork "$way" "$round" fork_and_fault
		[[ $way == alone ]] || watch_end
	done
}

pins() {
	local round

	for ((round = 0; round <= ROUNDS; round++)); do
		pins_round "$round"
	done
	copy_out "$SAMPLES"
}
