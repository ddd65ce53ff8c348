#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Background jobs from start to end. mhp_run() is a fake, so no memory is touched, and /run is that
# of a separate namespace.

# shellcheck source=tests/cli/lib.bash
. "$(dirname "$0")/lib.bash"

if [[ ${1:-} != inside ]]; then
	if unshare -rm true 2>/dev/null; then
		exec unshare -rm "$0" inside
	fi
	pass 'jobs-live # SKIP no namespaces for this user'
	done_testing
fi
mount -t tmpfs none /run
make_fake

# If systemd seems to run but no bus answers, a job is a plain process.
mkdir -p /run/systemd/system

# plain ARG...: mhpctl itself
plain() {
	command_line="mhpctl $*"
	"$MHPCTL" "$@" >"$WORK/out" 2>"$WORK/err" </dev/null
	status=$?
}

state() {
	"$MHPCTL" jobs --json "$1" | jq -r '.jobs[0].state'
}

# shellcheck disable=SC2317 # within_reason calls it
has_process() {
	[[ $("$MHPCTL" jobs --json "$1" 2>/dev/null | jq '.jobs[0].pid') =~ ^[0-9]+$ ]]
}

# Has the process installed its handler for SIGINT?
# shellcheck disable=SC2317 # the same
catches_int() {
	(((0x$(sed -n 's/^SigCgt:[[:space:]]*//p' "/proc/$1/status") & 2) != 0))
}

plain jobs
is 'none' "$status $(out)" '0 there are no background jobs'

# ---- a job that does not end by itself -------------------------------------------------------

run_fake cancel online --async dax999.0
is 'async: status' "$status" 0
is 'async: text' "$(out)" 'job 1: online dax999.0 continues in the background: mhpctl wait 1'
is 'async: nothing on standard error' "$(err)" ''
plain jobs --json
valid 'jobs: valid'
is 'jobs: it runs' "$(json '.jobs[0] | "\(.state) \(.unit) \(.exit_code) \(.result)"')" 'running null null null'
pid=$(json '.jobs[0].pid')
is 'its folder' "$(readlink "/proc/$pid/cwd")" /
is 'what it has open' "$(readlink "/proc/$pid/fd/0" "/proc/$pid/fd/1" "/proc/$pid/fd/2" | xargs)" \
	'/dev/null /run/mhpctl/jobs/1/events /run/mhpctl/jobs/1/log'
is 'only root may look' "$(stat -c %a /run/mhpctl/jobs /run/mhpctl/jobs/1/events | xargs)" '700 600'
kill -HUP "$pid"
is 'what ignores a hang-up' "$((0x$(sed -n 's/^SigIgn:[[:space:]]*//p' "/proc/$pid/status") & 1))" 1
plain wait --timeout 200ms 1
is 'wait, too short: status' "$status" 5
like 'wait, too short: text' "$(err)" 'mhpctl: job 1 is still running; the time limit has passed?hint: mhpctl wait 1 *'
plain wait --timeout 200ms --json 1
valid 'wait, too short: valid'
is 'wait, too short: JSON' "$(json '"\(.status) \(.failures[0].reason) \(.jobs[0].state)"')" 'deadline deadline running'
plain wait --first 1G 1
is 'wait for a part' "$status" 0
like 'wait for a part: text' "$(out)" 'job 1: still running after 7.88 GiB of 7.88 GiB: online --async dax999.0'
env --default-signal=INT "$MHPCTL" wait 1 >"$WORK/out" 2>"$WORK/err" </dev/null &
waiting=$!
within_reason catches_int "$waiting"
kill -INT "$waiting"
wait "$waiting"
is 'wait, interrupted: status' "$?" 130
like 'wait, interrupted: text' "$(err)" 'mhpctl: job 1 is still running; the wait was interrupted?hint: *'
is 'wait, interrupted: the job runs' "$(state 1)" running
plain jobs --forget 1
is 'forget while it runs' "$status" 1
like 'forget while it runs: text' "$(err)" 'mhpctl: job 1 is still running?hint: end it first with mhpctl cancel 1'
plain cancel --json 1
valid 'cancel: valid'
is 'cancel' "$status $(json '"\(.changed) \(.jobs[0].state) \(.jobs[0].result.status)"')" '0 true cancelled interrupted'
plain cancel --json 1
is 'cancel again' "$status $(json .changed)" '0 false'
plain wait 1
is 'wait for a cancelled one: status' "$status" 130
like 'wait for a cancelled one: text' "$(out)" 'job 1: cancelled after *dax999.0: interrupted, 62 of 63 blocks online'

# ---- other ends ------------------------------------------------------------------------------

run_fake fail online --async --first 100G --json dax999.0
valid 'failure before the first part: valid'
is 'failure before the first part' "$status $(json '"\(.command) \(.exit_code) \(.job.state) \(.targets[0].status) \(.failures[0].reason)"')" \
	'4 online 4 failed blocked pinned'
run_fake fail online --async --first 100G dax999.0
is 'the same as text: status' "$status" 4
is 'the same as text: result' "$(out)" 'dax999.0: blocked, 62 of 63 blocks online'
like 'the same as text: why' "$(err)" '*mhpctl: memory40: offline failed: *hint: stop fio'
run_fake '' online --async --first 100G dax999.0
is 'all is less than the first part' "$status $(out)" '0 dax999.0: 63 of 63 blocks online'
run_fake cancel init --async --first 100G --json=lines dax999.0 -t 1min &
asking=$!
within_reason has_process 5
kill -KILL "$("$MHPCTL" jobs 5 --json | jq '.jobs[0].pid')"
wait "$asking"
is 'killed: JSON' "$(tail -n 1 "$WORK/out" | jq -r '"\(.event) \(.command) \(.exit_code) \(.failures[0].reason) \(.job.state)"')" \
	'result init 1 job_died died'
valid 'killed: valid' --lines
plain wait 5
is 'killed: status' "$status" 1
like 'killed: text' "$(err)" 'mhpctl: job 5: its process died *hint: run the command again to continue: mhpctl init *'

for what in held consent; do
	run_fake "$what" online --async dax999.0
	like "$what: status" "$status" '[28]'
	like "$what: text" "$(err)" 'mhpctl: *hint: do something'
done
run_fake already online --async dax999.0
is 'already done' "$status $(out)" '0 dax999.0: already done, 63 of 63 blocks online'
plain jobs --json
is 'none of these left a job' "$(json '.jobs | length')" 5
plain wait --json=lines 2
valid 'the events of a job' --lines
is 'the events name the job' "$(json 'select(.event == "failure") | .job')" 2
plain jobs
unlike 'text without control characters' "$(out)" $'*\e*'

# ---- a job with many events ------------------------------------------------------------------

run_fake much online --async dax999.0
plain wait 6 --json
is 'much: done' "$status $(json '.jobs[0].state')" '0 done'
is 'much: told' "$(json '.jobs[0].result.warnings[1]')" \
	'the events file of the job is full: later events are dropped'
ok 'much: bounded' test "$(stat -c %s /run/mhpctl/jobs/6/events)" -lt $((9 << 20))
ok 'much: not short of it' test "$(stat -c %s /run/mhpctl/jobs/6/events)" -ge $((8 << 20))

# ---- no --job by hand ------------------------------------------------------------------------

plain --job 1
is 'a job begins once' "$status $(err)" '1 mhpctl: job 1 cannot begin: File exists'
plain --job 77
is 'nor one that is not there' "$status" 3

done_testing
