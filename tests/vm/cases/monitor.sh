# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Reports of monitor while memory comes and goes, and its end
# vm: nvdimm=1G label=128k
# vm: usual=7.2

# listen LOG ARG...: start a monitor; returns when it misses nothing any more.
listen() {
	local log=$1
	shift

	spawn "$log" mhpctl monitor "$@" --json=lines
	MONITOR=$PID
	until_true 10 grep -q '"event":"ready"' "$log" || fail "monitor $*" "$(tail -n 1 "$log.err")"
}

# stop_monitor LOG: as Ctrl-C does, after all changes were printed.
stop_monitor() {
	sleep 1.5
	kill -INT "$MONITOR"
	finish "$MONITOR" "$1"
	keep_json "$OUT" 'mhpctl monitor --json=lines'
}

# told LOG FILTER: the lines that the jq filter selects.
told() {
	jq -c "select($2)" "$1"
}

nr_told() {
	told "$1" "$2" | wc -l
}

auto_online offline

# --- a device comes and goes -----------------------------------------------

listen /tmp/all
spawn /tmp/text mhpctl monitor
text=$PID
sleep 1
done_now 'online' online --init-labels region0
mapfile -t blocks < <(blocks_of_node 2)
run_of="${blocks[0]}-${blocks[-1]}"
auto_online online
sleep 2
auto_online offline
sleep 2
done_now 'and back' remove --destroy region0
stop_monitor /tmp/all
eq 'Ctrl-C ends it with the status for it' '130 interrupted' \
	"$RC $(jq -r 'select(.event == "result").status' "$OUT")"
eq 'the first line is the version, the last the result' 'version result' \
	"$(jq -r .event "$OUT" | sed -n '1p;$p' | xargs)"
holds 'the namespace came' \
	test -n "$(told "$OUT" '.event == "namespace" and .mode == "devdax" and .enabled')"
holds 'and went' test -n "$(told "$OUT" '.event == "namespace" and .action == "removed"')"
holds 'the dax device serves as memory' \
	test -n "$(told "$OUT" '.event == "device" and .mode == "system_ram"')"
holds 'the region is used up' \
	test -n "$(told "$OUT" '.event == "region" and .available_bytes == 0')"
eq 'the policy changed twice' 'online offline' \
	"$(jq -r 'select(.event == "policy").auto_online_blocks' "$OUT" | xargs)"
eq 'every block is told to be online in its zone, on its node and device' "${#blocks[@]}" \
	"$(jq -r 'select(.event == "blocks" and .state == "online" and .zone == "movable" and
		.node == 2 and .device == "dax0.0" and .action != "removed").blocks' "$OUT" |
		tr - ' ' | awk '{ n += (NF > 1 ? $2 - $1 : 0) + 1 } END { print n + 0 }')"
holds 'in few lines' test "$(nr_told "$OUT" '.event == "blocks" and .state == "online" and .action != "removed"')" -le 4
holds 'the blocks went' test -n "$(told "$OUT" '.event == "blocks" and .action == "removed"')"
kill -TERM "$text"
finish "$text" /tmp/text
ended 130 'SIGTERM ends the text too'
has 'text: blocks' "$(cat "$OUT")" ', zone movable, node 2, device dax0.0, '
has 'text: the policy' "$(cat "$OUT")" 'auto_online_blocks changed, online'
note "as text: $(grep -c . "$OUT") lines, blocks $run_of"

# --- conditions ------------------------------------------------------------

spawn /tmp/until mhpctl monitor --until 'dax0.1.mode==system_ram' --timeout 60s --json
until_dax=$PID
spawn /tmp/bytes mhpctl monitor --until 'node2.movable_bytes>=512M' --timeout 60s --json=lines
until_bytes=$PID
spawn /tmp/user setpriv --reuid 65534 --clear-groups mhpctl monitor --timeout 60s \
	--until "memory${blocks[0]}.state==online"
