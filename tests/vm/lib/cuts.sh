# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Power cuts: a case with `cuts=N` in its head boots N + 1 times from the same files. Its machine is killed
# N times, each time at a random moment after the case has written `cut` to its results: within as many
# milliseconds as `--set span=MS` says. A boot gets the facts of those before it on the kernel command
# line: lines `keep NAME=VALUE` of the results.
#
# The directory /var/lib/mhpctl is on a disk of its own, that stays.

readonly CUT_SPAN_MS=3000

# case_option NAME DEFAULT: the value of --set NAME=VALUE.
case_option() {
	local pattern=".* mhpvm\.$1=([^ ]*)"

	if [[ $CASE_WORDS =~ $pattern ]]; then
		echo "${BASH_REMATCH[1]}"
	else
		echo "$2"
	fi
}

# kept DIR: what the boots before this one have left, as words for the kernel. The last value counts.
kept() {
	sed -n 's/^keep \([a-z0-9]*\)=\([^ ]*\)$/\1 \2/p' "$1/results" |
		awk '{ value[$1] = $2 } END { for (name in value) printf " mhpkept.%s=%s", name, value[name] }'
}

# awaited DIR NR PID: wait until the case says for the NRth time that it may be cut. Fails if the machine
# ends before.
awaited() {
	until (($(grep -c '^cut$' "$1/results") >= $2)); do
		kill -0 "$3" 2>/dev/null || return 1
		sleep 0.05
	done
}

# cut_after DIR NR PID: kill the machine at a random moment.
cut_after() {
	local dir=$1 ms

	awaited "$@" || return 1
	ms=$((RANDOM % $(case_option span $CUT_SPAN_MS)))
	sleep "$(printf '%d.%03d' $((ms / 1000)) $((ms % 1000)))"
	kill -KILL "$(descendants "$3" | tail -n 1)"
	echo "note cut $2 after $ms ms: $(sed -n 's/^doing //p' "$dir/results" | tail -n 1)" >>"$dir/cuts"
}

# machine_cut KERNEL NAME DIR DISK: all boots of the case.
machine_cut() {
	local kernel=$1 name=$2 dir=$3 disk=$4 nr cuts seed status=0

	cuts=$(case_option cuts "${SPEC[cuts]}")
	seed=$(case_option seed 23412)
	truncate -s 16M "$disk/lasting"
	for ((nr = 1; nr <= cuts + 1; nr++)); do
		RANDOM=$((seed + nr))
		status=0
		machine_boot "$kernel" "$name" "$dir" "$disk" \
			"mhpvm.boot=$nr mhpvm.cuts=$cuts mhpvm.seed=$seed$(kept "$dir")" 2>/dev/null & # without bash's word of the kill
		((nr > cuts)) || cut_after "$dir" "$nr" $! || nr=$((cuts + 1))
		wait $! || status=$?
	done
	cat "$dir/cuts" >>"$dir/results"
	return "$status"
}
