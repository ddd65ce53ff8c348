#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# mhpctl list as one table, with the columns of the user.

# shellcheck source=tests/cli/lib.bash
. "$(dirname "$0")/lib.bash"
make_tree

# lines: the output, with one space between columns
lines() {
	sed 's/  */ /g; s/^ //' "$WORK/out"
}

# ---- text ------------------------------------------------------------------------------------

run list --sysroot "$TREE" -o NAME,SIZE,ZONE,NODE,ONLINE,OFFLINE,ORIGIN
is 'status' "$status" 0
is 'the chosen columns in their order' "$(lines)" 'NAME SIZE ZONE NODE ONLINE OFFLINE ORIGIN
memory0 128 MiB mixed 0 128 MiB 0 B -
memory1-3 384 MiB normal 0 384 MiB 0 B -
memory32-33 256 MiB movable 1 256 MiB 0 B -
memory34-35 256 MiB 1 0 B 256 MiB -
node0 512 MiB 0 512 MiB 0 B
node1 512 MiB 1 256 MiB 256 MiB'
is 'no spaces at the ends of lines' "$(grep -c ' $' "$WORK/out")" 0
run list --sysroot "$TREE" --output name,type
like 'small letters' "$(lines)" 'NAME TYPE*memory0 blocks*node1 node'
run list --sysroot "$TREE" -o +blocks --nodes
like 'after the default columns' "$(lines)" 'NAME TYPE SIZE FREE MODE STATE ZONE NODE PARENT BLOCKS*node0*'
unlike 'a section only' "$(out)" '*memory0*'
run list --sysroot "$TREE" --noheadings --bytes -o SIZE --blocks node1
is 'for scripts: no heading, bytes' "$(xargs <"$WORK/out")" '134217728 134217728 134217728 134217728'
run list --sysroot "$TREE" --blocks -n -o FREE,CPUS memory32
is 'an empty column stays' "$(out)" ''
run list --sysroot "$TREE" -o FREE,CPUS memory32
is 'and its heading' "$(sed -n 1p "$WORK/out")" 'FREE  CPUS'
run list --sysroot "$TREE" -n -o ZONES memory34
is 'possible zones' "$(out)" 'normal,movable'
run list --sysroot "$TREE" -n -o BLOCKS,START,END memory1-3
is 'numbers and addresses' "$(lines)" '1-3 0x8000000 0x1fffffff'

run list --sysroot "$TREE" -n -o NAME
like 'what is missing as a whole is told' "$(err)" '*warning: hidden: dax_devices: not read from a copied tree*'
unlike 'what no column shows is not told' "$(err)" '*blocks.origin*'
run list --sysroot "$TREE" -n -o NAME,ORIGIN
like 'and what a column shows is' "$(err)" '*hidden: blocks.origin: *'

# ---- order -----------------------------------------------------------------------------------

for order in 'NAME|memory0 memory1-3 memory32-33 memory34-35' '-name|memory34-35 memory32-33 memory1-3 memory0' \
	'SIZE|memory0 memory32-33 memory34-35 memory1-3' '-SIZE|memory1-3 memory32-33 memory34-35 memory0' \
	'ZONE|memory0 memory32-33 memory1-3 memory34-35' '-ZONE|memory1-3 memory32-33 memory0 memory34-35'; do
	run list --sysroot "$TREE" --sort "${order%%|*}" -n -o NAME memory0-35
	is "by ${order%%|*}: without a value last, equal ones as before" \
		"$(grep -v node "$WORK/out" | xargs)" "${order#*|}"
done
mkdir -p "$TREE/sys/devices/system/node/node10"
add_node 10 ''
run list --sysroot "$TREE" --nodes -x NAME -n -o NAME
is 'numbers in names by value' "$(xargs <"$WORK/out")" 'node0 node1 node10'
make_tree

# ---- JSON ------------------------------------------------------------------------------------

run list --sysroot "$TREE" --json -o NAME,SIZE,FREE,ZONE,NODE --sort -SIZE
is 'JSON: status' "$status" 0
valid 'JSON: valid'
is 'JSON: a row' "$(json '.rows[] | select(.name == "memory1-3") | tojson')" \
	'{"name":"memory1-3","size":402653184,"available_bytes":null,"zone":"normal","node":0}'
