# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A CXL card that QEMU's monitor takes away before writes to /sys: what is reported is true
# vm: newer-qemu monitor nvdimm=none mem=2G timeout=2400 kernels="6.12 7.2 7.3" usual=none once
# vm: cpu-flags=hypervisor=off append="memhp_default_state=offline"
# vm: qemu="-machine cxl=on,cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=4G,cxl-fmw.1.targets.0=cxl.1,cxl-fmw.1.size=4G -object memory-backend-ram,id=cards0,size=256M -device pxb-cxl,bus_nr=12,bus=pcie.0,id=cxl.0 -device pxb-cxl,bus_nr=44,bus=pcie.0,id=cxl.1 -device cxl-rp,port=0,bus=cxl.0,id=rp0,chassis=0,slot=2 -device cxl-rp,port=0,bus=cxl.1,id=rp1,chassis=0,slot=3 -device cxl-type3,bus=rp0,volatile-memdev=cards0,id=cxl0,sn=0x10f"
#
#   --set every=N   one call of N; default 1
#   --set verbs=online,create,destroy   these verbs
#
# The other card keeps the modules and the windows in use. device_del is a press of the button of the slot:
# the kernel powers it off five seconds later, whatever its memory is used for. The call waits until the card
# is gone. Memory that is online then is lost until reboot, so `online` ends before its blocks, and the case
# ends with a removal that the card does not survive.

# shellcheck source=/dev/null
. /vm/cxl.sh
# shellcheck source=/dev/null
. /vm/gone.sh

FAR=0xc100000000000007
SLOT=/sys/bus/pci/slots/3
GONE=/tmp/gone
RUNS=0 TOLD=0 NR_WRONG=0 PLUGS=0 ORPHANS=0
# shellcheck disable=SC2034 # for each_gone
declare -A FROM=([online]=bare [create]=bare [destroy]=device)
declare -A TO=([online]=memory [create]=device [destroy]=bare)
declare -A ARGS=([online]="online $FAR" [create]="create $FAR" [destroy]="remove --destroy $FAR")

wrong() {
	NR_WRONG=$((NR_WRONG + 1))
	fail "$MOMENT" "$1"
	show_last
}

# --- the card ----------------------------------------------------------------

is_plugged() {
	grep -qx $FAR "$CXL"/mem*/serial
}

# card_returns: QEMU never gives the memory of a card back, so it has another one each time; and it refuses the
# card until the old one is gone, for which the kernel must also have turned off the light of the slot.
card_returns() {
	local try

	! is_plugged || return 0
	for try in 1 2 3 4; do
		PLUGS=$((PLUGS + 1))
		qemu_monitor "object_add memory-backend-ram,id=far$PLUGS,size=256M" \
			"device_add cxl-type3,bus=rp1,volatile-memdev=far$PLUGS,id=cxl1,sn=$FAR"
		! until_true 20 cxl_cards_are 2 || break
	done
	cxl_cards_are 2 || wrong "the card does not return, tried $try times: $(ls "$CXL"); slot $(cat $SLOT/power)"
	udevadm settle
}

# write_unplug: the program that takes the card away and waits until it is gone.
write_unplug() {
	local dir port=''

	for dir in /sys/class/virtio-ports/*; do
		[[ $(cat "$dir/name") != monitor ]] || port=/dev/${dir##*/}
	done
	cat >/tmp/unplug <<-END
		#!/bin/bash
		echo 'device_del cxl1' >$port
		for ((i = 0; i < 600; i++)); do
			[[ \$(cat $SLOT/power) == 0 ]] && ! grep -qlx $FAR $CXL/mem*/serial && break
			sleep 0.1
		done
		((i < 600)) && touch $GONE
	END
	chmod +x /tmp/unplug
}

# what_is: how the card is, in one word, where the state is one of those between which verbs go.
what_is() {
	local region card changes

	changes=$(cxl_changes)
	[[ $changes ]] || { echo bare && return; }
	is_plugged || { echo "no card; $changes" && return; }
	card=$(cxl_card $FAR)
	region=$(cxl_regions_of "$card")
	[[ $region && $(cat "$CXL/$region/commit" 2>/dev/null) == 1 ]] &&
		case $(basename "$(readlink "$DAX/dax${region#region}.0/driver")"),$(states_of_node "$(node_of_region "$region")") in
		kmem,online) echo memory && return ;;
		device_dax,) echo device && return ;;
		esac
	echo "$changes"
}

# reach STATE: from anywhere, with runs that nobody disturbs.
reach() {
	card_returns
	[[ $(what_is) == "$1" ]] && return
	{
		mhpctl remove --destroy --yes --wait=30s $FAR
		[[ $1 != device ]] || mhpctl create --yes $FAR
	} >/tmp/reach 2>&1 </dev/null
	[[ $(what_is) == "$1" ]] || wrong "no way to $1: $(what_is): $(tail -n 3 /tmp/reach)"
}

# --- a run -------------------------------------------------------------------

# gone_at AT VERB: the card goes before call AT; 0: never.
gone_at() {
	local at=$1 verb=$2

	rm -f /tmp/calls /tmp/count $GONE
	truncate -s 8 /tmp/count
	# shellcheck disable=SC2086 # words on purpose
	KILLER_AT="$at" KILLER_COUNT=/tmp/count KILLER_LOG=/tmp/calls KILLER_ONLY=/sys/ \
		LD_PRELOAD=/usr/lib/killer.so KILLER_RUN=/tmp/unplug run mhpctl ${ARGS[$verb]} --yes --timeout 20s --json
}

