#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Free page reporting of a copied tree: text, JSON, usage. Changes of settings are in the unit tests
# and in the case `reporting` of the virtual machines.

# shellcheck source=tests/cli/lib.bash
. "$(dirname "$0")/lib.bash"
make_tree
parameters=$TREE/sys/module/page_reporting/parameters
balloon=$TREE/sys/bus/virtio/devices/virtio3
mkdir -p "$parameters" "$balloon" "$TREE/proc"
echo 9 >"$parameters/page_reporting_order"
echo 0x0005 >"$balloon/device"
printf '000001%058d\n' 0 >"$balloon/features"
ln -s ../../drivers/virtio_balloon "$balloon/driver"
echo quiet >"$TREE/proc/cmdline"
echo 'CONFIG_PAGE_REPORTING=y' >"$TREE/proc/config.gz"
cat >"$TREE/proc/zoneinfo" <<'END'
Node 0, zone   Normal
  pages free     100000
        low      700
        managed  200000
Node 1, zone  Movable
  pages free     10000
        low      700
        managed  200000
END
cat >"$TREE/proc/buddyinfo" <<'END'
Node 0, zone   Normal      5      4      0      0      0      0      0      0      0      3     50
Node 1, zone  Movable      0      0      0      0      0      0      0      0      0      0      8
END

reporting() {
	run --sysroot "$TREE" reporting --json
	valid "$1: valid"
	is "$1: status" "$status" 0
}

reporting 'a balloon that reports'
is 'it reports' "$(json '.reporting')" true
is 'the balloon' "$(json '.balloons[0] | "\(.balloon) \(.kind) \(.driver) \(.reporting) \(.cause)"')" \
	'virtio3 virtio virtio_balloon true null'
is 'order and delay' "$(json '"\(.order) \(.max_order) \(.order_bytes) \(.delay_ms) \(.delay_settable)"')" \
	'9 10 2097152 2000 false'
is 'by zone' "$(json '[.zones[] | "\(.node) \(.zone) \(.large_bytes) \(.reportable_bytes) \(.low)"] | join(", ")')" \
	'0 normal 216006656 216006656 false, 1 movable 33554432 0 true'
is 'in all' "$(json '"\(.large_bytes) \(.reportable_bytes)"')" '249561088 216006656'
is 'what new memory does' "$(json .new_memory)" reported
is 'how to keep it' "$(json '.keep | .boot_parameters[0], .tmpfiles[0]')" "page_reporting.page_reporting_order=9
w /sys/module/page_reporting/parameters/page_reporting_order - - - - 9"
is 'what was not seen' "$(json '[.hidden[].what] | join(" ")')" zones.isolated

run --sysroot "$TREE" reporting
like 'text: state' "$(out)" 'reporting   on*order       9 (free blocks of 2 MiB and larger)*'
like 'text: the balloon' "$(out)" '*virtio3, driver virtio_balloon: reports*'
like 'text: a zone that is skipped' "$(out)" '*movable*too little is free: the kernel skips it*'
like 'text: what nobody knows' "$(out)" '*the kernel does not show which*'
run --sysroot "$TREE" reporting --json=lines
valid 'lines: valid' --lines

refused 'a copy does not wait' 2 'a copied tree does not change' 'hint: leave out --sysroot*' \
	--sysroot "$TREE" reporting --wait
refused 'a copy has nothing to release' 2 '*' 'hint: *' --sysroot "$TREE" offline --release memory32
run --sysroot "$TREE" offline --dry-run --release memory32
is 'a dry run does not wait' "$status" 0
refused 'a wrong name fails before the wait' 3 '*memory99*' '*' --sysroot "$TREE" offline --dry-run --release memory99

echo 250 >"$parameters/page_reporting_delay_ms"
reporting 'a kernel with a delay'
is 'the delay' "$(json '"\(.delay_ms) \(.delay_settable)"')" '250 true'
is 'how to keep the delay' "$(json '.keep.boot_parameters[1]')" 'page_reporting.page_reporting_delay_ms=250'

echo 99 >"$parameters/page_reporting_order"
reporting 'an order above the largest'
is 'an order above the largest: nothing is reported' "$(json '"\(.reportable_bytes) \(.new_memory)"')" '0 kept'
run --sysroot "$TREE" reporting
like 'an order above the largest: text' "$(out)" '*99, above the largest of this kernel: nothing is reported*'
refused 'an order above the largest: no wait' 7 'free pages are not reported: the order 99 is above the largest*' \
	'hint: set a lower one: mhpctl reporting --order 9' --sysroot "$TREE" reporting --wait
