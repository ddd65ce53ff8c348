# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Devices of dax_hmem by their state: one of one mapping, one of two
# vm: nvdimm=none mem=4G timeout=240 append="memhp_default_state=offline memmap=1G%5G-1+0xefffffff"
# vm: kernels=7.3 usual=7.3

DAX=/sys/bus/dax/devices
DAX_REGION=/sys/bus/dax/devices/dax0.0/../dax_region
first=$((0x140000000 / $(block_size)))

# blocks FROM TO: those between these MiB of the memory that is set aside.
blocks() {
	seq -s ' ' $((first + ($1 << 20) / $(block_size))) $((first + ($2 << 20) / $(block_size) - 1))
}

# by_state NAME DEVICE FROM TO: up, down and up again, in zone Movable, by one write each.
by_state() {
	local id

	done_now "$1: online" online "$2"
	eq "$1: by the device" device "$(field '.targets[0].granularity')"
	eq "$1: the state says so" online_movable "$(cat "$DAX/$2/state")"
	# shellcheck disable=SC2046 # words on purpose
	eq "$1: all blocks are up" 'online Movable' "$(state_of $(blocks "$3" "$4")) $(zone_of $(blocks "$3" "$4"))"
	already_so "$1: online again" online "$2"
	done_now "$1: offline" offline "$2"
	eq "$1: the state says unplugged" unplugged "$(cat "$DAX/$2/state")"
	for id in $(blocks "$3" "$4"); do
		[[ ! -e $MEM/memory$id ]] || fail "$1: memory$id is gone"
	done
	already_so "$1: offline again" offline "$2"
	done_now "$1: online from unplugged" online "$2"
	done_now "$1: remove" remove "$2"
	eq "$1: in devdax mode" devdax "$(mhpctl list --json |
		jq -r --arg name "$2" '.dax_devices[] | select(.device == $name) | .mode')"
}

unbind() {
	local driver

	driver=$(readlink -f "$DAX/$1/driver") && echo "$1" >"$driver/unbind"
}

# The third device grows into the hole that the second leaves below it.
of_two_mappings() {
	unbind dax0.0
	echo $((256 << 20)) >$DAX/dax0.0/size
	echo 1 >$DAX_REGION/create
	echo $((256 << 20)) >$DAX/dax0.1/size
	echo 1 >$DAX_REGION/create
	echo $((256 << 20)) >$DAX/dax0.2/size
	echo 0 >$DAX/dax0.1/size
	echo dax0.1 >$DAX_REGION/delete
	echo $((512 << 20)) >$DAX/dax0.2/size
	holds 'the device has two mappings' test -e $DAX/dax0.2/mapping1
}

check 'the kernel made a device of it' until_true 20 test -e $DAX/dax0.0
by_state 'one mapping' dax0.0 0 1024
of_two_mappings
by_state 'two mappings' dax0.2 256 768
# This kernel does not show the address of the region: parts are refused, the whole comes back.
of_the_whole_region() {
	done_now 'the region: all given back' remove --destroy dax_region0
	refused 7 'the region: a part cannot be cut' create --size 256M dax_region0
	has 'the region: why' "$(field '.failures[0].message')" 'does not show where'
	refused 7 'the region: its blocks cannot be planned' online dax_region0
	done_now 'the region: one device again' create dax_region0
	eq 'the region: of all its memory' $((1024 << 20)) "$(cat $DAX/dax0.0/size)"
	by_state 'the region' dax0.0 0 1024
}

of_the_whole_region
settings_are offline
