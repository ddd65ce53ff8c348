#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The system log: which records go where, and that the journal gets nothing twice.
# libsystemd, syslog(3) and the library's mhp_run() are fakes.

# shellcheck source=tests/cli/lib.bash
. "$(dirname "$0")/lib.bash"
make_fake
"${CC:-cc}" -shared -fPIC -O1 -D_GNU_SOURCE -Wl,-soname,libsystemd.so.0 "$TOP/tests/cli/fake-log.c" \
	-o "$WORK/fake-log.so" || {
	echo 'Bail out! cannot build fake-log.c'
	exit 2
}
LOG=$WORK/log

# logged THERE WHAT ARG...: run mhpctl with the environment in ENV; fake-log.c and fake-run.c
# explain THERE and WHAT
ENV=()
logged() {
	local there=$1 what=$2
	shift 2

	rm -rf "$LOG"
	mkdir "$LOG"
	touch "$LOG/journal" "$LOG/syslog" "$LOG/status"
	command_line="FAKE_JOURNAL=${there@Q} FAKE_RUN=${what@Q} ${ENV[*]} mhpctl $*"
	env "${fake[@]}" LD_PRELOAD="$WORK/fake-run.so $WORK/fake-log.so" FAKE_LOG="$LOG" \
		FAKE_JOURNAL="$there" FAKE_RUN="$what" "${ENV[@]}" "$MHPCTL" "$@" \
		>"$WORK/out" 2>"$WORK/err" </dev/null
	status=$?
}

# stream FILE: the value of JOURNAL_STREAM for it
stream() {
	stat -c %d:%i "$1"
}

# record TEXT: the record with TEXT in its message, one field a line
record() {
	awk -v RS= -v text="$1" '$0 ~ "(^|\n)MESSAGE=[^\n]*" text' "$LOG/journal"
}

# has_field NAME TEXT FIELD
has_field() {
	ok "$1" grep -qxF -- "$3" <(record "$2")
}

messages() {
	grep -c '^MESSAGE=' "$LOG/journal"
}

quiet() {
	is "$1: no journal" "$(cat "$LOG/journal")" ''
	is "$1: no syslog" "$(cat "$LOG/syslog")" ''
}

# ---- the option ------------------------------------------------------------------------------

refused 'not a log' 2 'unknown log "foo"' 'hint: use --log journal, --log syslog or --log none' \
	--log foo list
refused 'no log' 2 '*--log*' '*' list --log
logged socket '' offline dax999.0
quiet 'in a shell'
ENV=(INVOCATION_ID=1234)
logged socket '' offline --log none dax999.0
quiet 'none'
logged socket '' offline --dry-run dax999.0
quiet 'a dry run'
logged socket '' offline --help
quiet 'help'
make_tree
logged socket '' list --sysroot "$TREE" --log journal
quiet 'a look'
is 'a look: status' "$status" 0
ENV=()

# ---- syslog ----------------------------------------------------------------------------------

logged '' 'fail waiting' --log syslog offline dax999.0
is 'syslog: status' "$status" 4
is 'syslog: no journal' "$(cat "$LOG/journal")" ''
is 'syslog: what and how bad' "$(cat "$LOG/syslog")" \
	'5 waiting for mhpctl[123]
