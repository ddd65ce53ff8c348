# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# kill -9 at random moments of every verb, of one run and of two at once: the next run reaches the goal
# vm: nvdimm=512M label=128k timeout=1500 once
# vm: usual=6.12
#
#   --set moments=N   N kills; default 40, in a usual run 6
#   --set seed=N      the choices; default: another one each time

# shellcheck source=/dev/null
. /vm/kills.sh

# times: how long each verb takes by itself, in TOOK.
times() {
	local verb start

	for verb in "${VERBS[@]}"; do
		MOMENT="$verb to its end"
		reach "${FROM[$verb]}"
		start=$EPOCHREALTIME
		# shellcheck disable=SC2086 # words on purpose
		run mhpctl ${ARGS[$verb]}
		TOOK[$verb]=$(ms_since "$start")
		after_kill "$verb" "$RC"
		echo "$verb takes ${TOOK[$verb]} ms"
	done
}

# pause MS: without starting a program, which takes as long as a step.
pause() {
	local seconds

	printf -v seconds '%d.%03d' $(($1 / 1000)) $(($1 % 1000))
	read -rt "$seconds" <>/tmp/nothing || :
}

# kill_one PID WHOM: the process, or all of its group.
kill_one() {
	if [[ $2 == group ]]; then
		kill -9 -- "-$1"
	else
		kill -9 "$1"
	fi 2>/dev/null
}

# random_kill: one moment of one verb, as the generator chooses.
random_kill() {
	local verb=${VERBS[RANDOM % ${#VERBS[@]}]} at whom two first second='' status

	at=$((RANDOM % (TOOK[$verb] + 1)))
	((RANDOM % 3)) && whom=process || whom=group
	((RANDOM % 3)) && two='' || two=$((RANDOM % 2 ? 1 : 2))
	MOMENT="$verb, its $whom killed after $at ms${two:+, $two of 2 runs}"
	echo "+ $MOMENT"
	reach "${FROM[$verb]}"
	set -m
	# shellcheck disable=SC2086 # words on purpose
	mhpctl ${ARGS[$verb]} >/tmp/first 2>&1 </dev/null &
	first=$!
	if [[ $two ]]; then
		# shellcheck disable=SC2086
		mhpctl ${ARGS[$verb]} --wait=60s >/tmp/second 2>&1 </dev/null &
		second=$!
	fi
	set +m
	pause "$at"
	kill_one "$first" "$whom"
	[[ $two != 2 ]] || kill_one "$second" "$whom"
	wait "$first"
	status=$?
	if [[ $two ]]; then
		wait "$second"
		status=$?
		[[ $two == 2 || $status == 0 ]] || wrong "the one that is left ends with $status: $(tail -n 2 /tmp/second)"
	fi
	((status == 137)) && LANDED=$((LANDED + 1))
	after_kill "$verb" "$status"
}

declare -A TOOK=()
LANDED=0
in_usual_run && usual=4 || usual=40
moments=$(option moments "$usual")
seed=$(option seed "$(any_seed)")
mkfifo /tmp/nothing
begin_kills
times
note "seed $seed"
RANDOM=$seed
for ((moment = 0; moment < moments; moment++)); do
	random_kill
done
# shellcheck disable=SC2034 # for the line of the proof
CHOSEN=$(printf 'seed=%s\nmoments=%s' "$seed" "$moments")
note "$LANDED of $moments came before the end"
proof "kill: random moments of ${VERBS[*]}, one run and two at once" "$moments" "$(wrong_of "$moments" "$NR_WRONG")" \
	'the next run converges; settings, ranges, namespaces, label slots and files as before'
