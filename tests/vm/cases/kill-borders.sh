# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# kill -9 before each call that changes something, of every verb: the next run reaches the goal
# vm: nvdimm=512M label=128k timeout=1500 once
# vm: usual=7.2
#
#   --set every=N     one call of N, another one in each run of all; default 1, in a usual run 40
#   --set first=N     the first of them; --set verbs=online,remove   these verbs
#   --set whom=both   kill the program and the process that makes the call, or only that; default: each
#                     at one call of two

# shellcheck source=/dev/null
. /vm/kills.sh

# counted AT VERB [both]: run it up to its call AT (0: to its end); its status is in RC, and NR is the
# number of calls.
counted() {
	local at=$1 verb=$2 both=${3:-}

	rm -f /tmp/calls /tmp/count
	truncate -s 8 /tmp/count
	set -m
	# shellcheck disable=SC2086 # words on purpose
	env ${both:+KILLER_GROUP=1} KILLER_AT="$at" KILLER_COUNT=/tmp/count KILLER_LOG=/tmp/calls \
		LD_PRELOAD=/usr/lib/killer.so mhpctl ${ARGS[$verb]} >"$OUT" 2>"$ERR" </dev/null &
	set +m
	wait $!
	RC=$?
	[[ $verb != job ]] || until_true 60 eval '! pidof mhpctl'
	NR=$(od -An -tu8 /tmp/count | tr -d ' ')
}

# borders NR: the calls that are chosen, with one of those on a record of a namespace.
borders() {
	local at

	for ((at = 1 + FIRST; at <= $1; at += EVERY)); do
		echo "$at"
	done
	((EVERY == 1)) || awk '/var.lib.mhpctl.namespaces\/.mhpctl/ { print $1; exit }' /tmp/calls
}

all_borders() {
	local verb=$1 nr at both kills=0 landed=0 before=$NR_WRONG

	MOMENT="$verb to its end"
	reach "${FROM[$verb]}"
	counted 0 "$verb"
	nr=$NR
	sed 's/^/  | /' /tmp/calls
	after_kill "$verb" "$RC"
	for at in $(borders "$nr"); do
		both=''
		[[ $WHOM == process || ($WHOM == each && $((at / EVERY % 2)) == 0) ]] || both=both
		MOMENT="$verb, ${both:-one} killed before call $at"
		reach "${FROM[$verb]}"
		counted "$at" "$verb" $both
		MOMENT+=" of $nr ($(grep "^$at " /tmp/calls))"
		echo "+ $MOMENT: status $RC"
		kills=$((kills + 1))
		((NR < at)) || landed=$((landed + 1))
		after_kill "$verb" "$RC"
	done
	holds "$verb: $landed of $kills kills came in time" test "$landed" -gt 0
	proof "kill: ${ARGS[$verb]}, before a call that changes something" "$landed" "$(wrong_of "$landed" $((NR_WRONG - before)))" \
		"$kills calls of $nr; the next run converges; settings, ranges, namespaces, label slots and files as before"
}

in_usual_run && usual=60 || usual=1
EVERY=$(option every "$usual")
WHOM=$(option whom each)
FIRST=$(option first $((EVERY > 1 ? 6 : 0)))
((EVERY == 1)) || note "calls from $((FIRST + 1)) on, one of $EVERY"
# shellcheck disable=SC2034 # for the line of the proof
((EVERY == 1)) || CHOSEN=$(printf 'every=%s\nfirst=%s' "$EVERY" "$FIRST")
begin_kills
chosen=$(option verbs "${VERBS[*]}")
for verb in ${chosen//,/ }; do
	all_borders "$verb"
done
