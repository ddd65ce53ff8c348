#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# mhpctl check on a copied tree, where pages cannot be read.

# shellcheck source=tests/cli/lib.bash
. "$(dirname "$0")/lib.bash"
make_tree

run check --sysroot "$TREE" node1
is 'text: status' "$status" 0
like 'text: online blocks' "$(out)" '*memory32-33 *movable *maybe *'
like 'text: offline blocks' "$(out)" '*memory34-35 *offline*'
like 'text: what is not known is said' "$(out)" '*a copied tree does not have the pages of its machine*'
is 'text: silence' "$(err)" ''

run check --sysroot "$TREE" --json node1
is 'JSON: status' "$status" 0
valid 'JSON: valid'
is 'JSON: an entry a block' "$(json '[.blocks[].block] | join(" ")')" '32 33 34 35'
is 'JSON: verdicts' "$(json '[.blocks[].verdict] | join(" ")')" 'maybe maybe removable removable'
keys=$(json 'keys | join(" ")')
run check --sysroot "$TREE" --json memory99
is 'JSON, no such target: status' "$status" 3
valid 'JSON, no such target: valid'
is 'JSON, no such target: the same keys' "$(json 'keys | join(" ")')" "$keys"
run check --sysroot "$TREE" --json=lines memory32 memory34
valid 'JSON lines: valid' --lines

run check --sysroot "$TREE" --json memory0
valid 'a block that spans zones: valid'
is 'a block that spans zones is never offlined' "$(json '.blocks[0] | "\(.verdict) \(.reasons[0])"')" \
	'blocked mixed_zones'
is 'a block that spans zones: status' "$status" "$(json .exit_code)"

# --- long-term pins ---------------------------------------------------------

zone() {
	printf 'Node %d, zone %s\n  pages free     %d\n        high     2560\n        managed  %d\n' "$1" "$2" "$3" "$4"
	printf '        cma      0\n        protection: (0, 0, 0, 0, 0)\n      nr_zone_inactive_file 0\n'
	printf '      nr_zone_active_file 0\n      nr_free_cma 0\n'
}

mkdir -p "$TREE/proc"
{
	zone 0 Normal 28160 262144
	zone 1 Movable 131072 262144
} >"$TREE/proc/zoneinfo"
run check --sysroot "$TREE" --pin 100M
is 'a pin that fits: status' "$status" 0
like 'a pin that fits: the verdict' "$(out)" '*A long-term pin of 100 MiB fits.*The largest that fits: 100 MiB.*'
like 'a pin that fits: zones' "$(out)" '*0 *normal *110 MiB *10 MiB *100 MiB*1 *movable *512 MiB *none*'
like 'a pin that fits: movable memory' "$(out)" '*node1: 512 MiB in movable memory, which leaves it*'
run check --sysroot "$TREE" --pin 101M --node 1
is 'a pin that does harm: status' "$status" 4
like 'a pin that does harm: the verdict' "$(out)" \
	'*101 MiB of memory of node1 does not fit: the kernel would not refuse it, but may kill a process*'
like 'a pin that does harm: where it goes' "$(out)" '*node0: 100 MiB of it would go there*'
run check --sysroot "$TREE" --pin 101M --json
valid 'a pin in JSON: valid'
is 'a pin in JSON: the same keys' "$(json 'keys - ["x"] | join(" ")')" "$keys"
is 'a pin in JSON' "$(json '"\(.exit_code) \(.status) \(.pin.verdict) \(.pin.largest_bytes)"')" \
	'4 blocked harmful 104857600'
sed -i /high/d "$TREE/proc/zoneinfo"
run check --sysroot "$TREE" --pin 1M --json
valid 'unknown values: valid'
is 'unknown values are not harmless' \
	"$(json '"\(.exit_code) \(.status) \(.pin.verdict) \(.pin.largest_bytes) \(.hidden[0].what)"')" '10 ok unknown null pin.zones'
rm "$TREE/proc/zoneinfo"
run check --sysroot "$TREE" --pin 1M
is 'no zones: a script must not take it for a yes' "$status" 10
like 'no zones' "$(out)" '*may not fit: it depends on values that are not known.*Not known: the zones are not known*'
run check --sysroot "$TREE" --pin 1M --node 7 --json
is 'no such node' "$status" 3
valid 'no such node: valid'
refused 'no such process' 3 'no process 4194999' 'hint: ps -e lists the processes' check --sysroot "$TREE" --pin 1M --pid 4194999
refused 'a target with --pin' 2 '--pin cannot be combined with a target' '*--node N*' check --pin 1M node1
refused '--node without --pin' 2 '--node needs --pin' '*--pin SIZE*' check --node 1 node1
refused '--pid without --pin' 2 '--pid needs --pin' '*--pin SIZE*' check --pid 1 node1
refused 'no process' 2 '--pid: 0 is not a process' '*' check --pin 1M --pid 0
refused 'no target' 2 'TARGET is missing' '*usage: mhpctl check*' check
refused 'a size of nothing' 2 '--pin: 0 is too small' '*' check --pin 0

done_testing
