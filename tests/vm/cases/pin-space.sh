# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# check --pin: the predicted size can be pinned without harm, and beyond it the kernel kills a process
# vm: nvdimm=1G label=128k timeout=480
# vm: usual=7.2

MIB=$((1 << 20))

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

# hold_all LOG ARG...: as hold_pages, with time for hundreds of megabytes.
hold_all() {
	local log=$1
	shift

	spawn "$log" holder "$@"
	HOLDER=$PID
	until_true 60 grep -q '^ready' "$log"
	holds "holder $*" grep -q '^ready' "$log"
}

all_alive() {
	kill -0 "${FILLERS[@]}"
}

# predict NAME WANT SIZE ARG...: check --pin ends with that status and verdict.
predict() {
	run mhpctl check --pin "${@:3}" --json
	eq "$1" "$2" "$(field '"\(.exit_code) \(.pin.verdict)"')"
}

killed_one() {
	test "$(kills)" -gt "$before"
}

auto_online offline
done_now 'node 2 is movable memory' online --init-labels region0
FILLERS=()

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
fill 0 130
fill 1 130
predict 'a full machine, a small pin' '0 fits' 16M --node 2
largest=$(($(field .pin.largest_bytes) / MIB))
note "$(free_mib 0) and $(free_mib 1) MiB free, $largest MiB predicted"
holds 'space for some' test "$largest" -ge 32
predict 'more does harm' '4 harmful' $((largest + 64))M --node 2
before=$(kills)
hold_all /tmp/fits --kind io_uring --node 2 --bytes "$largest"M
eq 'nobody was killed for the predicted size' "$before" "$(kills)"
holds 'the processes live' all_alive
release_pages

hold_all /tmp/plain --kind plain --node 2 --bytes 400M
predict 'a process with its memory on node 2' '4 harmful' 400M --pid "$HOLDER"
holds 'its memory by node' test "$(field '.pin.nodes[] | select(.node == 2).process_bytes')" -ge $((400 * MIB))
release_pages
spawn /tmp/beyond holder --kind io_uring --node 2 --bytes $((largest + 200))M
beyond=$PID
until_true 60 killed_one
holds 'beyond the largest size the kernel killed a process' killed_one
kill -9 "$beyond" "${FILLERS[@]}" 2>/dev/null
