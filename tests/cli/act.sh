#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Commands that change memory: their requests to the library and how they report the result.
# mhp_run() is a fake, so no memory is touched.

# shellcheck source=tests/cli/lib.bash
. "$(dirname "$0")/lib.bash"
make_fake

# ---- the request -----------------------------------------------------------------------------

# asks NAME WANTED ARG...
asks() {
	local name=$1 wanted=$2
	shift 2

	run_fake request "$@"
	is "$name" "$(sed -n 1p "$WORK/err")" "$wanted"
}

asks 'create' 'create timeout_ms=30000' create dax999.0
asks 'create with options' \
	'create bytes=1073741824 align=2097152 map=dev name=x init_labels keep_going agreed=7 timeout_ms=30000' \
	create -s 1G -a 2M -m dev -N x --init-labels -y -k dax999.0
asks 'destroy' 'destroy timeout_ms=30000' destroy dax999.0
asks 'online' 'online timeout_ms=30000' online dax999.0
asks 'online with options' \
	'online zone=kernel bytes=536870912 align=1073741824 map=mem timeout_ms=30000' \
	online --zone=kernel --size=512MiB --align=1G --map=mem dax999.0
asks 'online in the zone that the kernel chooses' 'online zone=auto timeout_ms=30000' \
	online -z auto dax999.0
asks 'online that changes zones' 'online zone=kernel keep_bytes=1073741824 timeout_ms=30000' \
	online --zone kernel --keep-at-least 1G dax999.0
asks 'online of CXL memory devices' \
	'online interleave granularity=4096 window=decoder0.2 timeout_ms=30000' \
	online --interleave --granularity 4K --window decoder0.2 mem998 mem999
asks 'create of a CXL region' 'create bytes=1073741824 window=decoder0.0 timeout_ms=30000' \
	create --size 1G --window=decoder0.0 mem999
asks 'init' 'init timeout_ms=30000' init
asks 'init with options' 'init keep_going timeout_ms=30000 max_parallel=3' init -k -j 3 dax999.0
asks 'offline of a node' 'offline bytes=2147483648 node=7 timeout_ms=30000' \
	offline --node 7 --size 2G
asks 'offline of node 0' 'offline bytes=2147483648 node=0 timeout_ms=30000' \
	offline --node 0 --size 2G
asks 'offline of a device' 'offline choose_bytes=536870912 timeout_ms=30000' \
	offline --device dax999.0 --size 512M
asks 'online of a node' 'online bytes=2147483648 node=7 timeout_ms=30000' online --node 7 --size 2G
asks 'online of a device, in a zone' 'online zone=kernel choose_bytes=2147483648 timeout_ms=30000' \
	online -z kernel --device dax999.0 -s 2G
asks 'resize to a size' 'resize choose_bytes=2147483648 timeout_ms=30000' resize --to 2G node7
asks 'resize of a device' 'resize bytes=2147483648 timeout_ms=30000' resize --size 2G dax999.0
asks 'remove' 'remove destroy timeout_ms=30000' remove --destroy dax999.0
asks 'remove with a drain' 'remove drain_ms=30000 timeout_ms=30000' remove --drain dax999.0
asks 'resize with a drain' 'resize choose_bytes=2147483648 drain_ms=120000 timeout_ms=30000' \
	resize --to 2G --drain=2min node7
asks 'times' 'offline timeout_ms=1500 wait_ms=600000 roll_back' \
	offline -t1.5s -w --rollback dax999.0
asks 'forever' 'offline wait_ms=60000' offline --timeout 0 --wait=1min dax999.0

ok_hooks=(--hook-before='/bin/true now' --hook-after=/bin/true --hook-timeout=2min)
asks 'hooks' 'offline timeout_ms=30000 hook_before=/bin/true now hook_after=/bin/true hook_timeout_ms=120000' \
	offline "${ok_hooks[@]}" dax999.0
asks 'a hook for both' 'offline timeout_ms=30000 hook_before=/bin/true hook_after=/bin/true' \
	offline --hook=/bin/true dax999.0
asks 'a hook for both, and one for its time' 'offline timeout_ms=30000 hook_before=/bin/true hook_after=/bin/false' \
	offline --hook=/bin/true --hook-after=/bin/false dax999.0
