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
like 'text: what is not known is said' "$(out)" '*page flags are visible only to root*'
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

done_testing
