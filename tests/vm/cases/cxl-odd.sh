# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# CXL where something is odd: memory of a window is soft-reserved, a card has no serial number, windows are full
# vm: newer-qemu nvdimm=none mem=2G timeout=1200 kernels="6.12 7.2 7.3" usual=none
# vm: cpu-flags=hypervisor=off append="memhp_default_state=offline memmap=512M%0x8490000000+0xefffffff"
# vm: qemu="-machine cxl=on,cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=4G,cxl-fmw.1.targets.0=cxl.1,cxl-fmw.1.size=4G,cxl-fmw.2.targets.0=cxl.0,cxl-fmw.2.targets.1=cxl.1,cxl-fmw.2.size=4G,cxl-fmw.2.interleave-granularity=256 -object memory-backend-ram,id=cards0,size=1G -object memory-backend-ram,id=cards1,size=1G -device pxb-cxl,bus_nr=12,bus=pcie.0,id=cxl.0 -device pxb-cxl,bus_nr=44,bus=pcie.0,id=cxl.1 -device cxl-rp,port=0,bus=cxl.0,id=rp0,chassis=0,slot=2 -device cxl-rp,port=0,bus=cxl.1,id=rp1,chassis=0,slot=3 -device cxl-type3,bus=rp0,volatile-memdev=cards0,id=cxl0,sn=0x10f -device cxl-type3,bus=rp1,volatile-memdev=cards1,id=cxl1"

# Not in a usual run: it takes 100 seconds of processors, and unit tests have the same on trees.
# shellcheck source=/dev/null
. /vm/cxl.sh

NEAR=0x10f
GIB=1073741824
RESERVED=$((0x8490000000)) # 512 MiB, at the start of the first window

# found ID: the findings with this id, of the last report.
found() {
	field "[.findings[] | select(.id == \"$1\") | \"\(.severity) \(.found)\"] | sort | join(\"; \")"
}

diagnose() {
	check_rc 10 "$1" mhpctl doctor --json
}

# fill BYTES WINDOW...: makes a region without members in each, by hand; prints their names.
fill() {
	local bytes=$1 window region
	shift

	for window in "$@"; do
		region=$(cat "$CXL/$window/create_ram_region")
		echo "$region" >"$CXL/$window/create_ram_region"
		echo 256 >"$CXL/$region/interleave_granularity"
		cat "$CXL/$window/interleave_ways" >"$CXL/$region/interleave_ways"
		echo "$bytes" >"$CXL/$region/size"
		echo "$region"
	done
}

# near_is_memory: all of the first card, whose node has the reserved memory too.
near_is_memory() {
	eq 'all of it is memory' "$GIB online movable" \
		"$(mhpctl list --json --blocks "$near" | jq -r '"\(.cxl_regions[0].online_bytes) \([.blocks[] | "\(.state) \(.zone)"] | unique | join(","))"')"
}

# The firmware has set a part of the first window aside. Since Linux 7 it is a dax device where no region has it,
# on the same node as the region.
reserved() {
	local dax

	run mhpctl list --json
	eq 'the first window lacks it' "$((4 * GIB - GIB / 2)) $((4 * GIB)) $((4 * GIB))" \
		"$(field '[.cxl_windows[].free_bytes] | map(tostring) | join(" ")')"
	dax=$(field '[.dax_devices[] | select(.origin == "soft_reserved") | .device] | join(" ")')
	diagnose 'doctor'
	if [[ $dax ]]; then
		eq 'the device of reserved memory' "note $dax has soft-reserved memory of the CXL window decoder0.0, without a CXL region" \
			"$(found cxl_reserved)"
	else
		eq 'reserved memory that nobody has' "warning memory 0x8490000000-0x84afffffff in the CXL window decoder0.0 is soft-reserved, and neither a CXL region nor a dax device has it" \
			"$(found cxl_reserved)"
	fi
	run setpriv --reuid=65534 --regid=65534 --clear-groups mhpctl doctor --json
	eq 'without addresses nothing is said' '' "$(found cxl_reserved)"
	spawn /tmp/events mhpctl monitor --json=lines
	monitor=$PID
	until_true 10 grep -q '"event":"ready"' /tmp/events
	done_now 'online' online "$near"
	region=$(cxl_regions_of "$near")
	near_is_memory
	holds 'beside the reserved memory' test "$(cxl_number "$CXL/$region/resource")" -ge $((RESERVED + GIB / 2))
	check_rc '0|10' 'doctor' mhpctl doctor --json
	has 'a region elsewhere is no answer to it' "$(found cxl_reserved)" 'soft-reserved'
}

