# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Others that bring memory online at the same time: the kernel, a udev rule, daxctl
# vm: nvdimm=2G label=128k
# vm: usual=7.2

NR_RACES=0
readonly RULE=/etc/udev/rules.d/40-online.rules

back() {
	NR_RACES=$((NR_RACES + 1))
	udevadm settle
	done_now "$1: and back" remove --destroy region0
	empty_region region0
}

kernel_policy() {
	local policy

	for policy in online online_kernel online_movable; do
		auto_online $policy
		done_now "policy $policy" online region0
		up 2
		settings_are $policy
		back "policy $policy"
	done
	auto_online offline
}

# Rules that distributions ship, or did.
udev_rule() {
	local round

	mkdir -p /etc/udev/rules.d
	echo 'SUBSYSTEM=="memory", ACTION=="add", ATTR{state}=="offline", ATTR{state}="online"' >$RULE
	udevadm control --reload
	for round in 1 2; do
		done_now "udev rule, round $round" online region0
		udevadm settle
		up 2
		back "udev rule, round $round"
	done
	rm $RULE
	udevadm control --reload
}

daxctl_at_the_same_time() {
	local round

	for round in 1 2; do
		spawn /tmp/daxctl sh -c 'while :; do daxctl reconfigure-device -m system-ram dax0.0; done'
		done_now "daxctl beside it, round $round" online region0
		kill "$PID"
		finish "$PID" /tmp/daxctl
		until_true 5 sh -c '! pidof daxctl'
		up 2
		back "daxctl beside it, round $round"
	done
}

mhpctl online --init-labels region0 --json >/dev/null && mhpctl remove --destroy region0 >/dev/null
kernel_policy
udev_rule
daxctl_at_the_same_time
proof_of_checks 'race: the kernel, a udev rule or daxctl bring the same memory online' "$NR_RACES" \
	'every online succeeds, settings as before, every removal leaves nothing'