MHPCTL_PID=4711 run_fake request offline dax999.0
is 'in a hook' "$(sed -n 1p "$WORK/err")" 'offline timeout_ms=30000 hook_pid=4711'
MHPCTL_PID=x run_fake request offline dax999.0
is 'a wrong process id' "$(sed -n 1p "$WORK/err")" 'offline timeout_ms=30000'

# ---- hooks -----------------------------------------------------------------------------------

# no_hook NAME STATUS TEXT ARG...: refused before anything is done
no_hook() {
	local name=$1 wanted=$2 text=$3
	shift 3

	run_fake request offline "$@" dax999.0
	is "$name: status" "$status" "$wanted"
	like "$name: text" "$(err)" "$text"
	unlike "$name: no request" "$(err)" '*timeout_ms*'
}

no_hook 'a relative path' 2 '*not a valid hook: its path is not absolute*' --hook-before=true
no_hook 'a command of a shell' 2 '*operators of a shell*' --hook-after='/bin/a && /bin/b'
no_hook 'a missing program' 9 '*/bin/no-such-hook: No such file*' --hook-after=/bin/no-such-hook
no_hook 'a relative path for both' 2 '*not a valid hook: its path is not absolute*' --hook=true
no_hook 'a directory' 9 '*/bin is not a regular file*' --hook-before=/usr/bin
no_hook 'no time' 2 '*--hook-timeout: 0 is too short*' --hook-before=/bin/true --hook-timeout=0
no_hook 'a time without a hook' 2 '*--hook-timeout without a hook*' --hook-timeout=2s
run recover --hook-after=/bin/true
is 'recover has no hooks' "$status" 2
run_fake hooks offline dax999.0
is 'hooks: text' "$(out)" 'hook before /sbin/drain now: done after 1.2 s
hook after /sbin/drain now: ended by signal 11 after 1.2 s
dax999.0: 63 of 63 blocks offline'
run_fake hooks offline dax999.0 --json
valid 'hooks: valid'
is 'hooks: JSON' "$(json '[.hooks[] | [.when, .status, .exit_status, .signal, .output_bytes, .output]] | tojson')" \
	'[["before","ok",0,null,5,"a\n\\x00b"],["after","killed",null,11,5,"a\n\\x00b"]]'
run_fake hooks offline dax999.0 --json=lines
valid 'hooks: valid lines' --lines
is 'hooks: events' "$(jq -r 'select(.hook) | "\(.event) \(.hook.when) \(.hook.status)"' "$WORK/out" | xargs)" \
	'hook_started before null hook_done before ok hook_started after null hook_done after killed'

# ---- drain -----------------------------------------------------------------------------------

run_fake drain offline --drain dax999.0
is 'drain: text' "$(sed -n '/^Drain/,$p' "$WORK/out")" 'Drain, for at most 30 s:
  before: 8 MiB of pages to move (clean cache 0 B, dirty 1 MiB, anonymous or shared 6 MiB), space for 5 MiB, 3 MiB short
  - hold demotion: done after 0.0 s
  - reclaim from /x\x1b[2Jy: done, 1 MiB of 3 MiB after 1.5 s: too little swap is free
  after: 7 MiB of pages to move (clean cache 0 B, dirty 1 MiB, anonymous or shared 5 MiB), space for 5 MiB, 2 MiB short'
run_fake drain offline --drain dax999.0 --json
valid 'drain: valid'
is 'drain: JSON' "$(json '[.drain | .limit_ms, .before.short_bytes, .after.used_bytes,
	(.actions[] | .action, .status, .done_bytes)] | map(tostring) | join(" ")')" \
	'30000 3145728 7340032 hold_demotion done null reclaim partial 1048576'
run_fake drain offline --drain dax999.0 --json=lines
valid 'drain: valid lines' --lines
is 'drain: events' "$(jq -r 'select(.event | startswith("drain")) | "\(.event) \(.drain.status)"' "$WORK/out" | xargs)" \
	'drain_started planned drain_done partial'
run_fake '' offline dax999.0 --json
is 'no drain' "$(json .drain)" null
run offline --drain=0 dax999.0
is 'no time for a drain' "$status" 2
run resize --size 4G --drain dax999.0
is 'a drain of the device itself' "$status" 2
like 'a drain of the device itself: text' "$(err)" '*only offline, remove and resize --to can drain*'

