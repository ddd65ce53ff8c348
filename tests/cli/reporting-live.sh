#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Free page reporting of a machine whose settings can be changed: the document has each change, however
# the rest ends. /sys is that of a separate namespace, with made-up files.

# shellcheck source=tests/cli/lib.bash
. "$(dirname "$0")/lib.bash"

if [[ ${1:-} != inside ]]; then
	if unshare -rm true 2>/dev/null; then
		exec unshare -rm "$0" inside
	fi
	pass 'reporting-live # SKIP no namespaces for this user'
	done_testing
fi
mount -t tmpfs none /sys
mount -t tmpfs none /run
parameters=/sys/module/page_reporting/parameters
balloon=/sys/bus/virtio/devices/virtio3
mkdir -p $parameters $balloon /sys/bus/vmbus/devices
echo 9 >$parameters/page_reporting_order
echo 2000 >$parameters/page_reporting_delay_ms
echo 0x0005 >$balloon/device
printf '000001%058d\n' 0 >$balloon/features
ln -s ../../drivers/virtio_balloon $balloon/driver

# of_kernel NAME: standard input is the file of /proc
of_kernel() {
	cat >"$WORK/$1"
	mount --bind "$WORK/$1" "/proc/$1"
}

echo quiet | of_kernel cmdline
echo 'Node 0, zone Normal 5 4 0 0 0 0 0 0 0 3 50' | of_kernel buddyinfo
of_kernel zoneinfo <<'END'
Node 0, zone   Normal
  pages free     100000
        low      700
        managed  200000
END

# ---- the document has a change although the rest fails ---------------------------------------

run reporting --json
is 'a machine that reports' "$status $(json '"\(.reporting) \(.order) \(.change) \(.wait)"')" '0 true 9 null null'
run reporting --order 8 --wait --timeout 50ms --json
is 'too little time: status' "$status $(json .exit_code)" '5 5'
valid 'too little time: valid'
is 'too little time: the change' "$(json '"\(.changed) \(.change | "\(.order) \(.old_order) \(.delay_ms)")"')" \
	'true 8 9 null'
is 'too little time: how long it waited' "$(json '.wait | .waited_ms >= 50 and .waited_ms < .eta_ms')" true
is 'too little time: the order is set' "$(<$parameters/page_reporting_order)" 8
run reporting --order 7 --wait --timeout 50ms
is 'too little time, text: status' "$status" 5
like 'too little time, text: the change' "$(out)" 'Set.*page_reporting.page_reporting_order=7*'
run reporting --order 6 --wait --timeout 50ms --json=lines
valid 'too little time, lines: valid' --lines
is 'too little time, lines: the change' "$(json 'select(.event == "result") | .change.order')" 6
run reporting --order 5 --watch --timeout 50ms --json
is 'a watch: the change' "$status $(json '"\(.changed) \(.change.order)"')" '5 true 5'
run reporting --order 5 --dry-run
like 'a dry run: text' "$(out)" 'Nothing was set: the values are valid.*reporting   on*'
printf '%064d\n' 0 >$balloon/features
run reporting --order 4 --wait --json
is 'nothing to wait for: the change' "$status $(json '"\(.changed) \(.change.order) \(.wait)"')" '7 true 4 null'
valid 'nothing to wait for: valid'

# ---- refused before it waits -----------------------------------------------------------------

printf '000001%058d\n' 0 >$balloon/features
memory=/sys/devices/system/memory
mkdir -p $memory/memory32 /sys/devices/system/node/node1
echo 8000000 >$memory/block_size_bytes
echo offline >$memory/auto_online_blocks
echo online >$memory/memory32/state
echo Movable >$memory/memory32/valid_zones
echo 00000020 >$memory/memory32/phys_index
ln -s ../../node/node1 $memory/memory32/node1
ln -s ../../memory/memory32 /sys/devices/system/node/node1/memory32
mount -o remount,ro /sys
begun=$(date +%s%N)
run offline --release --yes memory32 --json
took=$(($(date +%s%N) - begun))
is 'no right to change memory: status' "$status $(json '.failures[0].reason')" '6 not_permitted'
valid 'no right to change memory: valid'
is 'no right to change memory: it says nothing of a wait' "$(err | grep -c 'needs this time')" 0
eta=$("$MHPCTL" reporting --json | jq .eta_ms)
ok 'no right to change memory: it does not wait' test $((took / 1000000)) -lt "$eta"

done_testing
