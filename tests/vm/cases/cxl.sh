# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Persistent memory behind CXL: two devices, identified by serial number, online and back
# vm: nvdimm=none mem=3G timeout=240
# vm: usual=7.2
# vm: cpu-flags=hypervisor=off append="memhp_default_state=offline pcie_ports=compat"
# vm: qemu="-machine cxl=on -object memory-backend-ram,id=mem0,share=on,size=1G -object memory-backend-ram,id=lsa0,share=on,size=128K -object memory-backend-ram,id=mem1,share=on,size=1G -object memory-backend-ram,id=lsa1,share=on,size=128K -device pxb-cxl,bus_nr=12,bus=pcie.0,id=cxl.1 -device pxb-cxl,bus_nr=22,bus=pcie.0,id=cxl.2 -device cxl-rp,port=0,bus=cxl.1,id=rp0,chassis=0,slot=2 -device cxl-rp,port=0,bus=cxl.2,id=rp1,chassis=0,slot=3 -device cxl-type3,bus=rp0,memdev=mem0,lsa=lsa0,id=cxl0,sn=0x1f -device cxl-type3,bus=rp1,memdev=mem1,lsa=lsa1,id=cxl1,sn=0xc100000000000007 -machine cxl-fmw.0.targets.0=cxl.1,cxl-fmw.0.size=4G,cxl-fmw.1.targets.0=cxl.2,cxl-fmw.1.size=4G"

# QEMU 7.2 has no event log, which the kernel insists on where it handles CXL's errors itself, and
# does not without PCIe's services; and in a known virtual machine the kernel makes no CXL region,
# because it cannot flush the caches there.
CXL=/sys/bus/cxl/devices
FAR=0xc100000000000007

# Only firmware and the tool `cxl` make CXL regions: here it is done by hand. make_region SERIAL
make_region() {
	local root mem bus endpoint decoder region

	mem=$(grep -lx "$1" $CXL/mem*/serial)
	mem=$(basename "$(dirname "$mem")")
	bus=$(readlink -f "$CXL/$mem" | sed 's/.*pci0000:\([0-9a-f]*\).*/\1/')
	root=$(dirname "$(grep -lx "$((16#$bus))" $CXL/decoder0.*/target_list)")
	endpoint=$(grep -l . $CXL/endpoint*/uevent | while read -r file; do
		[[ $(basename "$(readlink "${file%/*}/uport")") == "$mem" ]] && basename "${file%/*}"
	done)
	decoder=decoder${endpoint#endpoint}.0
	region=$(cat "$root/create_pmem_region")
	echo "$region" >"$root/create_pmem_region"
	echo pmem >"$CXL/$decoder/mode"
	echo 0x40000000 >"$CXL/$decoder/dpa_size"
	cat /proc/sys/kernel/random/uuid >"$CXL/$region/uuid"
	echo 256 >"$CXL/$region/interleave_granularity"
	echo 1 >"$CXL/$region/interleave_ways"
	echo 0x40000000 >"$CXL/$region/size"
	echo "$decoder" >"$CXL/$region/target0"
	echo 1 >"$CXL/$region/commit"
	echo "$region" >/sys/bus/cxl/drivers/cxl_region/bind
}

region_of() {
	mhpctl list --json | jq -r ".regions[] | select(.serials == [\"$1\"]) | .region"
}

regions_are_known() {
	for module in cxl_acpi cxl_pci cxl_port cxl_mem cxl_pmem; do
		modprobe $module
	done
	check 'both devices are there' until_true 20 test -e $CXL/mem1/serial
	check 'and their ends of the bus' until_true 20 test -e $CXL/endpoint4
	run mhpctl list --json
	eq 'cards without a region are listed' "0x1f 1073741824 0 $FAR 1073741824 0" \
		"$(field '[.cxl_memdevs | sort_by(.serial | length)[] | .serial, .pmem_bytes, .pmem_used_bytes] | join(" ")')"
	make_region 0x1f
	make_region $FAR
	udevadm settle
	check 'list' mhpctl list
}

serials_are_known() {
	run mhpctl list --json
	eq 'two regions with their serials' "0x1f $FAR" \
		"$(field '[.regions[].serials[]] | sort | join(" ")')"
	eq 'and what of the cards they use' '1073741824 1073741824' \
		"$(field '[.cxl_memdevs[].pmem_used_bytes] | join(" ")')"
	near=$(region_of 0x1f)
	far=$(region_of $FAR)
}

declared_by_serial() {
	mkdir -p /etc/mhpctl/policy.d
	cat >/etc/mhpctl/policy.d/10-cxl.conf <<-END
		[memory far]
		match.serial = $FAR
		match.region = region0 region1
		map = mem
		init_labels = yes
	END
	check_rc 10 'a policy for one of them' mhpctl plan --exit-code --json
	eq 'is about that one' "$far" "$(field '[.steps[] | select(.step == "create_namespace") | .object] | join(" ")')"
	done_now 'apply' apply
	already_so 'apply again' apply
	up "$(node_of "$far")"
	empty_region "$near"
	run mhpctl list --json
	eq 'its device knows the serial' "pmem [\"$FAR\"]" \
		"$(field '.dax_devices[] | "\(.origin) \(.serials)"')"
}

known_by_serial_alone() {
	local device

	device=$(field '.dax_devices[0].device')
	sed -i '/^match.region\|^map\|^init/d' /etc/mhpctl/policy.d/10-cxl.conf
	check 'what is there needs no region named' mhpctl plan --exit-code
	done_now 'remove' remove "$device"
	check_rc 10 'then something would change' mhpctl plan --exit-code
	done_now 'apply by serial alone' apply
	up "$(node_of "$far")"
	sed -i 's/^match.serial.*/match.serial = 5/' /etc/mhpctl/policy.d/10-cxl.conf
	check 'another serial means nothing here' mhpctl plan --exit-code
	done_now 'remove and destroy' remove --destroy --yes "$device"
	empty_region "$far"
}

by_hand() {
	done_now 'online of the other' online --map mem --init-labels --yes "$near"
	up "$(node_of "$near")"
	already_so 'again' online "$near"
	done_now 'and back' remove --destroy --yes "$near"
	empty_region "$near"
}

regions_are_known
if [[ $(uname -r) == 6.1.* ]]; then # a DIMM of CXL's has no id before 6.2
	near=region1
else
	serials_are_known
	declared_by_serial
	known_by_serial_alone
fi
by_hand
settings_are offline
