# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A whole device offline and online, where the kernel has daxX.Y/state: mhpctl through that file,
# mhpctl block by block (blocks), and only a write to the file (bare). Sourced after guest.sh.

STATE=/sys/bus/dax/devices/dax0.0/state

# device_blocks: the blocks of the device as memoryA-B.
device_blocks() {
	local ids

	mapfile -t ids < <(blocks_of_node "$(node_of region0)")
	echo "memory${ids[0]}-${ids[-1]}"
}

state_down() {
	case $1 in
	mhpctl) mhpctl offline dax0.0 ;;
	steps) mhpctl offline dax0.0 --json=lines ;;
	blocks) mhpctl offline "$2" ;;
	bare) echo unplugged >"$STATE" ;;
	esac
}

state_up() {
	case $1 in
	mhpctl) mhpctl online dax0.0 ;;
	steps) mhpctl online dax0.0 --json=lines ;;
	blocks) mhpctl online "$2" ;;
	bare) echo online_movable >"$STATE" ;;
	esac
}

# Every other round in reverse order. Nothing else may run, and all blocks are online before and
# after.
state_round() {
	local round=$1 ways=(mhpctl blocks bare steps) way blocks

	((round % 2)) || mapfile -t ways < <(printf '%s\n' "${ways[@]}" | tac)
	blocks=$(device_blocks)
	for way in "${ways[@]}"; do
		udevadm settle
		timed state-down "$way" "$round" state_down "$way" "$blocks"
		udevadm settle
		timed state-up "$way" "$round" state_up "$way" "$blocks"
		is_up "$way" 0
	done
}

state() {
	local round

	auto_online offline
	write_labels
	must mhpctl online region0
	holds 'the kernel has the state of dax devices' test -e "$STATE"
	for ((round = 0; round <= ROUNDS; round++)); do
		state_round "$round"
	done
	copy_out "$SAMPLES"
}
