#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Functions for the cases. Runs in the guest: `guest.sh CASE` sources the case file with these
# defined. fd 7 takes results, fd 8 files; stdout and stderr are the case's log.
#
# After run, check, check_rc and within: RC is the exit status, OUT and ERR are the files with the
# output of the command.

set -u

RC=0
OUT=/tmp/out
ERR=/tmp/err
NR_JSON=0
MEM=/sys/devices/system/memory
# shellcheck disable=SC2034 # for the cases
KERNEL=$(tr ' ' '\n' </proc/cmdline | sed -n 's/^mhpvm\.kernel=//p')

# in_usual_run: true if all cases run, so that a long case may leave out what others show.
in_usual_run() {
	grep -q ' mhpvm\.usual=1' /proc/cmdline
}

# any_seed: another one each time. A usual run has always the same: it fails for a change, not by chance.
any_seed() {
	if in_usual_run; then
		echo 47840
	else
		od -An -N2 -tu2 /dev/urandom | tr -d ' '
	fi
}

# option NAME DEFAULT: the value of `tests/vm/run --set NAME=VALUE`.
option() {
	local value

	value=$(tr ' ' '\n' </proc/cmdline | sed -n "s/^mhpvm\.$1=//p" | tail -n 1)
	echo "${value:-$2}"
}

# --- results ---------------------------------------------------------------

ok() {
	printf 'ok %s\n' "$*" >&7
	printf '=== ok: %s\n' "$*"
}

# fail NAME [TEXT]: report a failed check, and what was seen instead.
fail() {
	printf x >>/tmp/failed
	printf 'not ok %s\n' "$1${2:+: $2}" >&7
	printf '=== NOT OK: %s\n' "$1${2:+: $2}"
}

note() {
	printf 'note %s\n' "$*" >&7
	printf '=== note: %s\n' "$*"
}

# copy_out FILE...: copy files to the host's directory of this case.
copy_out() {
	local file

	for file in "$@"; do
		tar -cf - -C "$(dirname "$file")" "$(basename "$file")" >&8
	done
}

# same_list FILE: the document without what changes from one moment to the next.
same_list() {
	jq -e 'del(.elapsed_ms, .nodes[].kernel_available_bytes)' "$1"
}

# same_findings FILE: the findings of doctor, without those about the process that reads.
same_findings() {
	jq -e '[.findings[] | select(.group != "rights" and .id != "versions")]' "$1"
}

# same_files A B: both have something, and the same.
same_files() {
	[[ -s $1 ]] && diff "$1" "$2"
}

# report_is_same NAME: a report is written, and shows alone what list and doctor show of the machine. One
# without names is copied out as NAME.tar.gz.
report_is_same() {
	local file=/tmp/$1.tar.gz named=/tmp/named.tar.gz

	check "$1: a report with names" mhpctl report --force --with-names "$named"
	run mhpctl list --blocks --json
	same_list "$OUT" >/tmp/list.here
	run mhpctl --sysroot "$named" list --blocks --json
	same_list "$OUT" >/tmp/list.report
	holds "$1: list of the report is that of the machine" same_files /tmp/list.here /tmp/list.report
	run mhpctl doctor --json
	same_findings "$OUT" >/tmp/doctor.here
	run mhpctl --sysroot "$named" doctor --json
	same_findings "$OUT" >/tmp/doctor.report
	holds "$1: doctor of the report finds what it finds on the machine" \
		same_files /tmp/doctor.here /tmp/doctor.report
	check "$1: a report" mhpctl report --force "$file"
	holds "$1: nothing is left of the unpacked ones" eval '! ls -d /tmp/mhpctl-report-* 2>/dev/null'
	copy_out "$file"
}

# proof WHAT COUNT WRONG OUTCOME: one line of tests/RELIABILITY.md, and a check. WHAT starts with the
# row of that table, see tests/reliability.
proof() {
	printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$KERNEL" "$1" "$2" "$3" "$4" "$(this_run)" >>/tmp/reliability.tsv
	copy_out /tmp/reliability.tsv
	holds "$1: $2 times, none of them wrong" test "$2" -gt 0 -a "$3" -eq 0
}

# proof_of_checks WHAT COUNT OUTCOME: the same where each failed check of the case is one that ended wrong.
proof_of_checks() {
	local wrong=0

	[[ ! -e /tmp/failed ]] || wrong=$(stat -c %s /tmp/failed)
	proof "$1" "$2" "$((wrong < $2 ? wrong : $2))" "$3"
}