is 'JSON: in the same order' "$(json '[.rows[].name] | .[0]')" node0
is 'JSON: the rest is as always' "$(json '[.blocks[].blocks] | join(" ")')" '0 1-3 32-33 34-35'
run list --sysroot "$TREE" --json
is 'JSON: no rows without columns' "$(json 'has("rows")')" false
all=$(run list --help; awk '/^Columns:/ { on = 1; next } !NF { on = 0 } on { print $1 }' "$WORK/out" | paste -sd,)
run list --sysroot "$TREE" --json -o "$all"
valid 'JSON: all columns are valid'
is 'JSON: each has a key' "$(json '.rows[0] | length')" "$(tr , '\n' <<<"$all" | wc -l)"
rm "$TREE/sys/devices/system/memory/memory2/state"
run list --sysroot "$TREE" --blocks -n -o NAME,STATE,ONLINE memory2
is 'what cannot be read is not nothing' "$(lines)" 'memory2 unknown -'
run list --sysroot "$TREE" --json -o NAME,ONLINE memory2
is 'JSON: neither there' "$(json '.rows[0].online_bytes')" null
make_tree
ln -s ../../node/node1 "$TREE/sys/devices/system/memory/memory3/node1"
run list --sysroot "$TREE" --blocks -n -o NODE memory3
is 'a block of two nodes' "$(out)" 0,1
run list --sysroot "$TREE" --json -o NODE memory3
valid 'JSON: a block of two nodes: valid'
make_tree

# ---- mistakes --------------------------------------------------------------------------------

refused 'an unknown column' 2 'unknown column "NAMES"' 'hint: did you mean NAME?' list -o NAMES
refused 'an odd name' 2 'unknown column "\x1b[31m"' 'hint: *help*' list -o $'\e[31m'
refused 'no name' 2 'the name of a column is missing' 'hint: *' list -o NAME,,SIZE
refused 'a comma at the end' 2 'the name of a column is missing' 'hint: *' list -o NAME,
refused 'only a plus sign' 2 'the name of a column is missing' 'hint: *' list -o +
refused 'twice' 2 'column NAME: named twice' 'hint: *' list -o NAME,size,name
refused 'after the default columns, too' 2 'column NAME: named twice' 'hint: *' list -o +NAME
refused 'an order of nothing' 2 'the name of a column is missing' 'hint: *' list --sort -
refused 'an order of two' 2 'unknown column "NAME,SIZE"' 'hint: *' list --sort NAME,SIZE
run list --json -o NAMES
valid 'JSON of a mistake: valid'

# ---- words -----------------------------------------------------------------------------------

while read -r name help; do
	is "the man page has column $name" \
		"$(sed -n "s/^\*$name\* (_[a-z_]*_):: //p" "$TOP/man/mhpctl-list.adoc")" "$help"
done < <("$MHPCTL" list --help | awk '/^Columns:/ { on = 1; next } !NF { on = 0 } on')
completed() {
	"$MHPCTL" --complete -- list "$@" | cut -f1 | xargs
}
like 'completion' "$(completed -o '')" 'NAME TYPE *'
is 'completion of a part' "$(completed -o ME)" 'MEMMAP MEMBERS'
is 'completion of the next one' "$(completed -o NAME,ME)" 'NAME,MEMMAP NAME,MEMBERS'
unlike 'not again' " $(completed -o NAME,)" '* NAME,NAME *'
is 'a name in another one' "$(completed -o MEMMAP,MA)" 'MEMMAP,MAP'
is 'not again in small letters' "$(completed -o name,NA)" ''
is 'completion of the reverse order' "$(completed --sort=-SI)" '--sort=-SIZE'
is 'completion after a plus sign' "$(completed -o +UU)" '+UUID'
is 'completion of one word' "$(completed --output=SI)" '--output=SIZE'
is 'completion of the order' "$(completed --sort OR)" ORIGIN
done_testing
