# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A bare CXL memory device to movable memory and back: mhpctl, only the writes to the kernel's files (bare),
# and cxl and daxctl (tools). Sourced after guest.sh.

# has_blocks [STATE]: the dax device has all its blocks, in this state. Its link to the driver comes before them.
has_blocks() {
	local node blocks block state

	{ read -r node </sys/bus/dax/devices/dax*/target_node; } 2>/dev/null || return
	blocks=("/sys/devices/system/node/node$node"/memory[0-9]*)
	((${#blocks[@]} == NR_BLOCKS)) || return
	[[ ${1:-} ]] || return 0
	for block in "${blocks[@]}"; do
		read -r state <"$block/state" && [[ $state == "$1" ]] || return
	done
}

wait_for_blocks() {
	until has_blocks "$@"; do
		read -rt 0.005 <>/tmp/never || : # its status would be that of the loop
	done
}

# The fewest writes: the kernel itself brings the memory online.
cxl_up_bare() {
	local window=$CXL/$WINDOW region

	read -r region <"$window/create_ram_region"
	echo online_movable >"$MEM/auto_online_blocks"
	echo "$region" >"$window/create_ram_region"
	echo 256 >"$CXL/$region/interleave_granularity"
	echo 1 >"$CXL/$region/interleave_ways"
	echo "$CARD_SIZE" >"$CXL/$region/size"
	echo ram >"$CXL/$DECODER/mode"
	echo "$CARD_SIZE" >"$CXL/$DECODER/dpa_size"
	echo "$DECODER" >"$CXL/$region/target0"
	echo 1 >"$CXL/$region/commit"
	echo "$region" >/sys/bus/cxl/drivers/cxl_region/bind
	wait_for_blocks online
	echo offline >"$MEM/auto_online_blocks"
}

cxl_down_bare() {
	local state device region

	for device in /sys/bus/dax/devices/dax*; do
		device=${device##*/}
	done
	for region in "$CXL"/region*; do
		region=${region##*/}
	done
	for state in "/sys/devices/system/node/node$NODE"/memory[0-9]*/state; do
		echo offline >"$state"
	done
	echo "$device" >/sys/bus/dax/drivers/kmem/unbind
	echo "$region" >"$CXL/$WINDOW/delete_region"
	echo 0 >"$CXL/$DECODER/dpa_size"
}

# The tool waits for no memory; kmem binds the dax device by itself.
cxl_up_tools() {
	newer cxl create-region -t ram -d "$WINDOW" -m "$CARD" && wait_for_blocks && newer daxctl online-memory all
}

cxl_down_tools() {
	newer daxctl offline-memory all && newer cxl destroy-region -f all
}

cxl_up() {
	case $1 in
	mhpctl) mhpctl online "$CARD" ;;
	*) "cxl_up_$1" ;;
	esac
}

cxl_down() {
	case $1 in
	mhpctl) mhpctl remove --destroy "$CARD" ;;
	*) "cxl_down_$1" ;;
	esac
}

# Every other round in reverse order; each way starts from and ends at a bare device.
cxl_round() {
	local round=$1 ways=("${CXL_WAYS[@]}") way

	((round % 2)) || mapfile -t ways < <(printf '%s\n' "${ways[@]}" | tac)
	for way in "${ways[@]}"; do
		udevadm settle
		timed cxl-up "$way" "$round" cxl_up "$way"
		NODE=$(cat /sys/bus/dax/devices/dax*/target_node)
		up "$NODE"
		eq "$way: all of it" "$CARD_SIZE" "$(($(nr_blocks "$NODE") * $(block_size)))"
		udevadm settle
		timed cxl-down "$way" "$round" cxl_down "$way"
		cxl_same "$way"
	done
}

cxl() {
	local round

	# shellcheck source=/dev/null
	. /vm/cxl.sh
	cxl_start 1 || give_up 'no CXL memory device'
	auto_online offline
	mkfifo /tmp/never
	CARD=$(cxl_card 0x10f)
	WINDOW=$(cxl_window 12)
	DECODER=$(cxl_decoder "$CARD")
	CARD_SIZE=$(cxl_number "$CXL/$CARD/ram/size")
	NR_BLOCKS=$((CARD_SIZE / $(block_size)))
	CXL_WAYS=(mhpctl bare)
	if [[ -e $NEWER/cxl ]]; then
		CXL_WAYS+=(tools)
		note "cxl and daxctl $(cat "$NEWER/version")"
	fi
	cxl_remember
	for ((round = 0; round <= ROUNDS; round++)); do
		cxl_round "$round"
	done
	note "a device of $((CARD_SIZE >> 20)) MiB, blocks of $(($(block_size) >> 20)) MiB, Linux $(uname -r)"
	copy_out "$SAMPLES"
}
