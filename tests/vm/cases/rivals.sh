# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Others undo each verb while it works, and right after it: no false success is reported
# vm: nvdimm=2G,1G label=128k timeout=400
# vm: usual=6.12

readonly RULE=/etc/udev/rules.d/40-rival.rules
readonly DAX=/sys/bus/dax/drivers
NR_RIVALS=0

# rival COMMANDS: a shell that does them over and over, as quickly as it can.
rival() {
	NR_RIVALS=$((NR_RIVALS + 1))
	spawn /tmp/rival bash -c "while :; do { $1; } 2>/dev/null; done"
	RIVAL=$PID
}

end_rival() {
	kill "$RIVAL"
	wait "$RIVAL" 2>/dev/null
}

# writes FROM TO: brings every block of node 2 that is FROM to the state of that word.
writes() {
	# shellcheck disable=SC2016 # for the shell of the rival
	printf 'for b in /sys/devices/system/node/node2/memory[0-9]*; do read -r s <$b/state; [[ $s == %s ]] && echo %s >$b/state; done' \
		"$1" "$2"
}

# undone NAME REASON ARG...: mhpctl ARG... fails, the document says why, and hints at what to do. A
# rival may be too slow on a busy host: then all was so when it was read, and it is tried again.
undone() {
	local name=$1 reason=$2 tries
	shift 2

	for ((tries = 0; tries < 5; tries++)); do
		run mhpctl "$@" --json
		((RC == 0)) || break
		eq "$name: all is so where that is told" true \
			"$(field '.targets[0] | .blocks_done == .blocks_total')"
		sleep 1
	done
	eq "$name" "true false $reason" \
		"$([[ $RC == 1 || $RC == 64 ]] && echo true) $(field '"\(.status == "ok")"') $(field "[.failures[].reason | select(test(\"^($reason)$\"))][0]")"
	eq "$name: with a hint" true "$(field "[.failures[] | select(.reason == \"$reason\") | .hint | length > 0] | all")"
	eq "$name: the counts agree" true \
		"$(field '.targets[0] | .status != "ok" and (.blocks_total == 0 or .blocks_done < .blocks_total or .changed)')"
}

comes_back() {
	local first last

	first=$(blocks_of_node 2 | head -n 1)
	last=$(blocks_of_node 2 | tail -n 1)
	rival "$(writes offline online_movable)"
	undone 'a device that comes back' came_back offline dax0.0
	undone 'blocks that come back' came_back offline "memory$first-$last"
	undone 'a part of a node that comes back' came_back offline --node 2 --size 1536M
	run mhpctl offline dax0.0
	has 'it is said in words' "$(cat "$ERR")" 'again'
	has 'with what to look for' "$(cat "$ERR")" 'look for a timer, a service or a script'
	end_rival
	mhpctl online dax0.0 >/dev/null # those that it was not in time for
	up 2
}

goes_away() {
	done_now 'offline without rivals' offline dax0.0
	rival "$(writes online offline)"
	undone 'blocks that are taken offline again' went_away online dax0.0
	end_rival
	done_now 'online without rivals' online dax0.0
}

udev_rule() {
	mkdir -p /etc/udev/rules.d
	echo 'SUBSYSTEM=="memory", ACTION=="offline", ATTR{state}="online_movable"' >$RULE
	udevadm control --reload
	udevadm settle --timeout=60 # the events of the rivals before this come first
	undone 'a rule that brings back' came_back offline dax0.0
	has 'it is named' "$(field '[.failures[].hint] | join(" ")')" "$RULE:1"
	rm $RULE
	udevadm control --reload
	udevadm settle
	mhpctl online dax0.0 >/dev/null
	up 2
}

# daxctl brings online what mhpctl takes offline.
daxctl_beside() {
	rival 'daxctl online-memory dax0.0'
	run mhpctl offline dax0.0 --json
	end_rival
	until_true 5 sh -c '! pidof daxctl'
	eq 'daxctl beside it: what is told is what is' true \
		"$(field '.targets[0] | (.status == "ok") == (.blocks_done == .blocks_total)')"
	eq 'daxctl beside it: each block that is not offline has its failure' true \
		"$(field '(.targets[0].blocks_total - .targets[0].blocks_done) == ([.failures[] | select(.target | startswith("memory"))] | length)')"
	mhpctl online dax0.0 >/dev/null
	up 2
}

# One that binds and unbinds beside it; no block is online, so no memory is lost.
binds() {
	done_now 'offline for the rest' offline dax0.0
	rival "echo dax0.0 >$DAX/device_dax/unbind; echo dax0.0 >$DAX/kmem/bind; sleep 0.02"
	run mhpctl remove dax0.0 --json
	eq 'a device that becomes memory again' '1 false' "$RC $(field '.status == "ok"')"
	end_rival
	until_true 60 sh -c '! pidof mhpctl-writer'
	run mhpctl remove dax0.0
	eq 'removed without rivals' 0 "$RC"
	rival "echo dax0.0 >$DAX/device_dax/unbind"
	run mhpctl init dax0.0 --json
	eq 'a device that loses its driver' '1 false' "$RC $(field '.status == "ok"')"
	end_rival
	done_now 'its driver without rivals' init dax0.0
}

# With a rest in between, or the kernel's bus of NVDIMMs has no time for anybody else.
disables() {
	rival "for n in /sys/bus/nd/devices/dax1.*; do echo \${n##*/} >/sys/bus/nd/drivers/dax_pmem/unbind; done; sleep 0.01"
}

# The content is read through a device that others bind again: to map it without a driver is an oops.
reads() {
	local i oops=0 nr_read=0

	rival "echo dax1.0 >$DAX/device_dax/unbind; echo dax1.0 >$DAX/device_dax/bind; sleep 0.01"
	for ((i = 0; i < 30 && oops == 0; i++)); do
		mhpctl destroy --dry-run region1 >/tmp/read 2>&1
		grep -q 'cannot be read\|no driver\|not known' /tmp/read || nr_read=$((nr_read + 1))
		oops=$(dmesg | grep -c 'Oops')
	done
	eq 'content read while others bind the device' '30 0' "$i $oops"
	holds 'some of them could be read' test "$nr_read" -gt 0
	end_rival
}

# Each of them ends as the machine is: created, initialised, destroyed.
namespaces() {
	local tries has_ns

	disables
	run mhpctl create --yes --init-labels region1 --json
	end_rival
	has_ns=$(ndctl list -Ni -r region1 | jq 'any(.[]; .mode == "devdax")')
	if ((RC == 0)); then
		eq 'a namespace that was created is there' true "$has_ns"
	else
		eq 'a creation that others undo has its reason' 'true true' \
			"$(field '"\(.failures | length > 0) \(.changed)"')"
	fi
	run mhpctl init region1 --json
	disables
	ndctl disable-namespace -r region1 all
	for ((tries = 0; tries < 5; tries++)); do # the rival may be too slow
		run mhpctl init region1 --json
		((RC == 0)) || break
	done
	eq 'a namespace that is disabled again' '1 false' "$RC $(field '.status == "ok"')"
	end_rival
	done_now 'enabled without rivals' init region1
	reads
	done_now 'destroyed' destroy --yes region1
}

# Last, as a rival that is faster than the last check before the unbind makes the kernel keep the memory.
removes() {
	done_now 'online for the removal' online dax0.0
	rival "$(writes offline online_movable)"
	undone 'a removal that others undo' came_back remove dax0.0
	end_rival
}

auto_online offline
done_now 'all online' online --yes --init-labels region0
comes_back
goes_away
udev_rule
daxctl_beside
binds
namespaces
removes
# The rule of udev is one more.
proof_of_checks 'race: each verb while others undo it, and behind it' $((NR_RIVALS + 1)) \
	'no false success, each failure has its reason and hint, the counts are those of the kernel'
