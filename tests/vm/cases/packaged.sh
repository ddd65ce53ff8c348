# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The packages: installed, upgraded and removed, memory and units stay as they are; at boot the policy is applied
# vm: systemd debs no-mhpctl nvdimm=1G label=128k timeout=600
# vm: usual=6.12

POLICY=/etc/mhpctl/policy.d/10-memory.conf
SLOW=/run/systemd/system/mhpctl-apply.service.d

drivers() {
	local device

	for device in /sys/bus/nd/devices/* /sys/bus/dax/devices/*; do
		[[ -e $device ]] || continue
		echo "${device##*/} $(basename "$(readlink "$device/driver")")"
	done
}

files() {
	find /etc /run /usr /var -xdev -name '*mhpctl*' -o -name '*libmhp*' |
		grep -v '^/run/log/\|^/var/log/\|^/var/lib/dpkg/'
}

# unit_list COMMAND...: its output. On a busy host systemd may answer late; an answer that failed is no empty list.
unit_list() {
	local tries=10

	until systemctl "$@" --no-legend --no-pager --plain >/tmp/unit-list; do
		((--tries)) || { echo 'systemctl has failed'; return; }
	done
	cat /tmp/unit-list
}

# State of the kernel and of systemd, without the units of the package.
snapshot() {
	udevadm settle
	grep . "$MEM"/memory*/state "$MEM"/memory*/valid_zones "$MEM/auto_online_blocks" \
		/sys/bus/*/drivers_autoprobe
	drivers
	cut -d' ' -f1 /proc/modules | sort
	unit_list list-units --failed
	unit_list list-unit-files | grep -v mhpctl
}

unit_files() {
	unit_list list-unit-files | awk '/mhpctl|has failed/ { print $1, $2 }' | sort
}

install_debs() {
	local name files=()

	for name in "$@"; do
		files+=(/vm/debs/"$name"_*.deb)
	done
	check "dpkg installs $*" dpkg --install "${files[@]}"
}

# unchanged NAME: all is as before the installation.
unchanged() {
	snapshot >/root/now
	eq "$1" '' "$(diff /root/before /root/now)"
}

runs() {
	journalctl -b -o cat -u mhpctl-apply.service -u mhpctl-recover.service | grep -c '^Starting\|^Started\|^Finished'
}

# An event of a region, as when it appears.
send_event() {
	echo add >/sys/bus/nd/devices/region0/uevent
	udevadm settle
	sleep 5
}

nr_online() {
	cat /sys/devices/system/node/node2/memory[0-9]*/state 2>/dev/null | grep -c '^online'
}

all_online() {
	(($(nr_blocks 2))) && (($(nr_online) == $(nr_blocks 2)))
}

is_state() {
	[[ $(systemctl is-active mhpctl-apply.service) == "$1" ]]
}

boot_1() {
	eq 'nothing is installed' '' "$(files)"
	snapshot >/root/before
	install_debs libmhp0 mhpctl
	has 'the program runs' "$(mhpctl --version)" mhpctl
	eq 'the tool alone brings no unit' '' "$(unit_files)"
	unchanged 'the tool is installed: all is as before'
	install_debs mhpctl-policy
	eq 'the units are known, and none is enabled' 'mhpctl-apply.service static
mhpctl-event.service static
mhpctl-metrics.service static
mhpctl-metrics.timer disabled
mhpctl-ready.target static
mhpctl-recover.service static' "$(unit_files)"
	unchanged 'the units are installed: all is as before'
	send_event
	eq 'without a policy an event starts no run' 0 "$(runs)"
	check 'a look at it' mhpctl list
	check 'and another' mhpctl plan --exit-code
	eq 'leaves no file' '' "$(files | grep '^/var\|^/etc/mhpctl/.*/')"
	boot_again
}

# Installed, and no policy yet; then a policy, and the packages are installed again.
boot_2() {
	unchanged 'a boot without a policy: all is as before'
	printf '[memory fast]\nmatch.region = region0\nzone = movable\n' >"$POLICY"
	install_debs libmhp0 mhpctl mhpctl-policy
	sleep 5
	eq 'the policy is kept' 3 "$(wc -l <"$POLICY")"
	eq 'an upgrade starts no run' 0 "$(runs)"
	eq 'and brings no memory online' 0 "$(nr_blocks 2)"
	boot_again
}

# At boot the policy is applied; another version does not disturb a run, and the removal ends it.
boot_3() {
	local blocks

	check 'the boot applies the policy' until_true 120 all_online
	up 2
	blocks=$(nr_blocks 2)
	mkdir -p $SLOW
	printf '[Service]\nExecStartPre=sleep 1000\n' >$SLOW/slow.conf
	systemctl daemon-reload
	systemctl start --no-block mhpctl-apply.service
	check 'a run has started' until_true 30 is_state activating
	install_debs mhpctl mhpctl-policy libmhp0
	check 'an upgrade does not disturb it' is_state activating
	check 'dpkg removes the units' dpkg --remove mhpctl-policy
	check 'the run has ended' is_state inactive
	eq 'no unit is left' '' "$(unit_files)$(unit_list list-units --all 'mhpctl*' | awk '$2 != "not-found"')"
	eq 'the memory stays online' "$blocks" "$(nr_online)"
	eq 'the policy of the administrator is kept' 3 "$(wc -l <"$POLICY")"
	check 'dpkg removes the rest' dpkg --remove mhpctl libmhp0
	eq 'the memory still stays online' "$blocks" "$(nr_online)"
	check 'dpkg purges all' dpkg --purge mhpctl-policy mhpctl libmhp0
	rm -r /etc/mhpctl $SLOW
	eq 'nothing is left' '' "$(files)"
	boot_again
}

# without_namespace: the lines on standard input but those of the namespace that the policy has made, which stays:
# devices, and the modules of their drivers.
without_namespace() {
	grep -v 'memory\|^namespace\|^dax\|^region\|^device_dax$\|^kmem$'
}

boot_4() {
	eq 'nothing has come back' '' "$(files)"
	eq 'nothing is online by itself' 0 "$(nr_online)"
	snapshot | without_namespace >/root/now
	eq 'all units and modules are as before' '' "$(without_namespace </root/before | diff - /root/now)"
}
