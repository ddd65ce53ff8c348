#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Background jobs as files in a directory: how they are shown, and how invalid files are handled.

# shellcheck source=tests/cli/lib.bash
. "$(dirname "$0")/lib.bash"
make_tree
jobs=$TREE/run/mhpctl/jobs

# put_job ID WORD...: add a job that was started long ago; its events come from standard input
put_job() {
	local dir=$jobs/$1
	shift

	mkdir -p "$dir"
	printf '%s\0' "$@" >"$dir/command"
	echo '1700000000000000 0' >"$dir/job"
	cat >"$dir/events"
}

version='{"schema":"mhpctl/1","event":"version","version":"0.1.0","time":"2026-01-01T00:00:00Z"}'
half='{"schema":"mhpctl/1","event":"progress","command":"online","step":"online_block","object":"memory33-95","done":8,"total":16,"unit":"blocks","done_bytes":1073741824,"total_bytes":2147483648,"eta_ms":5000}'

# result STATUS CODE FAILURES
result() {
	printf '{"schema":"mhpctl/1","event":"result","command":"online","status":"%s","exit_code":%d,"changed":true,"elapsed_ms":9,"dry_run":false,"targets":[{"target":"region0","status":"%s","changed":true,"blocks_done":16,"blocks_total":16,"online_bytes":2147483648,"zone":"movable","node":2}],"failures":[%s],"warnings":[]}\n' "$1" "$2" "$1" "$3"
}

run jobs --sysroot "$TREE"
is 'none: status' "$status" 0
is 'none: text' "$(out)" 'there are no background jobs'
run wait --sysroot "$TREE"
is 'none to wait for: status' "$status" 0
is 'none to wait for: text' "$(out)" 'no background job is running'
run jobs --sysroot "$TREE" --json
is 'none: JSON' "$(json '"\(.command) \(.status) \(.exit_code) \(.jobs | length)"')" 'jobs ok 0 0'

put_job 1 online --async region0 < <(echo "$version" && echo "$half" && result ok 0 '')
put_job 2 online region0 < <(echo "$version" && result interrupted 130 '')
put_job 3 online $'reg\e[2Jion0' < <(echo "$version" && echo "$half" && result ok 0 '' | head -c 60)
failure='{"target":"memory40","step":"online_block","reason":"kernel","errno":"EIO","kernel_reason":null,"message":"memory40: online\u001b[2J failed","elapsed_ms":1,"pages_seen":0,"pages_suppressed":0,"pages":[],"owners":[],"hint":"look at it"}'
put_job 4 online region0 < <(echo "$version" && result failed 1 "$failure")

run jobs --sysroot "$TREE"
is 'list: status' "$status" 0
like 'list: done' "$(out)" '*  1  done *1 GiB of 2 GiB * 0 *online --async region0*'
like 'list: cancelled' "$(out)" '*  2  cancelled * 130 *'
like 'list: lost' "$(out)" '*  3  died *1 GiB of 2 GiB * 1 *online reg\\x1b\[2Jion0*'
like 'list: failed' "$(out)" '*  4  failed * 1 *'
run jobs --sysroot "$TREE" --json
is 'JSON: states' "$(json '[.jobs[].state] | join(" ")')" 'done cancelled died failed'
is 'JSON: exit codes' "$(json '[.jobs[].exit_code] | join(" ")')" '0 130 1 1'
is 'JSON: the result' "$(json '.jobs[0].result.targets[0].target')" region0
is 'JSON: no result' "$(json '.jobs[2].result')" null
is 'JSON: when' "$(json '.jobs[0].started')" 2023-11-14T22:13:20.000Z
run jobs --sysroot "$TREE" --json 3 1 3
is 'named ones, each once' "$(json '[.jobs[].job] | join(" ")')" '3 1'

