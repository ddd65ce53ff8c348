# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The list of 4,096 memory blocks of the kernel, most of them offline: mhpctl, lsmem, and the three programs that show
# together as much as mhpctl (all). Sourced after guest.sh.

many_list() {
	case $1 in
	mhpctl) mhpctl list ;;
	lsmem) lsmem -o RANGE,SIZE,STATE,NODE,ZONES ;;
	all) lsmem -o RANGE,SIZE,STATE,NODE,ZONES && daxctl list && ndctl list -RN ;;
	esac
}

many() {
	local round way SIZE blocks=("$MEM"/memory[0-9]*)

	SIZE=${#blocks[@]}
	eq 'the machine has that many blocks' 4096 "$SIZE"
	udevadm settle
	for ((round = 0; round <= ROUNDS; round++)); do
		for way in mhpctl lsmem all; do
			timed list-many "$way" "$round" many_list "$way"
		done
	done
	copy_out "$SAMPLES"
}
