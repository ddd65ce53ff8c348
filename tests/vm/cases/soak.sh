# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Hours of online, load, offline and remove: no wrong byte, no leak, no growth
# vm: nvdimm=512M,384M,256M label=128k,128k,none dimm=256M:5 mem=3G cpu-flags=erms=off,fsrm=off append="memhp_default_state=offline" timeout=400 once
# vm: usual=6.12

# --set cycles=N (default 3) and --set seconds=N (from the start of the case; default: no limit) say
# how long: what is reached first. An emulated CPU zeroes pages byte by byte with erms. Each cycle brings two NVDIMMs and a DIMM online, moves verified memory there, and takes all
# of it away, in turn by `offline`, `remove` and `remove --destroy`. 60 % of all memory are under
# patterns the whole time, and so are two files.

CYCLES=$(option cycles 3)
SECONDS_MAX=$(option seconds 1000000)
DISK=/mnt/disk
STATUS=/tmp/verifier
FIGURES=/tmp/soak.tsv
readonly CYCLES SECONDS_MAX DISK STATUS FIGURES
readonly EVERY=9		# cycles between two looks at the figures, always after the same kind of cycle
readonly GROWTH_KB=$((8 << 10)) # of Slab and free memory, from the first look to the last
readonly FILE_BYTES=24M TRIES=40 # of one command, with a deadline each
readonly NODES=(0 1 2 3 5) # 4 is the disk

WRONG=0	  # bytes, and false words of mhpctl
REFUSED=0 # told failures
DONE=0	  # cycles
in_usual_run && PERCENT=20 || PERCENT=60
HERE=0	  # MiB of patterns that were on the devices, in all cycles
TOOK=0
declare -A VERIFIER=() # node: pid

# value FILE KEY
value() {
	sed -n "s/.*\b$2=\([0-9]*\).*/\1/p" "$1"
}

mem_kb() {
	sed -n "s/^$1: *\([0-9]*\) kB/\1/p" /proc/meminfo
}

wrong() {
	WRONG=$((WRONG + 1))
	fail "cycle $DONE: $1" "$2"
}

# --- load ------------------------------------------------------------------

disk_up() {
	modprobe -qa nd_pmem ext4
	until_true 10 test -b /dev/pmem2 || fail 'a disk' "$(ls /dev)"
	mkdir -p $DISK
	check 'a file system on the third NVDIMM' mke2fs -q -t ext4 /dev/pmem2
	check 'mounted, with its page cache' busybox mount -t ext4 /dev/pmem2 $DISK
}

# A verifier on a node gets 60 % of it (in a usual run 20 %), those of the boot memory share the rest.
verifiers_start() {
	local total devices=$((3 * 128 + 2 * 128 + 2 * 128)) bytes

	total=$(($(mem_kb MemTotal) / 1024)) # with the devices
	bytes=$(((total - devices) * PERCENT / 100 - 2 * 24))
	verifier_start 0 $((bytes / 2))
	verifier_start 1 $((bytes / 2)) --huge
	verifier_start 2 $((3 * 128 * PERCENT / 100)) --huge
	verifier_start 3 $((2 * 128 * PERCENT / 100))
	verifier_start 5 $((2 * 128 * PERCENT / 100)) --huge
	spawn /tmp/churn verifier churn --node 2 --bytes 16M --status $STATUS.churn
	CHURN=$PID
}

# verifier_start NODE MEGABYTES [--huge]
verifier_start() {
	spawn "/tmp/hold$1" verifier hold --node "$1" --bytes "$2M" --status "$STATUS.$1" "${@:3}"
	VERIFIER[$1]=$PID
	until_true 300 has_begun "$1"
	[[ -s $STATUS.$1 ]] || fail "a verifier on node $1" "$(cat "/tmp/hold$1.err")"
}

# has_begun NODE: its verifier has written everything, or has ended.
has_begun() {
	[[ -s $STATUS.$1 ]] || ! kill -0 "${VERIFIER[$1]}"
}

# reached KEY AMOUNT NODE...: the status of each has reached the amount noted in BEFORE, plus AMOUNT.
reached() {
	local key=$1 amount=$2 node
	shift 2

	for node in "$@"; do
		(($(value "$STATUS.$node" "$key") >= BEFORE[$node] + amount)) || return 1
	done
}

# note_before KEY NODE...
note_before() {
	local key=$1 node
	shift

	for node in "$@"; do
		BEFORE[$node]=$(value "$STATUS.$node" "$key")
	done
}

