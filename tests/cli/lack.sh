#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# With too few file descriptors the output is the same as with enough, or there is a failure.
# shellcheck source=tests/cli/lib.bash
. "$(dirname "$0")/lib.bash"

readonly MOST=24

make_tree
mkdir -p "$TREE/etc/mhpctl/policy.d" "$TREE/lib/modules/6.12.0"
printf '%s\n' '[memory all]' 'match.node = 1' >"$TREE/etc/mhpctl/policy.d/10-a.conf"

for id in 1 2; do
	mkdir -p "$TREE/run/mhpctl/jobs/$id"
	printf '%s\0' online region0 >"$TREE/run/mhpctl/jobs/$id/command"
	echo '1700000000000000 0' >"$TREE/run/mhpctl/jobs/$id/job"
	: >"$TREE/run/mhpctl/jobs/$id/events"
done

normal() {
	sed "s/\"elapsed_ms\": *[0-9]*/\"elapsed_ms\":0/" "$WORK/out"
}

# few NAME ARG...
few() {
	local name=$1 wanted wanted_status wrong='' ended=''
	shift

	run --sysroot "$TREE" "$@"
	wanted=$(normal)
	wanted_status=$status
	for ((nr = 3; nr <= MOST; nr++)); do
		command_line="mhpctl ${*@Q}, $nr descriptors"
		(
			ulimit -n "$nr"
			exec timeout 600 "$MHPCTL" --sysroot "$TREE" "$@"
		) >"$WORK/out" 2>"$WORK/err" </dev/null
		status=$?
		((status == 124)) && wrong+=" $nr" # it did not end
		if ((status == 0 || status == wanted_status)); then
			ended=1
			[[ $status == "$wanted_status" && $(normal) == "$wanted" ]] || wrong+=" $nr"
		fi
	done
	is "$name: no other answer" "$wrong" ''
	is "$name: enough of them" "$ended" 1
}

few list list
few 'list --json' list --blocks --json
few 'policy show' policy show
few 'policy check' policy check --json
few doctor doctor
few plan plan --json
few jobs jobs

done_testing