6 offline: 1 step, 63 memory blocks
4 48 MiB lie in no whole memory block
7 offline-block memory33-95: begun
5 memory40: 10 pages stuck for 3 s, pinned by fi\x1b[2J\xc2\x9b\xffo[412] (io_uring)
4 a udev rule
3 memory40: offline failed: page 0x148c3e is mapped by fio\x1b[2J\xff[412] (the kernel says: signal backoff); hint: stop fio
4 offline-block memory33-95: failed
4 dax999.0: blocked, 62 of 63 blocks offline
3 offline: blocked: 1 failure'
like 'syslog: people are told too' "$(err)" '*mhpctl: memory40: offline failed: *hint: stop fio'
is 'syslog: and what was reached' "$(out)" 'dax999.0: blocked, 62 of 63 blocks offline'

logged '' '' --log journal offline dax999.0
is 'no socket: status' "$status" 0
is 'no socket: no journal' "$(cat "$LOG/journal")" ''
like 'no socket: syslog' "$(cat "$LOG/syslog")" '*5 offline: done: 63 of 63 blocks'

# If both syslog and standard error go to the journal, the text is sent only once.
: >"$WORK/err"
ENV=(JOURNAL_STREAM="$(stream "$WORK/err")")
logged devlog 'fail waiting' offline --log syslog dax999.0
is 'syslog that is the journal: no text twice' "$(cut -c1-40 "$LOG/syslog")" \
	'6 offline: 1 step, 63 memory blocks
7 offline-block memory33-95: begun
5 memory40: 10 pages stuck for 3 s, pinn
4 offline-block memory33-95: failed
4 dax999.0: blocked, 62 of 63 blocks off
3 offline: blocked: 1 failure'
like 'syslog that is the journal: the text is told' "$(err)" '*mhpctl: memory40: offline failed: *'
ENV=()

# Without libsystemd only syslog is left.
logged socket '' --log journal offline dax999.0
if [[ ! -s $LOG/journal ]]; then
	like 'built without libsystemd: syslog' "$(cat "$LOG/syslog")" '*5 offline: done: 63 of 63 blocks'
	done_testing
fi

# ---- the journal -----------------------------------------------------------------------------

is 'journal: no syslog' "$(cat "$LOG/syslog")" ''
is 'journal: eight records for 63 blocks' "$(messages)" 8
is 'journal: no status without systemd' "$(cat "$LOG/status")" ''
for variable in INVOCATION_ID JOURNAL_STREAM; do
	ENV=("$variable=1:2")
	logged socket '' offline dax999.0
	is "journal: by itself with $variable" "$(messages)" 8
	is "journal: with $variable, standard error elsewhere" "$(out)$(err)" \
		'dax999.0: 63 of 63 blocks offlinemhpctl: warning: 48 MiB lie in no whole memory block
mhpctl: warning: a udev rule'
done

ENV=(INVOCATION_ID=1234)
logged socket 'fail waiting' offline dax999.0
failed='memory40: offline failed'
for field in PRIORITY=3 SYSLOG_IDENTIFIER=mhpctl MHPCTL_COMMAND=offline MHPCTL_STEP=offline_block \
	MHPCTL_BLOCK=40 MHPCTL_REASON=pinned ERRNO=16 'MHPCTL_KERNEL_REASON=signal backoff' \
	MHPCTL_OWNER_PID=412 'MHPCTL_OWNER_COMM=fi\x1b[2J\xc2\x9b\xffo' 'MHPCTL_HINT=stop fio' \
	MHPCTL_ELAPSED_MS=5003; do
	has_field "a failure: ${field%%=*}" "$failed" "$field"
done
ok 'a failure: one record for it' test "$(grep -c '^MHPCTL_BLOCK=40$' "$LOG/journal")" = 2 # and retrying
has_field 'the result' 'offline: blocked' MHPCTL_EXIT_CODE=4
has_field 'the target' 'dax999.0: blocked' MHPCTL_BLOCKS_DONE=62
((UID == 0)) && has_field 'the unit, by root' 'offline: blocked' OBJECT_SYSTEMD_UNIT=fake.service
is 'no control character, and all UTF-8' \
	"$(iconv -f UTF-8 -t UTF-8 "$LOG/journal" | LC_ALL=C grep -c $'[\x01-\x09\x0b-\x1f\x7f]')" 0
ids=$(sed -n 's/^MESSAGE_ID=//p' "$LOG/journal" | sort -u)
missing=
for id in $ids; do
	grep -q "$id" "$TOP/man/mhpctl-journal.adoc" || missing+=" $id"
done
is 'all of the ids are in the page' "$missing" ''

logged socket held offline dax999.0
is 'an error: one record' "$(messages)" 1
has_field 'an error: why' 'works on dax999.0' MHPCTL_REASON=lock_held
logged 'socket broken' '' offline dax999.0
like 'a journal that takes nothing: syslog' "$(cat "$LOG/syslog")" '*5 offline: done: 63 of 63 blocks'

# ---- once ------------------------------------------------------------------------------------

: >"$WORK/out"
: >"$WORK/err"
for what in '' 'fail waiting' held; do
	ENV=(JOURNAL_STREAM="$(stream "$WORK/err")")
	logged socket "$what" offline dax999.0
	is "$what, standard error is the journal: no text there" "$(err)" ''
	ok "$what, standard error is the journal: records" test "$(messages)" -gt 0
	ENV=(JOURNAL_STREAM="$(stream "$WORK/out")")
	logged socket "$what" offline dax999.0
	is "$what, standard output is the journal: no text there" "$(out)" ''
	like "$what, standard output is the journal: people are told" "$(err)" 'mhpctl: *'
done
ENV=(JOURNAL_STREAM="$(stream "$WORK/out")")
logged socket fail offline --json dax999.0
valid 'a document is printed all the same'
ENV=(JOURNAL_STREAM="$(stream "$WORK/err")")
logged '' fail offline dax999.0
like 'without the socket: text' "$(err)" '*mhpctl: memory40: offline failed: *'
logged socket '' offline --log none dax999.0
like 'no log: text' "$(err)" '*mhpctl: warning: a udev rule*'
for stream in : 1 1: :1 x:y 1:2:3 99999999999999999999:1; do
	ENV=(JOURNAL_STREAM="$stream")
	logged socket fail offline dax999.0
	like "JOURNAL_STREAM=$stream: text" "$(err)" '*mhpctl: memory40: offline failed: *'
done

# ---- the status ------------------------------------------------------------------------------

ENV=(NOTIFY_SOCKET=/none)
logged '' '' offline dax999.0
quiet 'a status'
is 'status' "$(cat "$LOG/status")" 'STATUS=offline: offline-block memory33-95
STATUS=offline: done: 63 of 63 blocks'
logged '' already offline dax999.0
is 'status: already done' "$(tail -n 1 "$LOG/status")" \
	'STATUS=offline: everything is already done: 63 of 63 blocks'
logged '' fail offline dax999.0
is 'status: why not' "$(tail -n 1 "$LOG/status")" \
	'STATUS=offline: blocked: memory40: offline failed: page 0x148c3e is mapped by fio\x1b[2J\xff[412]'
logged '' held offline dax999.0
is 'status: nothing was begun' "$(cat "$LOG/status")" \
	'STATUS=offline: nothing was started: mhpctl[123] works on dax999.0'

done_testing
