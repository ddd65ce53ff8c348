#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Findings on a copied tree: files are named with their line, missing ones are hidden.

# shellcheck source=tests/cli/lib.bash
. "$(dirname "$0")/lib.bash"
make_tree
mkdir -p "$TREE"/etc/modprobe.d "$TREE"/usr/lib/modprobe.d "$TREE"/proc/sys/kernel "$TREE"/boot

# severity ID: the severity of the first finding with that id
severity() {
	json "[.findings[] | select(.id == \"$1\") | .severity][0]"
}

doctor() {
	run --sysroot "$TREE" doctor --json
	valid "$1: valid"
}

doctor 'a copy'
ok 'a copy: something is hidden' test "$(json '.hidden | length')" -gt 0
is 'a copy: nobody is asked for rights' "$(severity capabilities)" null
is 'no blacklist' "$(severity module_blacklisted)" null

echo 'install libnvdimm /usr/bin/ndctl load-keys ; /sbin/modprobe --ignore-install libnvdimm' \
	>"$TREE/usr/lib/modprobe.d/a.conf"
doctor 'keys first'
is 'keys first: no blacklist' "$(severity module_blacklisted)" null

echo 'install device-dax /bin/true' >"$TREE/usr/lib/modprobe.d/b.conf"
doctor 'a module replaced'
is 'a module replaced: status' "$status" 10
is 'a module replaced: exit code' "$(json .exit_code)" 10
is 'a module replaced: where' \
	"$(json '.findings[] | select(.id == "module_blacklisted") | .where')" \
	/usr/lib/modprobe.d/b.conf:1
: >"$TREE/etc/modprobe.d/b.conf"
doctor 'hidden by a file in /etc'
is 'hidden by a file in /etc: not found' "$(severity module_blacklisted)" null

echo 6.1.0-test >"$TREE/proc/sys/kernel/osrelease"
printf '%s\n' 'CONFIG_MEMORY_HOTPLUG=y' '# CONFIG_MEMORY_HOTREMOVE is not set' \
	>"$TREE/boot/config-6.1.0-test"
doctor 'a configuration'
is 'a configuration: set' "$(severity kernel_hotplug)" ok
is 'a configuration: not set' "$(severity kernel_hotremove)" error
is 'a configuration: where' "$(json '.findings[] | select(.id == "kernel_hotremove") | .where')" \
	/boot/config-6.1.0-test
gzip -c "$TREE/boot/config-6.1.0-test" >"$TREE/proc/config.gz"
rm "$TREE/boot/config-6.1.0-test"
doctor 'a compressed configuration'
is 'a compressed configuration: read' "$(severity kernel_hotremove)" error
for i in {1..2000}; do
	echo "CONFIG_OTHER_$((i * i * 7919))=$((i * 104729))"
done >"$WORK/long"
{
	echo 'CONFIG_MEMORY_HOTPLUG=y'
	cat "$WORK/long"
	echo 'CONFIG_MEMORY_HOTREMOVE=y'
} | gzip -c | head -c 8000 >"$TREE/proc/config.gz"
doctor 'a configuration that was cut off'
unlike 'a configuration that was cut off: what is missing is not off' \
	"$(severity kernel_hotremove)" error
like 'a configuration that was cut off: told' "$(json '.hidden[] | .why')" '*/proc/config.gz cannot be read*'
rm "$TREE/proc/config.gz"

mkdir -p "$TREE/lib/modules/6.1.0-test/modules.dep"
doctor 'modules that cannot be read'
like 'modules that cannot be read: told' "$(json '.hidden[] | .why')" '*modules.dep cannot be read*'
rmdir "$TREE/lib/modules/6.1.0-test/modules.dep"

echo 'root=/dev/x memhp_default_state=online quiet' >"$TREE/proc/cmdline"
doctor 'a boot parameter'
is 'a boot parameter: found' "$(severity auto_online_boot)" warning
run --sysroot "$TREE" doctor
like 'in words' "$(out)" '*auto_online_boot*fix*'
unlike 'in words: problems only' "$(out)" '*kernel_hotplug*'
run --sysroot "$TREE" doctor --all
like 'in words: all' "$(out)" '*kernel_hotplug*'
# who ID: the places of the findings with that id
who() {
	json "[.findings[] | select(.id == \"$1\") | .where | strings] | sort | join(\" \")"
}

AUTO=/sys/devices/system/memory/auto_online_blocks
units=$TREE/usr/lib/systemd/system
rules=$TREE/usr/lib/udev/rules.d
mkdir -p "$TREE"/usr/local/lib/tmpfiles.d "$units/a.service.d" "$TREE/etc/systemd/system/b.service.d" \
	"$rules" "$TREE/etc/udev/rules.d" "$TREE/run/systemd/generator"
echo "w $AUTO - - - - online" >"$TREE/usr/local/lib/tmpfiles.d/t.conf"
printf '%s\n' '[Unit]' "ConditionPathExists=$AUTO" '[Service]' 'ExecStart=/bin/sh '"\\" \
	"  -c 'echo online >$AUTO'" >"$units/a.service"
