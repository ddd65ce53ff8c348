# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Rounds of kills, failing allocations, rivals and load, chosen at random, until the time is over
# vm: nvdimm=512M,512M label=128k timeout=1200 once
# vm: usual=7.2
#
# tests/endure is how to start it. It stops at the first false word, and says how to repeat the round; and
# when the kernel keeps memory until a reboot.
#
#   --set minutes=N   default 10, in a usual run 1
#   --set seed=N      the choices; default: another one each time
#   --set round=N     only this round, with what it needs before it

# shellcheck source=/dev/null
. /vm/kills.sh

# --- a verb, in the middle of something ----------------------------------------

# choose WORD...: one of them.
choose() {
	shift $((RANDOM % $#))
	CHOICE=$1
}

# pause MS
pause() {
	local seconds

	printf -v seconds '%d.%03d' $(($1 / 1000)) $(($1 % 1000))
	read -rt "$seconds" <>/tmp/nothing || :
}

# the_verb: the chosen verb, with a document; its status is in RC.
the_verb() {
	# shellcheck disable=SC2086 # words on purpose
	run mhpctl ${ARGS[$VERB]} --json
}

disturbed() {
	MOMENT="round $ROUND: $VERB, $1"
	echo "+ $MOMENT"
}

plain_round() {
	disturbed 'nothing else'
	the_verb
	[[ $RC == 0 ]] || wrong "status $RC"
}

kill_round() {
	local at=$((RANDOM % 1500)) first

	disturbed "killed after $at ms"
	# shellcheck disable=SC2086
	mhpctl ${ARGS[$VERB]} --json >"$OUT" 2>"$ERR" </dev/null &
	first=$!
	pause $at
	kill -9 $first 2>/dev/null
	wait $first 2>/dev/null
	RC=$?
}

# Memory or files of the program fail from some request on.
fault_round() {
	local at what in
	local -A most=([open]=600 [memory]=4000) # about as many as a run has

	choose open memory
	what=$CHOICE
	at=$((RANDOM % ${most[$what]}))
	choose parent both
	in=$CHOICE
	disturbed "$what fails at request $at, in $in"
	JUDGED=lenient
	# shellcheck disable=SC2086
	INJECT_AT=$at INJECT_WHAT=$what INJECT_IN=$in LD_PRELOAD=/usr/lib/inject.so \
		mhpctl ${ARGS[$VERB]} --json >"$OUT" 2>"$ERR" </dev/null
	RC=$?
	[[ $RC -lt 128 ]] || wrong "ended by signal $((RC - 128))"
}

# Others do what people and scripts do, beside it.
rival_round() {
	local rival
	# shellcheck disable=SC2016 # for the shell of the rival
	local -A rivals=(
		[daxctl]='for d in /sys/bus/dax/devices/dax0.*; do daxctl online-memory ${d##*/}; daxctl offline-memory ${d##*/}; done'
		[chmem]='chmem -d -b 33-35; chmem -e -b 33-35'
		[ndctl]='ndctl list -RNDi; ndctl enable-namespace all'
		[states]='for b in /sys/devices/system/node/node2/memory[0-9]*; do echo online_movable >$b/state; done'
		[udev]='udevadm trigger --action=change; udevadm settle'
		[mhpctl]='mhpctl list; mhpctl check region0; mhpctl doctor'
	)

	choose "${!rivals[@]}"
	disturbed "beside $CHOICE"
	[[ $CHOICE == udev || $CHOICE == mhpctl ]] || JUDGED='' # the others may change memory after the run, too
	spawn /tmp/rival bash -c "while :; do { ${rivals[$CHOICE]}; } >/dev/null 2>&1; sleep 0.05; done"
	rival=$PID
	the_verb
	kill -TERM -- "-$rival"
	wait "$rival" 2>/dev/null
	until_true 30 eval '! pidof daxctl chmem ndctl'
	udevadm settle
}

# Memory in use while the device is online, under a pattern: no byte of it changes.
load_round() {
	local held=''

	disturbed 'memory in use'
	rm -f /tmp/verifier
	if [[ ${FROM[$VERB]} == online ]]; then
		spawn /tmp/verifier.log verifier hold --node 2 --bytes 64M --status /tmp/verifier
		held=$PID
		until_true 30 grep -q '^passes=[1-9]' /tmp/verifier || wrong 'the verifier does not start'
	fi
	the_verb
	[[ $RC == 0 ]] || wrong "status $RC beside movable pages"
	[[ $held ]] || return 0
	kill "$held"
	wait "$held" || wrong "a byte has changed: $(cat /tmp/verifier)"
}

# --- what must be true afterwards ----------------------------------------------

# document_is_true: "ok", which no killed run says, is what the kernel shows, and the blocks online are those
# of lsmem. A run whose reads failed may say that it does not know.
document_is_true() {
	local shown told

	((RC == 0)) && [[ $VERB != job && $(head -c 1 "$OUT") == '{' ]] || return 0
	[[ $(state_now) == "${TO[$VERB]}" ]] || wrong "it says ok, and it is $(state_now)"
	shown=$(lsmem -nbo SIZE,STATE,NODE --split STATE,NODE |
		awk '$2 == "online" && $3 == 2 { sum += $1 } END { printf "%d", sum }')
	told=$(field '.targets[0].online_bytes')
	[[ $told == null && ($shown == 0 || $JUDGED == lenient) ]] && return
	[[ $told == "$shown" ]] || wrong "it says $told bytes online, and lsmem $shown"
}

# The file cache of the whole machine and data on the other region stay as they are.
sums() {
	echo "$(sha256sum </var/cached | cut -c1-16) $(daxio sum /dev/dax1.0)"
}

nothing_leaks() {
	local now

	now=$(sums)
	[[ $now == "$SUMS" ]] || wrong "data has changed: $SUMS, now $now"
	[[ $(dmesg | grep -cE 'BUG:|Oops|WARNING:|soft lockup|hung task') == "$NOISE" ]] ||
		wrong "the kernel complains: $(dmesg | grep -E 'BUG:|Oops|WARNING:|soft lockup|hung task' | tail -n 1)"
}

# kept_until_reboot: a rival brought a block online in the moment before kmem was unbound, so the kernel keeps
# the memory without a device. Linux 7.3 refuses instead, if the whole device has a state.
kept_until_reboot() {
	(($(nr_blocks 2) > 0)) && ! compgen -G '/sys/bus/dax/drivers/kmem/dax0.*' >/dev/null
}

# Nothing can be done with the device any more; the run has said so, and every other says it.
reboot_is_told() {
	[[ $(field 'any(.failures[].reason; . == "needs_reboot")') == true ]] ||
		wrong 'the kernel keeps memory until a reboot, and the run does not say so'
	run mhpctl remove region0 --json
	[[ "$RC $(field '.failures[0].reason')" == '7 needs_reboot' ]] || wrong "then: status $RC, $(field '.failures[0].reason')"
	run mhpctl doctor --json
	[[ $(field 'any(.findings[].found; test("left behind by kmem"))') == true ]] || wrong 'doctor does not see it'
	[[ $BEFORE == "$(settings_now)"$'\n'* ]] || wrong "settings: $(settings_now)"
	[[ ! $(left_files) ]] || wrong "files: $(left_files)"
}

one_round() {
	local kind

	ROUND=$1
	RANDOM=$(((SEED * 1009 + ROUND) % 32768))
	# shellcheck disable=SC2153 # of kills.sh
	choose "${VERBS[@]}"
	VERB=$CHOICE
	choose plain kill kill fault fault rival rival load
	kind=$CHOICE
	reach "${FROM[$VERB]}"
	JUDGED=yes
	"${kind}_round"
	[[ ! $JUDGED ]] || document_is_true
	alone || wrong 'processes are left'
	if kept_until_reboot; then
		NEEDS_REBOOT=yes
		reboot_is_told
	else
		after_kill "$VERB" 137
	fi
	nothing_leaks
}

rounds() {
	local until=$((SECONDS + MINUTES * 60)) round=1

	while ((SECONDS < until && NR_WRONG == 0)) && [[ ! $NEEDS_REBOOT ]]; do
		one_round $round
		round=$((round + 1))
	done
	DONE=$((round - 1))
	[[ ! $NEEDS_REBOOT ]] || note "needs a reboot after round $DONE"
	((NR_WRONG == 0)) || note "repeat it: tests/endure --kernel $KERNEL --replay $SEED:$DONE"
}

in_usual_run && usual=1 || usual=10
MINUTES=$(option minutes "$usual")
SEED=$(option seed "$(any_seed)")
NEEDS_REBOOT=''
mkfifo /tmp/nothing
begin_kills
check 'data on the other region' mhpctl create --yes --init-labels region1
seq 1 100000 | daxio put /dev/dax1.0 $((4 << 20))
seq 1 500000 >/var/cached
remember_world
SUMS=$(sums)
NOISE=$(dmesg | grep -cE 'BUG:|Oops|WARNING:|soft lockup|hung task')
note "seed $SEED"
if [[ $(option round '') ]]; then
	DONE=1
	one_round "$(option round '')"
else
	rounds
fi
# shellcheck disable=SC2034 # for the line of the proof
CHOSEN=$(printf 'seed=%s\nminutes=%s' "$SEED" "$MINUTES")
proof 'endure: rounds of kills, failing allocations and opens, rivals, memory in use' "$DONE" "$(wrong_of "$DONE" "$NR_WRONG")" \
	'documents true, converges, settings, files, ranges and other data as before, no complaint of the kernel'
