# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In the guest: runs the case named on the kernel command line, with the ports for its results.
# Sourced by lib/init, or with systemd as PID 1 by the unit of the case.

# option NAME: the value of mhpvm.NAME= on the kernel command line.
option() {
	tr ' ' '\n' </proc/cmdline | sed -n "s/^mhpvm\.$1=//p"
}

# port NAME: the device of the virtio-serial port of that name.
port() {
	local dir

	for dir in /sys/class/virtio-ports/*; do
		[[ $(cat "$dir/name") == "$1" ]] && echo "/dev/${dir##*/}" && return
	done
	echo /dev/console
}

run_case() {
	local name=$1 status

	exec 7>"$(port results)" 8>"$(port files)" 9>"$(port log)"
	echo "boot $(cut -d' ' -f1 /proc/uptime)" >&7
	bash /vm/guest.sh "/vm/cases/$name.sh" </dev/null >&9 2>&1
	status=$?
	dmesg >/tmp/dmesg
	mkdir -p /tmp/json
	tar -cf - -C /tmp dmesg json >&8
	echo "end $status" >&7
}

# With systemd: runs the part of the case for this boot. A part that ends with a reboot does not
# return here.
run_booted() {
	PHASE=boot_$(cat /vm/boots)
	export PHASE
	udevadm settle
	if [[ $PHASE == boot_1 ]]; then
		cat /vm/setup.log >"$(port log)"
	fi
	run_case "$(option case)"
	journalctl -b --no-pager >/tmp/journal
	tar -cf - -C /tmp journal >&8
	sync
	systemctl poweroff --force --force
}
