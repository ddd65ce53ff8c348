#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# JSON output: mistakes, plans, help, and a standard output that cannot be written.

# shellcheck source=tests/cli/lib.bash
. "$(dirname "$0")/lib.bash"
make_tree

# ---- mistakes --------------------------------------------------------------------------------

# mistake NAME COMMAND ARG...: a usage error is a document too, with --json in any place
mistake() {
	local name=$1 command=$2
	shift 2

	run "$@"
	is "$name: status" "$status" 2
	valid "$name: valid"
	is "$name: document" \
		"$(json '"\(.command) \(.status) \(.exit_code) \(.failures[0].reason) \(.failures[0].step)"')" \
		"$command failed 2 usage null"
	like "$name: words on standard error too" "$(err)" 'mhpctl: ?*'
}

mistake 'JSON before the mistake' list list --json --frob
mistake 'JSON behind the mistake' list list --frob --json
mistake 'JSON before the command' list --json list --frob
mistake 'mistake before the command' list --frob list --json
mistake 'several mistakes' list list --frob --bytes=2 --json --frob2
mistake 'unknown command' null frob --json
mistake 'no command' null --json
mistake 'missing operand' online online --json
mistake 'wrong size' online online --size 3G5 --json dax0.0
mistake 'missing value at the end' online online --json dax0.0 --size
mistake 'exclusive options' remove remove --json --rollback -k dax0.0
mistake 'node without size' offline offline --node 1 --json
mistake 'dry run of no target' online online --json -n frob
mistake 'sysroot' online online --json --sysroot "$TREE" node1

run list --json --frob
is 'a list that failed has its keys' "$(json '.blocks, .memory.onliners | length' | xargs)" '0 0'
run online --json=lines --frob dax0.0
is 'JSON lines, mistake: status' "$status" 2
valid 'JSON lines, mistake: valid' --lines
run list --json=xml
is 'an unknown format is no JSON' "$status $(out)" '2 '

# ---- plans -----------------------------------------------------------------------------------

run online --dry-run --json --sysroot "$TREE" node1
is 'plan: status' "$status" 0
valid 'plan: valid'
is 'plan: document' "$(json '"\(.event) \(.command) \(.dry_run) \(.status) \(.exit_code)"')" 'plan online true ok 0'
is 'plan: targets' "$(json '.targets | join(" ")')" node1
is 'plan: step' "$(json '.steps[0] | "\(.step) \(.object) \(.zone) \(.size) \(.first_block) \(.last_block)"')" \
	'online_block memory34-35 movable 268435456 34 35'
is 'plan: why and undo' "$(json '.steps[0] | (.why | length > 0) and (.undo | length > 0)')" true

# Costs, on a machine with zones and a recorded rate of an earlier run
is 'plan: nothing known, nothing told' \
	"$(json '.cost | "\(.time_ms) \(.available_bytes) \(.reserve_bytes) \(.vmemmap_dedup)"')" 'null null null null'
mkdir -p "$TREE/proc/sys/kernel" "$TREE/run/mhpctl"
echo 6.12.95+deb12-amd64 >"$TREE/proc/sys/kernel/osrelease"
echo x86_64 >"$TREE/proc/sys/kernel/arch"
echo 65536 >"$TREE/run/mhpctl/memmap-rate"
cat >"$TREE/proc/zoneinfo" <<'END'
Node 0, zone   Normal
  pages free     100000
        low      1000
        high     2000
        present  131072
        managed  131000
Node 1, zone  Movable
  pages free     65536
        present  65536
END
run online --dry-run --json --sysroot "$TREE" node1
valid 'cost: valid'
is 'cost: of blocks that are there' \
	"$(json '.cost | "\(.estimated) \(.complete) \(.memmap_bytes) \(.page_structs) \(.time_ms) \(.vmemmap_dedup)"')" \
	'true true 0 65536 1000 true'
is 'cost: what there is and should stay' "$(json '.cost | "\(.available_bytes) \(.reserve_bytes)"')" '401408000 134217728'
is 'cost: zones behind the plan' "$(json '.cost | "\(.movable_bytes) \(.kernel_bytes)"')" '536870912 536870912'
is 'cost: of the step' "$(json '.steps[0].cost | "\(.page_structs) \(.time_ms) \(.memmap_location) \(.lost_bytes)"')" \
	'65536 1000 null 0'
is 'cost: no choices without a new namespace' "$(json '.alternatives | length')" 0
run online --dry-run --sysroot "$TREE" node1
like 'cost: as text' "$(out)" '*time:  65536 page structs, about 1.0 s for one CPU*Cost (estimated):*'
run list --json --sysroot "$TREE"
valid 'list: valid with all of this'
is 'list: what the kernel has for itself' \
	"$(json '.nodes | map("\(.node) \(.kernel_present_bytes) \(.kernel_available_bytes)") | join("; ")')" \
	'0 536870912 401408000; 1 0 0'