load() {
	local node
	local -A BEFORE=()

	note_before rounds 2 3 5
	kill -USR1 "${VERIFIER[2]}" "${VERIFIER[3]}" "${VERIFIER[5]}"
	verifier write --node 2 --bytes $FILE_BYTES --round "$DONE" /dev/shm/file || wrong 'a file in tmpfs' 'cannot be written'
	verifier write --node 3 --bytes $FILE_BYTES --round "$DONE" $DISK/file || wrong 'a file on the disk' 'cannot be written'
	until_true 600 reached rounds 1 2 3 5 || wrong 'the next round of patterns' 'takes over ten minutes'
	for node in 2 3 5; do
		HERE=$((HERE + $(value "$STATUS.$node" here) / 256))
	done
}

# Everything is read once more, as a whole, after the memory is gone.
verify() {
	local node file
	local -A BEFORE=()

	note_before passes "${NODES[@]}" churn
	for file in /dev/shm/file $DISK/file; do
		verifier read --round "$DONE" "$file" >/tmp/read || wrong "$file" "$(head -n 1 /tmp/read)"
	done
	until_true 600 reached passes 2 "${NODES[@]}" || wrong 'all is read twice' 'takes over ten minutes'
	for node in "${NODES[@]}" churn; do
		(($(value "$STATUS.$node" wrong) == 0)) || wrong "memory of node $node" "$(value "$STATUS.$node" wrong) wrong bytes"
	done
	for node in "${VERIFIER[@]}" "$CHURN"; do
		kill -0 "$node" || wrong 'every verifier lives' "$node does not"
	done
}

# --- a cycle ----------------------------------------------------------------

dimm_blocks() {
	local blocks

	mapfile -t blocks < <(blocks_of_node 5)
	echo "memory${blocks[0]}-${blocks[-1]}"
}

# act NODES STATE ARG...: mhpctl does it; a success must be one for every block of these nodes. A
# refusal is a result too, and what it left is done by the next try.
act() {
	local nodes=$1 state=$2 tries seen
	shift 2

	for ((tries = 0; tries < TRIES; tries++)); do
		spawn "$OUT" mhpctl "$@" --json >/dev/null
		watch_run "$PID"
		wait "$PID"
		RC=$?
		# shellcheck disable=SC2086 # words on purpose
		seen=$(states_of $nodes)
		if [[ $RC != "$(field .exit_code)" ]]; then
			wrong "mhpctl $*: the document" "exit $RC, but $(field .exit_code)"
		elif ((RC == 0)) && [[ $seen != "$state" ]]; then
			wrong "mhpctl $*: success" "but '$seen'"
		fi
		((RC != 0)) || return
		REFUSED=$((REFUSED + 1))
		printf 'cycle %d: mhpctl %s: exit %d: %s\n' "$DONE" "$*" "$RC" "$(field '[.failures[] | "\(.reason): \(.message)"] | join(" / ")')"
	done
	wrong "mhpctl $*" "fails $TRIES times: exit $RC"
}

# watch_run PID: where in the kernel it and its children are, every twenty seconds.
watch_run() {
	local ticks=0 pid

	while kill -0 "$1" 2>/dev/null; do
		sleep 0.2
		((++ticks % 100 == 0)) || continue
		for pid in $(pidof mhpctl mhpctl-writer); do
			((pid == MONITOR)) || printf 'cycle %d: %s: %s\n' "$DONE" "$(tr '\0' ' ' <"/proc/$pid/cmdline")" "$(head -n 6 "/proc/$pid/stack" | xargs)"
		done
		grep -l going-offline "$MEM"/memory*/state
	done
}

# states_of NODE...: the different states of the blocks; nothing where there are none.
states_of() {
	local node block

	for node in "$@"; do
		blocks_of_node "$node"
	done | while read -r block; do
		cat "$MEM/memory$block/state"
	done | sort -u | xargs
}

cycle() {
	local dimm

	dimm=$(dimm_blocks)
	act '2 3 5' online online region0 region1 "$dimm"
	load
	case $((DONE % 3)) in
	0) act '2 3' offline offline --yes region0 region1 ;;
	1) act '2 3' '' remove --yes region0 region1 ;;
	2) act '2 3' '' remove --destroy --yes region0 region1 ;;
	esac
	act 5 offline offline --yes "$dimm"
	verify
	DONE=$((DONE + 1))
}

