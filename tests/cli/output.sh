#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Output that cannot be written: every command reports it, and its status is always 1.

# shellcheck source=tests/cli/lib.bash
. "$(dirname "$0")/lib.bash"
make_tree
make_fake
mkdir -p "$TREE/usr/lib/modprobe.d"
echo 'install device-dax /bin/true' >"$TREE/usr/lib/modprobe.d/b.conf" # a finding for doctor

# full ARG...: run with standard output on a full disk
full() {
	command_line="mhpctl ${*@Q} >/dev/full"
	"$MHPCTL" "$@" >/dev/full 2>"$WORK/err" </dev/null
	status=$?
}

closed() {
	command_line="mhpctl ${*@Q} >&-"
	"$MHPCTL" "$@" >&- 2>"$WORK/err" </dev/null
	status=$?
}

# full_fake WHAT ARG...: run_fake with standard output on a full disk
full_fake() {
	command_line="FAKE_RUN=${1@Q} mhpctl ${*:2} >/dev/full"
	env "${fake[@]}" FAKE_RUN="$1" "$MHPCTL" "${@:2}" >/dev/full 2>"$WORK/err" </dev/null
	status=$?
}

run --sysroot "$TREE" doctor
is 'doctor finds something' "$status" 10
for args in list 'list --blocks' 'check node1' 'offline --dry-run node1' plan 'apply --dry-run' \
	'policy show' 'policy check' doctor jobs wait help 'help offline' 'online --help'; do
	for json in '' --json --json=lines; do
		# shellcheck disable=SC2086 # several words, or none
		full --sysroot "$TREE" $args $json
		is "$args $json, full: status" "$status" 1
		like "$args $json, full: why" "$(tail -n 1 "$WORK/err")" \
			'mhpctl: cannot write to standard output: No space left on device'
	done
	# shellcheck disable=SC2086
	closed --sysroot "$TREE" $args
	is "$args, closed: status" "$status" 1
	like "$args, closed: why" "$(tail -n 1 "$WORK/err")" 'mhpctl: cannot write to standard output: *'
done
full --version
is 'version, full' "$status" 1
full --sysroot "$TREE" --json list memory999
is 'no such target, JSON, full' "$status" 1

for json in '' --json --json=lines; do
	# shellcheck disable=SC2086
	full_fake ok online dax999.0 $json
	is "changed $json, full: status" "$status" 1
	like "changed $json, full: that it was" "$(err)" \
		'*mhpctl: cannot write to standard output: No space left on device?hint: the change itself was made; mhpctl list *'
	# shellcheck disable=SC2086
	full_fake fail offline dax999.0 $json
	is "changed in part $json, full: status" "$status" 1
	like "changed in part $json, full: that it was" "$(err)" '*?hint: a part of the change was made; *'
	# shellcheck disable=SC2086
	full_fake already online dax999.0 $json
	is "not changed $json, full: status" "$status" 1
	unlike "not changed $json, full: that it was" "$(err)" '*the change*'
done

done_testing