is 'list: what is known of memmaps' "$(json '.memory | "\(.vmemmap_dedup) \(.memmap_pages_per_second)"')" 'true 65536'
echo 18446744073709551614 >"$TREE/run/mhpctl/memmap-rate"
run online --dry-run --json --sysroot "$TREE" node1
is 'cost: no time from a rate that cannot be' "$(json .cost.time_ms)" null
rm -r "$TREE/proc" "$TREE/run"

run online --dry-run --json=lines --sysroot "$TREE" node1
valid 'plan, lines: valid' --lines
is 'plan, lines: events' "$(json .event | xargs)" 'version plan result'
run online --dry-run --json --sysroot "$TREE" --zone movable memory32
valid 'nothing to do: valid'
is 'nothing to do' "$(json '"\(.status) \(.steps | length)"')" 'ok 0'
run offline --dry-run --json --sysroot "$TREE" memory99
is 'no such target: status' "$status" 3
valid 'no such target: valid'
is 'no such target' "$(json '"\(.event) \(.dry_run) \(.steps | length) \(.failures[0].target)"')" 'plan true 0 memory99'
run offline --dry-run --json=lines --sysroot "$TREE" memory99
valid 'no such target, lines: valid' --lines
run offline -n --json --sysroot "$TREE" --node 1 --size 200M
valid 'a node and a size: valid'
is 'a node and a size' "$(json '[.steps[].step] | unique | join(" ")')" offline_block

run online -n --sysroot "$TREE" node1
is 'plan as text: status' "$status" 0
like 'plan as text' "$(out)" '  1. online-block memory34-35 in zone movable, 256 MiB
     why: *
     undo: *
This was a dry run: nothing was changed.'
is 'plan as text: nothing was changed' "$(cat "$TREE/sys/devices/system/memory/memory34/state")" offline
run online -n --json --sysroot "$TREE" node1
is 'why: an offline block' "$(json '.steps[].why')" offline
run online -n --json --sysroot "$TREE" --zone kernel memory32
is 'why: an online block in another zone' "$(json '.steps[].why')" \
	'online, but not in zone kernel: goes offline first'
run online -n --json --sysroot "$TREE" --zone kernel node1
is 'why: both' "$(json '.steps[].why')" \
	'offline
online, but not in zone kernel: goes offline first'
run online -n --json --sysroot "$TREE" --zone kernel --keep-at-least 128M node1
is 'needs: what stays online' "$(json '.steps[].needs | strings')" \
	'128 MiB of the other blocks of the targets are online'
run online -n --json --sysroot "$TREE" --zone kernel --keep-at-least 100G node1
is 'more stays online than there is' "$status $(json '"\(.failures[0].reason) \(.failures[0].hint)"')" \
	'2 usage a block of 128 MiB is offline in between: keep 384 MiB or less'
run online -n --sysroot "$TREE" memory32
is 'plan as text: nothing to do' "$(out)" 'already done: there is nothing to do'

# ---- help and version ------------------------------------------------------------------------

run --version --json
valid 'version: valid'
is 'version' "$(json .event)" version
run --version --json=lines
valid 'version, lines: valid' --lines
run online --help --json
valid 'help: valid'
like 'help is in the document' "$(json .text)" 'mhpctl online *--zone*'
run help --json=lines
valid 'help, lines: valid' --lines

# ---- standard output -------------------------------------------------------------------------

for args in 'list' 'list --json' 'list --json=lines' '--help' '--version' 'list --json --frob'; do
	# shellcheck disable=SC2086 # several words
	"$MHPCTL" $args >/dev/full 2>"$WORK/err"
	status=$?
	command_line="mhpctl $args >/dev/full"
	unlike "$args, full disk: status" "$status" 0
	like "$args, full disk: message" "$(err)" '*mhpctl: cannot write to standard output: No space left on device*'
done
command_line='mhpctl list >&-'
"$MHPCTL" list --sysroot "$TREE" >&- 2>"$WORK/err"
is 'closed standard output: status' "$?" 1
like 'closed standard output: message' "$(err)" 'mhpctl: cannot write to standard output: *'
command_line='mhpctl list | true'
(
	exec 3> >(true) # its reader ends at once
	wait $!
	"$MHPCTL" list --sysroot "$TREE" --json >&3 2>"$WORK/err"
	echo $? >"$WORK/status"
)
is 'closed pipe: status' "$(cat "$WORK/status")" 1
like 'closed pipe: message' "$(err)" 'mhpctl: cannot write to standard output: Broken pipe'
command_line='mhpctl list <&- 2>&-'
"$MHPCTL" list --sysroot "$TREE" --json <&- 2>&- >"$WORK/out"
is 'closed standard input and error: status' "$?" 0
valid 'closed standard input and error: valid'

done_testing
