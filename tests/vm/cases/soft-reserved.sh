# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Memory that the firmware has set aside: a dax device of dax_hmem, with no namespace behind it
# vm: nvdimm=none mem=4G timeout=180 append="memhp_default_state=offline memmap=1G%5G-1+0xefffffff"
# vm: usual=6.1

# The upper half of node 1, which e820 calls Soft Reserved for the words above.
first=$((0x140000000 / $(block_size)))
last=$((0x180000000 / $(block_size) - 1))

blocks() {
	seq -s ' ' "$first" "$last"
}

# shellcheck disable=SC2046 # words on purpose
all_are() {
	eq "$1" "$2" "$(state_of $(blocks)) $(zone_of $(blocks))"
}

driver() {
	basename "$(readlink -f /sys/bus/dax/devices/dax0.0/driver)"
}

what_it_is() {
	check 'the kernel made a device of it' until_true 20 test -e /sys/bus/dax/devices/dax0.0
	run mhpctl list --json
	eq 'known as what it is' 'soft_reserved null null 1 0' \
		"$(field '.dax_devices[] | "\(.origin) \(.namespace) \(.region) \(.target_node) \(.serials | length)"')"
	has 'and where it is' "$(field '.dax_devices[0].path')" /sys/devices/platform/hmem
	check 'list as text' mhpctl list
}

declared() {
	mkdir -p /etc/mhpctl/policy.d
	cat >/etc/mhpctl/policy.d/10-firmware.conf <<-END
		[memory far]
		match.origin = soft_reserved
		match.path = /sys/devices/platform/hmem*
		match.size = >=512M
	END
	check_rc 10 'a policy for it would change something' mhpctl plan --exit-code
	done_now 'apply' apply
	all_are 'online and movable' 'online Movable'
	already_so 'apply again' apply
	sed -i 's/soft_reserved/cxl pmem/' /etc/mhpctl/policy.d/10-firmware.conf
	check 'one for other memory would not' mhpctl plan --exit-code
}

there_and_back() {
	done_now 'offline' offline dax0.0
	done_now 'online in a kernel zone' online --zone kernel dax0.0
	all_are 'in zone Normal' 'online Normal'
	done_now 'and movable again' online --zone movable dax0.0
	all_are 'it is' 'online Movable'
	done_now 'remove' remove dax0.0
	eq 'a device of its own again' device_dax "$(driver)"
	eq 'no block is left' 0 "$(find "$MEM" -maxdepth 1 -name "memory$first" | wc -l)"
	already_so 'remove again' remove dax0.0
	echo dax0.0 >/sys/bus/dax/drivers/device_dax/unbind
	done_now 'init binds it' init dax0.0
	eq 'in devdax mode' device_dax "$(driver)"
	already_so 'init again' init dax0.0
	echo dax0.0 >/sys/bus/dax/drivers/device_dax/unbind
	done_now 'online from no driver' online dax0.0
	all_are 'online' 'online Movable'
}

what_it_is_not() {
	refused 1 'memory is not destroyed' destroy dax0.0
	has 'and that is said' "$(field '.failures[0].message')" 'is system memory'
	refused 2 'nothing to create on' create dax0.0
	all_are 'still online' 'online Movable'
	done_now 'remove it' remove dax0.0
	already_so 'all does not mean this one' destroy --yes all
	eq 'it has its memory' $((1 << 30)) "$(cat /sys/bus/dax/devices/dax0.0/size)"
}

# The driver for the file system famfs, in newer kernels.
famfs() {
	modprobe -q fsdev_dax || {
		note 'this kernel has no fsdev_dax'
		return
	}
	echo dax0.0 >/sys/bus/dax/drivers/device_dax/unbind
	echo dax0.0 >/sys/bus/dax/drivers/fsdev_dax/new_id
	run mhpctl list --json
	eq 'a mode of its own' 'famfs fsdev_dax' "$(field '.dax_devices[0] | "\(.mode) \(.driver)"')"
	refused 1 'it is not taken from its driver' online dax0.0
	echo dax0.0 >/sys/bus/dax/drivers/fsdev_dax/unbind
	done_now 'init binds it to device_dax' init dax0.0
}

what_it_is
declared
there_and_back
what_it_is_not
famfs
settings_are offline
