# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Reports the samples of one kernel as a table, as JSON lines, and as goals met or missed. Ratios
# and goals are in thousandths.

MET=0
MISSED=0

# Comparisons, cold or warm, our way, and the goal for the ratio, or none. With several other
# ways the goal is for the fastest.
readonly COMPARISONS=(
	'online cold mhpctl 500'
	'online warm mhpctl 600'
	'online warm policy 600'
	'remove cold mhpctl 1000'
	'remove warm mhpctl 1000'
	'list warm mhpctl 1050'
	'list-json warm mhpctl 1050'
	'start warm mhpctl none'
)

# Parallel memmaps of several regions. The goals are the same with all CPUs on one node or not.
init_comparisons() {
	local kind

	for kind in devdax devdax-4k fsdax; do
		echo "$kind-2 warm mhpctl 1000"
		echo "$kind-4 warm mhpctl 600"
		echo "$kind-4 warm serial none"
		echo "memmap-$kind-2 warm mhpctl 625" # 1 / (0.8 x 2 CPUs)
		echo "memmap-$kind-4 warm mhpctl 625"
	done
	echo 'all-ram warm mhpctl 500'
}

# The time for the state of a whole device compared with the bare write, without goals.
readonly STATE_COMPARISONS=(
	'state-down warm mhpctl none'
	'state-up warm mhpctl none'
)

# A CXL memory device to memory and back, compared with the bare writes and with other tools.
readonly CXL_COMPARISONS=(
	'cxl-up warm mhpctl none'
	'cxl-down warm mhpctl none'
)

# Two halves of a dax device at once, compared with all of it as one device.
readonly WIDE_COMPARISONS=(
	'wide-device_dax warm halves none'
	'wide-device_dax-4k warm halves none'
	'wide-kmem warm halves none'
)

# The goal is a cost of one percent at most; --steady counts small differences.
readonly PINS_COMPARISONS=(
	'fork warm mhpctl 1010'
)

# title WHAT WAY: the command that is run.
title() {
	case $1-$2 in
	cxl-up-mhpctl) echo 'mhpctl online CARD' ;;
	cxl-down-mhpctl) echo 'mhpctl remove --destroy CARD' ;;
	cxl-*-bare) echo 'only the writes' ;;
	cxl-up-tools) echo 'create-region, online-memory' ;;
	cxl-down-tools) echo 'offline-memory, destroy-region' ;;
	fork-mhpctl) echo 'forks, monitor --pins' ;;
	fork-*) echo 'forks without it' ;;
	wide-*-halves) echo "two halves to ${1#wide-}" ;;
	wide-*) echo 'all of it' ;;
	state-down-mhpctl) echo 'mhpctl offline DEVICE' ;;
	state-up-mhpctl) echo 'mhpctl online DEVICE' ;;
	state-down-blocks) echo 'mhpctl offline BLOCKS' ;;
	state-up-blocks) echo 'mhpctl online BLOCKS' ;;
	state-down-bare) echo 'echo unplugged >state' ;;
	state-up-bare) echo 'echo online_movable >state' ;;
	memmap-*-mhpctl) echo "memmaps, ${1#memmap-}" ;;
	memmap-*) echo 'one after the other' ;;
	all-ram-mhpctl) echo 'online 4 regions' ;;
	all-ram-*) echo "4x create -M $2 + reconfigure" ;;
	*-[24]-mhpctl) echo "init, ${1/-/ } x" ;;
	*-[24]-serial) echo "init --jobs 1, ${1/-/ } x" ;;
	*-[24]-ndctl) echo 'ndctl enable-namespace all' ;;
	online-mhpctl) echo 'mhpctl online' ;;
	online-policy) echo 'mhpctl online, own policy' ;;
	online-*) echo "create -M $2 + reconfigure" ;;
	remove-mhpctl) echo 'mhpctl remove --destroy' ;;
	remove-*) echo "reconfigure + destroy ($2)" ;;
	list-mhpctl) echo 'mhpctl list' ;;
	list-others) echo 'daxctl list, lsmem' ;;
	list-json-mhpctl) echo 'mhpctl list --json' ;;
	list-json-others) echo 'daxctl, ndctl list, lsmem -J' ;;
	start-mhpctl) echo 'mhpctl --version' ;;
	start-others) echo 'daxctl --version' ;;
	esac
}

# samples FILE WHAT WHEN WAY: the measured microseconds, one a line.
samples() {
	awk -v what="$2" -v when="$3" -v way="$4" \
		'$1 == what && $2 == way && ($3 == 0) == (when == "cold") { print $4 }' "$1"
}

