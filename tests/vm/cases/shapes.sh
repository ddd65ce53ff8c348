# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Namespaces of every alignment with either map, and every zone
# vm: nvdimm=2G,512M,512M label=128k
# vm: usual=6.12

one_shape() {
	local map=$1 bytes=$2 align dev

	align=$((bytes >> 10))K
	done_now "map $map, align $align" online --map "$map" --align "$align" region0
	dev=$(echo /sys/bus/dax/devices/dax0.*) # the number grows
	eq 'alignment' "$bytes" "$(cat "$dev/align")"
	eq 'map' "$map" "$(map_of "$dev")"
	up 2
	run mhpctl list region0 --json
	eq 'mhpctl says the same' "$map $bytes" \
		"$(field '.namespaces[0] | "\(.map) \(.align)"')"
	eq 'no whole block is given away' "$(whole_blocks "$dev")" "$(nr_blocks 2)"
	done_now 'and back' remove --destroy region0
	eq 'no blocks left' 0 "$(nr_blocks 2)"
}

# The kernel's words for it, in the libnvdimm device above, which may have another name.
map_of() {
	case $(cat "$(readlink -f "$1")/../mode") in
	ram) echo mem ;;
	pmem) echo dev ;;
	esac
}

# How many whole memory blocks the device has room for.
whole_blocks() {
	local start size block

	block=$(block_size)
	start=$(cat "$1/resource")
	size=$(cat "$1/size")
	echo $(((start + size) / block - (start + block - 1) / block))
}

zones() {
	done_now 'zone auto' online --zone auto region1
	up 3 Movable
	done_now 'zone kernel' online --zone kernel region2
	up 4 Normal
	already_so 'zone kernel again' online --zone kernel region2
}

# debug_has NAME PATTERN: a line of --debug of the last command matches.
debug_has() {
	holds "--debug: $1" grep -q "^mhpctl: debug: \[ *[0-9.]*s\] .*$2\$" "$ERR"
}

# All changes to the machine can be read from --debug.
debug_tells_what_was_done() {
	local blocks

	done_now '--debug: up' --debug online region0
	blocks=$(nr_blocks 2)
	debug_has 'the plan' 'step [0-9]*: create_namespace region0.*'
	debug_has 'the namespace' 'root_write (process [0-9]*) sys/bus/nd/devices/namespace0.*/size = "[0-9]*": ok'
	debug_has 'the driver' 'root_write .*sys/bus/dax/drivers/kmem/.* = "dax0\.[0-9]*": ok'
	done_now '--debug: down' --debug offline region0
	eq '--debug: each block that was written' "$blocks" \
		"$(grep -c 'debug: .*/memory[0-9]*/state = "offline": ok$' "$ERR")"
	eq '--debug: each child that began has ended' "$(grep -c 'process [0-9]* begins$' "$ERR")" \
		"$(grep -c 'process [0-9]* has ended$' "$ERR")"
	done_now '--debug: gone' --debug remove --destroy region0
	debug_has 'libndctl' 'libndctl deletes namespace0\.[0-9]*: ok'
}

auto_online offline
ndctl disable-region all && ndctl init-labels nmem0 && ndctl enable-region all
read -ra offered </sys/bus/nd/devices/dax0.0/supported_alignments
holds 'a page and a huge page are offered' test "${#offered[@]}" -ge 2
for map in mem dev; do
	for bytes in "${offered[@]}"; do
		one_shape $map "$bytes"
	done
done
debug_tells_what_was_done
zones