printf '%s\n' '[Service]' "ExecStartPre=/bin/sh -c 'echo online >$AUTO'" >"$units/a.service.d/x.conf"
printf '%s\n' '[Service]' "#ExecStart=echo $AUTO" >"$TREE/etc/systemd/system/b.service.d/y.conf"
printf '%s\n' '[Service]' "ExecStart=echo $AUTO" >"$TREE/run/systemd/generator/c.service"
printf '%s\n' 'ATTR{../auto_online_blocks}=="offline", TAG+="x"' \
	'ACTION=="add", '"\\" '  ATTR{../auto_online_blocks}="online"' >"$rules/40-vm.rules"
mkdir -p "$TREE/etc/sysfs.d"
echo 'devices/system/memory/auto_online_blocks = online' >"$TREE/etc/sysfs.d/s.conf"
doctor 'who sets it'
is 'who sets it: all of them' "$(who auto_online_file)" "/etc/sysfs.d/s.conf:1 /run/systemd/generator/c.service:2 \
/usr/lib/systemd/system/a.service.d/x.conf:2 /usr/lib/systemd/system/a.service:4 \
/usr/lib/udev/rules.d/40-vm.rules:2 /usr/local/lib/tmpfiles.d/t.conf:1"
printf '%s\n' 'CONST{arch}!="s390x", GOTO="end"' 'ACTION=="add", ATTR{../auto_online_blocks}="online"' \
	'LABEL="end"' >"$rules/41-s390.rules"
mkdir -p "$TREE/proc/sys/kernel"
echo x86_64 >"$TREE/proc/sys/kernel/arch"
doctor 'a rule for other machines'
unlike 'a rule for other machines: is not told' "$(who auto_online_file)" '*41-s390*'
echo s390x >"$TREE/proc/sys/kernel/arch"
doctor 'a rule for this machine'
like 'a rule for this machine: is told' "$(who auto_online_file)" '*41-s390.rules:2*'
rm "$rules/41-s390.rules" "$TREE/proc/sys/kernel/arch"
ln -s /dev/null "$TREE/etc/udev/rules.d/40-vm.rules"
mkdir -p "$TREE/etc/systemd/system/a.service.d"
: >"$TREE/etc/systemd/system/a.service.d/x.conf"
rm "$units/a.service" "$TREE/etc/sysfs.d/s.conf"
doctor 'who sets it: hidden'
is 'who sets it: what is hidden is not told' "$(who auto_online_file)" \
	'/run/systemd/generator/c.service:2 /usr/local/lib/tmpfiles.d/t.conf:1'

is 'our rule: not there, no policy' "$(severity own_units)" null
echo 'SUBSYSTEM=="dax"' >"$rules/91-mhpctl.rules"
echo 'SUBSYSTEM=="dax", ENV{SYSTEMD_WANTS}="daxdev-reconfigure@x.service"' \
	>"$rules/90-daxctl-device.rules"
doctor 'our rule'
is 'our rule: in place' "$(severity own_units)" ok
is 'our rule: daxctl is before it' "$(severity own_rule_dropped)" null
mkdir -p "$TREE/etc/mhpctl/policy.d"
echo >"$TREE/etc/mhpctl/policy.d/a.conf"
ln -s /dev/null "$TREE/etc/udev/rules.d/91-mhpctl.rules"
cp "$rules/90-daxctl-device.rules" "$rules/95-mine.rules"
doctor 'our rule masked'
is 'our rule masked: told' "$(severity own_units) $(who own_units)" \
	'warning /etc/udev/rules.d/91-mhpctl.rules'
is 'a rule behind it: told' "$(who own_rule_dropped)" /usr/lib/udev/rules.d/95-mine.rules:1
echo 'SUBSYSTEM=="cxl", KERNEL=="mem*", ENV{SYSTEMD_WANTS}="x.service"' >"$rules/96-cards.rules"
doctor 'a rule behind it for cards'
is 'a rule behind it for cards: told' "$(who own_rule_dropped)" \
	'/usr/lib/udev/rules.d/95-mine.rules:1 /usr/lib/udev/rules.d/96-cards.rules:1'
rm "$rules/96-cards.rules"
sed -i 's/}=/}+=/' "$rules/95-mine.rules"
doctor 'a rule that adds'
is 'a rule that adds: well' "$(severity own_rule_dropped)" null

echo 'init-on-alloc=on memhp_default_state=online' >"$TREE/proc/cmdline"
mkdir -p "$TREE/etc/default" "$TREE/usr/sbin"
echo 'GRUB_CMDLINE_LINUX="memhp_default_state=online"' >"$TREE/etc/default/grub"
: >"$TREE/usr/sbin/update-grub"
doctor 'boot parameters'
is 'boot parameters: on is a truth value' "$(severity init_on_alloc)" note
like 'boot parameters: update-grub' "$(json '.findings[] | select(.id == "auto_online_boot") | .fix')" \
	"sed -i '/^GRUB_CMDLINE_LINUX/s/*' /etc/default/grub && update-grub # and reboot"
run doctor --json
libraries=$(json '.findings[] | select(.id == "versions") | .found')
like 'libraries that are loaded: libndctl' "$libraries" '*libndctl.so.*'
like 'libraries that are loaded: libkmod' "$libraries" '*libkmod.so.*'

run doctor region0
is 'an operand is refused' "$status" 2
done_testing
