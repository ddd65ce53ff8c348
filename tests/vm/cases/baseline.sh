# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Baseline of ndctl, daxctl and the kernel alone on this machine: a failure here is not a bug of mhpctl
# vm: nvdimm=2G,1G label=128k,none dimm=256M:1 append="memhp_default_state=offline" no-mhpctl
# vm: usual=7.2

labelled_region() {
	check 'disable the region' ndctl disable-region region0
	check 'write labels' ndctl init-labels nmem0
	check 'enable the region' ndctl enable-region region0
	eq 'the region has labels' 5 "$(cat /sys/bus/nd/devices/region0/nstype)"
	check 'create a namespace' ndctl create-namespace -r region0 -m devdax -M mem -a 2M
}

up_and_down() {
	local node=$1 dev=$2 blocks

	check "$dev: to system RAM" daxctl reconfigure-device -m system-ram "$dev"
	blocks=$(nr_blocks "$node")
	check "$dev: has blocks" test "$blocks" -gt 0
	eq "$dev: online" online "$(states_of_node "$node")"
	eq "$dev: movable" Movable "$(zones_of_node "$node")"
	check "$dev: offline" daxctl offline-memory "$dev"
	eq "$dev: all offline" offline "$(states_of_node "$node")"
	check "$dev: online again" daxctl online-memory "$dev"
	check "$dev: back to devdax" daxctl reconfigure-device -f -m devdax "$dev"
	eq "$dev: no blocks left" 0 "$(nr_blocks "$node")"
}

destroyed_means_empty() {
	check 'destroy the namespace' ndctl destroy-namespace -f namespace0.0
	eq 'the region is empty' "$(cat /sys/bus/nd/devices/region0/size)" \
		"$(cat /sys/bus/nd/devices/region0/available_size)"
}

# The region without labels is one raw namespace, which becomes devdax and raw again.
label_less_region() {
	eq 'a raw namespace' raw "$(cat /sys/bus/nd/devices/namespace1.0/mode)"
	check 'take it over' ndctl create-namespace -f -e namespace1.0 -m devdax -M dev
	up_and_down 3 dax1.0
	check 'give it back' ndctl destroy-namespace -f namespace1.0
}

# Straight to kmem, without the detour over devdax.
short_way() {
	echo 0 >/sys/bus/dax/drivers_autoprobe
	check 'create a namespace, unbound' ndctl create-namespace -r region0 -m devdax -s 1G
	modprobe kmem
	check 'bind to kmem' sh -c 'echo dax0.0 >/sys/bus/dax/drivers/kmem/new_id'
	echo 1 >/sys/bus/dax/drivers_autoprobe
	eq 'driver' kmem "$(basename "$(readlink -f /sys/bus/dax/devices/dax0.0/driver)")"
	eq 'new blocks' offline "$(states_of_node 2)"
}

# A page that cannot move keeps the kernel busy until a signal comes.
blocked_offline() {
	local block

	check 'online for the holder' daxctl online-memory dax0.0
	hold_pages /tmp/holder --node 2 --kind vmsplice
	block=$(held_block /tmp/holder)
	within 3 'a signal ends a blocked offline' \
		timeout -s INT 1 sh -c "echo offline >$MEM/memory$block/state"
	holds 'it was not done' test "$RC" -ne 0
	eq 'its block stays online' online "$(state_of "$block")"
	release_pages
	check 'without the holder it goes offline' sh -c "echo offline >$MEM/memory$block/state"
}

# Last, because the kernel puts its own data there at once and never gives the memory back.
kernel_zone() {
	check 'take the raw namespace' ndctl create-namespace -f -e namespace1.0 -m devdax
	check 'to system RAM in a kernel zone' \
		daxctl reconfigure-device -m system-ram --no-movable dax1.0
	eq 'normal' Normal "$(zones_of_node 3)"
}

dimm_blocks() {
	local block=32 # the DIMM is the first device above 4 GiB

	eq 'DIMM block is offline at boot' offline "$(state_of $block)"
	check 'DIMM block online' sh -c "echo online_movable >$MEM/memory$block/state"
	eq 'DIMM block is movable' Movable "$(zone_of $block)"
	check 'DIMM block offline' chmem -b -d $block
	eq 'DIMM block is offline' offline "$(state_of $block)"
}

eq 'no policy' offline "$(cat "$MEM/auto_online_blocks")"
labelled_region
up_and_down 2 dax0.0
destroyed_means_empty
label_less_region
short_way
blocked_offline
dimm_blocks
tear_down
eq 'all is as it was' '0 0' "$(nr_blocks 2) $(nr_blocks 3)"
kernel_zone
