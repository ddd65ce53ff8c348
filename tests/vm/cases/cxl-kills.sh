# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# CXL: kill -9 and failed writes between bare cards and memory: the same command, rollback, recover
# vm: newer-qemu nvdimm=none mem=2G timeout=2400 kernels="6.12 7.2 7.3" usual="7.2"
# vm: cpu-flags=hypervisor=off append="memhp_default_state=offline"
# vm: qemu="-machine cxl=on,cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=4G,cxl-fmw.1.targets.0=cxl.1,cxl-fmw.1.size=4G,cxl-fmw.2.targets.0=cxl.0,cxl-fmw.2.targets.1=cxl.1,cxl-fmw.2.size=4G,cxl-fmw.2.interleave-granularity=256,cxl-fmw.3.targets.0=cxl.0,cxl-fmw.3.size=256M -object memory-backend-ram,id=cards0,size=1G -object memory-backend-ram,id=cards1,size=1536M -device pxb-cxl,bus_nr=12,bus=pcie.0,id=cxl.0,hdm_for_passthrough=true -device pxb-cxl,bus_nr=44,bus=pcie.0,id=cxl.1 -device cxl-rp,port=0,bus=cxl.0,id=rp0,chassis=0,slot=2 -device cxl-rp,port=0,bus=cxl.1,id=rp1,chassis=0,slot=3 -device cxl-type3,bus=rp0,volatile-memdev=cards0,id=cxl0,sn=0x10f -device cxl-type3,bus=rp1,volatile-memdev=cards1,id=cxl1,sn=0xc100000000000007"
#
#   --set kills=N   moments of each verb; default 30, in a usual run 3
#   --set every=N   make one write of N fail; default 1, in a usual run 13
#
# A usual run recovers three kills between steps, others nine.

# shellcheck source=/dev/null
. /vm/cxl.sh

NEAR=0x10f
FAR=0xc100000000000007
NR_WRONG=0

# what_is: how the cards are, in one word, where the state is one of those between which verbs go.
what_is() {
	local region changes

	changes=$(cxl_changes)
	[[ $changes ]] || { echo bare && return; }
	region=$(cxl_regions_of "$near")
	[[ $(cat "$CXL/$region/commit" 2>/dev/null) == 1 ]] &&
		case $(basename "$(readlink "/sys/bus/dax/devices/dax${region#region}.0/driver")"),$(states_of_node "$(cat "/sys/bus/dax/devices/dax${region#region}.0/target_node")") in
		kmem,online) echo memory && return ;;
		device_dax,) echo device && return ;;
		esac
	echo "$changes"
}

# reach STATE: from anywhere, with runs that nobody disturbs.
reach() {
	[[ $(what_is) == "$1" ]] && return
	{
		mhpctl remove --destroy --wait=30s "$near" "$far"
		[[ $1 == bare ]] || mhpctl online --interleave "$near" "$far"
	} >/tmp/reach 2>&1 </dev/null
	[[ $(what_is) == "$1" ]] || wrong "no way to $1: $(what_is): $(tail -n 3 /tmp/reach)"
}

wrong() {
	NR_WRONG=$((NR_WRONG + 1))
	fail "$MOMENT" "$1"
	show_last
}

# disturbed AT NAME=VALUE... -- ARG...: mhpctl ARG... with a kill or an error at its call AT (0: none).
# NR is the number of calls, RC the status.
disturbed() {
	local at=$1 settings=()
	shift

	while [[ $1 != -- ]]; do
		settings+=("$1")
		shift
	done
	shift
	rm -f /tmp/count /tmp/calls
	truncate -s 8 /tmp/count
	set -m
	env "${settings[@]}" KILLER_AT="$at" KILLER_COUNT=/tmp/count KILLER_LOG=/tmp/calls LD_PRELOAD=/usr/lib/killer.so \
		mhpctl "$@" >"$OUT" 2>"$ERR" </dev/null &
	set +m
	wait $!
	RC=$?
	NR=$(od -An -tu8 /tmp/count | tr -d ' ')
}

# The dead process may have a write under way.
alone() {
	until_true 30 eval '! pidof mhpctl mhpctl-writer'
}

# left_files: what no run may leave.
left_files() {
	find /run/mhpctl /var/lib/mhpctl -type f 2>/dev/null | grep -v -e '\.lock$' -e memmap-rate -e '\.runs$' | paste -s -d ' '
}

# --- kills -------------------------------------------------------------------

# ends WANT ARG...: the same command reaches the goal, and nothing is left but this.
ends() {
	local want=$1
	shift

	alone
	run mhpctl "$@" --wait=30s --json
	((RC == 0)) || wrong "the same command: status $RC"
	[[ $(what_is) == "$want" ]] || wrong "the same command says that all is done: $(what_is)"
	# all may have been done when it was killed: then only its record is left
	[[ ! $(left_files) ]] || run mhpctl recover --json
	[[ ! $(left_files) ]] || wrong "files are left: $(left_files)"
}

