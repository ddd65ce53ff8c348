# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A block on two nodes, ranges with holes, and a DIMM that the kernel refuses
# vm: mem=2176M nvdimm=1150M label=none
# vm: qemu="-object memory-backend-ram,id=late,size=512M -device pc-dimm,memdev=late,node=1"
# vm: usual=6.12 timeout=600

# Nodes of 1088 MiB: memory8 is half on each.
a_block_on_two_nodes() {
	run mhpctl list --blocks --json
	eq 'both nodes are named' 'null [0,1]' \
		"$(field '.blocks[] | select(.block == 8) | "\(.node) \(.nodes)"')"
	eq 'the nodes have all of the memory' true \
		"$(field '([.nodes[].online_bytes] | add) == .memory.online_bytes')"
	eq 'and each its part' '1140850688 1140850688' \
		"$(field '[.nodes[] | select(.node < 2) | .online_bytes] | join(" ")')"
	has 'in text' "$(mhpctl list --blocks memory8)" '0,1'
	report_is_same k11
	has 'in the text of its report' "$(mhpctl --sysroot /tmp/k11.tar.gz list --blocks memory8)" '0,1'
	check_rc '0|4' 'check of a node' mhpctl check node1 --json
	eq 'has all blocks of it' true "$(field '[.blocks[].block] | contains([8])')"
	eq 'and no node that is none' 1 "$(field '[.destinations[].node] | unique | join(" ")')"
	run mhpctl offline --dry-run node1 --json
	has 'what is left out is told' "$(field '.warnings | join(" ")')" 'memory8: spans nodes 0,1 and is skipped'
	eq 'and is left out' 0 "$(field '[.steps[] | select(.first_block <= 8 and .last_block >= 8)] | length')"
}

ranges_with_holes() {
	check 'list takes what is there' mhpctl list memory0-40 --json
	eq 'all of that' 17 "$(field '[.blocks[].size] | add / 134217728')"
	check 'addresses too' mhpctl list 0x0-0x147ffffff
	check_rc '0|4' 'check takes what is there' mhpctl check memory0-40
	refused 3 'offline says what is not' offline memory0-40
	has 'by name' "$(field '.failures[0].message')" 'memory17-40'
	refused 3 'a range of holes only' offline memory20-30
	check_rc 3 'nor can that be listed' mhpctl list memory20-30
}

refused_by_the_kernel() {
	run mhpctl doctor --json
	ended 10 'doctor'
	has 'memory that was refused' \
		"$(field '.findings[] | select(.id == "memory_refused") | .found')" 'the firmware offers 512 MiB of memory'
	has 'why' "$(field '.findings[] | select(.id == "memory_refused") | .found')" \
		'does not begin and end with memory blocks of 128 MiB'
	eq 'once' 1 "$(field '[.findings[] | select(.id == "memory_refused")] | length')"
}

a_block_on_two_nodes
ranges_with_holes
refused_by_the_kernel
