# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The bytes, places and page structs that --dry-run shows are those that the kernel then uses
# vm: nvdimm=4G,3G label=128k
# vm: usual=7.2

MIB=$((1 << 20))

# free_now: bytes free on nodes 0 and 1, caches aside, with what lies on lists of the CPUs.
free_now() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
	awk '$1 == "Node" { ours = $2 == "0," || $2 == "1," }
		ours && ($1 == "count:" || ($1 == "pages" && $2 == "free")) { pages += $NF }
		END { print pages * 4096 }' /proc/zoneinfo
}

# near NAME WANT GOT: within 4 MiB (the kernel has other things to do) and a twentieth.
near() {
	local off=$(($3 > $2 ? $3 - $2 : $2 - $3))

	printf '  %s: foretold %d KiB, taken %d KiB\n' "$1" $(($2 / 1024)) $(($3 / 1024))
	if ((off <= 4 * MIB + $2 / 20)); then
		ok "$1"
	else
		fail "$1" "foretold $2, taken $3"
	fi
}

# The kernel reports for how many pages it wrote page structs; the last line is of the last device.
structs_told() {
	dmesg | sed -n 's/.*memmap_init_zone_device initialised \([0-9]*\) pages.*/\1/p' | tail -n 1
}

devdax() {
	local map=$1 align=$2 usable memmap structs place before

	run mhpctl create --dry-run --map "$map" --align "$align" --json region0
	usable=$(field '.cost.usable_bytes')
	memmap=$(field '.cost.memory_bytes')
	structs=$(field '.cost.page_structs')
	place=$(field '.steps[-1].cost.memmap_location')
	eq "$map, $align: all choices are told, and one is this" "6 $map $align" \
		"$(field '"\(.alternatives | length) \(.alternatives[] | select(.chosen) | "\(.map) \(.align)")"' |
			sed 's/ 4096$/ 4K/; s/ 2097152$/ 2M/; s/ 1073741824$/ 1G/')"
	eq "$map, $align: the choice costs the same as the plan" "$(field '.cost.page_structs')" \
		"$(field '.alternatives[] | select(.chosen) | .page_structs')"
	eq "$map, $align: lost and usable are all there is" 4294967296 \
		"$(field '.cost.usable_bytes + .cost.lost_bytes')"
	before=$(free_now)
	done_now "$map, $align" create --map "$map" --align "$align" region0
	eq "$map, $align: usable size" "$usable" "$(cat /sys/bus/dax/devices/dax0.*/size)"
	eq "$map, $align: place" "$map" "$place"
	near "$map, $align: ordinary memory" "$memmap" $((before - $(free_now)))
	case $map,$align in
	dev,* | *,4K) eq "$map, $align: page structs" "$structs" "$(structs_told)" ;;
	mem,2M) eq "$map, $align: page structs" "$structs" $(($(structs_told) / 4)) ;;
	esac
	run mhpctl list --json region0
	[[ $map == dev ]] || eq "$map, $align: list says the same" "$memmap" \
		"$(field '.dax_devices[0].memmap_bytes')"
	done_now "$map, $align: and back" remove --destroy --yes region0
}

system_ram() {
	local memmap usable before

	run mhpctl online --dry-run --json region0 region1
	memmap=$(field '.cost.memory_bytes')
	usable=$(field '.cost.usable_bytes')
	eq 'memory: a sum over both' "$memmap" "$(field '[.steps[].memmap_bytes] | add')"
	eq 'memory: 64 bytes for each page' $((usable / 64)) "$memmap"
	has 'memory: too much of it would be movable' "$(field '.warnings | join(" ")')" 'zone movable grows to'
	before=$(free_now)
	done_now 'memory: online' online region0 region1
	near 'memory: ordinary memory' "$memmap" $((before - $(free_now)))
	eq 'memory: usable size' "$usable" \
		$((($(nr_blocks 2) + $(nr_blocks 3)) * $(block_size)))
	run mhpctl remove --dry-run --json region0
	eq 'memory: what going back gives' true \
		"$(field '.cost.freed_bytes > .cost.memory_bytes and .cost.device_bytes == 0')"
	done_now 'memory: and back' remove --destroy region0 region1
}

# mhpctl does not make fsdax; list shows its cost.
fsdax() {
	local map=$1 memmap before

	ndctl disable-region region1 && ndctl enable-region region1
	before=$(free_now)
	check "fsdax, $map" ndctl create-namespace -r region1 -m fsdax -M "$map"
	run mhpctl list --json region1
	memmap=$(field '.namespaces[0].memmap_bytes')
	eq "fsdax, $map: all of it, or none" $(($(field '.namespaces[0].raw_size') * $2 / 64)) "$memmap"
	near "fsdax, $map: ordinary memory" "$memmap" $((before - $(free_now)))
	run mhpctl list region1
	ndctl destroy-namespace -f all
}

# A rate that a run has left makes a time of the number of page structs.
times() {
	rm -f /run/mhpctl/memmap-rate
	run mhpctl create --dry-run --json region0
	eq 'no rate, no time' 'null null' "$(field '"\(.cost.time_ms) \(.steps[-1].cost.time_ms)"')"
	mkdir -p /run/mhpctl
	echo 1000000 >/run/mhpctl/memmap-rate
	run mhpctl create --dry-run --align 4K --json region0
	eq 'a rate, a time' true "$(field '.cost.time_ms == (.cost.page_structs / 1000 | floor)')"
	rm -f /run/mhpctl/memmap-rate
}

auto_online offline
ndctl disable-region all && ndctl init-labels all && ndctl enable-region all
echo 'file mm/mm_init.c +p; file mm/page_alloc.c +p' >/proc/dynamic_debug/control
# The first of all brings modules and caches with it.
done_now 'the first' create region0
done_now 'and back' remove --destroy --yes region0
run mhpctl list --json
eq 'these kernels share page structs' true "$(field '.memory.vmemmap_dedup')"
for map in mem dev; do
	devdax $map 4K
	devdax $map 2M
	devdax $map 1G
done
fsdax mem 1
fsdax dev 0
run mhpctl create --dry-run region0
times
run mhpctl online --dry-run region0
system_ram
