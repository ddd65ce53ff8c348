# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Times of mhpctl, and of ndctl, daxctl and lsmem for the same work
# vm: nvdimm=8G,8G,8G label=128k
#
# Runs in the guest, with the functions of tests/vm/lib/guest.sh. tests/bench/run sets ROUNDS, MODE and COLD_ROUNDS.
# Every sample is a line in SAMPLES, see tests/bench/samples.sh.
#
# The ways, which are the alternatives of the samples: mhpctl; mem and dev, which are ndctl and daxctl with the memmap in memory or on the
# device; policy, which is mhpctl where the kernel brings memory online by itself.

declare -A BLOCKS=() # by way
SAMPLES=/tmp/samples
PROFILE=/tmp/profile
COLD_WAYS=(mem mhpctl dev) # one region each, in each cold round
LISTS=4                    # a round
POLICY=$(cat "$MEM/auto_online_blocks")

# --- up and down -----------------------------------------------------------

# bring_up WAY N [OPTION]: region N becomes online memory.
bring_up() {
	case $1 in
	mhpctl | policy) mhpctl online "region$2" "${@:3}" ;;
	steps) mhpctl online "region$2" --json=lines ;;
	*)
		ndctl create-namespace -r "region$2" -m devdax -M "$1" "${@:3}" &&
			daxctl reconfigure-device -m system-ram "dax$2.0"
		;;
	esac
}

# take_down WAY DEVICE NAMESPACE
take_down() {
	case $1 in
	mhpctl | policy) mhpctl remove "$2" --destroy ;;
	steps) mhpctl remove "$2" --destroy --json=lines ;;
	*) daxctl reconfigure-device -f -m devdax "$2" && ndctl destroy-namespace -f "$3" ;;
	esac
}

# find_device N: set DEVICE and NAMESPACE of region N. Their numbers depend on earlier ones.
find_device() {
	local link path

	DEVICE='' NAMESPACE=''
	for link in /sys/bus/dax/devices/*; do
		path=$(readlink -f "$link")
		[[ $path == */region$1/* ]] || continue
		DEVICE=${path##*/}
		read -r NAMESPACE <"${path%/*}/namespace"
	done
}

# is_up WAY N: region N is online with as much memory as the first time. With the memmap on the
# device there may be a block less, but not for mhpctl.
is_up() {
	local way=$1 blocks node

	[[ $way != @(policy|steps) ]] || way=mhpctl
	node=$(node_of "region$2")
	up "$node"
	blocks=$(nr_blocks "$node")
	eq "$1: as many blocks" "${BLOCKS[$way]:=$blocks}" "$blocks"
	[[ $way != mhpctl ]] || holds 'mhpctl: not fewer than the others' at_least_as_many "$blocks"
}

at_least_as_many() {
	(($1 >= ${BLOCKS[mem]:-0} && $1 >= ${BLOCKS[dev]:-0}))
}

is_down() {
	local region=/sys/bus/nd/devices/region$2

	eq "$1: nothing is left" "0 $(cat "$region/size")" \
		"$(nr_blocks "$(node_of "region$2")") $(cat "$region/available_size")"
}

# --- time ------------------------------------------------------------------

# must CMD...: end the measurement if the command fails.
must() {
	run "$@"
	((RC == 0)) || give_up "$*"
}

give_up() {
	fail "$1" "exit status $RC: $(cat "$ERR" "$OUT" | tail -n 3 | tr '\n' ' ')"
	exit 1
}

# sample ROW SIZE WAY VALUE UNIT
sample() {
	printf '%s\t%s\t%s\t%s\t%s\n' "$@" | tee -a "$SAMPLES"
}

# timed ROW WAY ROUND CMD...: the time of a command. Round 0 is the first touch of the memory and of the programs; it
# is not compared, except in rows that are named for it. The way `steps` counts only the steps, by the events of
# mhpctl: without its start, the plan, and the look at everything at the end.
timed() {
	local row=$1 way=$2 round=$3 start us
	shift 3

	start=$EPOCHREALTIME
	"$@" >"$OUT" 2>"$ERR" </dev/null
	RC=$?
	us=$((${EPOCHREALTIME/./} - ${start/./}))
	if ((RC)); then
		show_last
		give_up "$row $way: $*"
	fi
	[[ $way != steps ]] || us=$(jq -s '[.[] | select(.event == "step_done") | .elapsed_ms] | add * 1000' "$OUT")
	if ((round > 0)) || [[ $row == *-cold ]]; then
		sample "$row" "${SIZE:-0}" "$way" "$us" wall_us
	fi
}

heat() {
	(($1)) && echo warm || echo cold
}

# Waits for udev, so that its work for one way does not slow down the next.
timed_up() {
	udevadm settle
	timed "online-$(heat "$3")" "$1" "$3" bring_up "$1" "$2"
	is_up "$1" "$2"
}

timed_down() {
	udevadm settle
	find_device "$2"
	timed "remove-$(heat "$3")" "${1/policy/mhpctl}" "$3" take_down "$1" "$DEVICE" "$NAMESPACE"
	is_down "$1" "$2"
}

