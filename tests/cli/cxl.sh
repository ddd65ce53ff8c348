#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Dry runs that make and undo CXL regions, on machines as a kernel shows them.

# shellcheck source=tests/cli/lib.bash
. "$(dirname "$0")/lib.bash"

"${CC:-cc}" -shared -fPIC -O1 -D_GNU_SOURCE -I"$TOP" "$TOP/tests/cli/whole-tree.c" \
	-o "$WORK/whole-tree.so" || {
	echo 'Bail out! cannot build whole-tree.c'
	exit 2
}

# on_tree COMMAND ARG...: mhpctl on that machine
on_tree() {
	command_line="mhpctl ${*@Q}"
	LD_PRELOAD=$WORK/whole-tree.so \
		ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0 \
		"$MHPCTL" "$1" --sysroot "$TREE" "${@:2}" >"$WORK/out" 2>"$WORK/err" </dev/null
	status=$?
}

# plan COMMAND ARG...: a dry run on that machine
plan() {
	on_tree "$1" --dry-run "${@:2}"
}

# The steps of a dry run, one a line, without numbers and what follows a comma.
steps() {
	sed -n 's/^ *[0-9]*\. \([^,]*\).*/\1/p' "$WORK/out"
}

# plans NAME STEPS COMMAND ARG...
plans() {
	plan "${@:3}"
	is "$1: status" "$status" 0
	is "$1: nothing on standard error" "$(err)" ''
	is "$1: steps" "$(steps)" "$2"
	plan "${@:3}" --json
	is "$1: the same in JSON" "$(json '.steps[] | .step + " " + .object' | tr _ -)" \
		"$(sed 's/ (expected name)//; s/ to .*//; s/ in zone .*//' <<<"$2" | tr _ -)"
	valid "$1: valid"
}

# ---- up --------------------------------------------------------------------------------------

load_tree cxl-bare.sysfs
on_tree list --devices -o NAME,TYPE,SIZE,FREE,STATE,SERIAL,HEALTH --sort -NAME
is 'columns: cards without a region' "$(sed 's/  */ /g; s/ $//' "$WORK/out")" 'NAME TYPE SIZE FREE STATE SERIAL HEALTH
mem1 cxl-memdev 1 GiB 1 GiB enabled 0xc100000000000007 -
mem0 cxl-memdev 1 GiB 1 GiB enabled 0x10f -
decoder0.2 cxl-window 4 GiB 4 GiB
decoder0.1 cxl-window 4 GiB 4 GiB
decoder0.0 cxl-window 4 GiB 4 GiB'

for name in mem0 0x10f; do
	plans "online of a bare card, $name" 'create-cxl-region decoder0.0
add-memdev mem0
commit-cxl-region region0 (expected name)
enable-cxl-region region0 (expected name)
set-mode dax0.0 (expected name) to system_ram
online-block memory4242-4249 (expected name) in zone movable' online "$name"
done
is 'the region' "$(json '.steps[0] | [.interleave_ways, .interleave_granularity, .size] | join(" ")')" '1 256 1073741824'
is 'the windows' "$(json '.alternatives[] | [.window, .size, .chosen, .map, .align] | map(tostring) | join(" ")')" \
	'decoder0.0 1073741824 true null null'
is 'what it gives' "$(json '.cost | [.usable_bytes, .lost_bytes] | join(" ")')" '1073741824 0'

plan online mem0
like 'the region, for people' "$(out)" '*create-cxl-region decoder0.0, 1 way of 256 B, 1 GiB*'
like 'the windows, for people' "$(out)" \
	'*Effect of --window (estimated):*WINDOW *REGION *GIVES*decoder0.0 *1 GiB *1 GiB *<- this plan*'
unlike 'no maps' "$(out)" '*Effect of --map*'

plans 'create of a part' 'create-cxl-region decoder0.1
add-memdev mem1
commit-cxl-region region1 (expected name)
enable-cxl-region region1 (expected name)
set-mode dax1.0 (expected name) to devdax' create --size 256M mem1
is 'the part' "$(json '.steps[0].size')" 268435456

