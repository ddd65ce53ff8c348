#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Ranges with holes, blocks on several nodes, and plans with unreadable objects.

# shellcheck source=tests/cli/lib.bash
. "$(dirname "$0")/lib.bash"
make_tree

# ---- ranges with holes: memory0-3 and memory32-35 exist ------------------------------------------

for range in memory0-40 0x0-0x147ffffff; do
	run list --sysroot "$TREE" --json "$range"
	is "list, $range: status" "$status" 0
	valid "list, $range: valid"
	is "list, $range: all that is there" "$(json '[.blocks[].blocks] | join(" ")')" '0 1-3 32-33 34-35'
	run check --sysroot "$TREE" --json "$range"
	is "check, $range: all that is there" "$(json '[.blocks[].block] | join(" ")')" '0 1 2 3 32 33 34 35'
	valid "check, $range: valid"
	refused "offline, $range" 3 \
		"$range: 8 of its memory blocks exist, missing: memory4-31, memory36-40" 'hint: *' \
		--sysroot "$TREE" offline --dry-run "$range"
done
refused 'list, holes only' 3 'memory5-30: none of its memory blocks exists, memory5-30' 'hint: *' \
	--sysroot "$TREE" list memory5-30

# ---- a block on two nodes --------------------------------------------------------------------

ln -s ../../node/node1 "$TREE/sys/devices/system/memory/memory3/node1"
echo none >"$TREE/sys/devices/system/memory/memory3/valid_zones"
run list --sysroot "$TREE" --blocks --json
valid 'two nodes: valid'
is 'two nodes: both' "$(json '.blocks[] | select(.block == 3) | "\(.node) \(.nodes)"')" 'null [0,1]'
is 'two nodes: others have one' "$(json '.blocks[] | select(.block == 2) | "\(.node) \(.nodes)"')" '0 [0]'
run list --sysroot "$TREE" --json
is 'two nodes: nothing is left out' "$(json '([.nodes[].online_bytes] | add) == .memory.online_bytes')" true
run list --sysroot "$TREE" --blocks memory3
is 'two nodes: text' "$(awk '$1 == "memory3" { print $6 }' "$WORK/out")" 0,1
run list --sysroot "$TREE" --blocks --json node1
is 'two nodes: by its node' "$(json '[.blocks[].block] | join(" ")')" '3 32 33 34 35'
run check --sysroot "$TREE" --json node1
valid 'two nodes, check: valid'
is 'two nodes, check: no node that is none' "$(json '[.destinations[].node] | unique | join(" ")')" 1
run offline --sysroot "$TREE" --dry-run --json node1
is 'two nodes, offline: left out' "$(json '[.steps[].object] | join(" ")')" memory32-33
like 'two nodes, offline: and told' "$(json '.warnings | join(" ")')" \
	'*memory3: spans nodes 0,1 and is skipped*'
make_tree

# ---- unreadable objects ----------------------------------------------------------------------

# The devices of a copied tree cannot be read, so there may be some.
run online --sysroot "$TREE" --dry-run all
is 'hidden: status' "$status" 6
like 'hidden: why' "$(err)" '*whether there is something to do is not known: dax_devices: *hint: run it as root*'
unlike 'hidden: nothing is called done' "$(out)" '*nothing to do*'
like 'hidden: named' "$(out)" '*Hidden, so there may be more to do:*dax_devices: not read*'
unlike 'hidden: no later steps' "$(out)" '*Later steps*'
run online --sysroot "$TREE" --dry-run --json all
valid 'hidden: valid'
is 'hidden: JSON' "$(json '[.hidden[].what] | join(" ")')" dax_devices
is 'hidden: JSON: the status' "$(json '"\(.status) \(.exit_code) \(.failures[0].reason) \(.steps | length)"')" \
	'failed 6 not_permitted 0'
run online --sysroot "$TREE" --dry-run --json=lines all
is 'hidden, lines: status' "$status" 6
valid 'hidden, lines: valid' --lines
is 'hidden, lines: the last one' "$(json '"\(.event) \(.exit_code) \(.failures[0].reason)"' | tail -n 1)" \
	'result 6 not_permitted'
run online --sysroot "$TREE" --dry-run --json node1
is 'nothing hidden' "$(json '.hidden | length')" 0

# A target that cannot be planned also fails a dry run.
run online --sysroot "$TREE" --dry-run --keep-going node9
is 'a target that is not there: status' "$status" 3
unlike 'a target that is not there: nothing is called done' "$(out)" '*nothing to do*'
like 'a target that is not there: told' "$(err)" '*node9: no such node*'
run online --sysroot "$TREE" --dry-run --keep-going --json node9 node1
is 'beside others: status' "$status" 3
valid 'beside others: valid'
is 'beside others: both' "$(json '"\(.exit_code) \(.failures[0].target) \(.steps[0].object)"')" \
	'3 node9 memory34-35'
run online --sysroot "$TREE" --dry-run --keep-going --json=lines node9 node1
valid 'beside others, lines: valid' --lines
is 'beside others, lines: status' "$(json 'select(.event == "result") | .exit_code')" 3
run online --sysroot "$TREE" --dry-run --keep-going region9
is 'a target that may be there: status' "$status" 7
like 'a target that may be there: told' "$(err)" '*region9: cannot tell whether it exists*'

# ---- crash kernels ---------------------------------------------------------------------------

mkdir -p "$TREE/sys/kernel"
echo 1 >"$TREE/sys/kernel/kexec_crash_loaded"
echo 0 >"$TREE/sys/devices/system/memory/crash_hotplug"
run doctor --sysroot "$TREE" --json
is 'crash_hotplug is 0' "$(json '.findings[] | select(.id == "kdump_reload") | .found')" \
	'a crash kernel is loaded, crash_hotplug is 0, and no known rule reloads it'
like 'the loader has to say' "$(json '.findings[] | select(.id == "kdump_reload") | .fix')" '*kexec -s*'
mkdir -p "$TREE/usr/lib/udev/rules.d"
echo 'SUBSYSTEM=="memory", ACTION=="online", PROGRAM="/bin/systemctl try-restart kdump-tools.service"' \
	>"$TREE/usr/lib/udev/rules.d/50-kdump-tools.rules"
run doctor --sysroot "$TREE" --json
is 'a rule that reloads' "$(json '.findings[] | select(.id == "kdump_reload") | .where')" \
	/usr/lib/udev/rules.d/50-kdump-tools.rules:1

done_testing
