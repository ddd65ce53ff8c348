# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A background job where systemd is PID 1: a transient unit that goes when it is done
# vm: systemd nvdimm=24G label=128k mem=3G timeout=300
# vm: usual=6.12

unit_state() {
	systemctl show --property=LoadState --value "$1"
}

is_gone() {
	[[ $(unit_state "$1") == not-found ]]
}

# begin NAME ARG...: mhpctl ARG... starts a job, which is stopped; UNIT and JOB are its unit and pid.
begin() {
	run mhpctl "${@:2}" --json
	JOB=$(sed -n '/"pid":/{s/[^0-9]//g;p;q}' "$OUT")
	[[ $JOB ]] && kill -STOP "$JOB" # at once: it has a second's work
	eq "$1: it has begun" 0 "$RC"
	UNIT=$(field .job.unit)
	eq "$1: the unit has its process" "mhpctl-job-$(field .job.job).service $JOB" \
		"$UNIT $(systemctl show --property=MainPID --value "$UNIT")"
}

boot_1() {
	auto_online offline
	# 24 GiB that the host has not touched yet are not read within the time for a look on any host
	done_now 'blocks to work on' online --init-labels --yes region0
	done_now 'which are offline' offline node2

	begin 'a job' online --async node2
	eq 'is a unit' 'loaded active' "$(unit_state "$UNIT") $(systemctl is-active "$UNIT")"
	has 'in a cgroup of its own' "$(<"/proc/$JOB/cgroup")" "/system.slice/$UNIT"
	eq 'which may tell its status' main "$(systemctl show -P NotifyAccess "$UNIT")"
	kill -CONT "$JOB"
	check 'it ends' mhpctl wait 1 --json
	eq 'recorded by its number' 'online ok' \
		"$(journal result MHPCTL_JOB=1 | jq -r '"\(.MHPCTL_COMMAND) \(.MHPCTL_RESULT)"')"
	eq 'well' 'done 0' "$(field '.jobs[0] | "\(.state) \(.exit_code)"')"
	holds 'and is gone' until_true 10 is_gone "$UNIT"
	up 2

	done_now 'offline again' offline node2
	begin 'a job to cancel' online --async node2
	kill -CONT "$JOB" &
	check 'cancel' mhpctl cancel 2 --json
	holds 'a cancelled one is gone too' until_true 10 is_gone "$UNIT"

	mhpctl offline node2
	begin 'a job to stop' online --async node2
	kill -CONT "$JOB" &
	check 'systemd stops it' systemctl stop "$UNIT"
	check 'it has told a result' mhpctl jobs 3 --json
	eq 'as one does' true "$(field '.jobs[0].result != null')"

	mhpctl offline node2
	begin 'a job to kill' online --async node2
	kill -9 "$JOB"
	check_rc 1 'is lost' mhpctl wait 4 --json
	eq 'by name' died "$(field '.jobs[0].state')"
	holds 'a killed one is gone too' until_true 10 is_gone "$UNIT"
	eq 'no unit failed' '' "$(systemctl list-units --failed --plain --no-legend 'mhpctl*')"
}
