# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Eight runs at once on overlapping targets, beside other tools: what is reported is true, nothing is left
# vm: nvdimm=512M,512M,384M label=128k timeout=1500 once
# vm: usual=6.12

# --set seed=N repeats a run, --set rounds=N (default 2) says how long it takes. Every other round is
# without other tools: then the last run that succeeded says how the machine must be.

SEED=$(option seed "$(any_seed)")
ROUNDS=$(option rounds 2)
export CHOSEN=seed=$SEED # for the command that repeats it
readonly SEED ROUNDS NR=8 DIR=/tmp/storm LIMIT=150 DAX=/sys/bus/dax/devices
readonly RULE=/etc/udev/rules.d/40-storm.rules
RANDOM=$SEED

RUNS=0
SUCCESSES=0
WRONG=0

wrong() {
	WRONG=$((WRONG + 1))
	fail "round $ROUND: $1" "$2"
}

# choose WORD...: one of them, in CHOICE.
choose() {
	local words=("$@")

	CHOICE=${words[RANDOM % $#]}
}

# --- the runs ----------------------------------------------------------------

# start_run N: a random verb on one or two regions.
start_run() {
	local verb targets delay=$((RANDOM % 20))

	choose 'online --init-labels' 'online' 'offline' 'offline' 'remove' 'remove --destroy' 'create --init-labels' 'destroy' 'init'
	verb=$CHOICE
	choose region0 region1 region2 'region0 region1' 'region1 region2' 'region0 region2'
	targets=$CHOICE
	echo "$verb $targets" >"$DIR/$1.words"
	# shellcheck disable=SC2086 # words on purpose
	(
		sleep $((delay / 10)).$((delay % 10))
		mhpctl $verb --yes --timeout 30s --wait=100s $targets --json >"$DIR/$1.json" 2>"$DIR/$1.err" </dev/null 7>&- 8>&-
		echo "$? $EPOCHREALTIME" >"$DIR/$1.end"
	) &
	RUN[$1]=$!
}

all_ended() {
	local files=("$DIR"/*.end)

	((${#files[@]} == NR))
}

# start_runs OTHERS: all of them, and wait for their ends.
start_runs() {
	local i

	rm -rf $DIR
	mkdir $DIR
	RUN=()
	choose region0 region1 region2 'region0 region1' 'region1 region2' 'region0 region1 region2'
	# shellcheck disable=SC2086 # words on purpose
	mhpctl online --yes --init-labels $CHOICE >/dev/null 2>&1 || wrong "online $CHOICE at the start" "exit $?"
	(($1)) && start_rivals
	for ((i = 0; i < NR; i++)); do
		start_run $i
	done
	if ! until_true $LIMIT all_ended; then
		wrong 'every run ends' "not all within $LIMIT s: $(processes mhpctl)"
		kill -9 "${RUN[@]}"
	fi
	wait "${RUN[@]}"
}

# judge N: the document says what the exit code says.
judge() {
	local rc seen

	read -r rc _ <"$DIR/$1.end"
	RUNS=$((RUNS + 1))
	((rc == 0)) && SUCCESSES=$((SUCCESSES + 1))
	seen=$(json "$DIR/$1.json" "[.exit_code == $rc, (.status == \"ok\") == ($rc == 0), ($rc == 0 or (.failures | length > 0)),
		([.targets[]? | select(.status == \"ok\" and .blocks_total != null and .blocks_done < .blocks_total)] | length == 0)] | all")
	printf '  %s: exit %s, changed %s: %s\n' "$(<"$DIR/$1.words")" "$rc" "$(json "$DIR/$1.json" .changed)" \
		"$(json "$DIR/$1.json" '[.failures[]? | "\(.target) \(.reason) \(.message)"] | join(" / ")')"
	[[ $seen == true ]] || wrong "$(<"$DIR/$1.words")" "exit $rc and its document do not agree: $(head -c 300 "$DIR/$1.err")"
	[[ $rc =~ ^(0|1|3|4|5|7|8|64)$ ]] || wrong "$(<"$DIR/$1.words")" "exit $rc: $(head -c 300 "$DIR/$1.err")"
	keep_json "$DIR/$1.json" "mhpctl $(<"$DIR/$1.words") --json"
}

# last_of REGION: the number of the last run that changed it or succeeded; nothing for none.
last_of() {
	local i

	for ((i = 0; i < NR; i++)); do
		grep -qw "$1" "$DIR/$i.words" || continue
		[[ $(json "$DIR/$i.json" '.exit_code == 0 or .changed') == true ]] && echo "$(cut -d' ' -f2 "$DIR/$i.end") $i"
	done | sort -n | sed -n '$s/.* //p'
}

# The machine is as the last run reported, if no other has worked there.
last_is_true() {
	local region i now

	for region in region0 region1 region2; do
		i=$(last_of $region)
		[[ $i && $(json "$DIR/$i.json" .exit_code) == 0 ]] || continue
		now="$(states_of_node "$(node_of $region)") $(mode_of $region)"
		case $(<"$DIR/$i.words") in
		online*) [[ $now == 'online devdax' ]] ;;
		offline*) [[ $now != *online* ]] ;;
		'remove --destroy'* | destroy*) [[ $now == ' ' ]] ;;
		remove*) [[ $now == ' '* ]] ;;
		create* | init*) [[ $now == *devdax || ! $now =~ [a-z] ]] ;;
		esac || wrong "$region: after $(<"$DIR/$i.words")" "it is '$now'"
	done
}

# mode_of REGION: of its namespace that has a size; nothing without one.
mode_of() {
	ndctl list -Ni -r "$1" | jq -r '[.[]? | select(.mode != "raw")][0].mode // empty'
}

# --- others ------------------------------------------------------------------

rival() {
	bash -c "while :; do { $1; } >/dev/null 2>&1; done" </dev/null >/dev/null 2>&1 7>&- 8>&- &
	RIVALS+=($!)
}

# shellcheck disable=SC2016 # for the shells of the rivals
start_rivals() {
	RIVALS=()
	mkdir -p "${RULE%/*}"
	echo 'SUBSYSTEM=="memory", ACTION=="add", ATTR{state}=="offline", ATTR{state}="online_movable"' >$RULE
	udevadm control --reload
	rival 'for d in /sys/bus/dax/devices/dax*; do daxctl reconfigure-device -m system-ram ${d##*/}; sleep 0.3; daxctl offline-memory ${d##*/}; done; sleep 0.2'
	rival 'ndctl list -NRDi; ndctl disable-namespace namespace1.0; ndctl enable-namespace namespace1.0; sleep 0.5'
	rival 'for b in /sys/devices/system/node/node3/memory[0-9]*; do chmem -d -b ${b##*memory}; chmem -e -b ${b##*memory}; done; sleep 0.2'
	rival 'for b in /sys/devices/system/node/node[234]/memory[0-9]*; do echo offline >$b/state; echo online_movable >$b/state; done; sleep 0.3'
	[[ $KERNEL != 7.3 ]] || rival "for d in $DAX/*/state; do echo unplugged >\$d; echo online_movable >\$d; done; sleep 0.1"
}

end_rivals() {
	kill "${RIVALS[@]}"
	wait "${RIVALS[@]}" 2>/dev/null
	until_true 60 eval '! pidof daxctl ndctl chmem' || wrong 'the other tools end' "$(processes daxctl ndctl chmem)"
	rm -f $RULE
	udevadm control --reload
	udevadm settle
}

# processes NAME...: their pids, and where in the kernel they are.
processes() {
	local pid

	for pid in $(pidof "$@"); do
		echo "$pid $(tr '\0' ' ' <"/proc/$pid/cmdline"): $(head -n 4 "/proc/$pid/stack" | xargs)"
	done
}

# --- rounds ------------------------------------------------------------------

no_leftovers() {
	local left

	until_true 30 eval '! pidof mhpctl mhpctl-writer' || wrong 'no process is left' "$(processes mhpctl mhpctl-writer)"
	[[ $(cat /sys/bus/dax/drivers_autoprobe) == 1 && $(cat "$MEM/auto_online_blocks") == offline ]] ||
		wrong 'settings of the machine' "$(cat /sys/bus/dax/drivers_autoprobe) $(cat "$MEM/auto_online_blocks")"
	left=$(find /run/mhpctl /var/lib/mhpctl -type f ! -name '*.lock' ! -name '*.runs' ! -path '*/namespaces/*' 2>/dev/null)
	[[ ! $left ]] || wrong 'nothing is left in /run/mhpctl' "$left"
}

# One run empties it, in any state that the others left.
all_back() {
	run mhpctl remove --destroy --yes --timeout 60s --wait=10s region0 region1 region2 --json
	[[ $RC == 0 && $(field .status) == ok ]] || wrong 'all back' "exit $RC: $(field '[.failures[].message] | join(" / ")')"
	for region in region0 region1 region2; do
		[[ $(nr_blocks "$(node_of $region)") == 0 && ! $(mode_of $region) ]] ||
			wrong "$region is empty" "$(ndctl list -Ni -r $region)"
	done
}

# Another tool that brings a block online between the last look and the unbind makes the kernel keep the
# memory until a reboot. A run must say so, and so must the next one.
is_stuck() {
	grep -q '"reason": *"needs_reboot"' "$DIR"/*.json || return 1
	run mhpctl remove --destroy --yes --timeout 60s --wait=10s region0 region1 region2 --json
	[[ $RC == 7 && $(field '[.failures[].hint] | join(" ")') == *reboot* ]] ||
		wrong 'memory that needs a reboot' "exit $RC: $(field '[.failures[].message] | join(" / ")')"
	note "round $ROUND ends the case: another tool was quicker, and the kernel keeps memory"
}

one_round() {
	local i others=$((ROUND % 2))

	echo "--- round $ROUND of seed $SEED, other tools: $others"
	start_runs "$others"
	((others)) && end_rivals
	for ((i = 0; i < NR; i++)); do
		judge $i
	done
	((others)) || last_is_true
	no_leftovers
	if ((others)) && is_stuck; then
		STUCK=yes
	else
		all_back
	fi
}

note "seed $SEED"
auto_online offline
STUCK=''
for ((ROUND = 0; ROUND < ROUNDS; ROUND++)); do
	[[ $STUCK ]] || one_round
done
eq "$RUNS runs: exit codes and documents are true" 0 "$WRONG"
holds 'some of them succeed' test "$SUCCESSES" -gt 0
proof 'race: eight runs at once on overlapping targets, with and without other tools' "$RUNS" "$((WRONG < RUNS ? WRONG : RUNS))" \
	"$SUCCESSES succeeded; the others failed with a reason; all ended, exit codes, documents and machine agree, nothing is left"
