# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# --drain against none, on a node that is 90 % full: cache, anonymous memory with space, with swap, without
# vm: nvdimm=512M,512M,512M label=128k mem=1280M tools=storage timeout=420
# vm: usual=7.2

DEMOTION=/sys/kernel/mm/numa/demotion_enabled
CGROUP=/sys/fs/cgroup/db
TRY=6s # for one block that has no space

node_mib() {
	awk -v key="$2:" '$3 == key { print int($4 / 1024) }' "/sys/devices/system/node/node$1/meminfo"
}

count_of() {
	awk -v name="$1" '$1 == name { print $2 }' /proc/vmstat
}

online_blocks() {
	local block nr=0

	for block in $(blocks_of_node 2); do
		[[ $(<"$MEM/memory$block/state") != online ]] || nr=$((nr + 1))
	done
	echo $nr
}

# hold_in CGROUP LOG ARG...: a holder whose pages are charged to the cgroup.
hold_in() {
	local log=$2

	# shellcheck disable=SC2016 # the inner shell expands it
	spawn "$log" bash -c 'echo $$ >"$1/cgroup.procs" && shift && exec holder "$@"' - "$1" "${@:3}"
	HOLDER=$PID
	until_true 60 grep -q '^ready' "$log" || fail "holder ${*:3}" "$(tail -n 1 "$log.err")"
}

fill_with_memory() {
	hold_in $CGROUP /tmp/full --kind plain --node 2 --bytes "$((TOTAL * 9 / 10))M"
}

# Cache that nobody maps any more, and that is on the disk.
fill_with_cache() {
	hold_in /sys/fs/cgroup /tmp/full --kind file --path /mnt/full --node 2 --bytes "$((TOTAL * 9 / 10))M"
	sync
	release_pages
	HOLDER=
}

empty() {
	[[ ! $HOLDER ]] || release_pages
	HOLDER=
	rm -f /mnt/full
}

# take_space MIB: leave that much free on each node with CPUs.
take_space() {
	local node

	for node in 0 1; do
		spawn "/tmp/taker$node" holder --kind mlock --node $node --bytes "$(($(node_mib $node MemFree) - $1))M"
		TAKERS+=("$PID")
		until_true 60 grep -q '^ready' "/tmp/taker$node" || fail "node $node is full"
	done
}

give_space() {
	kill -9 "${TAKERS[@]}"
	wait "${TAKERS[@]}" 2>/dev/null
	TAKERS=()
}

# try NAME ARG...: one offline of the node, with its numbers
try() {
	local name=$1 begin=${EPOCHREALTIME/./} moved failed swapped
	moved=$(count_of pgmigrate_success) failed=$(count_of pgmigrate_fail) swapped=$(count_of pswpout)
	shift

	run mhpctl offline node2 --yes --timeout $TRY "$@" --json
	begin=$(((${EPOCHREALTIME/./} - begin) / 1000))
	MOVED=$(($(count_of pgmigrate_success) - moved)) STAY=$(online_blocks)
	note "$name: status $RC, $begin ms, $MOVED pages moved, $(($(count_of pgmigrate_fail) - failed)) times one could not, $(($(count_of pswpout) - swapped)) swapped out, $STAY of $BLOCKS blocks stay online"
}

# drained KIND: the action of the drain printed last
drained() {
	field "[.drain.actions[] | select(.action == \"$1\") | .status] | join(\" \")"
}

show_drain() {
	note "$1: $(field '[.drain.actions[] | "\(.action) \(.target) \(.status) \(.done_bytes) of \(.asked_bytes): \(.why)"] | join("; ")')"
}

# with_and_without NAME FILL: fills and takes offline, without a drain and with one; a usual run only with one
with_and_without() {
	if ! in_usual_run; then
		$2
		try "$1, no drain"
		eq "$1, no drain: no word of one" null "$(field .drain)"
		empty
		run mhpctl online node2 --yes
	fi
	$2
	try "$1, drain" --drain=20s
	show_drain "$1"
	eq "$1: demotion is as before" true "$(<$DEMOTION)"
}

modprobe -qa nd_pmem ext4
auto_online offline
done_now 'node 2 is movable memory' online --init-labels region0
TOTAL=$(node_mib 2 MemTotal) BLOCKS=$(online_blocks)
echo +memory >/sys/fs/cgroup/cgroup.subtree_control
mkdir $CGROUP
run mke2fs -q -t ext4 -F /dev/pmem2
mkdir -p /mnt
check 'ext4 is there' mount -t ext4 /dev/pmem2 /mnt
echo true >$DEMOTION
HOLDER='' TAKERS=()

# --- space elsewhere ---------------------------------------------------------

with_and_without 'clean cache' fill_with_cache
eq 'clean cache: it is dropped' 'done 0' "$(drained drop_cache) $STAY"
check 'clean cache: not a tenth of the pages moves' test $((10 * MOVED)) -lt $((TOTAL * 256 * 9 / 10))
empty
run mhpctl online node2 --yes
fill_with_memory
run mhpctl offline node2 --yes --drain --dry-run --json
eq 'memory with space: nothing but demotion is planned' hold_demotion \
	"$(field '[.drain.actions[].action] | join(" ")')"
if ! in_usual_run; then
	try 'memory with space, drain' --drain
	eq 'memory with space: it moves' '0 0' "$RC $STAY"
fi
empty
run mhpctl online node2 --yes

# --- too little space --------------------------------------------------------

take_space $((TOTAL / 4))
run mkswap -q /dev/pmem1
check 'swap is on' swapon /dev/pmem1
with_and_without 'memory, no space, swap' fill_with_memory
holds 'memory, no space, swap: some of it is reclaimed' test "$(field '[.drain.actions[] | select(.action == "reclaim") | .done_bytes] | add')" -gt 0
eq 'memory, no space, swap: the node is offline' '0 0' "$RC $STAY"
holds 'memory, no space, swap: swap is left' test "$(awk '/SwapFree/ { free = $2 } /SwapTotal/ { total = $2 } END { print int(free * 8 / total) }' /proc/meminfo)" -ge 1
empty
swapoff /dev/pmem1
run mhpctl online node2 --yes
fill_with_memory
TRY=2s
try 'memory, no space, no swap, drain' --drain
show_drain 'memory, no space, no swap'
eq 'memory, no space, no swap: nothing is reclaimed' passed_over "$(drained reclaim)"
has 'memory, no space, no swap: that is said' "$(field '.warnings | join("\n")')" 'other nodes lack space'
holds 'memory, no space, no swap: blocks stay, and the process lives' kill -0 "$HOLDER"

# --- a kill ------------------------------------------------------------------

run mhpctl online node2 --yes
spawn /tmp/killed mhpctl offline node2 --yes --timeout 60s --drain
until_true 20 grep -qx false $DEMOTION
kill -9 "$PID"
wait "$PID" 2>/dev/null
eq 'after a kill demotion is still held' false "$(<$DEMOTION)"
run mhpctl doctor --json
eq 'doctor names it' settings_left "$(field '[.findings[] | select(.id == "settings_left" and .severity != "ok") | .id] | join(" ")')"
empty
give_space
run mhpctl recover --json
eq 'recover restores it' 'true 1' "$(<$DEMOTION) $(field .settings)"
