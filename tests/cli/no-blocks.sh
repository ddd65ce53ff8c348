#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A tree without memory blocks, and one where the plugged memory of virtio-mem is unknown.

# shellcheck source=tests/cli/lib.bash
. "$(dirname "$0")/lib.bash"
make_tree

mkdir -p "$TREE/proc"
echo '108000000-10fffffff : System RAM (virtio_mem)' >"$TREE/proc/iomem"
run list --sysroot "$TREE" --json
valid 'virtio-mem: valid'
is 'virtio-mem: what is plugged in is not known' \
	"$(json '[.blocks[] | select(.unplugged_bytes == null) | .blocks] | join(" ")')" 33
is 'virtio-mem: and that is said' "$(json '[.hidden[].what] | index("blocks.unplugged") != null')" true
echo '00000000-00000000 : System RAM (virtio_mem)' >"$TREE/proc/iomem"
run list --sysroot "$TREE" --json
is 'virtio-mem: where is not known either' "$(json '[.blocks[] | select(.device == null)] | all(.unplugged_bytes == null)')" true
echo '108000000-10fffffff : System RAM' >"$TREE/proc/iomem"
run list --sysroot "$TREE" --json
is 'no virtio-mem: all is plugged in' "$(json '[.blocks[].unplugged_bytes] + [.memory.unplugged_bytes] | unique == [0]')" true
rm "$TREE/proc/iomem"
run list --sysroot "$TREE" --json
is 'no list of ranges: not known' "$(json '[.blocks[].unplugged_bytes] + [.memory.unplugged_bytes] | unique == [null]')" true

rm -r "$TREE/sys/devices/system/memory"
run list --sysroot "$TREE"
is 'list: status' "$status" 0
like 'list: nodes are shown' "$(out)" '*NODE *CPUS *?* 0 *?* 1 *'
unlike 'list: nothing is claimed to be online' "$(out)" '*0 B*'
like 'list: what is not there is said' "$(out)" '*blocks: there are no memory blocks here*'
run list --sysroot "$TREE" --json
valid 'list, JSON: valid'
is 'list, JSON: nodes' "$(json '[.nodes[].node] | join(" ")')" '0 1'
is 'list, JSON: what is online is not known' "$(json '[.nodes[].online_bytes, .memory.online_bytes, .memory.block_size] | unique == [null]')" true
run list --sysroot "$TREE" node1
is 'list a node: status' "$status" 0

run check --sysroot "$TREE" node1
is 'check: status' "$status" 7
like 'check: a hint for a copied tree' "$(err)" '*/sys/devices/system/memory is not in the copied tree*'
unlike 'check: and none for a machine' "$(err)" '*mounted*'

run doctor --sysroot "$TREE" --json
valid 'doctor: valid'
is 'doctor: an error' "$(json '[.findings[] | select(.severity == "error") | .id] | join(" ")')" memory_blocks
is 'doctor: status' "$status" 10

done_testing
