# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Odd places: namespaces, missing and full file systems, closed output, tiny limits, stopped, clock set back
# vm: nvdimm=512M,256M label=128k tools=storage timeout=900 once
# vm: usual=6.12

# In each place `list`, `offline` and `online` are run. A success must be one; a failure must have its
# documented exit code and words; and a run in an ordinary place afterwards must find nothing in its way.
# Where records of work on labels cannot be written, so are `create` and `destroy`. A long run also runs the
# commands that only read.
# --set parts=records,limits runs only these groups; --set stop-seconds=N says how long a run is stopped: a minute, in a usual run 5 seconds.

NR=0
WRONG=0
CGROUP=/sys/fs/cgroup/odd
readonly CGROUP

wrong() {
	WRONG=$((WRONG + 1))
	fail "$1" "$2"
}

# Everything that one run may say about itself, for the reader of the log.
words_of() {
	{
		cat "$ERR"
		jq -r '(.failures[]? | "failure: \(.target) \(.reason) \(.message) (\(.hint))"),
			(.findings[]? | select(.severity != "ok") | "finding: \(.message)"),
			(.interrupted_runs[]? | "interrupted run: \(.command)")' "$OUT" 2>/dev/null
	} | head -n 3 | cut -c1-300 | sed 's/^/    /'
}

# expect WANT NAME VERB: the last command; WANT is `0`, or codes as in `1|6`. SILENT: nobody can hear.
expect() {
	local want=$1 name=$2 verb=$3 states words

	NR=$((NR + 1))
	words=$(words_of)
	printf '%s: %s: exit %d\n%s\n' "$name" "$verb" "$RC" "$words"
	[[ "|$want|" == *"|$RC|"* ]] || wrong "$name: $verb" "exit $RC, not $want: ${words%%$'\n'*}"
	states=$(states_of_node 2)
	case $RC:$verb in
	0:offline) [[ $states != *online* ]] || wrong "$name: $verb succeeds" "but $states" ;;
	0:online) [[ $states == online ]] || wrong "$name: $verb succeeds" "but $states" ;;
	0:*) ;;
	*) [[ ${SILENT:-} || $words ]] || wrong "$name: $verb" "exit $RC without a word" ;;
	esac
	if [[ ! ${SILENT:-} && $verb != list && ! ${CUT:-} ]]; then
		[[ $(jq .exit_code "$OUT" 2>/dev/null) == "$RC" ]] || wrong "$name: $verb" "its document says '$(head -c 200 "$OUT")', not $RC"
	fi
}

# An ordinary run afterwards, which makes the state for the next place.
ordinary() {
	local name=$1

	until_true 20 eval '! pidof mhpctl mhpctl-writer' || wrong "$name: no process is left" "$(pidof mhpctl mhpctl-writer)"
	mhpctl online dax0.0 --wait=10s --json >/tmp/ordinary 2>&1 || wrong "$name: an ordinary run afterwards" "$(tail -n 3 /tmp/ordinary)"
	[[ $(states_of_node 2) == online ]] || wrong "$name: online afterwards" "$(states_of_node 2)"
	[[ "$(cat /sys/bus/dax/drivers_autoprobe) $(cat "$MEM/auto_online_blocks")" == '1 offline' ]] ||
		wrong "$name: settings" "$(cat /sys/bus/dax/drivers_autoprobe) $(cat "$MEM/auto_online_blocks")"
}

# place LIST OFFLINE ONLINE NAME SHELL: the shell commands end with "$@", the command to run there.
# LIST, OFFLINE and ONLINE are the exit codes of these commands.
place() {
	local name=$4 shell=$5

	run_in "$shell" mhpctl list --json
	expect "$1" "$name" list
	run_in "$shell" mhpctl offline --timeout 20s dax0.0 --json
	expect "$2" "$name" offline
	((RC == 0)) || mhpctl offline --yes --wait=10s dax0.0 >/dev/null 2>&1
	run_in "$shell" mhpctl online --timeout 20s dax0.0 --json
	expect "$3" "$name" online
	ONLINE_ERR=$(<"$ERR")
	in_usual_run || readers "$name" "$shell"
	ordinary "$name"
}

# readers NAME SHELL: commands that change nothing. Which code is right is known of `list`; here each has a
# documented one, and words unless all is well.
readers() {
	local words

	for words in 'check dax0.0' doctor plan jobs recover 'policy check'; do
		# shellcheck disable=SC2086 # words on purpose
		run_in "$2" mhpctl $words --json
		expect "$([[ $RC =~ ^(0|1|2|3|4|6|7|10|127|137|141)$ ]] && echo "$RC" || echo 'a documented one')" "$1" "$words"
		[[ $RC != 137 || $1 == *memory* ]] || wrong "$1: $words" 'killed'
		[[ $RC != 127 || $1 == *addresses* ]] || wrong "$1: $words" 'not started'
	done
}

