# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What hinders hotplug is named, and its fix, carried out as it stands, mends it
# vm: nvdimm=1G label=128k

RATIO=/sys/module/memory_hotplug/parameters/auto_movable_ratio

# found ID: how many findings of this id are more than a note
found() {
	run mhpctl doctor --json >/dev/null
	field "[.findings[] | select(.id == \"$1\" and (.severity == \"warning\" or .severity == \"error\"))] | length"
}

fix_of() {
	field "[.findings[] | select(.id == \"$1\" and .fix)][0].fix"
}

# mended ID WHERE: it is named with its place; its fix makes it go away
mended() {
	local fix

	eq "$1: found" 1 "$(found "$1")"
	run mhpctl doctor --json
	ended 10 "$1: exit status"
	has "$1: where" "$(field ".findings[] | select(.id == \"$1\") | .where")" "$2"
	fix=$(fix_of "$1")
	check "$1: the fix runs" bash -c "$fix"
	eq "$1: gone" 0 "$(found "$1")"
}

clean=$(cat "$MEM/auto_online_blocks")
auto_online offline
check_rc '0|10' 'doctor in words' mhpctl doctor --all
check_rc '0|10' 'doctor as JSON' mhpctl doctor --json
for id in auto_online_blocks auto_online_file udev_rule_onlines module_blacklisted auto_movable_ratio; do
	eq "$id: not found on a clean machine" 0 "$(found "$id")"
done
eq 'the kernel can do hotplug' ok \
	"$(field '.findings[] | select(.id == "kernel_hotplug") | .severity')"

mkdir -p /etc/udev/rules.d /etc/modprobe.d /etc/tmpfiles.d
printf '%s\n' '# online' 'SUBSYSTEM=="memory", ACTION=="add", '"\\" '  ATTR{state}="online"' \
	>/etc/udev/rules.d/40-online.rules
mended udev_rule_onlines /etc/udev/rules.d/40-online.rules:2
printf '%s\n' '# no' 'blacklist kmem' >/etc/modprobe.d/no-kmem.conf
mended module_blacklisted /etc/modprobe.d/no-kmem.conf:2
echo 'w /sys/devices/system/memory/auto_online_blocks - - - - online' >/etc/tmpfiles.d/mem.conf
mended auto_online_file /etc/tmpfiles.d/mem.conf:1
auto_online online_movable
mended auto_online_blocks "$MEM/auto_online_blocks"
echo 900 >"$RATIO"
mended auto_movable_ratio "$RATIO"
mkdir -p /run/mhpctl
printf 'sys/bus/dax/drivers_autoprobe\t1\n' >/run/mhpctl/restore.dax-autoprobe
eq 'a journal left behind is found' 1 "$(found settings_left)"
check 'a command that changes something' mhpctl online --init-labels region0
eq 'and puts it back' 0 "$(found settings_left)"
check_rc '0|10' 'with memory online' mhpctl doctor
auto_online "$clean"