# The monitor that runs since before the region was made.
events() {
	done_now 'remove' remove --destroy "$near"
	sleep 1.5
	kill -INT "$monitor"
	finish "$monitor" /tmp/events
	keep_json "$OUT" 'mhpctl monitor --json=lines'
	eq 'the region came, was memory and went' 'added true removed' \
		"$(jq -rn --arg region "$region" '[inputs | select(.event == "cxl_region" and .cxl_region == $region)] |
			"\(.[0].action) \(any(.[]; .state == "enabled" and .online_bytes == .size)) \(.[-1].action)"' "$OUT")"
	eq 'the memory device was used and is bare' "$GIB 0" \
		"$(jq -rn --arg card "$near" '[inputs | select(.event == "cxl_memdev" and .memdev == $card)] |
			"\([.[].ram_used_bytes] | max) \(.[-1].ram_used_bytes)"' "$OUT")"
	cxl_same 'events'
}

without_serial() {
	run mhpctl list --json
	eq 'the serial number is not known' null "$(field ".cxl_memdevs[] | select(.memdev == \"$far\") | .serial")"
	refused 2 'zero is not a serial number' online 0x0
	done_now 'online' online "$far"
	region=$(cxl_regions_of "$far")
	is_memory "$region"
	run mhpctl list --json
	eq 'its region has it as member' "$far null" "$(field '.cxl_regions[].members[] | "\(.memdev) \(.serial)"')"
	eq 'its device has no serial number' '' "$(field '.dax_devices[] | select(.cxl_region != null) | .serials | join(" ")')"
	already_so 'online again' online "$far"
	done_now 'remove' remove --destroy "$far"
	cxl_same 'without a serial number'
	mkdir -p /etc/mhpctl/policy.d
	echo "[memory slot]
		match.path = */$(basename "$(dirname "$(readlink -f "$CXL/$far")")")/*
		size = 512M" >/etc/mhpctl/policy.d/10-slot.conf
	done_now 'by its slot' apply
	is_memory "$(cxl_regions_of "$far")"
	done_now 'interleaved with one that has a number' remove --destroy "$far"
	rm /etc/mhpctl/policy.d/10-slot.conf
	done_now 'both' online --interleave "$near" "$far"
	is_memory "$(cxl_regions_of "$far")"
	check 'check' mhpctl check "$far"
	done_now 'remove' remove --destroy "$near"
	cxl_same 'interleaved'
}

# An enabled region without its dax device: udev may not load the module for it.
without_module() {
	region=$(cxl_new_region decoder0.1 $((GIB / 2)) 256 "$far")
	check 'commit' cxl_commit "$region"
	echo 'blacklist dax_cxl' >/etc/modprobe.d/dax_cxl.conf
	udevadm control --reload
	check 'its module is not loaded' rmmod dax_cxl
	echo "$region" >/sys/bus/cxl/drivers/cxl_region/bind
	udevadm settle
	diagnose 'doctor'
	eq 'its dax device is missing' "warning cxl/$region has no dax device" "$(found cxl_region)"
	has 'and so is a module' "$(field '.findings[] | select(.id == "cxl_region") | .fix')" 'modprobe dax_cxl'
	rm /etc/modprobe.d/dax_cxl.conf
	done_now 'online loads it' online "cxl/$region"
	is_memory "$region"
	done_now 'remove' remove --destroy "cxl/$region"
	cxl_same 'without a module'
}

# A part at once, the rest by a job.
as_job() {
	local job

	check 'a part of a card at once' mhpctl online --async --first 256M --json "$near"
	job=$(field .job.job)
	holds 'it is online' test "$(mhpctl list --json "$near" | jq '[.cxl_regions[].online_bytes] | add')" -ge $((GIB / 4))
	check 'wait for the rest' mhpctl wait --json "$job"
	eq 'the job is done' 'done 0' "$(field '.jobs[0] | "\(.state) \(.exit_code)"')"
	near_is_memory
	done_now 'remove' remove --destroy "$near"
	rm -rf /run/mhpctl/jobs
	cxl_same 'jobs'
}

# Other regions have all addresses that a card could use.
full() {
	local regions

	mapfile -t regions < <(fill $((4 * GIB)) decoder0.1 decoder0.2)
	eq 'no address is free' 2 "${#regions[@]}"
	diagnose 'doctor'
	has 'a card has no space in its windows' "$(found cxl_window)" "warning $far: CXL windows have space for 0 B of its 1 GiB in no region"
	has 'and the regions are incomplete' "$(found cxl_region)" "cxl/${regions[0]} is incomplete: it has 0 of 1 members"
	refused 7 'it cannot come online' online "$far"
	has 'and the hint says why' "$(field '.failures[0].message')" 'free'
	done_now 'both go' destroy "cxl/${regions[0]}" "cxl/${regions[1]}"
	cxl_same 'full windows'
}

check 'cards are usable' cxl_start 2
near=$(cxl_card $NEAR) far=$(cxl_card 0x0)
check 'the reserved memory is where it should be' grep -q '8490000000-84afffffff : ' /proc/iomem
cxl_remember
reserved
events
without_serial
without_module
as_job
full
eq 'the kernel has lost no memory' '' "$(dmesg | grep -e 'until the next reboot' -e 'until reboot' -e 'WARNING:' -e 'BUG:')"
settings_are offline
