# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Two runs at once, killed between any two steps: the other continues, and settings are restored
# vm: nvdimm=1G,512M label=128k timeout=500
# vm: usual=7.2

NR_KILLED=0
policy=$(cat "$MEM/auto_online_blocks")

# kill_first STEP ARG...: two run mhpctl ARG..., the second from the first one's first step on. The
# first is killed as soon as it says that STEP has begun; with KILL_BOTH the other one too, at the first
# step of its own.
kill_first() {
	local step=$1 line
	shift

	SECOND=''
	rm -f /tmp/pipe /tmp/pipe2
	mkfifo /tmp/pipe /tmp/pipe2
	spawn /tmp/pipe mhpctl "$@" --json=lines
	FIRST=$PID
	exec 5</tmp/pipe
	while read -r line <&5; do
		[[ $line == *'"event":"step_started"'* ]] || continue
		[[ $line != *"\"step\":\"$step\""* ]] || kill -9 "$FIRST"
		[[ $SECOND ]] || start_second "$@"
	done
	: >/tmp/second
	while read -r line <&6; do
		[[ ${KILL_BOTH:-} && $line == *'"event":"step_started"'* ]] && kill -9 "$SECOND"
		echo "$line" >>/tmp/second
	done
	exec 5<&- 6<&-
	wait "$FIRST"
	eq "the first is killed at $step" 137 $?
	NR_KILLED=$((NR_KILLED + 1))
	cp /tmp/pipe2.err /tmp/second.err
	finish "$SECOND" /tmp/second
}

start_second() {
	spawn /tmp/pipe2 mhpctl "$@" --wait=60s --json=lines
	SECOND=$PID
	exec 6</tmp/pipe2
}

# The one that is left finds what the kernel and the first one's writers have still to end.
one_left() {
	KILL_BOTH='' kill_first "$@"
	ended 0 "the second goes on after $1"
	settings_are "$policy"
}

none_left() {
	local step=$1

	KILL_BOTH=yes kill_first "$@"
	ended '137|0' "the second is killed after $step"
	shift
	run mhpctl "$@" --wait=20s --json
	eq "a third goes on after $step" '0 ok' "$RC $(field .status)"
	settings_are "$policy"
}

# Each way has a region of its own, as labels are made only once.
declare -A REGION=([one]=region0 [none]=region1) NODE=([one]=2 [none]=3)

for left in one none; do
	region=${REGION[$left]}
	for step in init_labels create_namespace set_mode online_block; do
		${left}_left $step online --init-labels "$region"
		up "${NODE[$left]}"
		already_so "complete after $step" online "$region"
		done_now "back after $step" remove --destroy "$region"
		empty_region "$region"
	done
	for step in offline_block set_mode destroy_namespace; do
		done_now "up for $step" online "$region"
		${left}_left $step remove --destroy "$region"
		empty_region "$region"
	done
done
proof_of_checks 'kill: two runs at once, the first or both killed at a step' "$NR_KILLED" \
	'the second or a third completes the work, settings as before, nothing left of the region'