# ---- text ------------------------------------------------------------------------------------

run_fake '' offline dax999.0
is 'done: status' "$status" 0
is 'done: result' "$(out)" 'dax999.0: 63 of 63 blocks offline'
is 'done: warnings' "$(err)" 'mhpctl: warning: 48 MiB lie in no whole memory block
mhpctl: warning: a udev rule'
run_fake already offline dax999.0
is 'already done: status' "$status" 0
is 'already done: result' "$(out)" 'dax999.0: already done, 63 of 63 blocks offline'
run_fake receipt offline --node 7 --size 384M
is 'receipt: status' "$status" 0
is 'receipt: text' "$(sed -n '/asked/,$p' "$WORK/out")" 'node7: 384 MiB asked, 384 MiB given, 3.01 MiB of pages to move, 1 GiB available for them elsewhere
BLOCKS       RESULT       MOVED   TIME  WHY
memory44-45  offline        0 B  25 ms
memory40     failed       8 KiB  5.0 s  memory40: offline failed: fi\x1b[2Jo
memory41     offline      3 MiB  1.5 s  2 MiB anonymous, 2 MiB in huge pages
memory33     passed over                has pages'
run_fake '' remove dax999.0
is 'removed' "$(out)" 'dax999.0: removed, 63 of 63 blocks offline'
run_fake '' destroy dax999.0
is 'destroyed' "$(out)" 'dax999.0: destroyed'
run_fake 'fail waiting' offline dax999.0
is 'blocked: status' "$status" 4
is 'blocked: result' "$(out)" 'dax999.0: blocked, 62 of 63 blocks offline'
is 'blocked: failure, once, and made safe' "$(grep -v warning "$WORK/err")" \
	'mhpctl: waiting for mhpctl[123]
mhpctl: memory40: offline failed: page 0x148c3e is mapped by fio\x1b[2J\xff[412] (the kernel says: signal backoff)
hint: stop fio'
run_fake held offline dax999.0
is 'held: status' "$status" 8
is 'held: text' "$(out)$(err)" 'mhpctl: mhpctl[123] works on dax999.0
hint: do something'
run_fake consent destroy dax999.0
is 'nobody to ask: status' "$status" 2
is 'nobody to ask: text' "$(err)" 'mhpctl: data would be lost
hint: do something'
run_fake consent destroy --yes dax999.0
is 'yes: status' "$status" 0

run_fake consent destroy --json dax999.0
is 'JSON, nobody to ask: what would be lost' \
	"$(json '[.exit_code, .changed] + [.losses[] | .object, .mode, .size, .content, .known, .agreed] | join(" ")')" \
	"2 false namespace0.0 devdax 1073741824 ext4 'backup' true false"
valid 'JSON, nobody to ask: valid'

# ---- JSON ------------------------------------------------------------------------------------

run_fake fail offline --json dax999.0
is 'JSON: status' "$status" 4
valid 'JSON: valid'
is 'JSON: result' "$(json '"\(.event) \(.command) \(.status) \(.exit_code) \(.changed) \(.elapsed_ms)"')" \
	'result offline blocked 4 true 1234'
is 'JSON: target' "$(json '.targets[0] | "\(.target) \(.status) \(.changed) \(.blocks_done) \(.blocks_total)"')" \
	'dax999.0 blocked true 62 63'
is 'JSON: failure' "$(json '.failures[0] | "\(.target) \(.step) \(.reason) \(.errno) \(.kernel_reason) \(.elapsed_ms)"')" \
	'memory40 offline_block pinned EBUSY signal backoff 5003'
is 'JSON: text from outside is valid UTF-8' "$(json '.failures[0].message | endswith("fio\u001b[2J\ufffd[412]")')" true
is 'JSON: pages' \
	"$(json '.failures[0] | "\(.pages_seen) \(.pages_suppressed) \(.pages[0] | [.pfn, .kind, .pins, .pincount, .verdict] | join(" "))"')" \
	'10 1014 0x148c3e anon 1  pinned'
is 'JSON: owners' \
	"$(json '.failures[0].owners[0] | "\(.pid) \(.address) \(.holder.kind) \(.holder.fd) \(.confidence)"')" \
	'412 0x7f2c6b200000 io_uring 5 certain'
is 'JSON: a process is called what it likes' \
	"$(json '.failures[0].owners[0].comm == "fi\u001b[2J\u009b\ufffdo"')" true
is 'JSON: no control character as itself' "$(LC_ALL=C grep -c $'[\x01-\x09\x0b-\x1f\x7f]\\|\xc2[\x80-\x9f]' "$WORK/out")" 0
is 'JSON: warnings' "$(json '.warnings | join("; ")')" '48 MiB lie in no whole memory block; a udev rule'
like 'JSON: words on standard error too' "$(err)" '*mhpctl: memory40: offline failed: *hint: stop fio'

run_fake receipt offline --node 7 --size 384M --json
valid 'JSON, receipt: valid'
is 'JSON, receipt: sums' \
	"$(json '.receipt | [.target, .direction, .asked_bytes, .given_bytes, .moved_bytes, .available_bytes, .estimated_ms, .spare_blocks] | map(tostring) | join(" ")')" \
	'node7 offline 402653184 402653184 3153920 1073741824 null 2'
is 'JSON, receipt: a block' \
	"$(json '.receipt.blocks[2] | [.block, .status, .reason, .took_ms, .anon_bytes] | map(tostring) | join(" ")')" \
	'40 failed pinned 5003 4096'
is 'JSON, receipt: who refused' "$(json '.receipt.blocks[2].who == "fi\u001b[2Jo[412]"')" true
is 'JSON, receipt: pages that were not counted' \
	"$(json '.receipt.blocks[4] | [.moved_bytes, .free_bytes, .took_ms] | unique | map(tostring) | join(" ")')" null
run_fake '' offline --json dax999.0
is 'JSON, no choice: no receipt' "$(json '.receipt')" null

run_fake 'fail waiting' offline --json=lines dax999.0
is 'JSON lines: status' "$status" 4
valid 'JSON lines: valid' --lines
is 'JSON lines: events' "$(json .event | uniq | xargs)" \
	'version waiting plan step_started progress retrying warning failure step_done result'
is 'JSON lines: time' "$(json 'select(.event == "retrying") | .time')" '2027-01-15T08:00:00.123Z'
is 'JSON lines: progress' \
	"$(json 'select(.event == "progress") | "\(.done) \(.total) \(.unit) \(.eta_ms)"' | sed -n '1p;$p')" \
	$'0 63 blocks null\n63 63 blocks 21000'
is 'JSON lines: retrying' "$(json 'select(.event == "retrying") | "\(.object) \(.elapsed_ms)"')" 'memory40 3012'
is 'JSON lines: the plan' "$(json 'select(.event == "plan") | "\(.dry_run) \(.steps[0].step) \(.targets[0])"')" \
	'false offline_block dax999.0'
is 'JSON lines: step done' "$(json 'select(.event == "step_done") | "\(.changed) \(.failed) \(.first_block)"')" \
	'true true 33'

for what in held consent; do
	run_fake "$what" destroy --json dax999.0
	valid "JSON, $what: valid"
	is "JSON, $what: target" "$(json '.targets[] | "\(.target) \(.status) \(.changed)"')" 'dax999.0 failed false'
	is "JSON, $what: exit code" "$(json .exit_code)" "$status"
	run_fake "$what" destroy --json=lines dax999.0
	valid "JSON lines, $what: valid" --lines
done

# ---- signals ---------------------------------------------------------------------------------

for signal in INT TERM HUP; do
	command_line="offline, SIG$signal"
	: >"$WORK/err"
	# A shell without job control starts it with SIGINT ignored; env restores the default.
	env --default-signal="$signal" "${fake[@]}" FAKE_RUN=cancel "$MHPCTL" offline --json dax999.0 \
		>"$WORK/out" 2>"$WORK/err" </dev/null &
	pid=$!
	within_reason grep -q '^waiting$' "$WORK/err"
	kill -s "$signal" "$pid"
	wait "$pid"
	is "SIG$signal: status" "$?" 130
	valid "SIG$signal: the result is still told"
	is "SIG$signal: result" "$(json '"\(.status) \(.exit_code)"')" 'interrupted 130'
done

done_testing
