# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Functions for the cases with CXL memory. Regions are made and undone here by hand, through the files
# of the kernel. Runs in the guest.

CXL=/sys/bus/cxl/devices

# cxl_start COUNT: load the modules and wait until COUNT cards are usable.
cxl_start() {
	local module

	for module in cxl_acpi cxl_pci cxl_port cxl_mem dax_cxl kmem; do
		modprobe "$module"
	done
	echo 1 >/sys/bus/cxl/flush
	until_true 20 cxl_cards_are "$1"
}

# cxl_cards_are COUNT: this many cards have a driver and an endpoint.
cxl_cards_are() {
	local drivers=("$CXL"/mem*/driver) endpoints=("$CXL"/endpoint*)

	((${#drivers[@]} == $1 && ${#endpoints[@]} == $1)) && [[ -e ${drivers[0]} && -e ${endpoints[0]} ]]
}

# cxl_card SERIAL: its memdev. Numbers change from boot to boot.
cxl_card() {
	basename "$(dirname "$(grep -lx "$1" "$CXL"/mem*/serial)")"
}

# cxl_decoder MEMDEV: the lowest decoder of the card that is not used.
cxl_decoder() {
	local endpoint i

	for endpoint in "$CXL"/endpoint*; do
		[[ $(basename "$(readlink "$endpoint/uport")") == "$1" ]] || continue
		for i in 0 1 2 3; do
			(($(cat "$CXL/decoder${endpoint##*endpoint}.$i/dpa_size") == 0)) || continue
			echo "decoder${endpoint##*endpoint}.$i"
			return
		done
	done
	return 1
}

# cxl_window BRIDGE[,BRIDGE]: the root decoder with these targets.
cxl_window() {
	basename "$(dirname "$(grep -lx "$1" "$CXL"/decoder0.*/target_list)")"
}

# cxl_new_region WINDOW SIZE GRANULARITY CARD...: print the name of a region over these cards that is
# complete, and not committed.
cxl_new_region() {
	local window=$1 size=$2 granularity=$3 region decoder i=0
	shift 3

	region=$(cat "$CXL/$window/create_ram_region")
	echo "$region" >"$CXL/$window/create_ram_region"
	echo "$granularity" >"$CXL/$region/interleave_granularity"
	echo $# >"$CXL/$region/interleave_ways"
	echo $((size)) >"$CXL/$region/size"
	for card in "$@"; do
		decoder=$(cxl_decoder "$card")
		echo ram >"$CXL/$decoder/mode"
		echo $((size / $#)) >"$CXL/$decoder/dpa_size"
		echo "$decoder" >"$CXL/$region/target$i"
		i=$((i + 1))
	done
	echo "$region"
}

cxl_commit() {
	echo 1 >"$CXL/$1/commit"
}

# cxl_bind REGION: a driver for it, and wait for the dax device and its driver.
cxl_bind() {
	echo "$1" >/sys/bus/cxl/drivers/cxl_region/bind
	until_true 20 test -e "/sys/bus/dax/devices/dax${1#region}.0/driver"
}

# cxl_destroy REGION: undo all of it; its memory must be offline.
cxl_destroy() {
	local region=$1 window decoders

	window=$(basename "$(dirname "$(readlink -f "$CXL/$region")")")
	mapfile -t decoders < <(cat "$CXL/$region"/target* 2>/dev/null)
	echo "$region" >"$CXL/$window/delete_region"
	for decoder in "${decoders[@]}"; do
		[[ ! $decoder ]] || echo 0 >"$CXL/$decoder/dpa_size"
	done
}

# cxl_dump FILE: what the kernel shows about CXL and its memory, as in tests/unit/data.
cxl_dump() {
	local link

	{
		for link in /sys/bus/cxl/devices/* /sys/bus/dax/devices/*; do
			[[ -L $link ]] || continue
			printf '%s -> %s\n' "$link" "$(readlink "$link")"
			cxl_dump_folder "$(readlink -f "$link")"
		done
		cxl_dump_blocks
		printf '/proc/iomem [444] = %s\n' "$(awk '/^[^ ]/ { wanted = / : CXL Window/ } wanted' /proc/iomem | paste -s -d '|')"
	} >"$1"
}

# cxl_dump_folder DIR [in]: its attributes, and its links to drivers and ports; directories are attributes
# too, unless they are devices.
cxl_dump_folder() {
	local file

	cxl_dump_files "$1"/*
	for file in "$1"/*; do
		case ${file##*/} in
		power | subsystem | firmware_node | firmware) ;;
		*)
			if [[ -L $file ]]; then
				printf '%s -> %s\n' "$file" "$(readlink "$file")"
			elif [[ -d $file && ! -e $file/uevent && ! ${2:-} ]]; then
				cxl_dump_folder "$file" in
			fi
			;;
		esac
	done
}

# cxl_dump_files FILE...: those that are attributes.
cxl_dump_files() {
	local mode file value

	stat -c '%a %n' "$@" | while read -r mode file; do
		[[ -f $file && ! -L $file ]] || continue
		case $mode:${file##*/} in
		*:uevent | *:CDAT | *:modalias) continue ;;
		200:*) value='<write-only>' ;;
		*) value=$(<"$file") || value='<unreadable>' ;;
		esac
		printf '%s [%s] = %s\n' "$file" "$mode" "${value//$'\n'/|}"
	done 2>/dev/null
}

# cxl_dump_blocks: the nodes without CPUs, and their memory blocks.
cxl_dump_blocks() {
	local link dir

	for dir in /sys/devices/system/node/node[0-9]*; do
		[[ $(cat "$dir/cpulist") ]] || cxl_dump_files "$dir/cpulist"
	done
	for link in "$MEM"/memory[0-9]*/node[0-9]*; do
		[[ ! $(cat "$link/cpulist") ]] || continue
		printf '%s -> %s\n' "$link" "$(readlink "$link")"
		cxl_dump_files "${link%/*}"/{state,valid_zones}
	done
}
