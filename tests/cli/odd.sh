#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# In odd places the output is the same as anywhere.
# shellcheck source=tests/cli/lib.bash
. "$(dirname "$0")/lib.bash"

make_tree

normal() {
	sed 's/"elapsed_ms": *[0-9]*/"elapsed_ms":0/; s/"time": *"[^"]*"/"time":""/' "$1"
}

# odd NAME SHELL: the shell commands end with "$@", the command to run there.
odd() {
	local name=$1 command

	for command in 'list --json' list doctor jobs; do
		command_line="mhpctl $command, $name"
		# shellcheck disable=SC2086 # words on purpose
		"$MHPCTL" --sysroot "$TREE" $command >"$WORK/wanted" 2>"$WORK/wanted.err" </dev/null
		wanted_status=$?
		# shellcheck disable=SC2086 # words on purpose
		bash -c "$2" in "$MHPCTL" --sysroot "$TREE" $command >"$WORK/out" 2>"$WORK/err" </dev/null
		status=$?
		is "$name: $command" "$status $(normal "$WORK/out") $(<"$WORK/err")" \
			"$wanted_status $(normal "$WORK/wanted") $(<"$WORK/wanted.err")"
	done
}

# shellcheck disable=SC2016 # for the other shell
{
	odd 'an odd time zone' 'TZ=:/no/such/zone exec "$@"'
	odd 'a time zone of 99 hours' 'TZ=XXX-99:99:99 exec "$@"'
	odd 'a missing locale' 'exec env LC_ALL=xx_YY.UTF-8 LANG=xx "$@"'
	odd 'no environment' 'exec env -i LC_ALL=C.UTF-8 "LD_LIBRARY_PATH=$LD_LIBRARY_PATH" "$@"'
	odd 'ignored signals' 'trap "" HUP INT QUIT TERM ALRM USR1 USR2 PIPE CHLD XFSZ; exec "$@"'
	# the runtime of TSan writes a file before main, and valgrind its log
	grep -q 'libtsan\|under-valgrind' "$MHPCTL" ||
		odd 'no file may be written' 'exec 3> >(cat >&2); (ulimit -f 0; exec "$@" 2>&3) | cat; exit "${PIPESTATUS[0]}"'
	# the shell that starts valgrind complains
	grep -q under-valgrind "$MHPCTL" ||
		odd 'a directory that is gone' 'dir=$(mktemp -d); cd "$dir"; rmdir "$dir"; exec "$@"'
	odd 'umask 777' 'umask 777; exec "$@"'
}

done_testing
