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

# With spawn, as the watch would not end at SIGINT if the shell had started it with SIGINT ignored.
watch_begin() {
	spawn /tmp/watch mhpctl monitor --pins --json=lines
	WATCH=$PID
	must until_true 10 grep -q '"event":"ready"' /tmp/watch
}

# The watch has run to its end, and has made its sums.
watch_end() {
	kill -INT "$WATCH"
	finish "$WATCH" /tmp/watch
	ended 130 'the watch ends at Ctrl-C'
	has 'with its sums' "$(cat "$OUT")" '"event":"pin_node"'
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
