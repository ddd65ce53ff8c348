# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The rig itself where systemd is PID 1: before the boot, one boot, another, and something plugged in
# vm: systemd nvdimm=1G label=128k timeout=240
# vm: usual=none

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
	recorded
	echo first >/etc/first
	boot_again
}

# A unit that fails: its journal and its status show the reason, the journal once.
recorded() {
	local block

	hold_pages /tmp/holder --node 2 --kind vmsplice
	block=$(held_block /tmp/holder)
	check_rc 4 'a held block' systemd-run --quiet --wait --unit=held -p NotifyAccess=main \
		mhpctl offline --timeout 2s "memory$block"
	journal failure "MHPCTL_BLOCK=$block" >/tmp/records
	cat /tmp/records
	eq 'its record' "offline offline_block dax0.0 2 held.service 3" "$(json /tmp/records \
		'"\(.MHPCTL_COMMAND) \(.MHPCTL_STEP) \(.MHPCTL_DEVICE) \(.MHPCTL_NODE) \(._SYSTEMD_UNIT) \(.PRIORITY)"')"
	eq 'whose pages' "true $HOLDER holder" "$(json /tmp/records \
		'"\(.MHPCTL_REASON | IN("pinned", "extra_reference")) \(.MHPCTL_OWNER_PID) \(.MHPCTL_OWNER_COMM)"')"
	journalctl -u held --no-pager
	eq 'the journal says it once' 1 \
		"$(journalctl -b -u held -o cat | grep -c 'offline failed: ')"
	has 'the status says why' "$(status_of held)" "offline: blocked: memory$block: "
	systemctl status held --no-pager
	has 'to people too' "$(systemctl status held)" "Status: \"offline: blocked: memory$block"
	eq 'the result' '4 blocked' "$(journal result _SYSTEMD_UNIT=held.service OBJECT_SYSTEMD_UNIT=held.service |
		jq -r '"\(.MHPCTL_EXIT_CODE) \(.MHPCTL_RESULT)"')"
	systemctl reset-failed held
	release_pages
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