until_user=$PID
sleep 1
# the kernel gives the next device of a region a new number
done_now 'online again' online --init-labels region0
finish "$until_dax" /tmp/until
eq 'the mode is reached' '0 ok condition_met' "$RC $(field '"\(.status) \(.end)"')"
keep_json "$OUT" 'mhpctl monitor --json'
finish "$until_bytes" /tmp/bytes
keep_json "$OUT" 'mhpctl monitor --json=lines'
eq 'so is the size' '0 condition_met' "$RC $(jq -r 'select(.event == "result").end' "$OUT")"
finish "$until_user" /tmp/user
ended 0 'a user without rights sees it too'
within 3 'what is so already ends it at once' mhpctl monitor --until 'node2.movable_bytes>0'
ended 0 'with success'
within 4 'a deadline' mhpctl monitor --until node2.online_bytes==0 --timeout 1s --json
eq 'has its own status' '5 deadline' "$RC $(field .status)"
check_rc 2 'what is no condition is told' mhpctl monitor --until node2.online_bytes --json

# --- what changed right before the end --------------------------------------

listen /tmp/end
echo offline >"$MEM/memory${blocks[-1]}/state"
kill -INT "$MONITOR"
finish "$MONITOR" /tmp/end
eq 'Ctrl-C right behind a change' '130 interrupted' \
	"$RC $(jq -r 'select(.event == "result").status' "$OUT")"
eq 'does not lose it' "${blocks[-1]} offline" \
	"$(jq -r 'select(.event == "blocks") | .blocks + " " + .state' "$OUT")"
listen /tmp/end --timeout 3s
kill -STOP "$MONITOR" # so that its time ends before it looks
echo online_movable >"$MEM/memory${blocks[-1]}/state"
auto_online online
sleep 3
kill -CONT "$MONITOR"
finish "$MONITOR" /tmp/end
eq 'nor does the end of the time' '5 online' \
	"$RC $(jq -r 'select(.event == "policy").auto_online_blocks' "$OUT")"
auto_online offline

# --- runs of the policy ------------------------------------------------------

# runs LOG: their events
runs() {
	jq -r 'select(.event == "policy_run") |
		"\(.run) \(.action) \(.state) \(.changed) \(.reason)"' "$1" | paste -sd\;
}

mkdir -p /tmp/policy
printf '[memory all]\nmatch.device = *\nzone = movable\n' >/tmp/policy/good.conf
printf '[memory all]\nnonsense = 1\n' >/tmp/policy/wrong.conf
spawn /tmp/user setpriv --reuid 65534 --clear-groups mhpctl monitor --timeout 60s \
	--until 'policy.state==failed'
until_user=$PID
spawn /tmp/run-text mhpctl monitor
text=$PID
listen /tmp/runs
sleep 1
echo offline >"$MEM/memory${blocks[0]}/state"
done_now 'a policy by hand' apply /tmp/policy/good.conf
sleep 1.5
already_so 'and again' apply /tmp/policy/good.conf
check_rc 2 'one that is wrong' mhpctl apply /tmp/policy/wrong.conf
check_rc 0 'none at all' mhpctl apply
finish "$until_user" /tmp/user
ended 0 'a user without rights is told of the failure'
stop_monitor /tmp/runs
eq 'every run has a start and an end' \
	'1 started running null null;1 ended converged true null;2 started running null null;2 ended converged false null;3 started running null null;3 ended failed false usage' \
	"$(runs "$OUT")"
eq 'what it did is told before its end' 'blocks online, policy_run ended' \
	"$(jq -r 'select((.event == "blocks" and .state == "online") or
		(.event == "policy_run" and .action == "ended")) | "\(.event) \(.action)"' "$OUT" |
		head -n 2 | paste -sd, | sed 's/,/, /')"
kill -TERM "$text"
finish "$text" /tmp/run-text
has 'text: the start' "$(cat "$OUT")" 'policy run 1 started, process '
has 'text: the end' "$(cat "$OUT")" 'policy run 1 converged, memory changed, '
has 'text: the reason' "$(cat "$OUT")" 'policy run 3 failed: '
note "$(grep 'policy run' "$OUT" | tail -n 1)"
within 3 'the state stays' mhpctl monitor --until policy.exit_code==2
ended 0 'and is so at once'