# on_labels CREATE DESTROY NAME SHELL: exit codes of `create` and `destroy` on the second region, where these
# steps have a record; each is compared with the namespaces there are.
on_labels() {
	local name=$3 shell=$4 was

	was=$(namespaces_of_region1)
	run_in "$shell" mhpctl create --yes --init-labels region1 --json
	expect "$1" "$name" create
	[[ $(namespaces_of_region1) == "$( ((RC)) && echo "$was" || echo devdax)" ]] || wrong "$name: create" "exit $RC, and region1 has '$(namespaces_of_region1)'"
	((RC == 0)) || mhpctl create --yes --init-labels region1 >/dev/null 2>&1
	run_in "$shell" mhpctl destroy --yes region1 --json
	expect "$2" "$name" destroy
	[[ $(namespaces_of_region1) == "$( ((RC)) && echo devdax)" ]] || wrong "$name: destroy" "exit $RC, and region1 has '$(namespaces_of_region1)'"
	((RC == 0)) || mhpctl destroy --yes region1 >/dev/null 2>&1
	[[ ! $(namespaces_of_region1) ]] || wrong "$name: an ordinary run afterwards" "$(namespaces_of_region1)"
	[[ $(record_files) == "$RECORDS" ]] || wrong "$name: nothing is left" "$(record_files), not $RECORDS"
	ordinary "$name"
}

# record_files: those of the first region stay with its namespace.
record_files() {
	find /run/mhpctl/intent /var/lib/mhpctl -type f 2>/dev/null | sort | xargs
}

namespaces_of_region1() {
	ndctl list -N -r region1 | jq -r '.[]? | select(.mode == "devdax").mode' | xargs
}

run_in() {
	bash -c "$1" in "${@:2}" >"$OUT" 2>"$ERR" </dev/null
	RC=$?
}

# shellcheck disable=SC2016 # for the other shell
namespaces() {
	place 0 6 6 'as nobody' 'exec setpriv --reuid 65534 --clear-groups "$@"'
	# root stays the owner of the files of /sys in a user namespace of its own
	place 0 0 0 'in a user namespace' 'exec unshare -U -r "$@"'
	place 0 0 0 'in user and pid namespaces' 'exec unshare -U -r -p -f --mount-proc "$@"'
	place 0 6 6 'as nobody in a user namespace' 'exec setpriv --reuid 65534 --clear-groups unshare -U -r "$@"'
	place 0 0 0 'in a pid namespace' 'exec unshare -p -f --mount-proc "$@"'
	place 0 0 0 'in a network namespace' 'exec unshare -n "$@"'
	# on 7.3 an offline removes the blocks, and the memory for their memmap is not known
	place 0 2 '0|2' 'without /proc' 'exec unshare -m bash -c "umount -l /proc; exec \"\$@\"" in "$@"'
	place 0 7 7 'without /sys' 'exec unshare -m bash -c "mount -t tmpfs none /sys; exec \"\$@\"" in "$@"'
	place 0 6 6 'with /sys read-only' 'exec unshare -m bash -c "mount -o remount,bind,ro /sys; exec \"\$@\"" in "$@"'
}

# shellcheck disable=SC2016 # for the other shell
file_systems() {
	place 0 6 6 'with /run read-only' 'exec unshare -m bash -c "mount -t tmpfs -o ro none /run; exec \"\$@\"" in "$@"'
	place 0 0 0 'with a full /run' 'exec unshare -m bash -c "mount -t tmpfs -o size=4k none /run; head -c 4096 /dev/zero >/run/full; exec \"\$@\"" in "$@"'
	place 0 0 0 'with a full /run/mhpctl' 'exec unshare -m bash -c "mount -t tmpfs -o size=4k none /run/mhpctl; head -c 4096 /dev/zero >/run/mhpctl/full; exec \"\$@\"" in "$@"'
	place 0 7 7 'with /run/mhpctl without inodes' 'exec unshare -m bash -c "mount -t tmpfs -o nr_inodes=2 none /run/mhpctl; exec \"\$@\"" in "$@"'
	has 'without inodes: what to do is told' "$ONLINE_ERR" 'inodes on the file system of /run/mhpctl'
	place 0 0 0 'with a full /var/lib' 'mkdir -p /var/lib; exec unshare -m bash -c "mount -t tmpfs -o size=4k none /var/lib; head -c 4096 /dev/zero >/var/lib/full; exec \"\$@\"" in "$@"'
	place 0 0 0 'with /var/lib read-only' 'mkdir -p /var/lib; exec unshare -m bash -c "mount -t tmpfs -o ro none /var/lib; exec \"\$@\"" in "$@"'
	place 0 0 0 'with a full /tmp' 'exec unshare -m bash -c "mount -t tmpfs -o size=4k none /tmp; head -c 4096 /dev/zero >/tmp/full; exec \"\$@\"" in "$@"'
	place 0 0 0 'in a directory that is gone' 'mkdir -p /tmp/gone; cd /tmp/gone; rmdir /tmp/gone; exec "$@"'
}