# this_run: the command that repeats this run; CHOSEN is NAME=VALUE that the case chose by itself.
this_run() {
	printf 'tests/vm/run --kernel %s' "$KERNEL"
	{
		tr ' ' '\n' </proc/cmdline | sed -n 's/^mhpvm\.//p' | grep -v '^\(kernel\|case\|systemd\|debs\|usual\|boot\)='
		[[ ! ${CHOSEN:-} ]] || echo "$CHOSEN"
	} | sort -u | sed 's/^/ --set /' | tr -d '\n'
	printf ' %s' "$(option case '')"
}

# --- commands --------------------------------------------------------------

# show PREFIX FILE: print the first lines without starting a program, which is slow on an emulated
# CPU.
show() {
	local lines

	mapfile -t -n 200 lines <"$2" 2>/dev/null
	((${#lines[@]} == 0)) || printf "  $1 %.400s\n" "${lines[@]}"
}

# run CMD...: run it, keep and log its output; its status is not a check.
run() {
	printf '+ %s\n' "$*"
	"$@" >"$OUT" 2>"$ERR" </dev/null
	RC=$?
	[[ "$*" == mhpctl*--json* ]] && keep_json "$OUT" "$*"
	show_last
}

show_last() {
	show '|' "$OUT"
	show '!' "$ERR"
	printf '  = %d\n' "$RC"
}

# keep_json FILE COMMAND: set a document aside, which the host checks against the schema.
keep_json() {
	local kind=doc

	[[ $2 == *--json=lines* ]] && kind=lines
	NR_JSON=$((NR_JSON + 1))
	mkdir -p /tmp/json
	cp "$1" "/tmp/json/$NR_JSON.$kind"
	echo "$2" >"/tmp/json/$NR_JSON.command"
}

# ended WANT NAME: the last command ended with WANT; `a|b` allows either.
ended() {
	if [[ "|$1|" == *"|$RC|"* ]]; then
		ok "$2"
	else
		fail "$2" "exit status $RC, not $1: $(tail -n 1 "$ERR")"
	fi
}

# holds NAME CMD...: passes when CMD succeeds; RC, OUT and ERR stay those of the last command.
holds() {
	local name=$1
	shift

	if "$@"; then
		ok "$name"
	else
		fail "$name" "not so: $*"
	fi
}

# check_rc WANT NAME CMD...: passes when CMD exits with WANT; `a|b` allows either.
check_rc() {
	local want=$1 name=$2
	shift 2

	run "$@"
	ended "$want" "$name"
}

# check NAME CMD...: passes when CMD succeeds.
check() {
	check_rc 0 "$@"
}

# eq NAME WANT GOT
eq() {
	if [[ "$2" == "$3" ]]; then
		ok "$1"
	else
		fail "$1" "wanted '$2', got '$3'"
	fi
}

# has NAME TEXT NEEDLE: passes when NEEDLE is in TEXT.
has() {
	if [[ "$2" == *"$3"* ]]; then
		ok "$1"
	else
		fail "$1" "no '$3' in '${2:0:300}'"
	fi
}

# within SECONDS NAME CMD...: passes when CMD takes no longer, with any status, which is in RC.
within() {
	local limit=$1 name=$2 start=$EPOCHREALTIME
	shift 2

	run "$@"
	in_time "$limit" "$name" "$start"
}

# in_time SECONDS NAME START: passes when no more time has passed since START. These are seconds of
# an idle host; a busy one gets more in proportion to its slowness.
in_time() {
	local took slow

	took=$(ms_since "$3")
	slow=$(slowness)
	if ((took * 100 <= $1 * 1000 * slow)); then
		ok "$2"
	else
		fail "$2" "took $took ms, not $1 s (the host being at $slow % of its usual time)"
	fi
	printf '  took %d ms, at %d %%\n' "$took" "$slow"
}

# slowness: the time to start programs now, in percent of that on an idle host.
slowness() {
	local start=$EPOCHREALTIME took i

	for ((i = 0; i < 20; i++)); do
		/bin/true
	done
	took=$(ms_since "$start")
	echo $((took > 160 ? took * 100 / 160 : 100))
}

ms_since() {
	local now=$EPOCHREALTIME

	echo $(((${now/./} - ${1/./}) / 1000))
}

# until_true SECONDS CMD...: wait for a condition; returns the last status of CMD. Where CMD is slow, as on
# a busy host, the wait is longer, up to five times SECONDS.
until_true() {
	local tries=$(($1 * 20)) end=$((SECONDS + $1 * 5))
	shift

	while ! "$@" >/dev/null 2>&1; do
		((tries-- > 0 && SECONDS <= end)) || return 1
		sleep 0.05
	done
}

# spawn LOG CMD...: start CMD in the background, its pid in PID, its errors in LOG.err. With job
# control, or bash would start it with SIGINT ignored and Ctrl-C could not be tested. LOG is
# new, unless it is a pipe: a look at it must not find the words of an earlier command.
spawn() {
	local log=$1
	shift

	[[ -p $log ]] || rm -f "$log"
	rm -f "$log.err"
	printf '+ %s &\n' "$*"
	set -m
	"$@" >"$log" 2>"$log.err" </dev/null 7>&- 8>&- &
	PID=$!
	set +m
}

# finish PID LOG: wait for a spawned command, and set the same variables as `run`.
finish() {
	wait "$1"
	RC=$?
	cp "$2" "$OUT"
	cp "$2.err" "$ERR"
	show_last
}

# kill_at STEP ARG...: start mhpctl ARG... and kill it as soon as it says that STEP has begun. Read from
# a pipe, as a look at a file takes long enough for the step to be over.
kill_at() {
	local step=$1 line
	shift

	rm -f /tmp/pipe /tmp/killed
	mkfifo /tmp/pipe
	spawn /tmp/pipe mhpctl "$@" --json=lines
	while read -r line; do
		[[ $line == *'"event":"step_started"'*"\"step\":\"$step\""* ]] && kill -9 "$PID"
		echo "$line" >>/tmp/killed
	done </tmp/pipe
	cp /tmp/pipe.err /tmp/killed.err
	finish "$PID" /tmp/killed
	ended 137 "killed at $step"
}

# json FILE FILTER: print the results of the jq filter, one value a line.
json() {
	jq -r "$2" "$1" 2>&1
}

# --- the machine -----------------------------------------------------------

block_size() {
	echo $((16#$(cat "$MEM/block_size_bytes")))
}

# zone_of N...: the zone of online block N, or the possible zones of an offline one. For several
# blocks the different values; state_of prints their states in the same way.
zone_of() {
	different "${@/%//valid_zones}"
}

state_of() {
	different "${@/%//state}"
}

# different N/ATTRIBUTE...: the different values of these attributes of memory blocks.
different() {
	local file value
	local -A seen=()

	for file in "$@"; do
		value=gone
		read -r value 2>/dev/null <"$MEM/memory$file"
		[[ -v seen[$value] ]] || printf '%s' "${seen[*]+ }$value"
		seen[$value]=yes
	done
}

blocks_of_node() {
	local dir

	for dir in /sys/devices/system/node/node"$1"/memory[0-9]*; do
		[[ -e $dir ]] && echo "${dir##*memory}"
	done | sort -n
}

nr_blocks() {
	local dirs=(/sys/devices/system/node/node"$1"/memory[0-9]*)

	[[ -e ${dirs[0]} ]] && echo ${#dirs[@]} || echo 0
}

# states_of_node N, zones_of_node N: the different values of its blocks, on one line.
states_of_node() {
	# shellcheck disable=SC2046 # words on purpose
	state_of $(blocks_of_node "$1")
}

zones_of_node() {
	# shellcheck disable=SC2046 # words on purpose
	zone_of $(blocks_of_node "$1")
}

# auto_online WORD: set what the kernel does with new blocks.
auto_online() {
	echo "$1" >"$MEM/auto_online_blocks"
}

# tear_down: delete everything on the NVDIMMs, so that the next part of a case starts empty.
tear_down() {
	local dev

	for dev in $(daxctl list | jq -r '.. | .chardev? // empty'); do
		daxctl reconfigure-device -f -m devdax "$dev"
	done
	ndctl destroy-namespace -f all
	udevadm settle
} >/tmp/tear_down 2>&1

# --- mhpctl ----------------------------------------------------------------

# field FILTER: print a value of the document that the last command printed.
field() {
	json "$OUT" "$1"
}

# done_now NAME ARG... and already_so NAME ARG...: mhpctl ARG... must succeed, having changed
# something, or nothing.
done_now() {
	succeeds true "$@"
}

already_so() {
	succeeds false "$@"
}

succeeds() {
	local changed=$1 name=$2
	shift 2

	run mhpctl "$@" --json
	eq "$name" "0 0 ok $changed, all targets: true" \
		"$RC $(field '"\(.exit_code) \(.status) \(.changed), all targets: \(all(.targets[]?; .status == "ok"))"')"
}

# refused RC NAME ARG...: mhpctl ARG... must end with RC (`a|b`: either), the same in its document,
# with a failure that has a reason, having changed nothing.
refused() {
	local name=$2

	check_rc "$1" "$name" mhpctl "${@:3}" --json
	eq "$name: the document agrees" "$RC false true" \
		"$(field '"\(.exit_code) \(.changed) \([.failures[].reason] | length > 0)"')"
}

# empty_region REGION: it has no namespace, or only its raw one, and all of it is free.
empty_region() {
	eq "$1 is empty" "" "$(ndctl list -N -r "$1" | jq -r '.[] | select(.mode == "devdax") | .dev')"
	eq "$1: no blocks on its node" 0 "$(nr_blocks "$(node_of "$1")")"
}

node_of() {
	cat "/sys/bus/nd/devices/$1/target_node"
}

# up NODE [ZONE]: the node has memory, and all of it is online in ZONE.
up() {
	eq "node $1 is online" "some online ${2:-Movable}" \
		"$( (($(nr_blocks "$1"))) && echo some) $(states_of_node "$1") $(zones_of_node "$1")"
}

# settings_are POLICY: all settings that mhpctl changes temporarily are restored.
settings_are() {
	eq 'settings of the machine are as before' "1 $1" \
		"$(cat /sys/bus/dax/drivers_autoprobe) $(cat "$MEM/auto_online_blocks")"
}

# --- systemd ---------------------------------------------------------------

# boot_again: reboot and continue with the next part of the case.
boot_again() {
	echo again >&7 # see machine_boots
	sync
	systemctl reboot
	sleep 120
	fail 'the machine boots again' 'it did not'
	exit 1
}

# power_cut: the same without shutdown or sync.
power_cut() {
	echo again >&7
	echo b >/proc/sysrq-trigger
	sleep 120
	fail 'the machine boots again' 'it did not'
	exit 1
}

# journal KIND MATCH...: print the records of mhpctl of that kind in this boot, one JSON document a
# line. mhpctl-journal(7) lists the ids.
journal() {
	local -A ids=(
		[step]=c11d0da9d8bc43afa1c002ef395a2566
		[failure]=004cc581039e4093afb0dea09ac16036
		[error]=b8baa7b5957e4e6786f3c42a7d44b02e
		[section]=d8c932b5604a45cf99764ec5139a24ea
		[result]=a3f61327946d475c841e53c6813fd637
	)

	journalctl --sync
	journalctl -b -o json "MESSAGE_ID=${ids[$1]}" "${@:2}"
}

# status_of UNIT: print the last status that it sent to systemd.
status_of() {
	systemctl show -P StatusText "$1"
}

# qemu_monitor COMMAND...: send a command to QEMU, such as to plug a device. Its answer is not read.
qemu_monitor() {
	local dir

	for dir in /sys/class/virtio-ports/*; do
		[[ $(cat "$dir/name") == monitor ]] && printf '%s\n' "$@" >"/dev/${dir##*/}"
	done
}

# host_rss [BYTES]: print the resident bytes of QEMU on the host, now, or of the DIMM of that size; fails
# without an answer. QEMU itself grows by translated code.
host_rss() {
	local dir answer

	for dir in /sys/class/virtio-ports/*; do
		[[ $(cat "$dir/name") == host ]] || continue
		exec {HOST}<>"/dev/${dir##*/}"
		echo "rss $*" >&"$HOST"
		read -r -t 20 answer <&"$HOST"
		exec {HOST}>&-
	done
	[[ ${answer-} =~ ^[0-9]+$ ]] && echo "$answer"
}

# --- the holder ------------------------------------------------------------

# hold_pages LOG ARG...: start holder; returns when it holds the pages. HOLDER is its pid.
hold_pages() {
	local log=$1
	shift

	spawn "$log" holder "$@"
	HOLDER=$PID
	until_true 10 grep -q '^ready' "$log" || fail "holder $*" "$(tail -n 1 "$log.err")"
	cat "$log"
}

# held_block LOG: print the memory block with the holder's first page.
held_block() {
	local pfn

	pfn=$(sed -n 's/.*pfn=\(0x[0-9a-f]*\).*/\1/p' "$1")
	echo $((pfn * 4096 / $(block_size)))
}

release_pages() {
	kill -9 "$HOLDER"
	wait "$HOLDER" 2>/dev/null
}

# shellcheck source=/dev/null
. "$1"

# With systemd a case consists of functions: before_boot, with the disk at ROOT, boot_1, boot_2 ...
if [[ ${PHASE:-} ]]; then
	declare -F "$PHASE" >/dev/null && "$PHASE"
fi