# one that is killed while it waits for the lock of another
hold_pages /tmp/holder --node 2 --kind vmsplice
block=$(held_block /tmp/holder)
spawn /tmp/first mhpctl offline --timeout 30s "memory$block" --json
first=$PID
until_true 5 grep -q going-offline "$MEM/memory$block/state"
listen /tmp/died
spawn /tmp/killed mhpctl apply --wait=60s /tmp/policy/good.conf
killed=$PID
until_true 10 grep -q '"state":"running"' /tmp/died
kill -KILL "$killed"
stop_monitor /tmp/died
eq 'a run that is killed has died' '4 started running null null;4 ended died null null' \
	"$(runs "$OUT")"

kill -INT "$first"
finish "$first" /tmp/first
release_pages

# --- many events -----------------------------------------------------------

listen /tmp/storm
for ((i = 0; i < 2000 / ${#blocks[@]} + 1; i++)); do
	for block in "${blocks[@]}"; do
		echo change >"$MEM/memory$block/uevent"
	done
done
echo offline >"$MEM/memory${blocks[-1]}/state"
udevadm settle
stop_monitor /tmp/storm
eq 'of 2,000 events that say nothing and one that does, one is told' 1 \
	"$(nr_told "$OUT" '.event == "blocks"')"
holds 'and little else' test "$(wc -l <"$OUT")" -le 8
echo online_movable >"$MEM/memory${blocks[-1]}/state"

listen /tmp/toggle
for block in "${blocks[@]}"; do
	echo offline >"$MEM/memory$block/state"
	echo online_movable >"$MEM/memory$block/state"
done
stop_monitor /tmp/toggle
holds 'what went offline and back is not missed' \
	test "$(jq -r 'select(.event == "blocks" and .state == "online").blocks' "$OUT" |
		tr - ' ' | awk '{ n += (NF > 1 ? $2 - $1 : 0) + 1 } END { print n + 0 }')" -ge "${#blocks[@]}"

# One that sleeps loses events: its buffer is what an ordinary user may have, which newer kernels
# have made large.
echo 212992 >/proc/sys/net/core/rmem_max
spawn /tmp/lost setpriv --reuid 65534 --clear-groups mhpctl monitor --json=lines
MONITOR=$PID
until_true 10 grep -q '"event":"ready"' /tmp/lost
kill -STOP "$MONITOR"
for ((i = 0; i < 2000 / ${#blocks[@]} + 1; i++)); do
	for block in "${blocks[@]}"; do
		echo change >"$MEM/memory$block/uevent"
	done
done
udevadm settle
echo offline >"$MEM/memory${blocks[0]}/state"
udevadm settle
kill -CONT "$MONITOR"
stop_monitor /tmp/lost
holds 'an overflow is told' test "$(nr_told "$OUT" '.event == "overflow"')" -ge 1
eq 'and what was lost with it' "${blocks[0]} offline" \
	"$(jq -r 'select(.event == "blocks") | .blocks + " " + .state' "$OUT")"

# --- without udevd ---------------------------------------------------------

udevadm control --exit
until_true 10 test -z "$(pidof systemd-udevd)"
listen /tmp/kernel
echo online_movable >"$MEM/memory${blocks[0]}/state"
stop_monitor /tmp/kernel
eq 'without udevd the kernel itself is listened to' "${blocks[0]} online" \
	"$(jq -r 'select(.event == "blocks") | .blocks + " " + .state' "$OUT")"

# --- quiet -----------------------------------------------------------------

mhpctl monitor --json=lines | head -n 2 >/tmp/piped
eq 'it ends when nobody reads' '0 0' "${PIPESTATUS[*]}"
# ticks: the CPU time that it has used until now.
ticks() {
	local stat

	read -r -a stat <"/proc/$MONITOR/stat"
	echo $((stat[13] + stat[14]))
}

listen /tmp/idle
sleep 1
before=$(ticks)
sleep 5
holds 'it does not use the CPU while nothing happens' test $(($(ticks) - before)) -lt 10
stop_monitor /tmp/idle
