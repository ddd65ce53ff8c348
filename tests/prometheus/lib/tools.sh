# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Programs that are unpacked below build-fleet, and ended with the test.

readonly UNPACKED=$TOP/build-fleet/root
pids=()

get_tools() {
	packages_unpack fleet-files "$TOP/build-fleet" >"$WORK/unpack.log" 2>&1 || {
		sed 's/^/# /' "$WORK/unpack.log"
		echo 'Bail out! cannot unpack the packages'
		exit 2
	}
	PATH=$UNPACKED/usr/bin:$PATH
}

# Starts CMD with its output in a log; it ends with the test.
start() {
	local log=$WORK/$1.log
	shift

	"$@" >"$log" 2>&1 </dev/null &
	pids+=($!)
}

stop_all() {
	((${#pids[@]})) || return 0
	kill "${pids[@]}" 2>/dev/null
	wait "${pids[@]}" 2>/dev/null
	pids=()
}

trap 'stop_all; rm -rf "$WORK"' EXIT

# free_ports NUMBER: that many of the loopback
free_ports() {
	/usr/bin/python3 - "$1" <<-'END'
		import socket, sys
		held = [socket.create_server(("127.0.0.1", 0)) for _ in range(int(sys.argv[1]))]
		print(*[each.getsockname()[1] for each in held])
	END
}

# refuses NAME CMD...: passes when CMD fails; a check that accepts everything shows nothing
refuses() {
	local name=$1
	shift

	if "$@" >"$WORK/refused" 2>&1; then
		fail "$name" "succeeded: $*"
	else
		pass "$name"
	fi
}

# silent NAME CMD...: passes when CMD succeeds without a word
silent() {
	local name=$1 words status=0
	shift

	words=$("$@" 2>&1) || status=$?
	is "$name" "$status $words" '0 '
}