plans 'one region over two cards' 'create-cxl-region decoder0.2
add-memdev mem0
add-memdev mem1
commit-cxl-region region2 (expected name)
enable-cxl-region region2 (expected name)
set-mode dax2.0 (expected name) to system_ram
online-block memory4306-4321 (expected name) in zone movable' online --interleave mem0 mem1
is 'both cards' "$(json '.steps[0] | [.interleave_ways, .size] | join(" ")')" '2 2147483648'

plans 'nothing to remove' '' remove --destroy mem0
plans 'nothing to remove, by serial' '' remove 0x10f
plans 'nothing to take offline' '' offline mem0 mem1
plans 'nothing to destroy' '' destroy mem1

# ---- refusals --------------------------------------------------------------------------------

# refuses NAME STATUS MESSAGE HINT COMMAND ARG...
refuses() {
	plan "${@:5}"
	is "$1: status" "$status" "$2"
	like "$1: message" "$(sed -n 1p "$WORK/err")" "mhpctl: $3"
	like "$1: hint" "$(sed -n '2,$p' "$WORK/err")" "$4"
	is "$1: nothing on standard output" "$(out)" ''
}

refuses 'another window' 7 'mem0: decoder0.1 does not reach host bridge 12, which mem0 is behind' \
	'hint: mhpctl list *' online --window decoder0.1 mem0
refuses 'a window of two bridges' 7 'mem0: decoder0.2 interleaves over 2 host bridges, *not 1' \
	'hint: *--interleave*' online --window decoder0.2 mem0
refuses 'no such window' 3 'decoder0.7: no such CXL window' 'hint: mhpctl list *' \
	create --window decoder0.7 mem0
refuses 'another granularity' 7 'mem0, mem1: *decoder0.2 has a granularity of 256 bytes, not 512' \
	'hint: *--granularity 256' online --interleave --granularity 512 mem0 mem1
refuses 'a granularity that is too large' 2 'no such granularity: 32768' 'hint: *256 to 16384*' \
	online --granularity 32K mem0
refuses 'a granularity that is no power of two' 2 'no such granularity: 300' 'hint: *256 to 16384*' \
	online --granularity 300 mem0
refuses 'all as one region' 2 'all: only a new CXL region has *' 'hint: name CXL memory *' \
	online --interleave all
refuses 'a card alone' 2 'one memory device cannot be interleaved' 'hint: mhpctl online --interleave *' \
	online --interleave mem0
refuses 'the same card twice' 2 'one memory device cannot be interleaved' 'hint: *' \
	online --interleave mem0 0x10f
refuses 'another kind of target' 2 'dax0.0: only a new CXL region has *' 'hint: name CXL memory *' \
	online --interleave mem0 dax0.0
refuses 'more than a card has' 7 'mem0: 1 GiB of its 1 GiB are in no region, *needs 2 GiB of it' \
	'hint: no more than --size 1G *' online --size 2G mem0

# ---- down ------------------------------------------------------------------------------------

load_tree cxl-lost.sysfs
on_tree list --blocks -n -o HEALTH
like 'columns: blocks that are lost' "$(sort -u "$WORK/out")" '*lost: CXL memory without a region*'
load_tree cxl-one.sysfs
on_tree list --devices -n -o NAME,STATE,NODE,ONLINE,PARENT,MEMBERS,DRIVER
is 'columns: a card that is memory' "$(sed 's/  */ /g; s/ $//' "$WORK/out" | grep 'region\|dax')" 'cxl/region0 enabled 512 MiB decoder0.0 mem0
dax_region0 2 cxl/region0
dax0.0 2 512 MiB dax_region0 kmem'

for name in mem0 0x10f cxl/region0 region0; do
	plans "removal of $name" 'offline-block memory4242-4245
set-mode dax0.0 to unbound
destroy-cxl-region region0' remove --destroy "$name"
done
plans 'a removal that keeps the region' 'offline-block memory4242-4245
set-mode dax0.0 to devdax' remove mem0
plans 'online already' '' online mem0
is 'the rest' "$(json '.warnings[]')" \
	'mem0: 512 MiB of this CXL device are in no region and stay unused: its host bridge has no free decoder for another region'
