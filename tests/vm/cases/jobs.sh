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

# online_now NODE BYTES: so many are online.
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

# freeze PID NODE BYTES: let a job work in small pieces until so much is online, and stand still. A
# new device comes online in one write to the kernel, which goes on; existing blocks have one each.
freeze() {
	local tries=400

	(($1)) || return 1
	until online_now "$2" "$3"; do
		((tries-- > 0)) && kill -CONT "$1" || return 1
		sleep 0.02
		kill -STOP "$1"
	done
}

auto_online offline
check 'no jobs at first' mhpctl jobs --json
eq 'the list is empty' '0 0' "$(field '"\(.jobs | length) \(.exit_code)"')"
check 'nothing to wait for' mhpctl wait --json

# --- a mistake is told before a job begins
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
begin 'async, with a part at once' online --async --first 1G --init-labels region0
((JOB)) && kill -CONT "$JOB"
holds 'the part is online' online_now 2 "$GIB"
check 'the rest follows' mhpctl wait "$ID" --json
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
((JOB)) && kill -9 "$JOB"
check_rc 1 'a job that was killed' mhpctl wait "$fourth" --json
eq 'is lost' 'lost lost 1 true' "$(field '"\(.failures[0].reason) \(.jobs[0].state) \(.jobs[0].exit_code) \(.jobs[0].done_bytes > 0)"')"
check_rc 1 'in words' mhpctl wait "$fourth"
has 'with what to do' "$(<"$ERR")" 'run the command again, it goes on: mhpctl online'
done_now 'which is true' online node2
up 2
settings_are offline

# --- the terminal dies
done_now 'away again' remove --destroy region0
script -qec 'mhpctl online --async --init-labels region0; kill -9 $$' /dev/null >/tmp/script 2>&1 </dev/null
fifth=$((fourth + 1))
check 'the job lives on' mhpctl wait "$fifth" --json
up 2

# --- the end
check 'forget' mhpctl jobs --forget --json
check 'nothing is left' mhpctl jobs --json
eq 'of them' 0 "$(field '.jobs | length')"
done_now 'all away' remove --destroy region0