# --- lists -----------------------------------------------------------------

list_text() {
	daxctl list && lsmem
}

list_json() {
	daxctl list && ndctl list && lsmem -J
}

timed_lists() {
	local i

	udevadm settle
	for ((i = 0; i < LISTS; i++)); do
		timed list mhpctl "$1" mhpctl list
		timed list others "$1" list_text
		timed list-json mhpctl "$1" mhpctl list --json
		timed list-json others "$1" list_json
		timed start mhpctl "$1" mhpctl --version
		timed start others "$1" daxctl --version
	done
}

# --- rounds ----------------------------------------------------------------

write_labels() {
	must ndctl disable-region all
	must ndctl init-labels all
	must ndctl enable-region all
}

# Loads modules and lets QEMU translate the code of the programs and of the kernel with little
# memory; otherwise the first way would pay for that.
warm_up() {
	local i

	for i in "${!COLD_WAYS[@]}"; do
		must bring_up "${COLD_WAYS[i]}" "$i" --size=1G
		find_device "$i"
		must take_down "${COLD_WAYS[i]}" "$DEVICE" "$NAMESPACE"
	done
}

# Each way has its own regions and none is taken down before all are up, so that each gets memory
# that the guest has not touched.
cold_rounds() {
	local region nr=$((COLD_ROUNDS * ${#COLD_WAYS[@]}))

	for ((region = 0; region < nr; region++)); do
		timed_up "${COLD_WAYS[region % ${#COLD_WAYS[@]}]}" "$region" 0
	done
	for ((region = 0; region < nr; region++)); do
		timed_down "${COLD_WAYS[region % ${#COLD_WAYS[@]}]}" "$region" 0
	done
}

# All ways one after the other in the same region, every other round in reverse order.
warm_round() {
	local round=$1 ways=(mhpctl mem dev steps) way

	[[ $POLICY == offline ]] || ways=(policy "${ways[@]}")
	((round % 2)) || mapfile -t ways < <(printf '%s\n' "${ways[@]}" | tac)
	for way in "${ways[@]}"; do
		[[ $way == policy ]] && auto_online "$POLICY"
		timed_up "$way" 0 "$round"
		auto_online offline
		[[ $way == mhpctl ]] && timed_lists "$round"
		timed_down "$way" 0 "$round"
	done
}

# Shows why daxctl is not measured with the kernel's own policy. Runs last, because it may leave
# memory in a kernel zone permanently.
daxctl_and_policy() {
	[[ $POLICY == offline ]] && return
	auto_online "$POLICY"
	run ndctl create-namespace -r region2 -m devdax -M mem
	run daxctl reconfigure-device -m system-ram dax2.0
	note "daxctl where auto_online_blocks is $POLICY: status $RC: $(head -n 1 "$ERR")"
	run daxctl reconfigure-device -f -m system-ram dax2.0
	note "the same with -f: status $RC, zone $(zones_of_node 4)"
}

measure() {
	local round

	auto_online offline
	write_labels
	warm_up
	cold_rounds
	for ((round = 1; round <= ROUNDS; round++)); do
		warm_round "$round"
	done
	note "${BLOCKS[mhpctl]} blocks of $(($(block_size) >> 20)) MiB, auto_online_blocks by default $POLICY," \
		"Linux $(uname -r)"
	daxctl_and_policy
	copy_out "$SAMPLES"
}

# --- profile ---------------------------------------------------------------

# tracer KIND NAME: the words before a command to trace it.
tracer() {
	case $1 in
	counts) TRACER=(strace -f -c -w -S time -o "$PROFILE/$2.counts") ;;
	calls) TRACER=(strace -f -r -T -s 80 -o "$PROFILE/$2.calls") ;;
	plain) TRACER=() ;;
	esac
}

# profiled KIND NAME ARG...: a traced command may be so slow that it times out, which is not a
# failure.
profiled() {
	local kind=$1 name=$2 TRACER
	shift 2

	udevadm settle
	tracer "$kind" "$name"
	run "${TRACER[@]}" mhpctl "$@"
	((RC == 0)) || note "$kind: mhpctl $*: status $RC: $(head -n 1 "$ERR")"
	cp "$OUT" "$PROFILE/$name.$kind.json"
}

# Records the work of the dynamic linker before main, and the libraries.
profile_start() {
	run env LD_TRACE_LOADED_OBJECTS=1 mhpctl # like ldd
	cp "$OUT" "$PROFILE/libraries"
	must env LD_DEBUG=statistics LD_DEBUG_OUTPUT="$PROFILE/linker" mhpctl --version
	must strace -r -T -o "$PROFILE/start.calls" mhpctl --version
}

profile() {
	local kind

	mkdir "$PROFILE"
	auto_online offline
	write_labels
	profile_start
	for kind in plain counts calls; do
		profiled "$kind" online online region0 --json=lines
		profiled "$kind" list list --json
		find_device 0
		profiled "$kind" remove remove "$DEVICE" --destroy --json=lines
		tear_down
	done
	ok 'the profiles are there'
	copy_out "$PROFILE"
}