# killed FROM TO ARG...: at moments spread evenly over the calls of the run, the program or with it the
# process that makes the call.
killed() {
	local from=$1 to=$2 nr i at both kills=0 before=$NR_WRONG
	shift 2

	MOMENT="$* to its end"
	reach "$from"
	disturbed 0 A=a -- "$@"
	nr=$NR
	sed 's/^/  | /' /tmp/calls
	ends "$to" "$@"
	for ((i = 0; i < KILLS; i++)); do
		at=$((1 + i * nr / KILLS)) both=A
		((i % 3 == 0)) || both=KILLER_GROUP
		reach "$from"
		disturbed "$at" "$both=1" -- "$@"
		MOMENT="$*, ${both/A/one} killed before call $at of $nr ($(grep "^$at " /tmp/calls))"
		echo "+ $MOMENT: status $RC"
		((NR < at)) || kills=$((kills + 1))
		ends "$to" "$@"
	done
	reach bare
	proof "kill: ${*//mem[0-9]/memN}, before a call that changes something" "$kills" "$((NR_WRONG - before < kills ? NR_WRONG - before : kills))" \
		"$KILLS calls of $nr; the same command converges; addresses, cards and files as wanted"
}

# recover ends the run instead: then either nothing of it is left, or all that is left can be removed.
recovered() {
	local step verb=$1
	shift

	for step in "$@"; do
		MOMENT="recover after a kill at $step of $verb"
		if [[ $verb == online ]]; then
			reach bare
			kill_at "$step" online --interleave "$near" "$far"
		else
			reach memory
			kill_at "$step" remove --destroy "$near"
		fi
		alone
		check "$MOMENT: a dry run" mhpctl recover --dry-run --json
		run mhpctl recover --wait=30s --json
		eq "$MOMENT" '0 ok' "$RC $(field .status)"
		note "$MOMENT: $(field '.interrupted_runs[].leftovers[] | "\(.step) \(.recovery): \(.state)"' | paste -s -d ';')"
		run mhpctl recover --json
		eq "$MOMENT: nothing is left" '0 0' "$RC $(field '.interrupted_runs | length')"
		eq "$MOMENT: no file is left" '' "$(left_files)"
		reach bare
	done
}

# --- rollback ----------------------------------------------------------------

# rolled_back WANT ARG...: each write to the kernel's files fails once, the run ends with a failure, and all is
# as it was; or the run did without that write.
rolled_back() {
	local want=$1 nr at tried=0 before=$NR_WRONG
	shift

	reach bare
	MOMENT="$* to its end"
	disturbed 0 KILLER_ONLY=/sys/ -- "$@"
	nr=$NR
	sed 's/^/  | /' /tmp/calls
	for ((at = 1; at <= nr; at += EVERY)); do
		reach bare
		disturbed "$at" KILLER_ONLY=/sys/ KILLER_ERRNO=5 -- "$@"
		MOMENT="$*, write $at of $nr fails ($(grep "^$at " /tmp/calls))"
		echo "+ $MOMENT: status $RC"
		((NR < at)) || tried=$((tried + 1))
		if ((RC)); then
			[[ $(what_is) == bare ]] || wrong "not rolled back: $(what_is)"
		else
			[[ $(what_is) == "$want" ]] || wrong "status 0: $(what_is)"
		fi
		[[ ! $(left_files) ]] || wrong "files are left: $(left_files)"
	done
	reach bare
	proof "fault: ${*//mem[0-9]/memN}, a write to /sys fails with EIO" "$tried" "$((NR_WRONG - before < tried ? NR_WRONG - before : tried))" \
		"one write of $EVERY, of $nr; a bare card again, or all was done"
}

# A process that holds a page of the second card: the first one comes back.
removal_rolled_back() {
	MOMENT='rollback of a removal'
	done_now 'two cards' online "$near" "$far"
	before=$(cxl_world)
	region=$(cxl_regions_of "$far")
	hold_pages /tmp/holder --node "$(cat "/sys/bus/dax/devices/dax${region#region}.0/target_node")" --kind vmsplice
	check_rc '4|5' 'a removal that is blocked' mhpctl remove --destroy --rollback --timeout 2s "$near" "$far"
	eq 'all that can be is undone' "$before" "$(cxl_world)"
	release_pages
	done_now 'and then goes' remove --destroy "$near" "$far"
	cxl_same 'the removal'
}

in_usual_run && usual=3 || usual=30
KILLS=$(option kills "$usual")
in_usual_run && usual=13 || usual=1
EVERY=$(option every "$usual")
auto_online offline
check 'cards are usable' cxl_start 2
near=$(cxl_card $NEAR) far=$(cxl_card $FAR)
cxl_remember
killed bare memory online --interleave "$near" "$far"
killed memory bare remove --destroy "$near"
# shellcheck disable=SC2046 # words on purpose
recovered online $(in_usual_run || echo create_cxl_region) add_memdev \
	$(in_usual_run || echo commit_cxl_region enable_cxl_region set_mode) online_block
# shellcheck disable=SC2046
recovered remove $(in_usual_run || echo offline_block set_mode) destroy_cxl_region
rolled_back memory online --rollback "$near"
rolled_back device create --rollback "$near"
removal_rolled_back
eq 'the kernel has lost no memory' '' "$(dmesg | grep -e 'until the next reboot' -e 'until reboot' -e 'WARNING:' -e 'BUG:')"
settings_are offline