# Records of work on labels and namespaces are in /var/lib, or in /run if that cannot be written.
# shellcheck disable=SC2016 # for the other shell
records() {
	local full='mount -t tmpfs -o size=4k none /var/lib; head -c 4096 /dev/zero >/var/lib/full'
	local full_run='mkdir -p /run/mhpctl; mount -t tmpfs -o size=4k none /run/mhpctl; head -c 4096 /dev/zero >/run/mhpctl/full'

	RECORDS=$(record_files)
	on_labels 0 0 'with a full /var/lib' "exec unshare -m bash -c '$full; exec \"\$@\"' in \"\$@\""
	on_labels 0 0 'with /var/lib read-only' 'exec unshare -m bash -c "mount -t tmpfs -o ro none /var/lib; exec \"\$@\"" in "$@"'
	has 'with /var/lib read-only: it is told' "$(cat "$OUT" "$ERR")" /var/lib
	on_labels 7 7 'with a full /var/lib and /run/mhpctl' "exec unshare -m bash -c '$full; $full_run; exec \"\$@\"' in \"\$@\""
	has 'with both full: it is told' "$(cat "$OUT" "$ERR")" 'No space left'
	on_labels 6 6 'with /run read-only' 'exec unshare -m bash -c "mount -t tmpfs -o ro none /run; exec \"\$@\"" in "$@"'
	on_labels 6 6 'as nobody' 'exec setpriv --reuid 65534 --clear-groups "$@"'
}

# shellcheck disable=SC2016 # for the other shell
output() {
	CUT=yes place 0 0 0 'without standard input' 'exec "$@" <&-'
	SILENT=yes place 1 1 1 'without standard output' 'exec "$@" >&-'
	place 0 0 0 'without standard error' 'exec "$@" 2>&-'
	SILENT=yes place 1 1 1 'without all three' 'exec "$@" <&- >&- 2>&-'
	CUT=yes place 1 1 1 'with a full output' 'exec "$@" >/dev/full'
	SILENT=yes place '1|141' '1|141' '1|141' 'with a broken pipe' 'set -o pipefail; "$@" | :'
	SILENT=yes place '1|141' '1|141' '1|141' 'with a broken pipe, and SIGPIPE ignored' 'trap "" PIPE; set -o pipefail; "$@" | :'
}

# shellcheck disable=SC2016 # for the other shell
limits() {
	CUT=yes place '0|1' '0|1' '0|1' 'with 8 descriptors' 'ulimit -n 8; exec "$@"'
	CUT=yes place '0|1' '0|1' '0|1' 'with 4 descriptors' 'ulimit -n 4; exec "$@"'
	place 0 1 1 'with one process, as nobody' 'exec setpriv --reuid 65534 --clear-groups bash -c "ulimit -u 1; exec \"\$@\"" in "$@"'
	CUT=yes place '0|1|127' '0|1|127' '0|1|127' 'with 16 MiB of addresses' 'ulimit -v 16384; exec "$@"'
	place '0|1' '0|1' '0|1' 'with a stack of 64 KiB' 'ulimit -s 64; exec "$@"'
	place 0 '0|1' '0|1' 'without a file size' 'exec 3> >(cat >&2); (ulimit -f 0; exec "$@" 2>&3) | cat; exit "${PIPESTATUS[0]}"'
	mkdir -p $CGROUP
	echo +memory +pids >/sys/fs/cgroup/cgroup.subtree_control
	echo 1 >$CGROUP/pids.max
	place 0 '0|1' '0|1' 'without a second process' "echo \$\$ >$CGROUP/cgroup.procs; exec \"\$@\""
	echo 2 >$CGROUP/pids.max
	place 0 '0|1' '0|1' 'with two processes' "echo \$\$ >$CGROUP/cgroup.procs; exec \"\$@\""
	echo max >$CGROUP/pids.max
	echo 8M >$CGROUP/memory.max
	CUT=yes place '0|1|137' '0|1|137' '0|1|137' 'with 8 MiB of memory' "echo \$\$ >$CGROUP/cgroup.procs; exec \"\$@\""
	rmdir $CGROUP
}

