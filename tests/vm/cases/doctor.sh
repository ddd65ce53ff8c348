# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A setting that hinders hotplug is named, and its fix, run as printed, works
# vm: nvdimm=1G label=128k append="init_on_alloc=on"
# vm: usual=6.12

RATIO=/sys/module/memory_hotplug/parameters/auto_movable_ratio

# found ID: how many findings of this id are more than a note
found() {
	run mhpctl doctor --json >/dev/null
	field "[.findings[] | select(.id == \"$1\" and (.severity == \"warning\" or .severity == \"error\"))] | length"
}

fix_of() {
	field "[.findings[] | select(.id == \"$1\" and .fix)][0].fix"
}

# ID WHERE: the finding is named with its place; after its fix it is gone
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
mkdir -p /etc/systemd/system/x.service.d
printf '%s\n' '[Service]' 'ExecStart=/bin/sh '"\\" "  -c 'echo online >$MEM/auto_online_blocks'" \
	>/etc/systemd/system/x.service.d/x.conf
eq 'a drop-in: found' 1 "$(found auto_online_file)"
has 'a drop-in: where' "$(field '.findings[] | select(.id == "auto_online_file") | .where')" x.conf:2
fix=$(fix_of auto_online_file)
check 'a drop-in: the fix runs' bash -c "${fix% && systemctl daemon-reload}"
eq 'a drop-in: gone' 0 "$(found auto_online_file)"
eq 'a drop-in: all of the line' '#ExecStart #' "$(sed -n '2s/=.*//p;3s/^\(.\).*/\1/p' \
	/etc/systemd/system/x.service.d/x.conf | xargs)"
printf '%s\n' "SUBSYSTEM==\"dax\", RUN+=\"/bin/sh -c 'echo online >$MEM/auto_online_blocks'\"" \
	>/etc/udev/rules.d/40-auto.rules
mended auto_online_file /etc/udev/rules.d/40-auto.rules:1

eq 'our rule is in place' ok "$(field '.findings[] | select(.id == "own_units") | .severity')"
mkdir -p /etc/mhpctl/policy.d
echo >/etc/mhpctl/policy.d/empty.conf
ln -s /dev/null /etc/udev/rules.d/91-mhpctl.rules
mended own_units /etc/udev/rules.d/91-mhpctl.rules
printf '%s\n' 'SUBSYSTEM=="dax", ENV{SYSTEMD_WANTS}="x.service"' >/etc/udev/rules.d/92-x.rules
mended own_rule_dropped /etc/udev/rules.d/92-x.rules:1
rm -r /etc/mhpctl

run mhpctl doctor --json
has 'init_on_alloc=on is a boot parameter' \
	"$(field '.findings[] | select(.id == "init_on_alloc") | .found')" init_on_alloc=on
has 'and told in words' "$(fix_of init_on_alloc)" "the kernel's command line"
mkdir -p /etc/default
printf '%s\n' 'GRUB_CMDLINE_LINUX_DEFAULT="quiet init_on_alloc=on"' "GRUB_CMDLINE_LINUX=''" \
	>/etc/default/grub
# shellcheck disable=SC2016 # for the script to expand
printf '#!/bin/sh\n. /etc/default/grub\necho "$GRUB_CMDLINE_LINUX $GRUB_CMDLINE_LINUX_DEFAULT" >/tmp/boot\n' \
	>/usr/sbin/update-grub
chmod +x /usr/sbin/update-grub
run mhpctl doctor --json
check 'with update-grub there is a command' sh -c "$(fix_of init_on_alloc)"
eq 'which takes it off' '' "$(grep -o init_on_alloc /tmp/boot)"
run mhpctl doctor --json
check 'and one that adds a parameter' sh -c "$(fix_of memmap_on_memory)"
has 'to what is there' "$(xargs </tmp/boot)" 'memory_hotplug.memmap_on_memory=1 quiet'
rm /usr/sbin/update-grub
run mhpctl doctor --json
has 'libraries are told as they are loaded' \
	"$(field '.findings[] | select(.id == "versions") | .found')" libndctl.so.

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
