# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Background jobs: async, wait, cancel, a job that is killed, a terminal that dies
# vm: nvdimm=8G,4G label=128k mem=3G timeout=400
# vm: usual=6.12

GIB=$((1 << 30))

# job_field ID FILTER: a value of what `jobs` says of a job.
job_field() {
	mhpctl jobs "$1" --json | jq -r ".jobs[0] | $2"
}

# online_bytes NODE
online_bytes() {
	local block nr=0

	for block in $(blocks_of_node "$1"); do
		[[ $(<"$MEM/memory$block/state") == online ]] && nr=$((nr + 1))
	done
	echo $((nr * $(block_size)))
}

# online_now NODE BYTES: BYTES are online.
online_now() {
	(($(online_bytes "$1") >= $2))
}

# begin NAME ARG...: mhpctl ARG... begins a job, whose number is in ID and its process in JOB. That
# is stopped at once, as memory comes online faster than this script can look.
begin() {
	local name=$1
	shift

	printf '+ mhpctl %s --json\n' "$*"
	mhpctl "$@" --json >"$OUT" 2>"$ERR" </dev/null
	RC=$?
	JOB=0
	if [[ $(<"$OUT") =~ \"pid\":\ ([0-9]+) ]]; then
		JOB=${BASH_REMATCH[1]}
		kill -STOP "$JOB"
	fi
	keep_json "$OUT" "mhpctl $* --json"
	show_last
	ended 0 "$name"
	ID=$(field .job.job)
	eq "$name: it tells of the job" 'result ok true number' \
		"$(field '"\(.event) \(.status) \(.changed) \(.job.job | type)"')"
}

session_of() {
	cut -d' ' -f6 "/proc/$1/stat"
}

# work_until PID SECONDS COMMAND...: let a job work for SECONDS at a time, until COMMAND succeeds, and
# stop it there.
work_until() {
	local pid=$1 seconds=$2 tries=400
	shift 2

	((pid)) || return 1
	until "$@"; do
		((tries-- > 0)) && kill -CONT "$pid" || return 1
		sleep "$seconds"
		kill -STOP "$pid"
	done
}

# freeze PID NODE BYTES: stop a job when BYTES are online. A new device comes online in one write to
# the kernel, which continues; existing blocks have one each.
freeze() {
	work_until "$1" 0.02 online_now "$2" "$3"
}

has_told() {
	[[ $(job_field "$1" .done_bytes) != null ]]
}

# told PID ID: stop a job when it has reported progress. All blocks together take some 100 ms.
told() {
	work_until "$1" 0.002 has_told "$2"
}

auto_online offline
check 'no jobs at first' mhpctl jobs --json
eq 'the list is empty' '0 0' "$(field '"\(.jobs | length) \(.exit_code)"')"
check 'nothing to wait for' mhpctl wait --json

# --- a mistake is reported before a job starts
refused 3 'no such target' online --async region9
refused 2 'size without async' online --first 1G region0
refused 2 'a plan in the background' online --async --dry-run region0
refused 3 'a job that is not there' wait 7
refused 3 'nor to cancel' cancel 7
refused 2 'no number' wait x
eq 'none of these left a job' 0 "$(mhpctl jobs --json | jq '.jobs | length')"

# --- async, and wait
begin 'async' online --async --init-labels region0
first=$ID
eq 'it is a process' mhpctl "$(<"/proc/$JOB/comm")"
holds 'in a session of its own' test "$(session_of "$JOB")" != "$(session_of $$)"
holds 'it is half-way' freeze "$JOB" 2 "$GIB"
eq 'it runs' "running $JOB" "$(job_field "$first" '"\(.state) \(.pid)"')"
refused 8 'another command on the same memory' online region0
refused 8 'nor a second job' online --async region0
within 2 'a wait that is too short' mhpctl wait --timeout 100ms "$first" --json
eq 'says so' '5 deadline running' \
	"$RC $(field '"\(.failures[0].reason) \(.jobs[0].state)"')"
((JOB)) && kill -CONT "$JOB"
check 'wait for a part' mhpctl wait --first 1G "$first" --json
holds 'a part is online' online_now 2 "$GIB"
eq 'progress is told' true "$(field '.jobs[0] | .done_bytes >= 1073741824 and .total_bytes > 7516192768')"
begin 'a job on other memory' online --async --init-labels region1
second=$ID
((JOB)) && kill -CONT "$JOB"
check 'wait for both' mhpctl wait "$first" "$second" --json=lines
eq 'the last line is the result' 'result wait 0' \
	"$(tail -n 1 "$OUT" | jq -r '"\(.event) \(.command) \(.exit_code)"')"
eq 'the lines name their jobs' "$first $second" \
	"$(jq -r 'select(.event == "progress") | .job' "$OUT" | sort -n | uniq | xargs)"
up 2
up 3
check 'the list' mhpctl jobs --json
eq 'both are done' "$first done 0 null $second done 0 null" \
	"$(field '[.jobs[] | "\(.job) \(.state) \(.exit_code) \(.pid)"] | join(" ")')"
eq 'all bytes' true "$(field '.jobs[0] | .done_bytes == .total_bytes')"
check 'the list as text' mhpctl jobs
check 'wait for what has ended' mhpctl wait "$first" --json
already_so 'nothing to do needs no job' online --async region0
eq 'and makes none' 2 "$(mhpctl jobs --json | jq '.jobs | length')"
check 'cancel of one that has ended' mhpctl cancel "$first" --json
eq 'changes nothing' 'false done' "$(field '"\(.changed) \(.jobs[0].state)"')"
done_now 'away' remove --destroy region0 region1

# --- first
begin 'async, with a part at once' online --async --first 2G --init-labels region0
holds 'the part is online when it returns' online_now 2 $((2 * GIB))
((JOB)) && kill -CONT "$JOB"
check 'the rest follows' mhpctl wait "$ID" --json
up 2
done_now 'all blocks offline before' offline node2
begin 'the same with blocks that are there' online --async --first 2G node2
reached=$(online_bytes 2)
holds 'the part is online again when it returns' test "$reached" -ge $((2 * GIB))
note "$((reached / GIB)) of 7 GiB are online when --first 2G returns"
((JOB)) && kill -CONT "$JOB"
check 'the rest follows again' mhpctl wait "$ID" --json
up 2

# --- cancel
done_now 'all blocks offline' offline node2
begin 'a job to cancel' online --async node2
third=$ID
holds 'it is half-way too' freeze "$JOB" 2 "$GIB"
(
	sleep 1
	kill -CONT "$JOB"
) &
check 'cancel' mhpctl cancel "$third" --json
eq 'it is cancelled' 'true cancelled 130 interrupted' \
	"$(field '"\(.changed) \(.jobs[0].state) \(.jobs[0].exit_code) \(.jobs[0].result.status)"')"
reached=$(online_bytes 2)
eq 'what was done stays, and is what it says' "$reached" \
	"$(field '.jobs[0].result.targets[0].online_bytes')"
holds 'that is a part' test "$reached" -ge "$GIB" -a "$reached" -lt $((7 * GIB))
check_rc 130 'wait gives the exit status' mhpctl wait "$third" --json

# --- killed
begin 'the same again goes on' online --async node2
fourth=$ID
holds 'it does' freeze "$JOB" 2 $((reached + GIB / 2))
holds 'it tells of it' told "$JOB" "$fourth"
((JOB)) && kill -9 "$JOB"
check_rc 1 'a job that was killed' mhpctl wait "$fourth" --json
eq 'is lost' 'job_died died 1 true' "$(field '"\(.failures[0].reason) \(.jobs[0].state) \(.jobs[0].exit_code) \(.jobs[0].done_bytes > 0)"')"
check 'the list tells of it' mhpctl jobs "$fourth" --json
eq 'with what was reached' 'died true' \
	"$(field ".jobs[0] | \"\(.state) \(.done_bytes > 0 and .done_bytes <= $(online_bytes 2))\"")"
check_rc 1 'in words' mhpctl wait "$fourth"
has 'with what to do' "$(<"$ERR")" 'run the command again to continue: mhpctl online'
run mhpctl online node2 --json # a run of blocks that had begun may have ended after the kill
eq 'which is true' '0 ok 63 of 63' "$RC $(field '"\(.status) \(.targets[0].blocks_online) of \(.targets[0].blocks_total)"')"
up 2
settings_are offline

# --- the terminal dies
done_now 'all offline again' offline node2
cat >/tmp/in-terminal <<'END'
mhpctl online --async node2 --json >/tmp/of-terminal
[[ $(</tmp/of-terminal) =~ \"pid\":\ ([0-9]+) ]] && kill -STOP "${BASH_REMATCH[1]}"
echo "${BASH_REMATCH[1]:-0} $(tty)" >/tmp/terminal
kill -9 $$
END
script -qec 'bash /tmp/in-terminal' /dev/null >/tmp/script 2>&1 </dev/null
read -r JOB tty </tmp/terminal
ID=$(json /tmp/of-terminal .job.job)
holds 'there was a terminal' test "${tty:0:5}" == /dev/
holds 'and it is gone' test ! -e "$tty"
eq 'the job is at work' running "$(job_field "$ID" .state)"
kill -HUP "$JOB"
kill -CONT "$JOB"
check 'it lives on' mhpctl wait "$ID" --json
eq 'to its end' 'done 0' "$(field '.jobs[0] | "\(.state) \(.exit_code)"')"
up 2

# --- memmaps in the background
# bound: bytes of the dax devices that device_dax has.
bound() {
	local dev sum=0

	for dev in /sys/bus/dax/drivers/device_dax/dax*; do
		[[ -e $dev ]] && sum=$((sum + $(<"$dev/size")))
	done
	echo $sum
}

# handed_over: stop the job when dax0.0 exists, which its first part makes.
handed_over() {
	work_until "$JOB" 0.02 test -e /sys/bus/dax/devices/dax0.0
}

disable_all() {
	ndctl disable-namespace all
	udevadm settle
}

done_now 'away again' remove --destroy region0
ndctl create-namespace -r region0 -m devdax -M mem -a 4K
ndctl create-namespace -r region1 -m devdax -M mem -a 4K
all=$(bound)
disable_all
begin 'init in the background' init --async --jobs 1 region0 region1
holds 'it has begun' handed_over
refused 8 'another one meanwhile' init
((JOB)) && kill -9 "$JOB"
check_rc 1 'an init that was killed' mhpctl wait "$ID" --json
eq 'is lost too' 'job_died died' "$(field '"\(.failures[0].reason) \(.jobs[0].state)"')"
done_now 'the command goes on' init region0 region1
eq 'all are bound' "$all" "$(bound)"
settings_are offline
disable_all
begin 'an init to cancel' init --async --jobs 1 region0 region1
holds 'it has begun too' handed_over
(
	sleep 1
	kill -CONT "$JOB"
) &
check 'cancel of an init' mhpctl cancel "$ID" --json
eq 'it is cancelled as well' 'true cancelled 130 interrupted' \
	"$(field '"\(.changed) \(.jobs[0].state) \(.jobs[0].exit_code) \(.jobs[0].result.status)"')"
eq 'what it says is bound' "$(bound)" \
	"$(field '[.jobs[0].result.targets[].initialised_bytes] | add')"
holds 'that is not all' test "$(bound)" -lt "$all"
done_now 'and on' init
eq 'all are bound again' "$all" "$(bound)"
ndctl destroy-namespace -f all

# --- the end
check 'forget' mhpctl jobs --forget --json
check 'nothing is left' mhpctl jobs --json
eq 'of them' 0 "$(field '.jobs | length')"
