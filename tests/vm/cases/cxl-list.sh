# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Volatile CXL memory in list and doctor: bare cards, regions over one and two, memory that is lost
# vm: newer-qemu nvdimm=none mem=2G timeout=900 kernels="6.12 7.2 7.3" usual="6.12 7.3"
# vm: cpu-flags=hypervisor=off append="memhp_default_state=offline"
# vm: qemu="-machine cxl=on,cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=4G,cxl-fmw.1.targets.0=cxl.1,cxl-fmw.1.size=4G,cxl-fmw.2.targets.0=cxl.0,cxl-fmw.2.targets.1=cxl.1,cxl-fmw.2.size=4G,cxl-fmw.2.interleave-granularity=256 -object memory-backend-ram,id=cards0,size=1G -object memory-backend-ram,id=cards1,size=1G -device pxb-cxl,bus_nr=12,bus=pcie.0,id=cxl.0 -device pxb-cxl,bus_nr=44,bus=pcie.0,id=cxl.1 -device cxl-rp,port=0,bus=cxl.0,id=rp0,chassis=0,slot=2 -device cxl-rp,port=0,bus=cxl.1,id=rp1,chassis=0,slot=3 -device cxl-type3,bus=rp0,volatile-memdev=cards0,id=cxl0,sn=0x10f -device cxl-type3,bus=rp1,volatile-memdev=cards1,id=cxl1,sn=0xc100000000000007"

# In a known virtual machine the kernel makes no CXL region, because it cannot flush the caches there.
# `--set dump=yes` copies out the files that the unit tests have as tests/unit/data/cxl-*.sysfs.
# shellcheck source=/dev/null
. /vm/cxl.sh

NEAR=0x10f
FAR=0xc100000000000007
HALF=536870912
GIB=1073741824

dump() {
	[[ $(option dump no) == yes ]] || return 0
	cxl_dump "/tmp/cxl-$1.sysfs"
	copy_out "/tmp/cxl-$1.sysfs"
}

# found ID: the findings with this id, of the last report.
found() {
	field "[.findings[] | select(.id == \"$1\") | \"\(.severity) \(.found)\"] | sort | join(\"; \")"
}

diagnose() {
	check_rc 10 "$1" mhpctl doctor --json
}

# of_target TARGET: the numbers of cards, windows, regions, dax devices and memory blocks in its list.
of_target() {
	mhpctl list --json --blocks "$1" |
		jq -r '[.cxl_memdevs, .cxl_windows, .cxl_regions, .dax_devices, .blocks] | map(length | tostring) | join(" ")'
}

# free_bytes: of the windows, as JSON shows them.
free_bytes() {
	field '[.cxl_windows[].free_bytes] | map(tostring) | join(" ")'
}

# The emulated cards have no command for their health, which is no finding.
health() {
	run mhpctl list --json
	eq 'the health of the cards is unknown' 'null null' "$(field '[.cxl_memdevs[].health | tostring] | join(" ")')"
	eq 'and why' 'mem0 and 1 more: the device or its driver does not report it' \
		"$(field '[.hidden[] | select(.what == "cxl_memdevs.health") | .why] | join("; ")')"
	run setpriv --reuid=65534 --regid=65534 --clear-groups mhpctl list --json
	eq 'another user may not ask' 'mem0 and 1 more: only root can read it' \
		"$(field '[.hidden[] | select(.what == "cxl_memdevs.health") | .why] | join("; ")')"
	run mhpctl metrics
	eq 'the metrics count it' '2 0' "$(sed -n 's/^mhpctl_unknown_values{collector="cxl_health"} //p' "$OUT") $(grep -c memdev_healthy "$OUT")"
	diagnose 'doctor'
	eq 'the health is no finding' '' "$(found cxl_health)"
}

bare_cards() {
	check 'cards are usable' cxl_start 2
	near=$(cxl_card $NEAR) far=$(cxl_card $FAR)
	dump bare
	cxl_agrees 'bare cards'
	before=$(free_bytes)
	eq 'all addresses of the windows are free' "$((4 * GIB)) $((4 * GIB)) $((4 * GIB))" "$before"
	eq 'each card knows its host bridge' "$NEAR 12 $FAR 44" \
		"$(field '[.cxl_memdevs | sort_by(.host_bridge)[] | "\(.serial) \(.host_bridge)"] | join(" ")')"
	diagnose 'doctor'
	eq 'two cards are unused' "warning mem0: 1 GiB of this CXL device are in no region; warning mem1: 1 GiB of this CXL device are in no region" \
		"$(found cxl_unused)"
	eq 'the windows suffice' '' "$(found cxl_window)"
	report_is_same k15
	run mhpctl --sysroot /tmp/k15.tar.gz list --json
	eq 'a report without names lists the cards' '0x1 0x2' \
		"$(field '[.cxl_memdevs[].serial] | sort | join(" ")')"
	check 'list for people' mhpctl list
	has 'it has the serial number' "$(cat "$OUT")" "serial $FAR"
	health
}

