# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# check --pin: the predicted size can be pinned without harm, and beyond it the kernel kills a process
# vm: nvdimm=1G label=128k mem=768M timeout=900 append="intel_iommu=on"
# vm: usual=7.2
# vm: qemu="-device intel-iommu -device e1000e,addr=7"

# shellcheck source=/dev/null
. /vm/devices.sh

readonly MIB=$((1 << 20))
readonly KINDS=(io_uring rdma vfio)
FILLERS=()

free_mib() {
	echo $(($(awk '/MemFree/ { print $4 }' "/sys/devices/system/node/node$1/meminfo") / 1024))
}

kills() {
	awk '$1 == "oom_kill" { print $2 }' /proc/vmstat
}

# fill NODE MIB: leave that much free on a node, in a process.
fill() {
	spawn "/tmp/fill$1" holder --kind plain --node "$1" --bytes $(($(free_mib "$1") - $2))M
	FILLERS+=("$PID")
	until_true 60 grep -q '^ready' "/tmp/fill$1" || fail "node $1 is filled" "$(tail -n 1 "/tmp/fill$1.err")"
}

# fill_all: the kernel zones are full, but for a little
fill_all() {
	FILLERS=()
	fill 0 130
	fill 1 130
}

# hold_all LOG ARG...: as hold_pages, with time for hundreds of megabytes.
hold_all() {
	local log=$1
	shift

	spawn "$log" holder "$@"
	HOLDER=$PID
	until_true 100 grep -q '^ready' "$log"
	holds "holder $*" grep -q '^ready' "$log"
}

all_alive() {
	((${#FILLERS[@]} == 0)) || kill -0 "${FILLERS[@]}"
}

# predict NAME WANT SIZE ARG...: check --pin ends with that status and verdict.
predict() {
	run mhpctl check --pin "${@:3}" --json
	eq "$1" "$2" "$(field '"\(.exit_code) \(.pin.verdict)"')"
}

killed_one() {
	test "$(kills)" -gt "$before"
}

# find_largest: sets LARGEST to the MiB that mhpctl says that fit, but for 16 MiB: free pages come to the
# lists of the CPUs and go from them at any time
find_largest() {
	run mhpctl check --pin 16M --node 2 --json
	LARGEST=$(($(field .pin.largest_bytes) / MIB - 16))
}

# let_go MIB: ends the holder, and waits until so much is free again in the kernel zones: the kernel may
# release pins after their process
let_go() {
	release_pages
	until_true 60 is_free "$1" || fail "$1 MiB are free again" "$(free_mib 0) and $(free_mib 1)"
}

is_free() {
	(($(free_mib 0) + $(free_mib 1) >= $1 - 16))
}

# largest_fits STATE KIND: the predicted size can be pinned and nobody is killed; more is warned of
largest_fits() {
	local name="$1, $2" before free=$(($(free_mib 0) + $(free_mib 1)))

	find_largest
	note "$name: $(free_mib 0) and $(free_mib 1) MiB free, $LARGEST MiB predicted"
	holds "$name: space for some" test "$LARGEST" -ge 32
	predict "$name: the largest size fits" '0 fits' "$LARGEST"M --node 2
	predict "$name: more does harm" '4 harmful' $((LARGEST + 80))M --node 2
	before=$(kills)
	holder_of "$2" "$LARGEST"M
	hold_all /tmp/fits "${PINNER[@]}"
	holds "$name: it left the movable node" test "$(said_node /tmp/fits)" != 2
	eq "$name: nobody was killed for the predicted size" "$before" "$(kills)"
	holds "$name: the processes live" all_alive
	let_go "$free"
}

# said_node LOG: the node of the first page of a holder
said_node() {
	sed -n 's/.* node=\([^ ]*\).*/\1/p' "$1"
}

# beyond KIND: the warning comes first, then the kernel kills a process
beyond() {
	local before beyond

	find_largest
	predict "$1: beyond the largest size it warns" '4 harmful' $((LARGEST + 200))M --node 2
	before=$(kills)
	holder_of "$1" $((LARGEST + 200))M
	spawn /tmp/beyond holder "${PINNER[@]}"
	beyond=$PID
	until_true 100 killed_one
	holds "$1: beyond it the kernel killed a process" killed_one
	kill -9 "$beyond" "${FILLERS[@]}" 2>/dev/null
	wait "$beyond" "${FILLERS[@]}" 2>/dev/null
	until_true 60 is_free "$FREE"
}

auto_online offline
done_now 'node 2 is movable memory' online --init-labels region0
rdma_begin
vfio_begin
FREE=$(($(free_mib 0) + $(free_mib 1))) # while nobody has anything

# --- limits of a process -----------------------------------------------------

spawn /tmp/user setpriv --reuid 65534 --clear-groups bash -c 'ulimit -l 8192; exec sleep 600'
user=$PID
until_true 5 grep -q sleep "/proc/$user/comm"
predict 'a user may lock 8 MiB' '0 fits' 8M --pid "$user"
predict 'and no more' '4 refused' 9M --pid "$user"
kill "$user"
run setpriv --reuid 65534 --clear-groups bash -c 'ulimit -l 8192; exec holder --kind io_uring --node 2 --bytes 9M'
holds 'the kernel refuses 9 MiB' test "$RC" -ne 0
has 'with ENOMEM' "$(cat "$ERR")" 'Cannot allocate memory'
echo +memory >/sys/fs/cgroup/cgroup.subtree_control
mkdir /sys/fs/cgroup/db
echo 64M >/sys/fs/cgroup/db/memory.max
# shellcheck disable=SC2016 # the inner shell expands it
spawn /tmp/db bash -c 'echo $$ >/sys/fs/cgroup/db/cgroup.procs; exec sleep 600'
db=$PID
until_true 5 grep -q sleep "/proc/$db/comm"
predict 'within its cgroup' '0 fits' 32M --pid "$db"
predict 'more than its cgroup has' '4 harmful' 96M --pid "$db"
kill "$db"

# --- space -------------------------------------------------------------------

predict 'an idle machine' '0 fits' 256M --node 2
eq 'a pin leaves the movable node' 0 "$(field '.pin.nodes[0].placed_bytes')"
for kind in "${KINDS[@]}"; do
	largest_fits 'an empty machine' "$kind"
done
fill_all
for kind in "${KINDS[@]}"; do
	largest_fits 'a full machine' "$kind"
done
hold_all /tmp/plain --kind plain --node 2 --bytes 400M
predict 'a process with its memory on node 2' '4 harmful' 400M --pid "$HOLDER"
holds 'its memory by node' test "$(field '.pin.nodes[] | select(.node == 2).process_bytes')" -ge $((400 * MIB))
release_pages
for kind in "${KINDS[@]}"; do
	((${#FILLERS[@]})) || fill_all
	beyond "$kind"
	FILLERS=()
done
