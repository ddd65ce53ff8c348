#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A recover that finds nothing, as mhpctl monitor sees it. /run and /var/lib are those of a separate
# namespace, so nothing that this machine has left is touched.

# shellcheck source=tests/cli/lib.bash
. "$(dirname "$0")/lib.bash"

if [[ ${1:-} != inside ]]; then
	if unshare -rm true 2>/dev/null; then
		exec unshare -rm "$0" inside
	fi
	pass 'recover-live # SKIP no namespaces for this user'
	done_testing
fi
mount -t tmpfs none /run
mount -t tmpfs none /var/lib

run recover
is 'nothing is left: status' "$status" 0
is 'nothing is left: text' "$(out)" 'nothing is left by killed runs'
run recover --dry-run
is 'a dry run is not recorded' "$(wc -l </run/mhpctl/recover.runs)" 1

"$MHPCTL" monitor --count 2 --timeout 60s --json=lines >"$WORK/seen" 2>"$WORK/seen.err" </dev/null &
watcher=$!
if within_reason grep -q '"event":"ready"' "$WORK/seen"; then
	pass 'the monitor is ready'
	run recover --json
	is 'recover: status' "$status $(json .exit_code)" '0 0'
	valid 'recover: valid'
	wait "$watcher"
	is 'the monitor: status' "$?" 0
	cp "$WORK/seen" "$WORK/out"
	valid 'the monitor: valid' --lines
	is 'the start and the end are told, and not the run before' \
		"$(jq -r 'select(.event == "recover_run") | "\(.run) \(.action) \(.state) \(.exit_code)"' "$WORK/seen" | paste -sd ';')" \
		'2 started running null;2 ended converged 0'
elif grep -q 'cannot listen' "$WORK/seen.err"; then
	kill "$watcher"
	pass 'the monitor # SKIP events of the kernel are not allowed here'
else
	kill "$watcher"
	fail 'the monitor is ready' "$(<"$WORK/seen.err")"
fi

done_testing