# median NUMBER...
median() {
	local sorted

	mapfile -t sorted < <(printf '%s\n' "$@" | sort -n)
	echo $(((sorted[($# - 1) / 2] + sorted[$# / 2]) / 2))
}

# other_ways FILE WHAT: the ways that mhpctl is compared with.
other_ways() {
	awk -v what="$2" '$1 == what && $2 !~ /^(mhpctl|policy|serial|halves)$/ && !seen[$2]++ { print $2 }' "$1"
}

milliseconds() {
	printf '%d.%d' $(($1 / 1000)) $(($1 / 100 % 10))
}

ratio() {
	printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000))
}

# judge RATIO GOAL: count the goal and print met or missed.
judge() {
	if [[ $2 == none ]]; then
		VERDICT=''
	elif (($1 <= $2)); then
		VERDICT=met
		MET=$((MET + 1))
	else
		VERDICT='NOT MET'
		MISSED=$((MISSED + 1))
	fi
}

# row WHAT WHEN WAY OTHER OURS THEIRS RATIO GOAL VERDICT
row() {
	local goal=''

	[[ $8 == none ]] || goal="<= $(ratio "$8")"
	printf '%-5s %-26s %8s  %-29s %8s  %6s  %-8s  %s\n' "$2" "$(title "$1" "$3")" \
		"$(milliseconds "$5")" "$(title "$1" "$4")" "$(milliseconds "$6")" "$(ratio "$7")" \
		"$goal" "$9" | sed 's/ *$//'
}

# row_json KERNEL WHAT WHEN WAY OTHER OURS THEIRS RATIO GOAL VERDICT
row_json() {
	local goal=null met=null

	[[ $9 == none ]] || goal=$(ratio "$9")
	case ${10} in
	met) met=true ;;
	NOT*) met=false ;;
	esac
	printf '{"clock":"%s",' "$CLOCK"
	printf '"kernel":"%s","what":"%s","when":"%s","way":"%s","other":"%s",' "${@:1:5}"
	printf '"median_us":%d,"other_median_us":%d,"ratio":%s,"goal":%s,"met":%s,' "$6" "$7" \
		"$(ratio "$8")" "$goal" "$met"
	printf '"us":[%s],"other_us":[%s]}\n' "$(samples "$FILE" "$2" "$3" "$4" | paste -sd,)" \
		"$(samples "$FILE" "$2" "$3" "$5" | paste -sd,)"
}

# compare KERNEL WHAT WHEN WAY GOAL: a line for each other way, the fastest first.
compare() {
	local kernel=$1 what=$2 when=$3 way=$4 goal=$5 ours theirs other us VERDICT

	mapfile -t us < <(samples "$FILE" "$what" "$when" "$way")
	((${#us[@]})) || return 0 # not on this kernel
	[[ $when-$CLOCK != cold-guest ]] || return 0 # the first touch costs no more instructions
	[[ $what-$CLOCK != online-guest ]] || goal=none # see README.md
	ours=$(median "${us[@]}")
	while read -r theirs other; do
		judge $((ours * 1000 / theirs)) "$goal"
		row "$what" "$when" "$way" "$other" "$ours" "$theirs" $((ours * 1000 / theirs)) \
			"$goal" "$VERDICT"
		row_json "$kernel" "$what" "$when" "$way" "$other" "$ours" "$theirs" \
			$((ours * 1000 / theirs)) "$goal" "$VERDICT" >>"$RESULTS"
		goal=none
	done < <(other_medians "$what" "$when" | sort -n)
}

other_medians() {
	local other us

	for other in $(other_ways "$FILE" "$1"); do
		mapfile -t us < <(samples "$FILE" "$1" "$2" "$other")
		echo "$(median "${us[@]}") $other"
	done
}

# report_kernel KERNEL DIR MODE
report_kernel() {
	local kernel=$1 FILE=$2/samples comparison words comparisons=("${COMPARISONS[@]}")

	[[ $3 != init* ]] || mapfile -t comparisons < <(init_comparisons)
	[[ $3 != state ]] || comparisons=("${STATE_COMPARISONS[@]}")
	[[ $3 != cxl ]] || comparisons=("${CXL_COMPARISONS[@]}")
	[[ $3 != pins ]] || comparisons=("${PINS_COMPARISONS[@]}")
	[[ $3 != wide ]] || comparisons=("${WIDE_COMPARISONS[@]}")
	echo
	[[ $CLOCK == guest ]] || echo "# load of this machine: $(cut -d' ' -f1-3 /proc/loadavg)"
	sed -n 's/^note /# /p' "$2/results"
	printf '%-5s %-26s %8s  %-29s %8s  %6s  %s\n' "$kernel" mhpctl ms others ms ratio goal
	for comparison in "${comparisons[@]}"; do
		read -ra words <<<"$comparison"
		compare "$kernel" "${words[@]}"
	done
}

report_begin() {
	RESULTS=$OUT_DIR/results.jsonl
	: >"$RESULTS"
}

report_end() {
	echo "$MET goals met, $MISSED not met; all samples: $RESULTS"
}