one_card() {
	region=$(cxl_new_region "$(cxl_window 12)" $HALF 256 "$near")
	cxl_agrees 'a complete region'
	eq 'it is not committed' uncommitted "$(field '.cxl_regions[].state')"
	diagnose 'doctor'
	eq 'and doctor says so' "warning cxl/$region: its decoders are not committed" "$(found cxl_region)"
	check 'commit' cxl_commit "$region"
	cxl_agrees 'a committed region'
	eq 'it has no driver' committed "$(field '.cxl_regions[].state')"
	diagnose 'doctor'
	eq 'and doctor says so' "warning cxl/$region has no driver" "$(found cxl_region)"
	check 'bind' cxl_bind "$region"
	done_now 'online by the name of the region' online "cxl/$region"
	dump one
	cxl_agrees 'a region in use'
	eq 'all of it is memory' "enabled ram $HALF 0 dax${region#region}.0 $NEAR" \
		"$(field '.cxl_regions[] | "\(.state) \(.type) \(.online_bytes) \(.unbacked_bytes) \(.dax_devices[]) \(.members[].serial)"')"
	eq 'half of the card is used' $HALF "$(field ".cxl_memdevs[] | select(.serial == \"$NEAR\") | .ram_used_bytes")"
	eq 'and as much of its window' "$((4 * GIB - HALF)) $((4 * GIB)) $((4 * GIB))" "$(free_bytes)"
	diagnose 'doctor'
	eq 'nothing is wrong with the region' ' ' "$(found cxl_region) $(found cxl_memory_lost)"
	eq 'a card, its serial number and its region name the same' '1 1 1 1 4 1 1 1 1 4 1 1 1 1 4' \
		"$(of_target "$near") $(of_target $NEAR) $(of_target "$region")"
	eq 'a bare card is alone' '1 0 0 0 0' "$(of_target "$far")"
	check 'completions' mhpctl --complete -- list ''
	has 'know the region' "$(cut -f 1 "$OUT" | paste -s -d ' ')" "cxl/$region"
	has 'and the serial number' "$(cut -f 1 "$OUT" | paste -s -d ' ')" "$NEAR"
	done_now 'remove by serial number' remove $NEAR
	cxl_destroy "$region"
	cxl_agrees 'bare cards again'
	eq 'all addresses are free again' "$before" "$(free_bytes)"
}

two_cards() {
	two=$(cxl_new_region "$(cxl_window 12,44)" $GIB 256 "$near" "$far")
	check 'commit' cxl_commit "$two"
	check 'bind' cxl_bind "$two"
	done_now 'online' online "dax${two#region}.0"
	dump two
	cxl_agrees 'an interleaved region'
	eq 'two members, in order' "$NEAR $FAR" "$(field '[.cxl_regions[].members[].serial] | join(" ")')"
	check 'list for people' mhpctl list
	has 'it shows the ways' "$(cat "$OUT")" "2 ways of 256: $near, $far"
	report_is_same cxl
}

# The kernel lets a memory device go while its memory is in use.
lost_memory() {
	echo "$far" >/sys/bus/cxl/drivers/cxl_mem/unbind
	dump lost
	cxl_agrees 'after the loss of a card'
	eq 'its memory is known to be lost' "$GIB $GIB" "$(field '.cxl_regions[] | "\(.online_bytes) \(.unbacked_bytes)"')"
	first=$(field '[.blocks[] | select(.unbacked) | .blocks][0]' | cut -d - -f 1)
	eq 'and so are its blocks' "$GIB" "$(field '[.blocks[] | select(.unbacked) | .size] | add')"
	refused 7 'lost memory is not copied' offline "memory$first"
	check_rc 4 'check knows' mhpctl check "memory$first"
	diagnose 'doctor'
	has 'doctor calls it an error' "$(found cxl_memory_lost)" 'error 1 GiB of CXL memory are in use, and no CXL region answers for them'
	eq 'and gives no other advice about the region' '' "$(found cxl_region)"
	check 'list for people' mhpctl list
	has 'it names the blocks' "$(cat "$OUT")" '(lost: CXL memory without a region)'
}

bare_cards
one_card
two_cards
lost_memory
