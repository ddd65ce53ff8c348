# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A DIMM that QEMU's monitor takes away in the middle of each step: what is reported is true
# vm: nvdimm=none dimm=1G:2 append="memhp_default_state=offline" monitor timeout=900 once
# vm: usual=6.12

# The kernel takes the blocks offline and removes them while mhpctl works on them, before it has
# begun, or after it has ended. In a usual run every other moment is left out.

RUNS=0
GONE=0
FAILED_RUNS=0
WRONG=0
EVENTS=/tmp/kernel-events
MAX=10 # moments of a run: more than it has events

wrong() {
	WRONG=$((WRONG + 1))
	fail "$1" "$2"
}

# Each run gives QEMU's answer to a hot plug time to arrive.
plug() {
	(($(nr_blocks 2) == BLOCKS)) && return
	qemu_monitor "device_add pc-dimm,id=plugged0,memdev=dimm0,node=2"
	until_true 30 has_all || fail 'the DIMM is plugged in again' "$(nr_blocks 2) blocks"
	udevadm settle
}

has_all() {
	(($(nr_blocks 2) == BLOCKS))
}

# settled: nothing has happened to blocks for two seconds.
settled() {
	local lines

	lines=$(wc -l <$EVENTS)
	sleep 2
	(($(wc -l <$EVENTS) == lines))
}

nr_in() {
	local block nr=0

	for block in $(blocks_of_node 2); do
		[[ $(state_of "$block") == "$1" ]] && nr=$((nr + 1))
	done
	echo $nr
}

# act VERB MOMENT: mhpctl does it, and the DIMM goes at its event of that number.
act() {
	local verb=$1 moment=$2 line nr=0 end

	rm -f /tmp/pipe
	mkfifo /tmp/pipe
	: >/tmp/lines
	((moment)) || qemu_monitor 'device_del plugged0'
	spawn /tmp/pipe mhpctl "$verb" --timeout 20s "memory$FIRST-$LAST" --json=lines
	while read -r line; do
		nr=$((nr + 1))
		((nr == moment)) && qemu_monitor 'device_del plugged0'
		echo "$line" >>/tmp/lines
	done </tmp/pipe
	read -r end _ </proc/uptime
	cp /tmp/pipe.err /tmp/lines.err
	finish "$PID" /tmp/lines >/dev/null
	((moment <= nr)) || qemu_monitor 'device_del plugged0'
	until_true 30 settled
	RUNS=$((RUNS + 1))
	judge "$verb, unplugged at event $moment" "$end"
	SEEN=$nr
}

# judge NAME END: END is the uptime when mhpctl had ended.
judge() {
	local name=$1 end=$2 seen result

	keep_json "$OUT" "mhpctl --json=lines, $name"
	result=$(field 'select(.event == "result")')
	seen=$(jq -r "\"\(.exit_code) \(.status) \(.changed) \(.failures | length) \(.targets[0] | \"\(.blocks_done) \(.blocks_total)\")\"" <<<"$result")
	printf '%s: exit %d: %s: %s; now %d blocks, %d online\n' "$name" "$RC" "$seen" \
		"$(jq -r '[.failures[] | "\(.target) \(.reason) \(.errno) \(.message)"] | join(" / ")' <<<"$result")" "$(nr_blocks 2)" "$(nr_in online)"
	(($(nr_blocks 2) == 0)) && GONE=$((GONE + 1))
	[[ $seen == "$RC "* ]] || wrong "$name: exit code" "$RC, but $seen"
	if ((RC == 0)); then
		success_is_true "$name" "$end"
	else
		FAILED_RUNS=$((FAILED_RUNS + 1))
		[[ $seen != *' ok '* && $(jq '.failures | length' <<<"$result") -gt 0 ]] || wrong "$name: no reason" "$seen"
		jq -e '.targets[0] | .blocks_total == null or .blocks_total == 0 or .blocks_done < .blocks_total' >/dev/null <<<"$result" ||
			wrong "$name: a failure where all is done" "$seen"
		[[ $RC =~ ^(1|3|4|5|64)$ ]] || wrong "$name: exit code" "$RC"
	fi
	! grep -q 'BUG:\|WARNING:\|hung task' <(dmesg) || wrong "$name: the kernel" "$(dmesg | grep 'BUG:\|WARNING:\|hung task' | head -n 1)"
}

# success_is_true NAME END: an online is true if no block went offline before its end. The kernel's
# own work may begin right after the last look, and reach udev before mhpctl has ended.
success_is_true() {
	local early

	[[ $1 == online* ]] || return
	early=$(awk -v start="$START" -v end="$2" -F'[][]' '/offline/ && $2 > start && $2 < end - 0.5 { nr++ } END { print nr + 0 }' $EVENTS)
	((early == 0)) || wrong "$1: success" "but $early blocks had gone offline before its end"
}

moments() {
	local verb=$1 moment step=1

	in_usual_run && step=3
	SEEN=$MAX
	for ((moment = 0; moment <= SEEN + 1 && moment < 24; moment += step)); do
		plug
		mhpctl "$2" "memory$FIRST-$LAST" >/dev/null 2>&1
		read -r START _ </proc/uptime
		act "$verb" "$moment"
	done
}

BLOCKS=$(nr_blocks 2)
FIRST=$(blocks_of_node 2 | head -n 1)
LAST=$((FIRST + BLOCKS - 1))
readonly BLOCKS FIRST LAST EVENTS MAX
eq 'a DIMM of 1 GiB' 8 "$BLOCKS"
udevadm monitor -k -s memory >$EVENTS 2>&1 7>&- 8>&- &
MONITOR=$!
moments online offline
moments offline online
plug
done_now 'online at the end' online "memory$FIRST-$LAST"
eq "$RUNS runs: exit codes and documents are true" 0 "$WRONG"
holds 'the DIMM was taken away in most of them' test "$GONE" -gt $((RUNS / 2))
holds 'and in some of them under the hands of mhpctl' test "$FAILED_RUNS" -gt 0
settings_are offline
kill $MONITOR
proof 'race: a DIMM unplugged before, at each event of and after online and offline' "$RUNS" "$((WRONG < RUNS ? WRONG : RUNS))" \
	"gone in $GONE runs, of which $FAILED_RUNS failed with a reason; no success that the kernel had undone before"