# changes_behind AT: calls that change the machine, from AT on.
changes_behind() {
	awk -v at="$1" '$1 >= at { nr++ } END { print nr + 0 }' /tmp/calls
}

# last_change FILE: the number of the last call before blocks of a fresh bind can be online.
last_change() {
	awk '$3 ~ "drivers/kmem/(new_id|bind)" { print $1; found = 1; exit } END { if (!found) print NR }' /tmp/calls
}

alone() {
	until_true 30 eval '! pidof mhpctl mhpctl-writer'
}

left_files() {
	find /run/mhpctl /var/lib/mhpctl -type f 2>/dev/null | grep -v -e '\.lock$' -e memmap-rate -e '\.runs$' | paste -s -d ' '
}

kernel_complains() {
	dmesg | grep 'BUG:\|WARNING:\|hung task' | head -n 1
}

# judge AT VERB: a removal may succeed without its card, if no region is left.
judge() {
	local at=$1 verb=$2 seen

	seen=$(field '"\(.exit_code) \(.status) \(.failures | length)"')
	echo "+ $MOMENT: status $RC: $seen: $(field '[.failures[] | "\(.reason): \(.message)"] | join(" / ")')"
	[[ -e $GONE ]] || { echo "+ it ended before that call" && return; }
	RUNS=$((RUNS + 1))
	[[ $seen == "$RC "* ]] || wrong "exit code $RC, and the document says $seen"
	if ((RC != 0)); then
		TOLD=$((TOLD + 1))
		[[ $RC =~ ^(1|3|4|5|6|7|64)$ ]] || wrong "exit code $RC"
		[[ $seen != *' ok '* && $seen != *' 0' ]] || [[ $(field '.error.message // empty') ]] || wrong "no reason: $seen"
	elif [[ $verb == destroy ]]; then
		! compgen -G "$CXL/region*" >/dev/null || wrong "success, and there is $(cd "$CXL" && echo region*)"
	else
		(($(changes_behind "$at") == 0)) || wrong 'success, and the card was gone before its last change'
	fi
	alone || wrong 'processes are left'
	[[ "$(cat /sys/bus/dax/drivers_autoprobe) $(cat "$MEM/auto_online_blocks")" == '1 offline' ]] ||
		wrong "settings: $(cat /sys/bus/dax/drivers_autoprobe) $(cat "$MEM/auto_online_blocks")"
	[[ ! $(kernel_complains) ]] || wrong "the kernel: $(kernel_complains)"
}

# clear_orphans: a region whose card went stays as a region without it: `list` and `doctor` name it, and
# `destroy` ends it.
clear_orphans() {
	local dir region

	for dir in "$CXL"/region*; do
		[[ -e $dir && ! $(cat "$dir/target0" 2>/dev/null) ]] || continue
		region=${dir##*/}
		ORPHANS=$((ORPHANS + 1))
		run mhpctl list --json
		[[ $(field ".cxl_regions[] | select(.cxl_region == \"$region\").cxl_region") == "$region" ]] || wrong "$region is not listed"
		run mhpctl doctor --json
		echo "+ $region has no card: $(field "[.findings[] | select(tostring | test(\"$region\")) | .id] | join(\" \")")"
		run mhpctl destroy --yes "cxl/$region" --json
		[[ $RC == 0 && ! -e $dir ]] || wrong "$region without its card cannot be destroyed: status $RC"
	done
}

# converges VERB: with the card back, the same command reaches the goal and leaves nothing.
converges() {
	local verb=$1

	card_returns
	clear_orphans
	# shellcheck disable=SC2086 # words on purpose
	run mhpctl ${ARGS[$verb]} --yes --wait=30s --json
	((RC == 0)) || wrong "the next run: status $RC"
	if [[ $(what_is) != "${TO[$verb]}" ]]; then
		run mhpctl recover --yes --json
		echo "+ what is left is for recover: status $RC: $(what_is)"
		[[ $(what_is) == "${TO[$verb]}" ]] || wrong "it says that all is done, and it is $(what_is)"
	fi
	[[ ! $(left_files) ]] || run mhpctl recover --yes --json
	[[ ! $(left_files) ]] || wrong "files are left: $(left_files)"
	reach bare
}

# lost_memory: the card goes while its blocks are to go offline. They may be offline before the kernel
# looks; else the kernel keeps them, and every later run must say so.
lost_memory() {
	local lost

	MOMENT='removal of memory whose card goes'
	reach bare
	done_now 'memory once more' online $FAR
	gone_at 1 destroy
	judge 1 destroy
	run mhpctl list --blocks --json
	ended 0 'the machine is listed'
	lost=$(field '[.blocks[] | select(.unbacked)] | length')
	run mhpctl doctor --json
	note "lost: $(field '[.findings[] | select(.id | test("cxl|orphan")) | .id] | unique | join(" ")'); $lost blocks without a card"
}

EVERY=$(option every 1)
chosen=$(option verbs create,destroy,online)
auto_online offline
check 'the first card is usable' cxl_start 1
write_unplug
MOMENT='at the start'
card_returns
check 'the second card is usable' cxl_cards_are 2
cxl_remember
for verb in ${chosen//,/ }; do
	each_gone "$verb" 'the card' bare
done
lost_memory
holds 'most runs fail with a reason' test "$TOLD" -gt $((RUNS / 2))
proof "race: a CXL card unplugged before each write to /sys of ${chosen//,/, }, and of a removal" "$RUNS" \
	"$((NR_WRONG < RUNS ? NR_WRONG : RUNS))" "one write of $EVERY; $TOLD failed with a reason, $ORPHANS left a region without its card, which destroy ends; with the card back the same command converges"
