# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# From an empty region to usable memory and back, with labels, by every name
# vm: nvdimm=2G label=128k
# vm: usual="6.1 6.12 7.2 7.3"

policy=$(cat "$MEM/auto_online_blocks")
region_size=$(cat /sys/bus/nd/devices/region0/size)

# The first block of the region has the info block, and is never memory.
size=$(block_size)
zero=$(($(cat /sys/bus/nd/devices/region0/resource) / size))
first=$((zero + 1)) last=$((zero + region_size / size - 1))

# range_of FIRST LAST: the physical addresses of these blocks.
range_of() {
	printf '0x%x-0x%x' $(($1 * size)) $((($2 + 1) * size - 1))
}

what_there_is() {
	find /sys/bus/nd/devices/ /sys/bus/dax/devices/ /dev/dax* "$MEM" -maxdepth 1 2>/dev/null | sort
	cut -d' ' -f1 /proc/modules | sort
}

dry_run_touches_nothing() {
	local before

	before=$(what_there_is)
	check 'dry run' mhpctl online --dry-run --init-labels region0 --json
	eq 'the plan' 'init_labels create_namespace set_mode online_block' \
		"$(field '.steps[].step' | grep -v load_module | uniq | paste -sd' ')"
	eq 'nothing was touched' "$before" "$(what_there_is)"
	eq 'still without labels' 4 "$(cat /sys/bus/nd/devices/region0/nstype)"
}

whole_way_up() {
	done_now 'online' online --init-labels region0
	eq 'all blocks are counted' "$(nr_blocks 2) $(nr_blocks 2)" \
		"$(field '.targets[0] | "\(.blocks_done) \(.blocks_total)"')"
	up 2
	eq 'labels were written' 5 "$(cat /sys/bus/nd/devices/region0/nstype)"
	eq 'the whole region is used' 0 "$(cat /sys/bus/nd/devices/region0/available_size)"
	eq 'driver' kmem "$(basename "$(readlink -f /sys/bus/dax/devices/dax0.0/driver)")"
	settings_are "$policy"
}

already_up() {
	local name uuid

	uuid=$(ndctl list -N | jq -r '.[0].uuid')
	for name in region0 namespace0.0 dax0.0 node2 "memory$((first + 7))" "memory$first-$last" \
		"$(range_of "$first" "$last")" "$uuid" all; do
		already_so "already online: ${name/$uuid/UUID}" online "$name"
	done
	up 2
}

blocks_down_and_up() {
	local blocks

	done_now 'offline one block' offline memory$((first + 7))
	eq 'that block is offline' offline "$(state_of $((first + 7)))"
	done_now 'offline a run and a range' offline "memory$first-$((first + 2))" \
		"$(range_of "$last" "$last")"
	blocks=$(for block in $(blocks_of_node 2); do
		[[ $(state_of "$block") == offline ]] && echo "$block"
	done | paste -sd' ')
	eq 'just these are offline' \
		"$first $((first + 1)) $((first + 2)) $((first + 7)) $last" "$blocks"
	done_now 'offline the rest' offline dax0.0
	if [[ -e /sys/bus/dax/devices/dax0.0/state ]]; then
		eq 'all are gone, as the whole device was meant' 0 "$(nr_blocks 2)"
	else
		eq 'all are offline' offline "$(states_of_node 2)"
	fi
	already_so 'offline again' offline region0
	done_now 'online by node' online node2
	up 2
	done_now 'offline some of a node' offline --node 2 --size 512M
	eq 'as much as asked' 4 "$(cat /sys/devices/system/node/node2/memory*/state | grep -c offline)"
}

back_to_devdax_and_up() {
	done_now 'remove' remove dax0.0
	eq 'no blocks left' 0 "$(nr_blocks 2)"
	eq 'device is in devdax mode' device_dax \
		"$(basename "$(readlink -f /sys/bus/dax/devices/dax0.0/driver)")"
	already_so 'remove again' remove dax0.0
	done_now 'online from devdax' online dax0.0
	up 2
}

whole_way_down() {
	done_now 'remove and destroy' remove dax0.0 --destroy
	empty_region region0
	eq 'all of the region is free' "$region_size" \
		"$(cat /sys/bus/nd/devices/region0/available_size)"
	already_so 'destroy again' remove region0 --destroy
	settings_are "$policy"
}

names_that_are_not_there() {
	refused 3 'no such region' online region7
	refused 3 'no such block' offline memory9999
	refused 3 'no such device' remove dax3.0
	check_rc 2 'no target' mhpctl online
	check_rc 2 'unknown option' mhpctl online --nothing region0
	check_rc 2 'not a size' mhpctl online --size 12Q region0
	check_rc 6 'not root' setpriv --reuid 65534 --clear-groups mhpctl online region0
	empty_region region0
}

dry_run_touches_nothing
whole_way_up
already_up
blocks_down_and_up
back_to_devdax_and_up
whole_way_down
names_that_are_not_there
