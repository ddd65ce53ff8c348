#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The reading commands on the machines of tests/fixtures, from their reports alone.

# shellcheck source=tests/cli/lib.bash
. "$(dirname "$0")/lib.bash"
# shellcheck source=tests/fixtures/outputs.bash
. "$TOP/tests/fixtures/outputs.bash"
FIXTURE_ERR=$WORK/err

# fixture_is_same NAME: each command prints what is stored.
fixture_is_same() {
	local report=$TOP/tests/fixtures/$1/report.tar.gz name words

	while read -r name words; do
		command_line="mhpctl --sysroot tests/fixtures/$1/report.tar.gz $words"
		# shellcheck disable=SC2086 # several words
		fixture_output "$report" $words >"$WORK/got"
		is "$1: $words" "$(diff "$TOP/tests/fixtures/$1/expected/$name" "$WORK/got")" ''
	done < <(fixture_commands)
}

# shown NAME ARG...: the output of a command on that machine.
shown() {
	run --sysroot "$TOP/tests/fixtures/$1/report.tar.gz" "${@:2}"
	cat "$WORK/out" "$WORK/err"
}

for dir in "$TOP"/tests/fixtures/*/; do
	fixture_is_same "$(basename "$dir")"
done

# Cases K4, K11 and K15, which were once wrong.
like 'memory that kmem left behind is marked' "$(shown k04 list)" '*(orphaned by kmem)*'
shown k04 online --dry-run region0 >/dev/null
is 'and refused before anything is made' "$status" 7
like 'remove of its node names them' "$(shown k04 remove --dry-run node2)" '*15 blocks of no device*'
is 'a block on two nodes has both' \
	"$(shown k11 list --blocks --json | jq -c '.blocks[] | select(.block == 8) | .nodes')" '[0,1]'
like 'and is told where it is left out' "$(shown k11 offline --dry-run node1)" '*memory8: spans nodes 0,1*'
is 'cards without a region are listed' "$(shown k15 list --json | jq '.cxl_memdevs | length')" 2
is 'and without a use' "$(shown k15 doctor --json | jq '[.findings[] | select(.id == "cxl_unused")] | length')" 2
like 'and online all tells of them' "$(shown k15 online --dry-run all)" '*CXL*'

done_testing
