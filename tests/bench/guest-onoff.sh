# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 64 memory blocks offline and online again: mhpctl, chmem, daxctl (they are all blocks of one device), and only the
# writes to their files by a small program (bare). Sourced after guest.sh.

ONOFF_WAYS=(mhpctl chmem daxctl bare steps)

onoff_down() {
	case $1 in
	mhpctl) mhpctl offline "memory$FIRST-$LAST" ;;
	steps) mhpctl offline "memory$FIRST-$LAST" --json=lines ;;
	chmem) chmem -d -b "$FIRST-$LAST" ;;
	daxctl) daxctl offline-memory "$DEVICE" ;;
	bare) bare write offline "${FILES[@]}" ;;
	esac
}

onoff_up() {
	case $1 in
	mhpctl) mhpctl online "memory$FIRST-$LAST" ;;
	steps) mhpctl online "memory$FIRST-$LAST" --json=lines ;;
	chmem) chmem -e -z Movable -b "$FIRST-$LAST" ;;
	daxctl) daxctl online-memory "$DEVICE" ;;
	bare) bare write online_movable "${FILES[@]}" ;;
	esac
}

# Every other round in reverse order; all blocks are offline and online in between.
onoff_round() {
	local round=$1 ways=("${ONOFF_WAYS[@]}") way

	((round % 2)) || mapfile -t ways < <(printf '%s\n' "${ways[@]}" | tac)
	for way in "${ways[@]}"; do
		udevadm settle
		timed offline-64 "$way" "$round" onoff_down "$way"
		eq "$way: all are offline" offline "$(states_of_node "$NODE")"
		udevadm settle
		timed online-64 "$way" "$round" onoff_up "$way"
		up "$NODE"
	done
}

onoff() {
	local round ids id

	auto_online offline
	write_labels
	must mhpctl online region0
	find_device 0
	NODE=$(node_of region0)
	mapfile -t ids < <(blocks_of_node "$NODE")
	FIRST=${ids[0]} LAST=${ids[-1]} FILES=()
	for id in "${ids[@]}"; do
		FILES+=("$MEM/memory$id/state")
	done
	eq 'it has 64 blocks' 64 "${#ids[@]}"
	for ((round = 0; round <= ROUNDS; round++)); do
		onoff_round "$round"
	done
	copy_out "$SAMPLES"
}
