# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Hooks: what they get, how they end, and that none of them can hang or change what mhpctl does
# vm: nvdimm=2G,1G label=128k,128k timeout=600
# vm: usual=7.2

HOOKS=/tmp/hooks
mkdir -p "$HOOKS"

# hook NAME: a hook from standard input
hook() {
	{
		echo '#!/bin/sh'
		cat
	} >"$HOOKS/$1"
	chmod 755 "$HOOKS/$1"
}

blocks_online() {
	mhpctl list --json | jq '[.dax_devices[] | select(.device == "'"$1"'") | .blocks.online] | add'
}

hook tell <<'END'
env | sort >"/tmp/env.$MHPCTL_HOOK"
cat >"/tmp/json.$MHPCTL_HOOK"
ls -l /proc/self/fd | sed -n 's/.* -> //p' >/tmp/fds
cat /proc/self/oom_score_adj >/tmp/oom
END

# now_ms: milliseconds since the boot
now_ms() {
	awk '{ printf "%d", $1 * 1000 }' /proc/uptime
}

# ---- facts -----------------------------------------------------------------------------------

check 'memory comes' mhpctl online --init-labels region0
all=$(blocks_online dax0.0)
check 'a dry run lists the hooks' mhpctl offline --dry-run --hook-before=$HOOKS/tell --hook-after=$HOOKS/tell dax0.0
has 'in words' "$(cat "$OUT")" "before: $HOOKS/tell, for at most 30 s"
check 'and runs none' test ! -e /tmp/env.before
done_now 'offline with hooks' offline --hook-before=$HOOKS/tell --hook-after="$HOOKS/tell a b" dax0.0
eq 'both are in the result' 'before ok after ok' \
	"$(field '[.hooks[] | "\(.when) \(.status)"] | join(" ")')"
has 'device' "$(cat /tmp/env.before)" 'MHPCTL_DEVICES=dax0.0'
has 'node' "$(cat /tmp/env.before)" 'MHPCTL_NODES=2'
eq 'blocks' "$all" "$(jq .blocks /tmp/json.before)"
eq 'no result yet' null "$(jq .result /tmp/json.before)"
eq 'the result' 'ok true' "$(jq -r '.result | "\(.status) \(.changed)"' /tmp/json.after)"
has 'status' "$(cat /tmp/env.after)" 'MHPCTL_STATUS=ok'
check 'no other descriptor' test "$(grep -vc -e memfd: -e pipe: -e /proc/ -e /tmp/fds /tmp/fds)" = 0
check 'no protection against the OOM killer' test "$(cat /tmp/oom)" = 0
already_so 'nothing to do' offline --hook-before=/bin/false dax0.0
eq 'so no hook ran' '[]' "$(field .hooks)"

# ---- a hook that fails -----------------------------------------------------------------------

hook fail <<'END'
printf 'no\000t\377ext \033[2J\n'
echo 'the pods do not move' >&2
exit 3
END
check_rc 9 'a hook before that fails' mhpctl online --json --hook-before=$HOOKS/fail --hook-after=$HOOKS/tell dax0.0
eq 'its reason' hook_failed "$(field '.failures[0].reason')"
eq 'nothing was changed' 'false 0' "$(field '"\(.changed) "')$(blocks_online dax0.0)"
has 'its last line' "$(field '.failures[0].message')" 'exit status 3: the pods do not move'
has 'garbage is made text' "$(field '.hooks[0].output')" 'no\x00t\xffext \x1b[2J'
has 'the hook after is told' "$(cat /tmp/env.after)" 'MHPCTL_STATUS=failed'
check_rc 9 'a hook after that fails' mhpctl online --json --hook-after=$HOOKS/fail dax0.0
eq 'the memory is there all the same' "true $all" "$(field '"\(.changed) "')$(blocks_online dax0.0)"
eq 'its target is well' ok "$(field '.targets[0].status')"

# ---- a hook that hangs, and what it leaves behind ---------------------------------------------

hook hang <<'END'
trap '' TERM
sleep 1000 &
echo $! >/tmp/left
while :; do sleep 1; done
END
check_rc 9 'a hook that hangs' mhpctl offline --json --hook-before=$HOOKS/hang --hook-timeout=2s dax0.0
eq 'its status' deadline "$(field '.hooks[0].status')"
eq 'nothing was changed by it' "$all" "$(blocks_online dax0.0)"
left_is_gone() {
	! kill -0 "$(cat /tmp/left)" 2>/dev/null
}
check 'its children have ended too' until_true 20 left_is_gone

