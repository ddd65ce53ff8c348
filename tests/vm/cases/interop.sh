# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# ndctl, daxctl and mhpctl agree, and each continues where the other stopped
# vm: nvdimm=1G,1G label=128k,none
# vm: usual=6.1

NR_COMPARED=0

# The namespaces and devices that a tool reports, in one form.
as_ndctl_says() {
	ndctl list -N | jq -r '[.] | flatten | .[] | select(.mode == "devdax") | "\(.dev) \(.uuid) \(.map) \(.align)"' | sort
}

as_daxctl_says() {
	daxctl list | jq -r '[.] | flatten | .[] |
		"\(.chardev) \(.size) \(.target_node) \(.mode | sub("-"; "_")) \(.online_memblocks // 0) \(.total_memblocks // 0)"' | sort
}

agree() {
	run mhpctl list --json
	NR_COMPARED=$((NR_COMPARED + 1))
	eq "$1: ndctl agrees" "$(as_ndctl_says)" \
		"$(field '.namespaces[] | select(.mode == "devdax") | "\(.namespace) \(.uuid) \(.map) \(.align)"' | sort)"
	eq "$1: daxctl agrees" "$(as_daxctl_says)" \
		"$(field '.dax_devices[] | "\(.device) \(.size) \(.target_node) \(.mode) \(.blocks.online // 0) \(.blocks.total // 0)"' | sort)"
	eq "$1: regions agree" \
		"$(ndctl list -R | jq -r '.[] | "\(.dev) \(.size) \(.available_size)"' | sort)" \
		"$(field '.regions[] | "\(.region) \(.size) \(.available_bytes)"' | sort)"
	eq "$1: the blocks agree" "$(online_bytes)" "$(field .memory.online_bytes)"
}

online_bytes() {
	echo $(($(cat "$MEM"/memory*/state | grep -c '^online') * $(block_size)))
}

they_make_we_take() {
	check 'ndctl makes' ndctl create-namespace -f -e namespace1.0 -m devdax -M dev
	agree 'devdax by ndctl'
	done_now 'mhpctl takes it' online dax1.0
	up 3
	agree 'online by mhpctl'
	check 'daxctl takes it offline' daxctl offline-memory dax1.0
	done_now 'mhpctl brings it back' online region1
	check 'daxctl takes it from kmem' daxctl reconfigure-device -f -m devdax dax1.0
	check 'daxctl gives it to kmem, offline' daxctl reconfigure-device -N -m system-ram dax1.0
	agree 'offline by daxctl'
	done_now 'mhpctl brings the blocks online' online namespace1.0
	up 3
	done_now 'mhpctl destroys it' remove --destroy region1
	empty_region region1
}

we_make_they_take() {
	done_now 'mhpctl makes' online --init-labels region0
	agree 'online, with labels'
	check 'daxctl takes it from kmem' daxctl reconfigure-device -f -m devdax dax0.0
	check 'daxctl brings it online' daxctl reconfigure-device -m system-ram dax0.0
	already_so 'so it is online for mhpctl' online region0
	check 'daxctl takes it back' daxctl reconfigure-device -f -m devdax dax0.0
	check 'ndctl destroys it' ndctl destroy-namespace -f namespace0.0
	already_so 'nothing left for mhpctl' remove --destroy region0
	agree 'nothing left'
	check 'ndctl makes another' ndctl create-namespace -r region0 -m devdax -M mem
	check 'ndctl disables it' ndctl disable-namespace namespace0.0
	done_now 'mhpctl enables it and brings it online' online --yes=data namespace0.0
	up 2
	done_now 'mhpctl destroys it' remove --destroy namespace0.0
	empty_region region0
}

auto_online offline
agree 'nothing yet'
they_make_we_take
we_make_they_take
proof_of_checks 'race: ndctl, daxctl and mhpctl take turns on the same devices' "$NR_COMPARED" \
	'all three report the same namespaces, devices, regions and blocks, and each continues the work of the other'
