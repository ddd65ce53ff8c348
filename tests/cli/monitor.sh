#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# mhpctl monitor: conditions and how it ends; real changes are a case of tests/vm.

# shellcheck source=tests/cli/lib.bash
. "$(dirname "$0")/lib.bash"
make_tree

condition="*a condition is OBJECT.FIELD OPERATOR VALUE*"

refused 'no operator' 2 '*"node0": the operator is missing*at character 6*' "$condition" monitor --until node0
refused 'what a shell has left' 2 '*"node0.online_bytes": the operator is missing*' \
	"*the shell treats > and < as redirections*'node0.online_bytes>=1'*" monitor --until node0.online_bytes
refused 'no such object' 2 '*not an object with fields at character 1*' "$condition" \
	monitor --until 'nude0.size==1'
refused 'no such field' 2 '*unknown field "onlin_bytes" at character 7*' '*did you mean online_bytes?' \
	monitor --until 'node0.onlin_bytes==1'
refused 'no such word' 2 '*unknown value "ram" at character 14*' \
	'*valid values: unbound, devdax, system_ram, other, famfs' monitor --until 'dax0.0.mode==ram'
refused 'no order' 2 '*== and != only at character 13*' "$condition" monitor --until 'dax0.0.mode>devdax'
refused 'no such state' 2 '*unknown value "done" at character 15*' \
	'*valid values: running, converged, partial, failed, died' monitor --until 'policy.state==done'
refused 'a copied tree' 2 'a copied tree does not change' '*leave out --sysroot*' \
	--sysroot "$TREE" monitor

run monitor --until 'memory.online_bytes>0' --json
is 'so already: status' "$status" 0
valid 'so already: valid'
is 'so already: the end' "$(json .end)" condition_met
run monitor --timeout 100ms --json=lines
is 'a deadline: status' "$status" 5
valid 'a deadline: valid' --lines
is 'a deadline: the lines' "$(json .event | xargs)" 'version ready result'
run monitor dax99.0 --timeout 100ms
is 'not there yet: status' "$status" 5
like 'not there yet: said so' "$(err)" '*dax99.0: not present yet*'
run monitor --until foo --json
valid 'a mistake: valid'

# --- pins: the watch itself would use the tracing of this machine --------------

refused 'pins of a target' 2 '--pins cannot be combined with a target' '*leave out --pins*' monitor --pins node0
refused 'pins until' 2 '--pins cannot be combined with --until' '*leave out --pins*' \
	monitor --pins --until 'memory.online_bytes>0'
refused '--stay without --pins' 2 '--stay needs --pins' '*add --pins*' monitor --stay 5s
refused 'pins of a copied tree' 2 'a copied tree does not change' '*leave out --sysroot*' \
	--sysroot "$TREE" monitor --pins
run --sysroot "$TREE" monitor --pins --json
valid 'pins of a copied tree: valid'

command_line='mhpctl monitor --json=lines | head -n 1'
"$MHPCTL" monitor --json=lines 2>"$WORK/err" | head -n 1 >"$WORK/out"
is 'the reader goes: status' "${PIPESTATUS[0]}" 0
is 'the reader goes: quiet' "$(err)" ''

done_testing
