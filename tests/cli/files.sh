#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Files planted by other users: plans, policies, and whole trees.

# shellcheck source=SCRIPTDIR/lib.bash
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/lib.bash"

# bounded ARGUMENT...: like run, but ends a hang with status 124
bounded() {
	command_line="mhpctl $*"
	timeout -k 1 600 "$MHPCTL" "$@" >"$WORK/out" 2>"$WORK/err" </dev/null
	status=$?
}

mkdir -p "$WORK/d" "$TREE/sys/devices/system/memory/memory0" "$TREE/sys/devices/system/node"
printf '[memory a]\nmatch.device = dax9.9\n' >"$WORK/d/1.conf"

# ---- plan --out ------------------------------------------------------------------------------

echo precious >"$WORK/victim"
ln -s "$WORK/victim" "$WORK/d/plan.new"
bounded plan --sysroot "$TREE" --out "$WORK/d/plan" "$WORK/d/1.conf"
is 'a planted name beside it' "$(cat "$WORK/victim")" precious
ok 'is left as it was' test -L "$WORK/d/plan.new"
rm "$WORK/d/plan.new"
echo notes >"$WORK/d/plan.new"
bounded plan --sysroot "$TREE" --out "$WORK/d/plan" "$WORK/d/1.conf"
is 'a file of that name is kept' "$(cat "$WORK/d/plan.new")" notes
rm -f "$WORK/d/plan" "$WORK/d/plan.new"
ln -s "$WORK/victim" "$WORK/d/plan"
bounded plan --sysroot "$TREE" --out "$WORK/d/plan" "$WORK/d/1.conf"
is 'a link is replaced, not followed' "$(cat "$WORK/victim")" precious
rm -f "$WORK/d/plan"
mkfifo "$WORK/d/fifo"
bounded plan --sysroot "$TREE" --out "$WORK/d/fifo" "$WORK/d/1.conf"
ok 'a FIFO that nobody reads ends at once' test "$status" -ne 124 -a "$status" -ne 0
is 'nothing else is left in the folder' "$(find "$WORK/d" -name '.mhpctl*' | wc -l)" 0

# ---- apply and policies ----------------------------------------------------------------------

bounded apply --dry-run --sysroot "$TREE" "$WORK/d/fifo"
is 'a FIFO is no policy, at once' "$status" 2
rm "$WORK/d/fifo"
chmod 666 "$WORK/d/1.conf"
bounded apply --dry-run "$WORK/d/1.conf"
is 'a policy that others may write: status' "$status" 2
ok 'and why' grep -q 'other users can write to it' "$WORK/err"
chmod 644 "$WORK/d/1.conf"
chmod 777 "$WORK/d"
bounded policy check "$WORK/d"
is 'a folder that others may write to: status' "$status" 2
chmod 755 "$WORK/d"
yes 'x = y' | head -c 1000000 >"$WORK/big.conf"
bounded policy check "$WORK/big.conf"
is 'a megabyte of rubbish: status' "$status" 2
ok 'few problems are told' test "$(wc -l <"$WORK/err")" -lt 60
printf '{"schema":"mhpctl/1","event":"plan","command":"plan","sections":[{"section":"a]\\nmatch.device = *\\n[memory b","settings":[]}]}' >"$WORK/plan"
bounded apply --dry-run --sysroot "$TREE" "$WORK/plan"
is 'a plan whose words are several lines' "$status" 2

# ---- trees -----------------------------------------------------------------------------------

mkdir -p "$TREE/run/mhpctl"
for command in "policy check" "apply --dry-run" plan; do
	# shellcheck disable=SC2086 # two words
	bounded $command --sysroot "$TREE" "$WORK/d/1.conf"
	is "a tree is not changed: $command" "$(ls "$TREE/run/mhpctl")" ''
done
rmdir "$TREE/run/mhpctl"

memory=$TREE/sys/devices/system/memory
echo SECRET >"$WORK/outside"
rm -f "$memory/block_size_bytes"
mkfifo "$memory/block_size_bytes"
bounded --sysroot "$TREE" list
ok 'a FIFO in a tree is not waited for' test "$status" -ne 124
rm "$memory/block_size_bytes"
for link in "$WORK/outside" "../../../../../outside"; do
	ln -sfn "$link" "$memory/auto_online_blocks"
	echo 8000000 >"$memory/block_size_bytes"
	bounded --sysroot "$TREE" list --json
	ok "nothing from outside of a tree ($link)" test -z "$(grep SECRET "$WORK/out" "$WORK/err")"
done
done_testing
