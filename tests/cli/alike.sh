#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Neighbouring blocks with the same failure: one message for people, a failure each for programs.

# shellcheck source=tests/cli/lib.bash
. "$(dirname "$0")/lib.bash"
make_tree
make_fake

run_fake alike offline dax999.0
is 'text: status' "$status" 7
is 'text: one message for a run' "$(grep -c '^mhpctl: memory' "$WORK/err")" 2
like 'text: with its range' "$(err)" '*mhpctl: memory33-40: offline failed: it was present at boot?hint: leave it?*'
like 'text: and the one apart' "$(err)" '*mhpctl: memory42: offline failed: it was present at boot?hint: leave it*'

run_fake alike offline dax999.0 --json
valid 'JSON: valid'
is 'JSON: a failure for each block' "$(json '[.failures[].target] | join(" ")')" \
	'memory33 memory34 memory35 memory36 memory37 memory38 memory39 memory40 memory42'
is 'JSON: one message on standard error' "$(grep -c 'memory33-40: ' "$WORK/err")" 1

run_fake alike offline dax999.0 --json=lines
valid 'JSON lines: valid' --lines
is 'JSON lines: an event for each block' "$(grep -c '"event": *"failure"' "$WORK/out")" 9

done_testing
