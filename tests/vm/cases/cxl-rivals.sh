# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Others work on CXL memory at the same time: cxl create-region on this card and on another, and a rule of udev
# vm: newer-qemu newer-cxl nvdimm=none mem=2G timeout=900 kernels="6.12 7.2 7.3" usual=none
# vm: cpu-flags=hypervisor=off append="memhp_default_state=offline"
# vm: qemu="-machine cxl=on,cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=4G,cxl-fmw.1.targets.0=cxl.1,cxl-fmw.1.size=4G -object memory-backend-ram,id=cards0,size=1G -object memory-backend-ram,id=cards1,size=1G -device pxb-cxl,bus_nr=12,bus=pcie.0,id=cxl.0,hdm_for_passthrough=true -device pxb-cxl,bus_nr=44,bus=pcie.0,id=cxl.1 -device cxl-rp,port=0,bus=cxl.0,id=rp0,chassis=0,slot=2 -device cxl-rp,port=0,bus=cxl.1,id=rp1,chassis=0,slot=3 -device cxl-type3,bus=rp0,volatile-memdev=cards0,id=cxl0,sn=0x10f -device cxl-type3,bus=rp1,volatile-memdev=cards1,id=cxl1,sn=0xc100000000000007"
#
#   --set rounds=N   of each race; default 6

# shellcheck source=/dev/null
. /vm/cxl.sh

NEAR=0x10f
FAR=0xc100000000000007
GIB=1073741824

# at_once ARG...: mhpctl ARG... while `cxl create-region` runs on CARD. The program takes longer to start than
# mhpctl, so that one of both is later by a random time. RC is of mhpctl, RIVAL_RC of cxl.
at_once() {
	local rival

	spawn /tmp/rival "$NEWER/ld.so" --library-path "$NEWER/lib" "$NEWER/cxl" create-region -t ram -d "$WINDOW" -m "$CARD"
	rival=$PID
	sleep "0.$((RANDOM % 8))"
	run mhpctl "$@" --json
	wait "$rival"
	RIVAL_RC=$?
	printf '  rival: %d: %s\n' "$RIVAL_RC" "$(tail -n 2 /tmp/rival.err | paste -s -d ' ')"
}

# online_bytes CARD: of its regions, by a list of mhpctl, and how many regions.
online_bytes() {
	mhpctl list --json "$1" | jq -r '"\([.cxl_regions[].online_bytes] | add) \(.cxl_regions | length)"'
}

wrong() {
	NR_WRONG=$((NR_WRONG + 1))
	fail "$1" "$2"
	show_last
}

# away NAME: both cards are bare again.
away() {
	run mhpctl remove --destroy --json "$near" "$far"
	((RC == 0)) || wrong "$1: remove" "status $RC"
	[[ ! $(cxl_changes) ]] || wrong "$1: bare cards" "$(cxl_changes)"
}

# Nobody is in the way: both succeed.
on_another_card() {
	local i

	WINDOW=$(cxl_window 44) CARD=$far NR_WRONG=0
	for ((i = 0; i < ROUNDS; i++)); do
		at_once online "$near"
		((RC == 0)) || wrong "another card, round $i" "status $RC"
		((RIVAL_RC == 0)) || wrong "another card, round $i" "cxl ended with $RIVAL_RC"
		[[ $(online_bytes "$near") == "$GIB 1" ]] || wrong "another card, round $i" "$(online_bytes "$near")"
		away "another card, round $i"
	done
	proof 'race: online mem0 at once with cxl create-region on another card' "$ROUNDS" "$NR_WRONG" 'both succeed; bare cards again'
}

# Both want the same card: success is memory, and after a failure the same command succeeds.
on_the_same_card() {
	local i won=0 lost=0

	WINDOW=$(cxl_window 12) CARD=$near NR_WRONG=0
	for ((i = 0; i < ROUNDS; i++)); do
		at_once online "$near"
		((RIVAL_RC == 0)) && lost=$((lost + 1))
		if ((RC)); then
			[[ $(field '.failures[0].message // ""') ]] || wrong "the same card, round $i" "status $RC without a failure"
			run mhpctl online --json "$near"
			((RC == 0)) || wrong "the same card, round $i" "the same command: status $RC"
		else
			won=$((won + 1))
		fi
		[[ $(online_bytes "$near") == "$GIB 1" ]] || wrong "the same card, round $i" "status 0: $(online_bytes "$near")"
		away "the same card, round $i"
	done
	note "the same card: mhpctl succeeded at once $won times of $ROUNDS, cxl $lost times"
	proof 'race: online mem0 at once with cxl create-region on the same card' "$ROUNDS" "$NR_WRONG" \
		'success is memory, a failure is named and the same command succeeds; bare cards again'
}

# A rule that brings every block online, in the zone that the kernel prefers.
beside_a_rule() {
	local i

	NR_WRONG=0
	mkdir -p /etc/udev/rules.d
	cat >/etc/udev/rules.d/80-online.rules <<-'END'
		SUBSYSTEM=="memory", ACTION=="add", ATTR{state}=="offline", ATTR{state}="online"
	END
	udevadm control --reload
	where=$(mhpctl doctor --json | jq -r '[.findings[] | select(.id == "udev_rule_onlines" and .severity != "ok") | .where] | join(" ")')
	has 'doctor names the rule' "$where" 80-online.rules
	for ((i = 0; i < ROUNDS; i++)); do
		run mhpctl online --json "$near" "$far"
		((RC == 0)) || wrong "a rule, round $i" "status $RC"
		[[ $(mhpctl list --json --blocks "$near" "$far" | jq -r '[.blocks[] | "\(.state) \(.zone)"] | unique | join(",")') == 'online movable' ]] ||
			wrong "a rule, round $i" "$(mhpctl list "$near" "$far")"
		away "a rule, round $i"
	done
	rm /etc/udev/rules.d/80-online.rules
	udevadm control --reload
	proof 'race: online mem0 mem1 beside a udev rule that brings blocks online' "$ROUNDS" "$NR_WRONG" \
		'all in zone movable; bare cards again'
}

ROUNDS=$(option rounds 6)
auto_online offline
check 'the programs are there' test -x "$NEWER/cxl"
check 'cards are usable' cxl_start 2
near=$(cxl_card $NEAR) far=$(cxl_card $FAR)
cxl_remember
on_another_card
on_the_same_card
beside_a_rule
eq 'the kernel has lost no memory' '' "$(dmesg | grep -e 'until the next reboot' -e 'until reboot' -e 'WARNING:' -e 'BUG:')"
settings_are offline
