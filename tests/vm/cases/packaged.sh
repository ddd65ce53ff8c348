# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A boot before mhpctl is installed, one with it but no policy, one after its removal: all are equal
# vm: systemd nvdimm=1G label=128k timeout=400
# vm: usual=none

PACKAGE=/root/package

# The files that were installed, put aside.
before_boot() {
	tar -tf /vm/overlay.tar | grep -v '/$' | grep '^usr/.*mhp' >"$ROOT$PACKAGE.list"
	(cd "$ROOT" && xargs tar -cf ".$PACKAGE.tar") <"$ROOT$PACKAGE.list"
	take_away "$ROOT"
}

take_away() {
	(cd "$1" && xargs rm) <"$1$PACKAGE.list"
	sed 's,/[^/]*$,,' "$1$PACKAGE.list" | grep "mhpctl\|libmhp" | sort -ru | (cd "$1" && xargs rmdir)
}

drivers() {
	local device

	for device in /sys/bus/nd/devices/* /sys/bus/dax/devices/*; do
		echo "${device##*/} $(basename "$(readlink "$device/driver")")"
	done
}

files() {
	find /etc /run /usr /var -xdev -name '*mhpctl*' -o -name '*libmhp*' | grep -v '^/run/log/\|^/var/log/'
}

snapshot() {
	udevadm settle
	grep . "$MEM"/memory*/state "$MEM"/memory*/valid_zones "$MEM/auto_online_blocks" \
		/sys/bus/*/drivers_autoprobe
	drivers
	cut -d' ' -f1 /proc/modules | sort
	systemctl list-units --failed --plain --no-legend
	systemctl list-unit-files --no-legend | grep -v mhpctl
}

boot_1() {
	eq 'nothing is installed' '' "$(files)"
	snapshot >/root/before
	tar -C / -xf $PACKAGE.tar
	has 'then it is' "$(mhpctl --version)" mhpctl
	has 'with its units' "$(systemctl list-unit-files --no-legend)" mhpctl-apply.service
	boot_again
}

# Nothing has begun by itself, and the events of a device begin nothing.
boot_2() {
	snapshot >/root/installed
	eq 'installed without a policy: all is as before' '' "$(diff /root/before /root/installed)"
	echo add >/sys/bus/nd/devices/region0/uevent
	udevadm settle
	sleep 5
	eq 'no run, not even for an event' '' "$(journalctl -b -o cat -u mhpctl-apply.service | grep Starting)"
	eq 'nothing is left behind at run time' '' "$(files | grep -v ^/usr)"
	check 'a look at it' mhpctl list
	check 'and another' mhpctl plan --exit-code
	eq 'leaves no file either' '' "$(files | grep '^/etc\|^/var')"
	take_away /
	boot_again
}

boot_3() {
	snapshot >/root/removed
	eq 'removed: all is as before' '' "$(diff /root/before /root/removed)"
	eq 'and nothing is left' '' "$(files)"
}
