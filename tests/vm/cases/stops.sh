# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Killed half-way: the same command continues, and the machine's settings are restored
# vm: nvdimm=4G label=128k
# vm: usual=7.2

policy=$(cat "$MEM/auto_online_blocks")

# Work of the kernel or of a child of the killed process ends within this time.
go_on_after() {
	local step=$1
	shift

	run mhpctl "$@" --wait=10s --json
	eq "goes on after $step" '0 ok' "$RC $(field .status)"
	settings_are "$policy"
}

for step in init_labels create_namespace set_mode online_block; do
	kill_at $step online --init-labels region0
	go_on_after $step online --init-labels region0
	up 2
	already_so "complete after $step" online region0
	done_now "back after $step" remove --destroy region0
	empty_region region0
done

# Killed between its first write and the size: the region has no label by then.
seed=$(cat /sys/bus/nd/devices/region0/namespace_seed)
cat /proc/sys/kernel/random/uuid >"/sys/bus/nd/devices/$seed/uuid"
left=$(cat "/sys/bus/nd/devices/$seed/uuid")
done_now 'a uuid and nothing else is left' online region0
up 2
eq 'it is the label'"'"'s' "$left" "$(cat "/sys/bus/nd/devices/$seed/uuid")"
done_now 'back after the uuid' remove --destroy region0
empty_region region0

for step in offline_block set_mode destroy_namespace; do
	done_now "up for $step" online region0
	kill_at $step remove --destroy region0
	go_on_after $step remove --destroy region0
	empty_region region0
done