run wait --sysroot "$TREE" 1
is 'wait, done: status' "$status" 0
like 'wait, done: text' "$(out)" 'job 1: done: online --async region0?region0: 16 of 16 blocks online in zone movable on node 2 (2 GiB)'
run wait --sysroot "$TREE" 4
is 'wait, failed: status' "$status" 1
like 'wait, failed: why' "$(err)" 'mhpctl: memory40: online\\x1b\[2J failed?hint: look at it'
run wait --sysroot "$TREE" 3
is 'wait, lost: status' "$status" 1
like 'wait, lost: why' "$(err)" 'mhpctl: job 3: its process died without a result; its last progress was 1 GiB of 2 GiB; mhpctl list shows the current state?hint: run the command again to continue: mhpctl online reg*'
run wait --sysroot "$TREE" 1 2 4 --json
is 'wait, several: the worst' "$status $(json .exit_code)" '130 130'
run wait --sysroot "$TREE" --json=lines 1 3
is 'wait, lines' "$(jq -r '"\(.event) \(.job)"' "$WORK/out")" \
	$'version null\nprogress 1\nprogress 3\nresult null'
run cancel --sysroot "$TREE" --json 2
is 'cancel of one that has ended' "$status $(json '"\(.changed) \(.jobs[0].state)"')" '0 false cancelled'

refused 'no such job' 3 'job 9: no such job' 'hint: mhpctl jobs lists them' wait --sysroot "$TREE" 9
refused 'no number' 2 '"x" is not a job' 'hint: a job is a number*' jobs --sysroot "$TREE" x
refused 'a negative one' 2 '"-1" is not a job' 'hint: *' jobs --sysroot "$TREE" -- -1
refused 'cancel of nothing' 2 'JOB is missing' 'hint: usage: mhpctl cancel *' cancel --sysroot "$TREE"
refused 'first alone' 2 '--first goes with --async' 'hint: add --async' online --first 1G dax999.0
refused 'first of init alone' 2 '--first goes with --async' 'hint: add --async' init --first 1G dax999.0
refused 'async and dry run' 2 '--async and --dry-run cannot be combined' 'hint: *' \
	online --async --dry-run dax999.0

offers() {
	"$MHPCTL" --complete -- "$@" | cut -f1 | xargs
}
is 'completion' "$(offers jobs --sysroot "$TREE" '')" '1 2 3 4'
is 'completion: what is given is not offered' "$(offers wait --sysroot "$TREE" 2 '')" '1 3 4'
is 'completion: what has ended cannot be cancelled' "$(offers cancel --sysroot "$TREE" '')" ''

# ---- invalid files ---------------------------------------------------------------------------

put_job 5 online region0 < <(printf '\0\0\377{\n[]\nnull\n"x"\n{"schema":"mhpctl/1"}\n{"schema":"mhpctl/1","event":7}\n' && head -c 300000 /dev/zero)
put_job 6 online region0 < <(printf '{"schema":"mhpctl/1","event":"progress","done_bytes":-5,"total_bytes":"x","eta_ms":1e99,"unit":[],"parts":7}\n{"schema":"mhpctl/1","event":"result","status":"fine","exit_code":0}\n{"schema":"mhpctl/1","event":"result","status":"ok","exit_code":99999}\n')
put_job 7 online region0 < <(printf '{"schema":"mhpctl/1","event":"result","command":3,"status":"ok","exit_code":0,"targets":[7,null,{}],"failures":[[],{"message":4}]}\n')
put_job 8 '' $'\377\n' < <(printf '[%.0s' {1..2000})
run jobs --sysroot "$TREE" 5 6 7 8
is 'rubbish: status' "$status" 0
is 'rubbish: nothing on standard error' "$(err)" ''
is 'rubbish: no control characters' "$(tr -d '\n[:print:]' <"$WORK/out")" ''
run wait --sysroot "$TREE" 5 6 8 --json
is 'rubbish is lost' "$(json '[.jobs[].state] | join(" ")')" 'died died died'
run wait --sysroot "$TREE" 7 --json=lines
like 'a result that is none' "$status" '[01]'

run jobs --sysroot "$TREE" --forget --json
is 'a copied tree is not changed' "$status $(json .changed)" '2 false'
like 'and why' "$(json '.failures[0].message')" 'a copied tree cannot be changed'
is 'all are left' "$(find "$jobs" -mindepth 1 -maxdepth 1 | wc -l)" 8

done_testing
