# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Memory blocks of node 2 with content, and the receipts of requests with a size: cases shrink*

readonly BLOCK_BYTES=$((128 << 20))
HOLDERS=()

# online_bytes_of NODE
online_bytes_of() {
	local block sum=0

	for block in $(blocks_of_node "$1"); do
		[[ $(state_of "$block") == online ]] && sum=$((sum + BLOCK_BYTES))
	done
	echo $sum
}

# receipt STATUS: the blocks of that status in the receipt printed last, in its order.
receipt() {
	field "[.receipt.blocks[] | select(.status == \"$1\") | .block] | join(\" \")"
}

# has_begun PID LOG: the holder holds, or has failed.
has_begun() {
	grep -q '^ready' "$2" || ! kill -0 "$1"
}

# try_keep LOG ARG...: start a holder on node 2, which looks for its block for long on a busy host; false if it
# fails.
try_keep() {
	local log=$1
	shift

	spawn "$log" holder --node 2 "$@"
	HOLDERS+=("$PID")
	until_true 90 has_begun "$PID" "$log"
	grep -q '^ready' "$log"
}

# keep LOG ARG...: so too, and it does not fail.
keep() {
	try_keep "$@" || fail "holder ${*:2}" "$(tail -n 1 "$1.err")"
}

# put BLOCK KIND ARG...: online it, and have a holder keep such pages in it.
put() {
	local block=$1 kind=$2
	shift 2

	echo online_movable >"$MEM/memory$block/state"
	keep "/tmp/$kind" --block "$block" --kind "$kind" "$@"
	eq "$kind is in its block" "$block" "$(held_block "/tmp/$kind")"
}

let_go() {
	let_go_of "${HOLDERS[@]}"
	HOLDERS=()
}

# let_go_of PID...
let_go_of() {
	local pid

	for pid in "$@"; do
		kill -9 "$pid"
		wait "$pid" 2>/dev/null
	done
}

# disk SIZE: a real file system on /mnt, whose pages are clean when they are in the cache.
disk() {
	modprobe -qa loop ext4
	truncate -s "$1" /tmp/disk
	run mke2fs -q -t ext4 -F /tmp/disk
	mkdir -p /mnt
	check 'ext4 is there' mount -t ext4 -o loop /tmp/disk /mnt
}
