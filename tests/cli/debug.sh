#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# --debug logs failed reads, decisions and actions.

# shellcheck source=tests/cli/lib.bash
. "$(dirname "$0")/lib.bash"
make_tree
memory=$TREE/sys/devices/system/memory

# debug_lines: the output of --debug, without the time of each line
debug_lines() {
	sed -n 's/^mhpctl: debug: \[ *[0-9]*\.[0-9]\{3\}s\] //p' "$WORK/err"
}

# said NAME TEXT: a line of the output has the text
said() {
	like "$1" "$(debug_lines)" "*$2*"
}

run --sysroot "$TREE" list
unlike 'without it: no lines' "$(err)" '*debug*'

run --debug --sysroot "$TREE" list
is 'list: status' "$status" 0
is 'every line has its form' "$(grep -vc '^mhpctl: debug: \[ *[0-9]*\.[0-9]*s\] [a-z/-]*\.c:[a-z_0-9]* ' "$WORK/err")" 0
said 'a file that is absent' 'sys/root.c:root_open proc/iomem: No such file or directory'
unlike 'none that is there' "$(debug_lines)" '*memory33/state*'
cp "$WORK/out" "$WORK/plain"

MHPCTL_DEBUG=1 run --sysroot "$TREE" list
said 'MHPCTL_DEBUG=1 is the same' 'root_open proc/iomem: No such file'
ok 'and standard output stays as it was' cmp "$WORK/out" "$WORK/plain"
for value in '' 0; do
	MHPCTL_DEBUG=$value run --sysroot "$TREE" list
	is "MHPCTL_DEBUG=$value is silence" "$(debug_lines)" ''
done

rm "$memory/memory33/state"
run --debug --sysroot "$TREE" list
said 'a read that misses' 'sys/root.c:root_open sys/devices/system/memory/memory33/state: No such file'
add_block 33 1 $'on\e[2Jline' Movable
echo $'\e[2J' >"$memory/block_size_bytes"
run --debug --sysroot "$TREE" list
said 'a value that is none is shown without its control characters' 'block_size_bytes has "\\x1b\[2J": Invalid argument'
escape=$'\e'
unlike 'nothing for the terminal' "$(err)" "*$escape*"

make_tree
run --debug --sysroot "$TREE" online --dry-run memory33-35
is 'dry run: status' "$status" 0
said 'the target and its steps' 'plan-log.c:* online memory33-35: 1 steps'
said 'each step' 'step 1: online_block memory34-35'
run --debug --sysroot "$TREE" online --dry-run memory32
said 'a target that is as wanted' 'online memory32: 0 steps, it is as wanted'
run --debug --sysroot "$TREE" online --dry-run memory77
said 'a target that is refused, and why' 'memory77 is refused: memory77*'
unlike 'nothing is written' "$(debug_lines)" '*root_write*'

run --debug --sysroot "$TREE" online --dry-run --json memory33-35
valid 'JSON stays JSON'
done_testing