refuses 'the rest comes online' 7 'mem0: host bridge 12, which it is behind, has no free decoder for *' \
	'hint: each region takes one; mhpctl remove --destroy cxl/region0 gives one back' \
	online --size 256M mem0
refuses 'a destroy of memory' 1 'cxl/region0: memory of dax0.0 is online*' \
	'hint: mhpctl remove cxl/region0 --destroy *' destroy mem0
refuses 'a create of memory' 1 'mem0: dax0.0 exists, and is system memory' \
	'hint: mhpctl remove dax0.0 *' create mem0

load_tree cxl-two.sysfs

plans 'removal of one of two cards' 'offline-block memory4306-4313
set-mode dax2.0 to unbound
destroy-cxl-region region2' remove --destroy mem1
is 'the other card' "$(json '.warnings[] | select(startswith("mem1"))')" \
	'mem1: cxl/region2 also has memory of mem0'
plans 'interleaved already' '' online --interleave mem1 mem0
refuses 'another granularity than it has' 1 'mem0: cxl/region2 exists with another granularity' \
	'hint: leave out --granularity*' online --interleave --granularity 1K mem0 mem1

# ---- policies --------------------------------------------------------------------------------

load_tree cxl-bare.sysfs
printf '%s\n' '[memory both]' 'match.serial = 0x10f 0xc100000000000007' 'interleave = yes' >"$WORK/both.conf"
printf '%s\n' '[memory slot]' 'match.path = */0000:2c:00.0/*' 'size = 512M' 'window = decoder0.1' \
	'[memory devices]' 'match.device = *' >"$WORK/slot.conf"

on_tree plan "$WORK/both.conf" --json
is 'interleaved by policy: status' "$status" 0
valid 'interleaved by policy: valid'
is 'interleaved by policy: the request' \
	"$(json '.sections[0].requests[] | "\(.verb) \(.targets | join(" "))"')" \
	'online 0x10f 0xc100000000000007'
is 'interleaved by policy: the first steps' \
	"$(json '[.steps[] | select(.step != "load_module") | .step + " " + .object][:3] | join(", ")')" \
	'create_cxl_region decoder0.2, add_memdev mem0, add_memdev mem1'
on_tree plan "$WORK/both.conf" --out "$WORK/saved"
is 'a saved plan: status' "$status" 0
on_tree apply --dry-run "$WORK/saved"
is 'a saved plan: it is still the plan' "$status" 0

sed '$a granularity = 512' "$WORK/both.conf" >"$WORK/fine.conf"
on_tree plan "$WORK/fine.conf"
is 'one failure of both cards is printed once' "$(err | grep -c 'has a granularity of 256 bytes')" 1
on_tree plan "$WORK/fine.conf" --json
is 'one failure of both cards is in each of them' "$(json '[.failures[].target] | join(" ")')" \
	'0x10f 0xc100000000000007'

sed 's/0x10f/& 0x2a/' "$WORK/both.conf" >"$WORK/three.conf"
on_tree plan "$WORK/three.conf" --exit-code
is 'a card is missing: status' "$status" 3
like 'a card is missing: which' "$(out)$(err)" '*0x2a is not among its CXL memory devices*'

on_tree plan "$WORK/slot.conf"
is 'by slot: status' "$status" 0
like 'by slot: text' "$(out)" '*slot (*): online 0xc100000000000007*create-cxl-region decoder0.1*512 MiB*'
like 'by slot: no dax device' "$(out)" '*devices: no device matches it*'

load_tree cxl-two.sysfs
on_tree plan "$WORK/both.conf" --exit-code
is 'interleaved already: status' "$status" 0
like 'interleaved already: text' "$(out)" '*already done*'
on_tree apply --dry-run --json "$WORK/saved"
is 'a saved plan that is done: status' "$status" 0

load_tree cxl-one.sysfs
on_tree plan "$WORK/both.conf" --json
is 'in a region of its own: status' "$status" 1
valid 'in a region of its own: valid'
is 'in a region of its own: reason' "$(json '.failures[0].reason')" mismatch

done_testing
