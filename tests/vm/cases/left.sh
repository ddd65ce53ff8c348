# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Memory without a device, and checks of objects that have no memory or do not show it
# vm: nvdimm=2G,1G label=128k dimm=512M:1
# vm: usual=6.12 timeout=600

readonly NOBODY=(setpriv --reuid 65534 --regid 65534 --clear-groups)

# refuses RC NAME WORDS ARG...: mhpctl ARG... ends with RC and says WORDS; no namespace is made.
refuses() {
	local rc=$1 name=$2 words=$3
	shift 3

	refused "$rc" "$name" "$@"
	has "$name: and why" "$(field '.failures[0].message')" "$words"
	eq "$name: nothing is made" '' "$(ndctl list -N -r region0 | jq -r '.. | .mode? // empty' | grep -x devdax)"
}

as_nobody() {
	local target

	for target in dax0.0 region0 namespace0.0; do
		run "${NOBODY[@]}" mhpctl check "$target" --json
		keep_json "$OUT" "mhpctl check $target --json, as nobody"
		eq "$target: nobody cannot tell" "0 maybe" "$RC $(field .verdict)"
		has "$target: and is told why" "$(field '[.hidden[].what] | join(" ")')" dax_devices.blocks
	done
	run "${NOBODY[@]}" mhpctl check dax0.0
	has 'in words too' "$(cat "$OUT")" 'some may exist'
}

empty_device() {
	done_now 'a device that is no memory' create --yes --init-labels region1
	run mhpctl check dax1.0 --json
	eq 'it has no verdict' '0 null' "$RC $(field .verdict)"
	run mhpctl check dax1.0
	has 'and no memory' "$(cat "$OUT")" 'dax1.0 is not memory (devdax)'
}

of_a_dimm() {
	refused 2 'a node of a DIMM and of boot memory' remove node1
	has 'it is no device' "$(field '.failures[0].message')" 'is not a device'
	has 'what helps' "$(field '.failures[0].hint')" 'mhpctl offline node1'
}

left_by_kmem() {
	# the kernel lets the device go, and keeps its blocks
	echo dax0.0 >/sys/bus/nd/drivers/dax_pmem/unbind
	udevadm settle
	run ndctl destroy-namespace -f namespace0.0
	eq 'its blocks are there' online "$(states_of_node 2)"
	run mhpctl list
	has 'list marks them' "$(cat "$OUT")" '(orphaned by kmem)'
	report_is_same k04
	run mhpctl --sysroot /tmp/k04.tar.gz list
	has 'its report marks them too' "$(cat "$OUT")" '(orphaned by kmem)'
	check_rc 7 'and online is refused in it' mhpctl --sysroot /tmp/k04.tar.gz online --dry-run region0
	run mhpctl list --json
	eq 'in JSON too' true "$(field '[.blocks[] | select(.node == 2) | .orphaned] | all')"
	refuses 7 'online' 'was left behind by kmem' online --yes region0
	refuses 7 'remove of its region' 'blocks of no device' remove region0
	refuses 7 'remove of its node' 'blocks of no device' remove node2
	check_rc 7 'a dry run says it too' mhpctl online --dry-run region0
}

auto_online offline
done_now 'online' online --yes --init-labels region0
as_nobody
empty_device
of_a_dimm
left_by_kmem
