# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# For the cases that kill mhpctl: what each verb starts from and ends at, how to get there, and what must
# be as it was after each kill. All of it is about region0, on node 2.

DIMM=/sys/bus/nd/devices/nmem0
POLICY=/etc/mhpctl/policy.d/50-kills.conf
NR_WRONG=0
BEFORE='' # set by remember_world

# The verbs: the state before, the state after, and the arguments.
# shellcheck disable=SC2034 # for the cases
declare -A FROM=(
	[online]=empty [remove]=online [remove-destroy]=online [create]=empty [destroy]=devdax
	[init]=disabled [apply]=empty [job]=empty
)
declare -A TO=(
	[online]=online [remove]=devdax [remove-destroy]=empty [create]=devdax [destroy]=empty
	[init]=devdax [apply]=online [job]=online
)
declare -A ARGS=(
	[online]='online region0' [remove]='remove region0' [remove-destroy]='remove --destroy region0'
	[create]='create --yes --name kills region0' [destroy]='destroy --yes region0' [init]='init region0'
	[apply]='apply' [job]='online --async region0'
)
# shellcheck disable=SC2034 # for the cases
VERBS=(online remove remove-destroy create destroy init apply job)

# wrong TEXT: what a kill left is not as it must be.
wrong() {
	NR_WRONG=$((NR_WRONG + 1))
	fail "$MOMENT" "$1"
	show_last
	world
}

# wrong_of COUNT WRONG: for a proof: the number of wrong ones; one can have many faults.
wrong_of() {
	echo $(($2 < $1 ? $2 : $1))
}

# --- states ------------------------------------------------------------------

# state_now: what region0 is, as the kernel shows it. More than one word is a state between two.
state_now() {
	local blocks dax='' driver namespaces

	blocks=$(nr_blocks 2)
	namespaces=$(ndctl list -Ni -r region0 | jq -r '.[] | select(.size > 0) | "\(.mode) \(.state // "enabled")"')
	for driver in /sys/bus/dax/devices/dax0.*/driver; do
		[[ ! -e $driver ]] || dax=$(basename "$(readlink "$driver")")
	done
	case "$blocks|$namespaces|$dax" in
	'0||') echo empty ;;
	'0|devdax enabled|device_dax') echo devdax ;;
	'0|'*' disabled|') echo disabled ;;
	0'|'*) echo "0 blocks, $namespaces, $dax" ;;
	*'|devdax enabled|kmem') [[ $(states_of_node 2) == online ]] && echo online || echo "$blocks blocks $(states_of_node 2)" ;;
	*) echo "$blocks blocks, $namespaces, $dax" ;;
	esac
}

# reach STATE: get there from anywhere, with runs that nobody kills.
reach() {
	[[ $(state_now) == "$1" ]] && return
	case $1 in
	empty) mhpctl remove --destroy --yes region0 --wait=30s ;;
	online) mhpctl online --yes region0 --wait=30s ;;
	devdax)
		[[ $(state_now) == empty ]] || mhpctl remove --destroy --yes region0 --wait=30s
		mhpctl create --yes region0 --wait=30s
		;;
	disabled)
		reach devdax
		ndctl disable-namespace -r region0 all
		;;
	esac >/tmp/reach 2>&1 </dev/null
	[[ $(state_now) == "$1" ]] || {
		MOMENT="$MOMENT, to $1"
		wrong "no way to $1: $(state_now): $(tail -n 3 /tmp/reach)"
	}
}

# --- what must be as before ----------------------------------------------------

settings_now() {
	echo "autoprobe $(cat /sys/bus/dax/drivers_autoprobe) $(cat /sys/bus/nd/drivers_autoprobe)"
	echo "new blocks $(cat "$MEM/auto_online_blocks")"
	echo "messages $(grep -c '=[^_ ]' /proc/dynamic_debug/control)"
}

# left_files: files that no run may leave: settings to restore, intents, and others that must not
# stay. The records of namespaces stay with them.
left_files() {
	find /run/mhpctl /var/lib/mhpctl -type f 2>/dev/null |
		if can_recover; then cat; else grep -v /intent/; fi |
		grep -v -e '^/run/mhpctl/\([a-z]*\.lock\|memmap-rate\|policy\.runs\|total\.runs\|jobs/.*\)$' \
			-e '^/var/lib/mhpctl/namespaces/[0-9a-f-]*$'
}

can_recover() {
	mhpctl help recover >/dev/null 2>&1
}

# world: what is compared. /proc/iomem has each range, the label areas their free slots.
world() {
	settings_now
	echo "files: $(left_files | paste -sd' ') $(find /var/lib/mhpctl/namespaces -type f 2>/dev/null | paste -sd' ')"
	echo "slots $(cat $DIMM/available_slots) state $(cat $DIMM/state)"
	ndctl list -RNi -r region0 | jq -c '.. | objects | select(.dev) | [.dev, .mode, .size, .available_size] | select(.[2] > 0)'
	daxctl list | jq -c '.[] | [.chardev, .size, .mode]'
	cat /proc/iomem
}

remember_world() {
	BEFORE=$(world)
}

# nothing_left: all is as it was when it was remembered.
nothing_left() {
	local now

	now=$(world)
	[[ $now == "$BEFORE" ]] || wrong "not as before: $(diff -U 0 <(echo "$BEFORE") <(echo "$now") | grep '^[-+][^-+]' | paste -sd';')"
}

# alone: nothing that a dead run has started is left. The kernel may keep a write for seconds.
alone() {
	until_true 30 eval '! pidof mhpctl mhpctl-writer'
}

# --- a kill --------------------------------------------------------------------

# after_kill VERB RC: a run that ended by itself has reported the truth; the same command again reaches
# the goal, changes no setting and leaves no file; then everything is removed again.
after_kill() {
	local verb=$1 status=$2 settings

	if ((status == 0)) && [[ $verb != job ]]; then
		[[ $(state_now) == "${TO[$verb]}" ]] || wrong "status 0, and it is $(state_now)"
	fi
	# shellcheck disable=SC2086 # words on purpose
	run mhpctl ${ARGS[$verb]} --wait=30s --json
	((RC == 0)) || wrong "the next run: status $RC"
	if [[ $verb == job ]]; then
		run mhpctl wait --timeout 60s
		alone
	fi
	[[ $(state_now) == "${TO[$verb]}" ]] || wrong "the next run says that all is done, and it is $(state_now)"
	alone || wrong 'processes are left'
	settings=$(settings_now)
	[[ $settings == "$(head -n 3 <<<"$BEFORE")" ]] || wrong "settings: $settings"
	[[ ! $(left_files) ]] || wrong "files are left: $(left_files)"
	reach empty
	nothing_left
}

# begin_kills: labels, a policy for apply, and every file that stays once made.
begin_kills() {
	auto_online offline
	MOMENT='before any kill'
	mkdir -p "${POLICY%/*}"
	done_now 'online once' online --yes --init-labels region0
	done_now 'and away' remove --destroy region0
	printf '[memory kills]\nmatch.region = region0\n' >"$POLICY"
	check 'by a policy' mhpctl apply
	done_now 'and away once more' remove --destroy region0
	remember_world
	echo "$BEFORE"
}