echo -1 >"$parameters/page_reporting_order"
reporting 'an order that is not set'
is 'an order that is not set: nothing is known' "$(json '"\(.order) \(.reportable_bytes) \(.eta_ms)"')" 'null null null'
is 'an order that is not set: is not kept' "$(json '.keep.boot_parameters | length')" 1
echo 9 >"$parameters/page_reporting_order"

# why WANTED: the cause of the balloon
why() {
	reporting "$1"
	is "$1: the cause" "$(json '.balloons[0] | "\(.reporting) \(.cause)"')" "false $1"
	is "$1: nothing is reportable" "$(json '"\(.reporting) \(.reportable_bytes)"')" 'false 0'
}

printf '%064d\n' 0 >"$balloon/features"
why not_offered
run --sysroot "$TREE" reporting
like 'not offered: text' "$(out)" '*virtio3, driver virtio_balloon: does not report: the host does not offer it*'
echo 'quiet init_on_free=1' >"$TREE/proc/cmdline"
why init_on_free
echo 'CONFIG_PAGE_POISONING=y' >>"$TREE/proc/config.gz"
echo 'page_poison=1' >"$TREE/proc/cmdline"
why page_poison
rm "$balloon/driver"
why no_driver
refused 'a wait for nothing' 7 'free pages are not reported: virtio3: no driver is bound*' \
	'hint: see mhpctl reporting' --sysroot "$TREE" reporting --wait
run --sysroot "$TREE" reporting --wait --json
valid 'a wait for nothing: valid'
is 'a wait for nothing: exit code' "$(json .exit_code)" 7
hyperv=$TREE/sys/bus/vmbus/devices/1eccfd72-4b41-45ef-b73a-4a6e44c12924
mkdir -p "$hyperv" "$TREE/dev"
echo '{525074dc-8985-46e2-8057-a307dc18a502}' >"$hyperv/class_id"
ln -s ../../drivers/hv_balloon "$hyperv/driver"
reporting 'Hyper-V without its log'
is 'Hyper-V without its log: is not known' \
	"$(json '.reporting, (.balloons[] | select(.kind == "hyperv") | "\(.driver) \(.reporting) \(.cause) \(.futile)")')" \
	'null
hv_balloon null unknown null'
refused 'Hyper-V without its log: no wait' 7 'the time for free page reporting is not known: *' '*' \
	--sysroot "$TREE" reporting --wait
echo '6,1,2,-;hv_balloon: Cold memory discard hint enabled with order 9' >"$TREE/dev/kmsg"
reporting 'Hyper-V'
is 'Hyper-V: reports' "$(json '.reporting, (.balloons[] | select(.kind == "hyperv") | "\(.reporting) \(.cause) \(.futile)")')" \
	'true
true null false'
rm -r "$TREE/sys/bus/vmbus" "$TREE/dev/kmsg"
mv "$balloon/device" "$balloon/name"
reporting 'a device of unknown type'
is 'a device of unknown type: may be a balloon' "$(json '"\(.reporting) \(.reportable_bytes) \(.new_memory)"')" \
	'null null unknown'
is 'a device of unknown type: is listed' "$(json '.hidden[0].why')" '/sys/bus/virtio/devices/virtio3/device cannot be read'
run --sysroot "$TREE" reporting
like 'a device of unknown type: text' "$(out)" 'reporting   not known*not seen: balloons: */virtio3/device cannot be read*'
rm -r "$TREE/sys/bus/virtio"
reporting 'a copy without the bus'
is 'a copy without the bus: is not known' "$(json '"\(.reporting) \(.reportable_bytes) \(.new_memory)"')" 'null null unknown'
is 'a copy without the bus: is told' "$(json '[.hidden[].what] | join(" ")')" 'balloons zones.isolated'

refused 'a copy is not changed' 2 'a copied tree cannot be changed' 'hint: leave out --sysroot*' \
	--sysroot "$TREE" reporting --order 9
refused 'a copy does not change' 2 'a copied tree does not change' 'hint: leave out --sysroot*' \
	--sysroot "$TREE" reporting --watch
refused 'wait and watch' 2 '--watch and --wait *' '*' reporting --watch --wait
refused 'a dry run of nothing' 2 '--dry-run needs --order or --delay' 'hint: *' reporting --dry-run
refused 'a dry run that waits' 2 '--dry-run and --wait cannot be combined' '*' \
	reporting --dry-run --order 1 --wait
refused 'a timeout of nothing' 2 '--timeout needs --wait or --watch' '*' reporting --timeout 1s
refused 'a count of nothing' 2 '--count needs --watch' '*' reporting --count 1
refused 'an order that is no number' 2 '*' '*' reporting --order 2M
refused 'an operand' 2 'unexpected operand "now"' 'hint: usage: mhpctl reporting *' reporting now

done_testing
