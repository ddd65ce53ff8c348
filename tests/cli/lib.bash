# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Shared by the tests of the program. Each test file sources this, calls tests, and ends with
# `done_testing`. The program is $MHPCTL; nothing here needs root or touches the machine's memory.

set -u
export LC_ALL=C.UTF-8
unset NO_COLOR INVOCATION_ID JOURNAL_STREAM NOTIFY_SOCKET # the tests may run in a service

TOP=$(dirname "$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")")
: "${MHPCTL:=$TOP/build-cmd/mhpctl}"
[[ -x $MHPCTL ]] || {
	echo "Bail out! no program: $MHPCTL"
	exit 2
}

# The program itself: the script of libtool before it takes half as long as the program, writes files
# and needs descriptors.
BUILD=$(dirname "$(realpath "$MHPCTL")")
if [[ ${MHPCTL##*/} == mhpctl && -x $BUILD/.libs/mhpctl ]]; then
	MHPCTL=$BUILD/.libs/mhpctl
	export LD_LIBRARY_PATH=$BUILD/.libs${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
fi

# Many small files: in memory, if there is a file system for it.
if [[ ! ${TMPDIR-} && -w /dev/shm ]]; then
	export TMPDIR=/dev/shm
fi
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
TREE=$WORK/tree
number=0
failures=0
command_line=
status=

# ---- TAP -------------------------------------------------------------------------------------

pass() {
	number=$((number + 1))
	echo "ok $number - $1"
}

# fail NAME LINE...
fail() {
	local name=$1
	shift

	number=$((number + 1))
	failures=$((failures + 1))
	echo "not ok $number - $name"
	printf '# %s\n' "$@" "of: $command_line" | sed '2,$s/^\([^#]\)/# \1/'
}

# ok NAME CMD...: passes when CMD succeeds; what it prints is no part of the TAP.
ok() {
	local name=$1
	shift

	if "$@" >/dev/null; then
		pass "$name"
	else
		fail "$name" "failed: $*"
	fi
}

is() {
	local name=$1 got=$2 wanted=$3

	if [[ $got == "$wanted" ]]; then
		pass "$name"
	else
		fail "$name" "got:    $got" "wanted: $wanted"
	fi
}

# like NAME TEXT PATTERN: passes when TEXT matches the glob pattern
like() {
	local name=$1 text=$2 pattern=$3

	# shellcheck disable=SC2053 # the right side is a pattern
	if [[ $text == $pattern ]]; then
		pass "$name"
	else
		fail "$name" "got:    $text" "wanted: $pattern"
	fi
}

unlike() {
	local name=$1 text=$2 pattern=$3

	# shellcheck disable=SC2053 # the right side is a pattern
	if [[ $text != $pattern ]]; then
		pass "$name"
	else
		fail "$name" "got: $text" "not: $pattern"
	fi
}

done_testing() {
	echo "1..$number"
	exit $((failures > 0))
}

# ---- the program -----------------------------------------------------------------------------

# run ARG...: run mhpctl; its output is in $WORK/out and $WORK/err, its exit status in $status
run() {
	command_line="mhpctl ${*@Q}"
	"$MHPCTL" "$@" >"$WORK/out" 2>"$WORK/err" </dev/null
	status=$?
}

out() {
	cat "$WORK/out"
}

err() {
	cat "$WORK/err"
}

# within_reason CMD...: wait until CMD succeeds, over a minute, so that a busy machine passes too
within_reason() {
	local i

	for ((i = 0; i < 1200; i++)); do
		"$@" && return
		sleep 0.05
	done
	return 1
}

# The value of a jq expression in the output.
json() {
	jq -r "$1" "$WORK/out"
}

# The commands in the order of help.
commands() {
	"$MHPCTL" --help | awk '/^Commands:/ { on = 1; next } !NF { on = 0 } on { print $1 }' | xargs
}

# complaints [--lines] FILE: prints what does not match the schema. One process checks all files of a
# script, since it takes long to start.
complaints() {
	local line

	[[ ${VALIDATOR_PID-} ]] || coproc VALIDATOR { exec "$TOP/tests/lib/validate-json" --serve 2>&1; }
	echo "$*" >&"${VALIDATOR[1]}"
	while IFS= read -r line <&"${VALIDATOR[0]}"; do
		[[ $line == . ]] && return
		echo "$line"
	done
	echo 'validate-json has ended'
}

# valid NAME [--lines]: passes when the output matches the schema
valid() {
	complaints "${@:2}" "$WORK/out" >"$WORK/complaints"
	if [[ -s $WORK/complaints ]]; then
		fail "$1" "$(<"$WORK/complaints")"
	else
		pass "$1"
	fi
}

# refused NAME STATUS MESSAGE HINT ARG...: a mistake gives a message, and nothing else is printed.
# HINT is a pattern, MESSAGE only if it ends with a star.
refused() {
	local name=$1 wanted=$2 message=$3 hint=$4 compare=is
	shift 4

	[[ $message == *'*' ]] && compare=like
	run "$@"
	is "$name: status" "$status" "$wanted"
	"$compare" "$name: message" "$(sed -n 1p "$WORK/err")" "mhpctl: $message"
	like "$name: hint" "$(sed -n '2,$p' "$WORK/err")" "$hint"
	is "$name: nothing on standard output" "$(out)" ""
}

# ---- a fake machine --------------------------------------------------------------------------

# add_block ID NODE STATE VALID_ZONES
add_block() {
	local dir=$TREE/sys/devices/system/memory/memory$1

	mkdir -p "$dir"
	echo "$3" >"$dir/state"
	echo "$4" >"$dir/valid_zones"
	printf '%08x\n' "$1" >"$dir/phys_index"
	echo 1 >"$dir/removable"
	echo 0 >"$dir/phys_device"
	ln -sfn "../../node/node$2" "$dir/node$2"
}

# add_node ID CPULIST
add_node() {
	mkdir -p "$TREE/sys/devices/system/node/node$1"
	echo "$2" >"$TREE/sys/devices/system/node/node$1/cpulist"
}

# Node 0 has 4 blocks. Node 1 has 2 online in zone movable and 2 offline.
make_tree() {
	local memory=$TREE/sys/devices/system/memory parameters=$TREE/sys/module/memory_hotplug/parameters

	rm -rf "$TREE"
	mkdir -p "$memory" "$parameters"
	echo 8000000 >"$memory/block_size_bytes"
	echo offline >"$memory/auto_online_blocks"
	echo contig-zones >"$parameters/online_policy"
	echo N >"$parameters/memmap_on_memory"
	add_node 0 0-1
	add_node 1 ''
	add_block 0 0 online none
	add_block 1 0 online Normal
	add_block 2 0 online Normal
	add_block 3 0 online Normal
	add_block 32 1 online Movable
	add_block 33 1 online Movable
	add_block 34 1 offline 'Normal Movable'
	add_block 35 1 offline 'Normal Movable'
}

# load_tree FILE: a path, or the name of a file of tests/unit/data, on top of a machine with two nodes
load_tree() {
	local line path value folders=() file=$1

	[[ $file == */* ]] || file=$TOP/tests/unit/data/$file

	make_tree
	while IFS= read -r line; do
		[[ $line == /* ]] && path=${line%% *} && folders+=("$TREE${path%/*}")
	done <"$file"
	mkdir -p "${folders[@]}" "$TREE"/sys/bus/{cxl/drivers/cxl_dax_region,dax/drivers/{device_dax,kmem}}
	while IFS= read -r line; do
		path=$TREE${line%% *} value=${line#*] = }
		case $line in
		/*'] = <write-only>') : >"$path" ;;
		/*'] = <'*) ;;
		/*'] = '*) printf '%s\n' "${value//|/$'\n'}" >"$path" ;;
		/*' -> '*) ln -sfn "${line#* -> }" "$path" ;;
		esac
	done <"$file"
}

# ---- the program with a fake mhp_run() -------------------------------------------------------

make_fake() {
	"${CC:-cc}" -shared -fPIC -O1 -I"$TOP" "$TOP/tests/cli/fake-run.c" -o "$WORK/fake-run.so" || {
		echo 'Bail out! cannot build fake-run.c'
		exit 2
	}
	# It is loaded before the library of the sanitizers, which would complain about the order.
	fake=("LD_PRELOAD=$WORK/fake-run.so"
		"ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0")
}

# run_fake WHAT ARG...: fake-run.c explains WHAT; use a target that cannot exist
run_fake() {
	command_line="FAKE_RUN=${1@Q} mhpctl ${*:2}"
	env "${fake[@]}" FAKE_RUN="$1" "$MHPCTL" "${@:2}" >"$WORK/out" 2>"$WORK/err" </dev/null
	status=$?
}
