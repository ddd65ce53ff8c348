# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A section that makes a device, fails and undoes it: the event of that device starts no loop
# vm: systemd newer-qemu nvdimm=1G label=128k mem=2G timeout=600 kernels="6.12 7.2 7.3" usual=7.2
# vm: cpu-flags=hypervisor=off append="memhp_default_state=offline"
# vm: qemu="-machine cxl=on,cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=4G -object memory-backend-ram,id=cards0,size=1G -device pxb-cxl,bus_nr=12,bus=pcie.0,id=cxl.0 -device cxl-rp,port=0,bus=cxl.0,id=rp0,chassis=0,slot=2 -device cxl-type3,bus=rp0,volatile-memdev=cards0,id=cxl0,sn=0x10f"

# The notifier of the kernel's module refuses every block, after the namespace or the CXL region is made.
REFUSE=/sys/kernel/debug/notifier-error-inject/memory/actions/MEM_GOING_ONLINE/error
UNIT=mhpctl-apply.service
POLICY=/etc/mhpctl/policy.d/10-loop.conf

# --- what there is ---------------------------------------------------------

# runs: how often the service has begun in this boot.
runs() {
	journalctl -b -o cat -u $UNIT | grep -c '^Starting '
}

# tries STEP: how often the service has begun such a step.
tries() {
	journal step MHPCTL_STEP="$1" _SYSTEMD_UNIT=$UNIT | wc -l
}

# quiet: udev and the service have nothing to do.
quiet() {
	udevadm settle
	! systemctl is-active mhpctl-event.service $UNIT | grep -q '^\(activ\|reload\|deactiv\)'
}

# An event starts a unit at once and a run 3 s later; a usual run watches for little more, others for longer.
in_usual_run && BEGINS=2 STAYS=5 || BEGINS=5 STAYS=10

# rest: quiet, and still so after the time that an event takes to start a run.
rest() {
	sleep "$BEGINS"
	holds "$1: it comes to rest" until_true 60 quiet
	sleep "$STAYS"
	holds "$1: and stays so" quiet
}

# devices: all that a section could have made.
devices() {
	mhpctl list --json | jq -c '[(.namespaces[] | .namespace, .size), (.dax_devices[] | .device, .mode),
		(.cxl_regions[] | .size), (.cxl_windows[] | .free_bytes), .memory.online_bytes]'
}

found() {
	mhpctl doctor --json | jq -r '[.findings[] | select(.id == "section_failed") | .severity] | join(" ")'
}

# appears DEVICE: as udev and systemd see it.
appears() {
	echo remove >"$1/uevent"
	echo add >"$1/uevent"
}

# --- the sections ----------------------------------------------------------

# in_a_loop NAME STEP DEVICE: the section fails in the runs for DEVICE; STEP makes what it undoes.
in_a_loop() {
	local name=$1 step=$2 device=$3 before tried was

	was=$(devices)
	before=$(runs)
	tried=$(tries "$step")
	appears "$device"
	rest "$name"
	note "$name: $(($(runs) - before)) runs, $(($(tries "$step") - tried)) tries"
	holds "$name: it was tried, and few times" test $(($(tries "$step") - tried)) -ge 1 -a $(($(tries "$step") - tried)) -le 2
	holds "$name: the runs are few" test $(($(runs) - before)) -ge 1 -a $(($(runs) - before)) -le 3
	eq "$name: the machine is as before" "$was" "$(devices)"
	eq "$name: the service has failed" failed "$(systemctl is-failed $UNIT)"
	has "$name: the journal says that it is left out" "$(journalctl -b -o cat -u $UNIT | tail -n 30)" 'not tried again'
	eq "$name: doctor knows" warning "$(found)"
	tried=$(tries "$step") before=$(runs)
	appears "$device"
	rest "$name, another event"
	eq "$name: an event that changes nothing tries nothing" "$tried" "$(tries "$step")"
	holds "$name: in one run" test $(($(runs) - before)) -le 2
}

# by_hand NAME: the command tries it in any case; the events of that start one more try at most.
by_hand() {
	local before

	before=$(runs)
	check_rc '1|4' "$1: by hand it is tried" mhpctl apply --json
	eq "$1: and undone" rolled_back "$(field '.sections[0].status')"
	rest "$1, by hand"
	holds "$1: the runs after that are few" test $(($(runs) - before)) -le 3
}

# in_the_end NAME: without the refusal.
in_the_end() {
	echo 0 >$REFUSE
	done_now "$1: without the refusal" apply
	eq "$1: doctor has nothing to say" '' "$(found)"
	rest "$1, done"
	already_so "$1: all is as declared" apply
	eq "$1: the service has succeeded" success "$(systemctl show -P Result $UNIT)"
}

online_bytes() {
	mhpctl list --json | jq .memory.online_bytes
}

# removed_by_hand TARGET DEVICE: it stays so until the next run, which any device starts, such as DEVICE.
removed_by_hand() {
	local before was

	before=$(runs)
	was=$(online_bytes)
	check "$1: removed by hand" mhpctl remove --destroy --yes "$1"
	sleep "$STAYS"
	eq "$1: that starts no run" "$before" "$(runs)"
	holds "$1: and it stays removed" test "$(online_bytes)" -lt "$was"
	appears "$2"
	rest "$1: another device appears"
	eq "$1: it is memory again" "$was" "$(online_bytes)"
}

declare_as() {
	cat >$POLICY
	check 'the policy is valid' mhpctl policy check
	echo -12 >$REFUSE
}

boot_1() {
	local region card

	region=$(basename /sys/bus/nd/devices/region*) # numbers of the windows come first
	card=$(echo /sys/bus/cxl/devices/mem*)
	check 'a namespace with labels' mhpctl create --init-labels --yes "$region"
	check 'and without it: nothing undoes the labels' mhpctl remove --destroy --yes "$region"
	check 'the module that refuses' modprobe memory-notifier-error-inject
	mountpoint -q /sys/kernel/debug || mount -t debugfs debugfs /sys/kernel/debug
	mkdir -p "${POLICY%/*}"
	declare_as <<-END
		[memory namespace]
		match.region = nd/$region
		consent = yes
		on_failure = rollback
	END
	in_a_loop 'namespace' create_namespace "/sys/bus/nd/devices/$region"
	by_hand 'namespace'
	in_the_end 'namespace'
	removed_by_hand "$region" "$card"
	declare_as <<-'END'
		[memory card]
		match.serial = 0x10f
		on_failure = rollback
	END
	in_a_loop 'card' create_cxl_region "$card"
	by_hand 'card'
	in_the_end 'card'
	removed_by_hand 0x10f "/sys/bus/nd/devices/$region"
}
