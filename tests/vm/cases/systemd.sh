# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The rig itself where systemd is PID 1: before the boot, one boot, another, and something plugged in
# vm: systemd nvdimm=1G label=128k timeout=240
# vm: usual=6.12

before_boot() {
	echo before >"$ROOT/etc/before"
}

boot_1() {
	eq 'PID 1' systemd "$(cat /proc/1/comm)"
	eq 'what was done before the boot' before "$(cat /etc/before)"
	check 'multi-user.target is reached' systemctl is-active multi-user.target
	check 'udevd is a unit' systemctl is-active systemd-udevd
	eq 'no unit failed' '' "$(systemctl list-units --failed --plain --no-legend)"
	done_now 'memory online' online region0
	up 2
	echo first >/etc/first
	boot_again
}

dimm_is_there() {
	(($(nr_blocks 1) > 8))
}

boot_2() {
	eq 'the disk is the same' first "$(cat /etc/first)"
	eq 'nothing is online by itself' 0 "$(nr_blocks 2)"
	done_now 'memory online again' online region0
	qemu_monitor 'object_add memory-backend-ram,id=hot,size=512M' \
		'device_add pc-dimm,id=dimmhot,memdev=hot,node=1'
	until_true 10 dimm_is_there
	eq 'a DIMM of four blocks' 12 "$(nr_blocks 1)"
}
