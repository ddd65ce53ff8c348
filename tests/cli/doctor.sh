#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Findings on a copied tree: what is there is named with file and line, what is not is hidden.

# shellcheck source=tests/cli/lib.bash
. "$(dirname "$0")/lib.bash"
make_tree
mkdir -p "$TREE"/etc/modprobe.d "$TREE"/usr/lib/modprobe.d "$TREE"/proc/sys/kernel "$TREE"/boot

# severity ID: of the first finding of that id
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

echo 'root=/dev/x memhp_default_state=online quiet' >"$TREE/proc/cmdline"
doctor 'a boot parameter'
is 'a boot parameter: found' "$(severity auto_online_boot)" warning
run --sysroot "$TREE" doctor
like 'in words' "$(out)" '*auto_online_boot*fix*'
unlike 'in words: problems only' "$(out)" '*kernel_hotplug*'
run --sysroot "$TREE" doctor --all
like 'in words: all' "$(out)" '*kernel_hotplug*'
run doctor region0
is 'an operand is refused' "$status" 2
done_testing
