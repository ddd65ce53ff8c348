# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Functions for the cases with CXL memory. Regions are made and undone here by hand, through the files
# of the kernel, and the state is read from there. Runs in the guest.

CXL=/sys/bus/cxl/devices
DAX=/sys/bus/dax/devices
NEWER=/newer-cxl # programs of Debian sid, for cases with newer-cxl

# newer NAME ARG...: a program of sid, with its own loader and libraries.
newer() {
	"$NEWER/ld.so" --library-path "$NEWER/lib" "$NEWER/$1" "${@:2}"
}

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

# cxl_serial DECODER: the serial number of the card with this endpoint decoder.
cxl_serial() {
	cat "$(dirname "$(readlink -f "$CXL/$1")")/uport/serial"
}

# cxl_regions_of MEMDEV: the regions that use it.
cxl_regions_of() {
	local endpoint decoder

	for endpoint in "$CXL"/endpoint*; do
		[[ $(basename "$(readlink "$endpoint/uport")") == "$1" ]] || continue
		for decoder in "$CXL/decoder${endpoint##*endpoint}".*/region; do
			cat "$decoder"
		done
	done | grep . | sort -V
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

# --- what must be as before --------------------------------------------------------------

# cxl_world: all that must be equal before and after, without the numbers that the kernel counts up.
# The full list of addresses shows each one that is not given back.
cxl_world() {
	{
		cxl_world_decoders
		cxl_world_drivers
		grep -H . /sys/bus/{cxl,dax}/drivers_autoprobe "$MEM/auto_online_blocks" "$MEM"/memory[0-9]*/state
		echo "messages: $(grep -c '^[^ ]* \[[^ ]*\][^ ]* =[^_]' /proc/dynamic_debug/control)"
		find /run/mhpctl /var/lib/mhpctl -type f 2>/dev/null | grep -v -e '\.lock$' -e memmap-rate -e '\.runs$'
		cat /proc/iomem
	} | sed -E 's/\b(region|dax_region|dax)[0-9]+/\1N/g'
}

# cxl_world_decoders: addresses and capacity that are used: of cards by their serial numbers, of bridges and
# windows. Without the mode of a card's decoder, and without the size of a bridge's that has no region: both
# stay once set. Starts few programs, which is slow.
cxl_world_decoders() {
	local decoder name size dpa region serial

	for decoder in "$CXL"/decoder*; do
		name=${decoder##*/} dpa='' region=''
		if [[ -e $decoder/dpa_size ]]; then
			name=${name#decoder}
			read -r serial <"$CXL/endpoint${name%.*}/uport/serial"
			read -r dpa <"$decoder/dpa_size"
			name="card $serial ${name#*.}"
		fi
		read -r size <"$decoder/size"
		[[ ! -e $decoder/region ]] || read -r region <"$decoder/region"
		[[ $region || ${dpa:+card} || $name == decoder0.* ]] || size=free
		echo "$name: $size${dpa:+ $dpa}${region:+ $region}"
	done | sort
	grep -H . "$CXL"/{port,endpoint}*/decoders_committed 2>/dev/null | sed 's/endpoint[0-9]*/endpoint/' | sort
	for region in "$CXL"/region*; do
		[[ ! -e $region ]] || echo "region: $(<"$region/size") $(cat "$region"/target* 2>/dev/null | paste -s -d ' ')"
	done
}

# cxl_world_drivers: of cards and dax devices.
cxl_world_drivers() {
	local device serial

	for device in "$CXL"/mem*; do
		read -r serial <"$device/serial"
		echo "card $serial: $(readlink "$device/driver")"
	done | sort
	for device in /sys/bus/dax/devices/*; do
		[[ ! -e $device ]] || echo "${device##*/}: $(readlink "$device/driver")"
	done
}

cxl_remember() {
	BARE=$(cxl_world)
	echo "$BARE"
}

# cxl_changes: what is not as it was when it was remembered.
cxl_changes() {
	local now

	now=$(cxl_world)
	[[ $now == "$BARE" ]] ||
		echo "changes: $(diff -U 0 <(echo "$BARE") <(echo "$now") | grep '^[-+][^-+]' | paste -s -d ';')"
}

# cxl_same NAME: all of it is as it was when it was remembered.
cxl_same() {
	eq "$1: addresses, cards and settings are as before" '' "$(cxl_changes)"
}

# --- others' view ------------------------------------------------------------------------

# cxl_number FILE: in decimal.
cxl_number() {
	echo $(($(cat "$1")))
}

# cxl_agrees NAME: the list of mhpctl has what the files have.
cxl_agrees() {
	local dir files=()

	run mhpctl list --json
	for dir in "$CXL"/mem*; do
		files+=("$(cat "$dir/serial") $(cxl_number "$dir/ram/size") $(cxl_number "$dir/pmem/size") $(basename "$(dirname "$(readlink -f "$dir")")")")
	done
	eq "$1: memory devices" "${files[*]}" \
		"$(field '[.cxl_memdevs[] | "\(.serial) \(.ram_bytes) \(.pmem_bytes) \(.bus_address)"] | join(" ")')"
	files=()
	for dir in "$CXL"/decoder0.*; do
		files+=("${dir##*/} $(cxl_number "$dir/size") $(cat "$dir/interleave_ways") $(cat "$dir/target_list")")
	done
	eq "$1: windows" "${files[*]}" \
		"$(field '[.cxl_windows[] | "\(.window) \(.size) \(.ways) \(.host_bridges | map(tostring) | join(","))"] | join(" ")')"
	files=()
	for dir in "$CXL"/region*; do
		[[ -e $dir ]] || continue
		files+=("${dir##*/} $(cxl_number "$dir/size") $(cat "$dir/interleave_ways") $(cat "$dir/interleave_granularity") $(cat "$dir"/target* | paste -s -d ,)")
	done
	eq "$1: regions" "${files[*]}" \
		"$(field '[.cxl_regions[] | "\(.cxl_region) \(.size) \(.ways) \(.granularity) \([.members[] | .decoder // ""] | join(","))"] | join(" ")')"
}

# cxl_tools_agree NAME: the tools `cxl` and `daxctl` list the same; daxctl leaves out devices without a driver.
cxl_tools_agree() {
	local name size serial

	run mhpctl list --json
	eq "$1: cxl and mhpctl list the same memory devices" \
		"$(cxl list -M | jq -r '.[] | "\(.memdev) \(.ram_size) \(.serial)"' | while read -r name size serial; do
			printf '%s %s 0x%x\n' "$name" "$size" "$serial"
		done | sort)" "$(field '.cxl_memdevs[] | "\(.memdev) \(.ram_bytes) \(.serial)"' | sort)"
	eq "$1: and the same windows" \
		"$(cxl list -D -d root | jq -r '.[] | "\(.decoder) \(.size) \(.max_available_extent // 0)"' | sort)" \
		"$(field '.cxl_windows[] | "\(.window) \(.size) \(.max_extent_bytes)"' | sort)"
	eq "$1: and the same regions" \
		"$(cxl list -R | jq -r '.[] | "\(.region) \(.size) \(.interleave_ways) \(.interleave_granularity)"' | sort)" \
		"$(field '.cxl_regions[] | "\(.cxl_region) \(.size) \(.ways) \(.granularity)"' | sort)"
	eq "$1: daxctl lists the same devices" \
		"$(daxctl list -D | jq -c '.[] | [.chardev, .size, (.mode | gsub("-"; "_")), .target_node]' | sort)" \
		"$(field '.dax_devices[] | select(.mode != "unbound") | [.device, .size, .mode, .target_node] | tojson' | sort)"
}

# --- copies for the unit tests -------------------------------------------------------------

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

# node_of_region REGION: that of its memory.
node_of_region() {
	cat "$DAX/dax${1#region}.0/target_node"
}

# is_memory REGION: all of it is online in zone Movable.
is_memory() {
	local node

	node=$(node_of_region "$1")
	eq "$1: its memory" "online Movable $(($(cxl_number "$CXL/$1/size") / $(block_size)))" \
		"$(states_of_node "$node") $(zones_of_node "$node") $(nr_blocks "$node")"
}
