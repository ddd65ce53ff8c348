# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A policy beside a rule that brings every block online, the kernel that does, and daxctl's unit
# vm: systemd nvdimm=1G,1G label=128k timeout=400 append="memhp_default_state=online"
# vm: usual=6.12

before_boot() {
	mkdir -p "$ROOT/etc/mhpctl/policy.d" "$ROOT/etc/udev/rules.d" "$ROOT/etc/daxctl.conf.d"
	cat >"$ROOT/etc/mhpctl/policy.d/10-pmem.conf" <<-END
		[memory pmem]
		match.region = region0
		init_labels = yes
		consent = yes
		zone = movable
	END
	mkdir -p "$ROOT/etc/systemd/system/multi-user.target.wants"
	ln -s /usr/lib/systemd/system/mhpctl-ready.target "$ROOT/etc/systemd/system/multi-user.target.wants/"
	echo 'SUBSYSTEM=="memory", ACTION=="add", ATTR{state}=="offline", ATTR{state}="online"' \
		>"$ROOT/etc/udev/rules.d/40-online.rules"
}

boot_1() {
	udevadm settle
	eq 'the kernel brings memory online too' online "$(cat "$MEM/auto_online_blocks")"
	check 'the target is reached' systemctl is-active mhpctl-ready.target
	up 2 Movable
	eq 'the run ended well' success "$(systemctl show -P Result mhpctl-apply.service)"
	eq 'the policy of the kernel is back' online "$(cat "$MEM/auto_online_blocks")"
	with_daxctl
}

# A namespace that a section of daxctl's is about: its unit and ours want the same.
with_daxctl() {
	check 'a namespace of the second region' mhpctl create --init-labels region1
	until_true 30 quiet
	cat >/etc/daxctl.conf.d/region1.conf <<-END
		[reconfigure-device two]
		nvdimm.uuid = $(ndctl list -N -r region1 | jq -r '.[0].uuid // .uuid')
		mode = system-ram
		online = true
		movable = true
	END
	echo remove >"/sys/bus/dax/devices/$(device_of region1)/uevent"
	echo add >"/sys/bus/dax/devices/$(device_of region1)/uevent"
	holds 'it becomes memory' until_true 60 is_memory 3
	until_true 60 quiet
	eq 'in one zone' Movable "$(zones_of_node 3)"
	check 'all is as declared' mhpctl plan --exit-code
	proof_of_checks 'race: a policy beside the policy of the kernel, a udev rule and the unit of daxctl' 2 \
		'both regions become memory in the declared zone, the policy of the kernel is as before'
}

device_of() {
	mhpctl list --json | jq -r ".dax_devices[] | select(.region == \"$1\") | .device"
}

is_memory() {
	(($(nr_blocks "$1") > 0)) && [[ $(states_of_node "$1") == online ]]
}

quiet() {
	udevadm settle
	[[ $(systemctl is-active mhpctl-event.service mhpctl-apply.service | sort -u) == inactive ]]
}
