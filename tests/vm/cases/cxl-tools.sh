# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# CXL regions that the program cxl makes are taken over, listed alike and undone, and the other way round
# vm: newer-qemu newer-cxl nvdimm=none mem=2G timeout=900 kernels="6.12 7.2 7.3" usual=none
# vm: cpu-flags=hypervisor=off append="memhp_default_state=offline"
# vm: qemu="-machine cxl=on,cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=4G,cxl-fmw.1.targets.0=cxl.1,cxl-fmw.1.size=4G,cxl-fmw.2.targets.0=cxl.0,cxl-fmw.2.targets.1=cxl.1,cxl-fmw.2.size=4G,cxl-fmw.2.interleave-granularity=256 -object memory-backend-ram,id=cards0,size=1G -object memory-backend-ram,id=cards1,size=1G -device pxb-cxl,bus_nr=12,bus=pcie.0,id=cxl.0,hdm_for_passthrough=true -device pxb-cxl,bus_nr=44,bus=pcie.0,id=cxl.1 -device cxl-rp,port=0,bus=cxl.0,id=rp0,chassis=0,slot=2 -device cxl-rp,port=0,bus=cxl.1,id=rp1,chassis=0,slot=3 -device cxl-type3,bus=rp0,volatile-memdev=cards0,id=cxl0,sn=0x10f -device cxl-type3,bus=rp1,volatile-memdev=cards1,id=cxl1,sn=0xc100000000000007"

# shellcheck source=/dev/null
. /vm/cxl.sh

# The programs of sid, also for cxl_tools_agree.
cxl() {
	newer cxl "$@"
}

daxctl() {
	newer daxctl "$@"
}

# create NAME ARG...: by cxl; region is its name. The program does not wait for the dax device.
create() {
	check "$1: cxl create-region" cxl create-region -t ram "${@:2}"
	region=$(jq -r .region <"$OUT")
	check "$1: it has a dax device" until_true 10 test -e "$DAX/dax${region#region}.0/driver"
	udevadm settle
	cxl_tools_agree "$1"
}

taken_over() {
	local name=$1
	shift

	done_now "$name: online" online "$@"
	eq "$name: no other region is made" "$region" "$(cxl_regions_of "$near")"
	is_memory "$region"
	cxl_agrees "$name as memory"
	cxl_tools_agree "$name as memory"
	already_so "$name: again" online "$@"
}

of_one_card() {
	create 'one card' -d "$(cxl_window 12)" -m "$near"
	taken_over 'one card' "$near"
	done_now 'it is undone' remove --destroy "$near"
	cxl_same 'one card'
	cxl_tools_agree 'a bare card'
	create 'a part' -d "$(cxl_window 12)" -m "$near" -s 512M
	taken_over 'a part' "cxl/$region"
	done_now 'it is undone' remove --destroy "cxl/$region"
	cxl_same 'a part'
}

of_two_cards() {
	create 'two cards' -d "$(cxl_window 12,44)" -w 2 -g 256 -m "$near" "$far"
	taken_over 'two cards' "$far"
	done_now 'it is undone' remove --destroy "$far"
	cxl_same 'two cards'
}

disabled() {
	create 'a region' -d "$(cxl_window 12)" -m "$near"
	check 'cxl disable-region' cxl disable-region "$region"
	eq 'it has no driver' committed "$(mhpctl list --json | jq -r '.cxl_regions[].state')"
	taken_over 'disabled' "$near"
	done_now 'it is undone' remove --destroy "$near"
	cxl_same 'disabled'
}

# A region of mhpctl is undone by the other programs.
the_other_way() {
	done_now 'online' online "$near"
	region=$(cxl_regions_of "$near")
	cxl_tools_agree 'a region of mhpctl'
	check 'daxctl offline-memory' daxctl offline-memory "dax${region#region}.0"
	check 'cxl destroy-region' cxl destroy-region -f "$region"
	cxl_tools_agree 'a card that cxl has freed'
	cxl_same 'cxl destroy-region'
	done_now 'online again' online "$near"
	done_now 'and back' remove --destroy "$near"
	cxl_same 'all of it'
}

check 'the programs are there' test -x "$NEWER/cxl"
note "cxl and daxctl $(cat "$NEWER/version")"
check 'cards are usable' cxl_start 2
near=$(cxl_card 0x10f) far=$(cxl_card 0xc100000000000007)
cxl_remember
of_one_card
of_two_cards
disabled
the_other_way
eq 'the kernel has lost no memory' '' "$(dmesg | grep -e 'until the next reboot' -e 'until reboot' -e 'WARNING:' -e 'BUG:')"
settings_are offline