# --- figures ----------------------------------------------------------------

nr_processes() {
	local dir nr=0

	for dir in /proc/[0-9]*; do
		[[ $(readlink "$dir/exe" 2>/dev/null) == *mhpctl* ]] && nr=$((nr + 1))
	done
	echo $nr
}

# figures SECONDS: one line; the caches are dropped, and a cycle of the same kind has ended.
figures() {
	local kept=(/run/mhpctl/* /var/lib/mhpctl/*) fds=("/proc/$MONITOR/fd"/*)

	busybox sync
	echo 3 >/proc/sys/vm/drop_caches
	sleep 1
	printf '%s\t' "$DONE" "$1" "$(mem_kb Slab)" "$(mem_kb MemTotal)" "$(mem_kb MemFree)" "${#kept[@]}" \
		"$(nr_processes)" "$(cut -f1 /proc/sys/fs/file-nr)" "$(wc -l </proc/modules)" \
		"$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$MONITOR/status")" "${#fds[@]}" \
		"$(value $STATUS.0 passes)" "$REFUSED" >>$FIGURES
	printf '%s\n' "$WRONG" >>$FIGURES
	tail -n 1 $FIGURES
	copy_out $FIGURES
}

# change COLUMN: from the first look to the last.
change() {
	echo $(($(sed -n '$p' $FIGURES | cut -f"$1") - $(sed -n 2p $FIGURES | cut -f"$1")))
}

no_growth() {
	holds 'the slab has not grown' test "$(change 3)" -le $GROWTH_KB
	eq 'MemTotal is as before' 0 "$(change 4)"
	holds 'no memory is lost' test "$((-$(change 5)))" -le $GROWTH_KB
	eq 'as many files in /run/mhpctl and /var/lib/mhpctl' 0 "$(change 6)"
	eq 'as many processes of mhpctl' 0 "$(change 7)"
	holds 'as many descriptors' test "$(change 8)" -le 64
	eq 'as many modules' 0 "$(change 9)"
	holds 'mhpctl monitor has not grown' test "$(change 10)" -le 512
	eq 'mhpctl monitor has as many descriptors' 0 "$(change 11)"
}

soak() {
	local start=$SECONDS

	while ((DONE < CYCLES && SECONDS < SECONDS_MAX && WRONG == 0)); do
		cycle
		((DONE % EVERY == 0 || DONE == 3)) && figures $((SECONDS - start))
	done
	TOOK=$((SECONDS - start))
}

# One more look, after the load has ended.
finish_soak() {
	kill "${VERIFIER[@]}" "$CHURN" "$MONITOR"
	wait "${VERIFIER[@]}" "$CHURN" "$MONITOR" 2>/dev/null
	act '2 3' '' remove --destroy --yes region0 region1
	settings_are offline
}

detects() {
	verifier write --node 0 --bytes 2M --round 1 /tmp/wrong
	printf x | dd of=/tmp/wrong bs=1 seek=1000000 conv=notrunc 2>/dev/null
	check_rc 1 'the verifier detects a wrong byte' verifier read --round 1 /tmp/wrong
	has 'which is one' "$(<"$OUT")" 'wrong=1'
	rm /tmp/wrong
}

printf 'cycles\tseconds\tSlab\tMemTotal\tMemFree\tfiles\tprocesses\tdescriptors\tmodules\tmonitor-rss\tmonitor-fds\tpasses\trefused\twrong\n' >$FIGURES
auto_online offline
detects
disk_up
mhpctl monitor --json=lines >/dev/null 2>&1 7>&- 8>&- &
MONITOR=$!
run mhpctl online --yes=data --init-labels region0 region1 "$(dimm_blocks)" --json
ended 0 'all online'
verifiers_start
soak
no_growth
eq "$DONE cycles: wrong bytes and false words" 0 "$WRONG"
holds 'the load was on the devices' test "$HERE" -gt $((DONE * PERCENT))
finish_soak
note "$DONE cycles in $TOOK s, $((HERE / (DONE ? DONE : 1))) MiB of patterns on the devices in each, $REFUSED refusals"
((WRONG <= DONE)) || WRONG=$DONE
proof "soak: online, load, and offline or remove of three devices, $PERCENT % of memory under patterns" "$DONE" "$WRONG" \
	"$DONE cycles in $TOOK s: no wrong byte in $(value $STATUS.0 passes) passes, Slab $(change 3) KiB, MemFree $(change 5) KiB, $REFUSED told refusals"
