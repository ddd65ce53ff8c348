# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The rig itself: the machine is the one that was asked for, and its tools run
# vm: nvdimm=512M,768M,1G,256M label=128k,128k,none,128k dimm=256M:1 no-mhpctl
# vm: virtio-mem=256M:0 balloon append="mhpvm.test=yes"
# vm: usual=6.12

values() {
	cat "$@" | paste -sd' '
}

# The helpers of the cases, on things that are known.
helpers_tell_right_from_wrong() {
	run false
	eq 'run keeps the exit status' 1 "$RC"
	run echo seen
	eq 'run keeps the output' seen "$(cat "$OUT")"
	check_rc '2|3' 'check_rc takes one of several' sh -c 'exit 3'
	within 5 'within measures' sleep 0.1
	eq 'json reads a value' 2 "$(json <(echo '{"a": [1, 2]}') '.a[1]')"
	check 'until_true waits' until_true 5 test -d /sys
	check_rc 1 'until_true gives up' until_true 0 false
	spawn /tmp/sleeper sleep 60
	kill -INT "$PID"
	finish "$PID" /tmp/sleeper
	eq 'spawned commands take SIGINT' 130 "$RC"
}

machine_is_as_declared() {
	has 'kernel version' "$(uname -r)" "$KERNEL."
	has 'kernel command line' "$(cat /proc/cmdline)" 'mhpvm.test=yes'
	eq 'nodes with a CPU' 0-1 "$(cat /sys/devices/system/node/has_cpu)"
	eq 'nodes that memory may come to' 0-5 "$(cat /sys/devices/system/node/possible)"
	eq 'memory block size' $((128 << 20)) "$(block_size)"
	eq 'regions' 4 "$(find /sys/bus/nd/devices/region* -maxdepth 0 | wc -l)"
	eq 'region sizes' '536870912 805306368 1073741824 268435456' \
		"$(values /sys/bus/nd/devices/region*/size)"
	eq 'regions by node' '2 3 4 5' "$(values /sys/bus/nd/devices/region*/target_node)"
	eq 'label areas' '131072 131072 0 131072' \
		"$(for dimm in nmem0 nmem1 nmem2 nmem3; do
			ndctl read-labels $dimm 2>/dev/null | wc -c
		done | paste -sd' ')"
	check 'DIMM block' test -d "$MEM/memory32"
	eq 'virtio-mem device' 1 "$(grep -l 0x0018 /sys/bus/virtio/devices/*/device | wc -l)"
	eq 'balloon reports free pages' 1 \
		"$(cut -c6 "$(grep -l 0x0005 /sys/bus/virtio/devices/*/device | sed 's/device$/features/')")"
}

# The default of a kernel for new memory.
policy_of_the_kernel() {
	local want=online

	[[ $KERNEL == 6.1 ]] && want=offline
	eq 'auto_online_blocks' $want "$(cat "$MEM/auto_online_blocks")"
	eq 'online_policy' contig-zones "$(cat /sys/module/memory_hotplug/parameters/online_policy)"
}

system_is_up() {
	has 'udevd runs' "$(cat /proc/[0-9]*/comm)" systemd-udevd
	check 'udevd answers' udevadm control --ping --timeout=5
	check 'udevd made its links' test -e /dev/virtio-ports/results
	check "daxctl's rule is there" grep -q daxctl /lib/udev/rules.d/90-daxctl-device.rules
	check 'debugfs' test -d /sys/kernel/debug/bdi
	check 'tracefs' test -e /sys/kernel/tracing/trace
	check 'dynamic debug' grep -q memory_hotplug /proc/dynamic_debug/control
}

modules_load() {
	local module

	for module in nfit nd_pmem dax_pmem device_dax kmem cxl_core virtio_mem virtio_balloon 9p \
		memory-notifier-error-inject rdma_rxe ib_uverbs vfio-pci vfio_iommu_type1 ext4 \
		e1000e dummy vhost_vsock; do
		check "module $module" modprobe "$module"
	done
}

tools_run() {
	local tool

	for tool in 'ndctl --version' 'daxctl --version' 'cxl --version' 'lsmem' 'jq --version' \
		'strace -V' 'udevadm --version' 'ip link' 'chmem --version' 'setpriv --version'; do
		# shellcheck disable=SC2086 # words on purpose
		check "$tool" $tool
	done
	check 'ndctl list' ndctl list -RDNi
	check 'daxctl list' daxctl list
	# Known oddities of these tools that the cases live with; a new version may change them.
	check_rc 1 'ndctl init-labels of a region in use' ndctl init-labels nmem0
	check_rc 129 'ndctl enable-region of two' ndctl enable-region region0 region1
}

holders_hold() {
	local kind

	for kind in plain mlock vmsplice; do
		hold_pages "/tmp/$kind" --node 1 --bytes 4M --kind $kind
		has "holder $kind is on its node" "$(cat /tmp/$kind)" node=1
		check "holder $kind tells its block" test -d "$MEM/memory$(held_block /tmp/$kind)"
		release_pages
	done
	check_rc 1 'holder refuses an unknown kind' holder --kind nothing
}

rdma_works() {
	check 'dummy device' ip link add dummy9 type dummy
	check 'dummy device up' ip link set dummy9 up
	check 'soft RDMA device' rdma link add rxe0 type rxe netdev dummy9
	check 'RDMA verbs' ibv_devinfo -d rxe0
}

helpers_tell_right_from_wrong
machine_is_as_declared
policy_of_the_kernel
system_is_up
modules_load
tools_run
holders_hold
rdma_works
cat /proc/iomem
copy_out /proc/version