# shellcheck disable=SC2016 # for the other shell
environment() {
	place 0 0 0 'without an environment' 'exec env -i /usr/bin/mhpctl "${@:2}"'
	place 0 0 0 'with an odd time zone' 'export TZ=:/no/such/zone; exec "$@"'
	place 0 0 0 'with a time zone of 99 hours' 'export TZ=XXX-99:99:99; exec "$@"'
	place 0 0 0 'with a missing locale' 'export LC_ALL=xx_YY.UTF-8 LANG=xx; exec "$@"'
	place 0 0 0 'with SIGCHLD ignored' 'exec setpriv --reuid 0 bash -c "trap \"\" CHLD; exec \"\$@\"" in "$@"'
	place 0 0 0 'with all signals ignored' 'trap "" HUP INT QUIT TERM ALRM USR1 USR2 PIPE CHLD; exec "$@"'
}

# --- time ----------------------------------------------------------------------

# stopped SECONDS: mhpctl is stopped that long in the middle of a wait; its deadline is over then.
stopped() {
	local block started

	hold_pages /tmp/holder --node 2 --kind vmsplice
	block=$(held_block /tmp/holder)
	spawn /tmp/stopped mhpctl offline --timeout 5s "memory$block" --json
	check 'stopped: at work' until_true 20 grep -q going-offline "$MEM/memory$block/state"
	kill -STOP "$PID"
	sleep "$1"
	started=$EPOCHREALTIME
	kill -CONT "$PID"
	finish "$PID" /tmp/stopped
	in_time 3 'stopped: ends soon after it continues' "$started"
	NR=$((NR + 1))
	[[ "$RC $(field .exit_code)" =~ ^(4 4|5 5)$ ]] || wrong 'stopped: its deadline has passed' "exit $RC, $(field .exit_code)"
	holds 'stopped: the time is told' test "$(field .elapsed_ms)" -ge $(($1 * 1000))
	eq 'stopped: the block stays online' online "$(state_of "$block")"
	release_pages
	ordinary 'stopped'
}

# clock_back: a day earlier in the middle of a wait, which is as long as it would have been.
clock_back() {
	local block now

	hold_pages /tmp/holder --node 2 --kind vmsplice
	block=$(held_block /tmp/holder)
	spawn /tmp/clock mhpctl offline --timeout 6s "memory$block" --json
	check 'clock: at work' until_true 20 grep -q going-offline "$MEM/memory$block/state"
	now=$(date +%s)
	date -s "@$((now - 86400))" >/dev/null
	finish "$PID" /tmp/clock
	NR=$((NR + 1))
	[[ "$RC $(field .exit_code)" =~ ^(4 4|5 5)$ ]] || wrong 'clock set back: the deadline' "exit $RC, $(field .exit_code)"
	holds 'clock set back: it takes its time' test "$(field .elapsed_ms)" -ge 5900
	holds 'clock set back: and no more' test "$(field .elapsed_ms)" -lt 60000
	release_pages
	ordinary 'clock set back'
	job_clock "$now"
}

# job_clock NOW: the same with a job, which then has begun tomorrow.
job_clock() {
	local id pid

	done_now 'clock, job: offline' offline --yes dax0.0
	mhpctl online --async dax0.0 --json >"$OUT" 2>"$ERR"
	RC=$?
	pid=$(field .job.pid) id=$(field .job.job)
	kill -STOP "$pid"
	show_last
	ended 0 'clock, job: it starts'
	date -s "@$(($1 - 86400))" >/dev/null
	run mhpctl jobs "$id" --json
	ended 0 'clock, job: it is listed'
	eq 'clock, job: no time is negative' true "$(field '[.jobs[0] | .. | numbers] | all(. >= 0)')"
	run mhpctl jobs "$id"
	kill -CONT "$pid"
	run mhpctl wait --timeout 60s "$id" --json
	NR=$((NR + 1))
	[[ $RC == 0 ]] || wrong 'clock, job: it ends as it would' "exit $RC"
	[[ $(states_of_node 2) == online ]] || wrong 'clock, job: its memory is online' "$(states_of_node 2)"
	date -s "@$1" >/dev/null
	ordinary 'clock, job'
}

# times: a stop, then the clock.
times() {
	stopped "$(option stop-seconds "$(in_usual_run && echo 5 || echo 60)")"
	clock_back
}

auto_online offline
done_now 'online' online --init-labels region0
all=namespaces,file_systems,records,output,limits,environment,times
parts=$(option parts $all)
[[ $parts == "$all" ]] || parts_name="only $parts"
for part in ${parts//,/ }; do
	$part
done
eq "$NR runs: exit codes, words and machine agree" 0 "$WRONG"
proof "odd: ${parts_name:-namespaces, missing, full and read-only file systems, closed output, limits, a stop, a clock set back}" "$NR" \
	"$((WRONG < NR ? WRONG : NR))" 'every success is one, every failure has its documented code and words, an ordinary run afterwards succeeds'