hook daemon <<'END'
sleep 1000 &
echo $! >/tmp/left
END
begun=$(now_ms)
done_now 'a hook that leaves a process' offline --hook-before=$HOOKS/daemon --hook-timeout=200s dax0.0
check 'nobody waits for that process' test $(($(now_ms) - begun)) -lt 150000
check 'it still runs' kill -0 "$(cat /tmp/left)"
kill "$(cat /tmp/left)"

hook flood <<'END'
head -c 20000000 /dev/zero
END
done_now 'a hook that writes without end' online --hook-after=$HOOKS/flood dax0.0
eq 'all of it is counted' 20000000 "$(field '.hooks[0].output_bytes')"

# ---- mhpctl within a hook --------------------------------------------------------------------

hook within <<'END'
mhpctl list >/tmp/list || exit 1
mhpctl offline --wait=10min dax0.0 2>/tmp/within
echo $? >/tmp/status
END
done_now 'mhpctl in a hook' offline --hook-before=$HOOKS/within --hook-timeout=200s dax0.0
eq 'mhpctl on the same memory ends at once' 8 "$(cat /tmp/status)"
has 'and says why' "$(cat /tmp/within)" 'waits for the end of this hook'
hook undo <<'END'
mhpctl online dax0.0
END
check 'online again' mhpctl online dax0.0
run mhpctl offline --json --hook-after=$HOOKS/undo --hook-timeout=100s dax0.0
eq 'after the changes nothing is locked' "0 $all" "$(field .exit_code) $(blocks_online dax0.0)"

# ---- signals ---------------------------------------------------------------------------------

rm -f /tmp/left
spawn /tmp/out mhpctl offline --json --hook-before=$HOOKS/hang --hook-timeout=200s dax0.0
until_true 50 test -s /tmp/left
kill -TERM "$PID"
finish "$PID" /tmp/out
eq 'SIGTERM while a hook runs' "130 interrupted $all" \
	"$(jq -r '"\(.exit_code) \(.hooks[0].status)"' /tmp/out) $(blocks_online dax0.0)"

# ---- trust -----------------------------------------------------------------------------------

chmod 777 "$HOOKS/tell"
check_rc 9 'a hook that others can change' mhpctl offline --json --hook-before=$HOOKS/tell dax0.0
has 'is refused' "$(field '.failures[0].message')" 'is writable by other users'
chmod 755 "$HOOKS/tell"

# ---- a policy --------------------------------------------------------------------------------

mkdir -p /etc/mhpctl/policy.d
cat >/etc/mhpctl/policy.d/10-hooks.conf <<'END'
[memory one]
match.region = region1
init_labels = yes
first = 256M
hook.before = /tmp/hooks/tell
hook.after = /tmp/hooks/tell
hook.timeout = 100s
END
check 'the policy is good' mhpctl policy check
rm -f /tmp/env.*
check 'its plan' mhpctl plan --json
eq 'its plan lists the hooks' 'one before one after' \
	"$(field '[.hooks[] | "\(.section) \(.when)"] | join(" ")')"
check 'its plan runs none' test ! -e /tmp/env.before
done_now 'apply' apply
eq 'each ran once for both parts' 'before after' "$(field '[.hooks[].when] | join(" ")')"
has 'with its section' "$(cat /tmp/env.after)" 'MHPCTL_SECTION=one'
already_so 'apply again' apply
eq 'then none runs' 0 "$(field '.hooks | length')"

# ---- a job -----------------------------------------------------------------------------------

check 'remove' mhpctl offline dax0.0
rm -f /tmp/env.*
check 'a job' mhpctl online --async --hook-after=$HOOKS/tell dax0.0
check 'ends' mhpctl wait
has 'with its hook' "$(cat /tmp/env.after)" 'MHPCTL_STATUS=ok'
hook wait <<'END'
mhpctl wait 2>/tmp/waited
echo $? >/tmp/status
END
check 'offline again' mhpctl offline dax0.0
rm -f /tmp/status /tmp/waited
check 'a job whose hook waits for jobs' mhpctl online --async --hook-before=$HOOKS/wait --hook-timeout=200s dax0.0
check 'ends too' mhpctl wait
eq 'the wait ends at once' 8 "$(cat /tmp/status)"
has 'and says which job' "$(cat /tmp/waited)" 'job 2 waits for the end of this hook'
