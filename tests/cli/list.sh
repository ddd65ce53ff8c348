#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# mhpctl list, as text and as JSON.

# shellcheck source=tests/cli/lib.bash
. "$(dirname "$0")/lib.bash"
make_tree

columns() {
	awk -v row="$1" '$1 == row { $1 = $1; print }' "$WORK/out"
}

# ---- text ------------------------------------------------------------------------------------

run list --sysroot "$TREE"
is 'status' "$status" 0
is 'nothing on standard error' "$(err)" ''
is 'sums' "$(sed -n 1p "$WORK/out")" 'Memory: 768 MiB online, 256 MiB offline, in blocks of 128 MiB'
is 'a block that spans zones' "$(columns memory0)" 'memory0 128 MiB online mixed 0 0x0-0x7ffffff'
is 'a run of equal blocks' "$(columns memory1-3)" \
	'memory1-3 384 MiB online normal 0 0x8000000-0x1fffffff'
is 'offline blocks say what they can be' "$(columns memory34-35)" \
	'memory34-35 256 MiB offline (normal,movable) 1 0x110000000-0x11fffffff'
is 'a node' "$(columns 1)" '1 0 256 MiB 256 MiB 256 MiB 0 B'
like 'what is hidden is named' "$(out)" '*Hidden:*dax_devices: *'
is 'no spaces at the ends of lines' "$(grep -c ' $' "$WORK/out")" 0
is 'no line is wider than 100 columns' "$(awk 'length > 100' "$WORK/out")" ''

run list --sysroot "$TREE" --bytes --blocks
is 'blocks one by one, in bytes' "$(columns memory35)" \
	'memory35 134217728 offline (normal,movable) 1 0x118000000-0x11fffffff'
unlike 'blocks only' "$(out)" '*CPUS*'
run list --sysroot "$TREE" --nodes
like 'nodes' "$(out)" 'NODE*CPUS*'
unlike 'nodes only' "$(out)" '*memory0*'
run list --sysroot "$TREE" node1
unlike 'a target: nothing else' "$(out)" '*memory1-3*'
like 'a target: itself' "$(out)" '*memory32-33*'

echo online_movable >"$TREE/sys/devices/system/memory/auto_online_blocks"
mkdir -p "$TREE/usr/lib/udev/rules.d"
echo 'SUBSYSTEM=="memory", ACTION=="add", ATTR{state}="online"' >"$TREE/usr/lib/udev/rules.d/40-x.rules"
run list --sysroot "$TREE"
like 'the policy of the kernel' "$(out)" '*New memory is also brought online by:*policy: auto_online_blocks=online_movable*'
like 'a udev rule' "$(out)" '*udev rule: */usr/lib/udev/rules.d/40-x.rules*'
run list --sysroot "$TREE" --json
valid 'other onliners: valid'
is 'other onliners' "$(json '[.memory.onliners[].kind] | join(" ")')" 'kernel_policy udev_rule'
make_tree

# ---- JSON ------------------------------------------------------------------------------------

run list --sysroot "$TREE" --json
is 'JSON: status' "$status" 0
valid 'JSON: valid'
is 'JSON: runs' "$(json '[.blocks[].blocks] | join(" ")')" '0 1-3 32-33 34-35'
is 'JSON: sizes are integers' "$(json '.memory.block_size, .memory.online_bytes' | xargs)" \
	'134217728 805306368'
is 'JSON: addresses are hex, the end included' "$(json '.blocks[2] | .start + " " + .end')" \
	'0x100000000 0x10fffffff'
is 'JSON: an offline block has no zone' "$(json '.blocks[3].zone')" null
is 'JSON: but valid zones' "$(json '.blocks[3].valid_zones | join(" ")')" 'normal movable'
is 'JSON: an online block has a zone' "$(json '.blocks[2].zone')" movable
is 'JSON: words in snake case' "$(json '.memory.online_policy')" contig_zones
is 'JSON: nodes' "$(json '.nodes[1] | "\(.node) \(.online_bytes) \(.movable_bytes) \(.cpus)"')" \
	'1 268435456 268435456 0'
is 'JSON: hidden' "$(json '[.hidden[].what] | contains(["dax_devices"])')" true

keys=$(json '[paths | map(select(type == "string")) | join(".")] | unique | join(" ")')
run list --sysroot "$TREE" --json --blocks --nodes -b memory35
valid 'JSON, one entry a block: valid'
is 'JSON, one entry a block' "$(json '[.blocks[].block] | join(" ")')" 35
run list --sysroot "$TREE" --json memory99
is 'JSON, no such target: status' "$status" 3
valid 'JSON, no such target: valid'
is 'JSON, no such target: top level keys are the same' "$(json 'keys | join(" ")')" \
	"$(for key in $keys; do [[ $key == *.* ]] || echo "$key"; done | sort | xargs)"
is 'JSON, no such target: arrays stay arrays' "$(json '.blocks, .nodes, .regions | length' | xargs)" '0 0 0'
is 'JSON, no such target: failure' \
	"$(json '"\(.status) \(.exit_code) \(.failures[0].reason) \(.failures[0].target)"')" \
	'failed 3 no_such_target memory99'
like 'JSON, no such target: words on standard error too' "$(err)" 'mhpctl: *memory99*'

run list --sysroot "$TREE" --json=lines
valid 'JSON lines: valid' --lines
is 'JSON lines: events' "$(json .event | xargs)" 'version result'
is 'JSON lines: the list is the result' "$(json 'select(.event == "result").blocks | length')" 4

# ---- odd machines ----------------------------------------------------------------------------

add_block 36 1 going-offline 'Movable Normal'
add_block 37 1 strange Normal
add_block 12345678901234567890 1 online Normal
ln -s nowhere "$TREE/sys/devices/system/memory/memory38"
mkdir "$TREE/sys/devices/system/memory/memory39" "$TREE/sys/devices/system/memory/memoryx"
run list --sysroot "$TREE" --json
is 'odd blocks: status' "$status" 0
valid 'odd blocks: valid'
is 'odd blocks: states' "$(json '[.blocks[].state] | unique | contains(["going_offline", "unknown"])')" true
run list --sysroot "$TREE"
like 'odd blocks: text' "$(out)" '*memory36 *going-offline*'
make_tree

mkdir -p "$TREE/etc/udev/rules.d/40-hotplug.rules"
run --sysroot "$TREE" list --json
is 'a rule that cannot be read: told' \
	"$(json '.hidden[] | select(.what == "memory.onliners") | .why')" \
	'/etc/udev/rules.d/40-hotplug.rules cannot be read'
rmdir "$TREE/etc/udev/rules.d/40-hotplug.rules"

done_testing
