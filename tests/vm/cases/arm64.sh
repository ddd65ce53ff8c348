# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Alignments that the kernel offers, boot memory, empty nodes: for run --arch arm64
# vm: nvdimm=2G,2G label=128k usual=none

page_size=$(mhpctl list --json | jq .memory.page_size)

offered() {
	tr ' ' '\n' </sys/bus/nd/devices/dax0.0/supported_alignments | grep .
}

alignments_are_the_kernels() {
	local align default other

	run mhpctl list --json
	eq 'list shows what is offered' "$(offered | paste -sd' ')" \
		"$(field '.regions[0].devdax_aligns | map(tostring) | join(" ")')"
	default=$(offered | sed -n 2p)
	check 'dry run' mhpctl create --dry-run --init-labels region0 --json
	eq 'the default is a huge page' "$default" "$(field '.steps[] | select(.align) | .align')"
	eq 'the table has what is offered' "$(offered | paste -sd' ')" \
		"$(field '[.alternatives[].align] | unique | map(tostring) | join(" ")')"
	for align in $(offered); do
		((align < 1 << 30)) || continue # more than is left of the region
		done_now "create with $align" create --init-labels --size 512M --align "$align" region0
		eq "a namespace has it" "$align" \
			"$(ndctl list -N -r region0 | jq -r '[.] | flatten | .[].align' | grep -x "$align")"
	done
	tear_down
	for other in 8M 64K 64M; do
		refused 7 "no alignment of $other" create --align "$other" region0
		check_rc 7 "nor in a dry run" mhpctl create --dry-run --align "$other" region0
	done
	check_rc 2 'one that never is' mhpctl create --align 3M region0
}

memory_and_back() {
	done_now 'online' online region0
	up 2
	eq 'no warning of an empty node' '' "$(field '.warnings[]?' | grep 'of memmap')"
	check 'check' mhpctl check region0 --json
	eq 'nothing stands against it' '' \
		"$(field '.blocks[].reasons[]' | grep -v unmovable | sort -u | paste -sd' ')"
}

boot_memory_stays() {
	local block

	block=$(blocks_of_node 1 | tail -n 1)
	run mhpctl check "memory$block" --json
	eq 'boot memory is blocked' 'blocked boot_memory' \
		"$(field '.blocks[0] | "\(.verdict) \(.reasons | join(" "))"')"
	refused 7 'boot memory does not go' offline "memory$block"
	eq 'its reason' boot_memory "$(field '.failures[0].reason')"
	check_rc 7 'nor in a dry run' mhpctl offline --dry-run "memory$block"
	refused 7 'it is not chosen' offline --node 1 --size 256M
	eq 'it is online' online "$(state_of "$block")"
}

memmaps() {
	run mhpctl list --json
	if ((page_size > 4096)); then
		eq 'no block holds its memmap' unsupported "$(field .memory.memmap_on_memory)"
	else
		eq 'memmap_on_memory is off' off "$(field .memory.memmap_on_memory)"
	fi
	run mhpctl doctor --json
	eq 'nobody asks for it' '' \
		"$(field '.findings[] | select(.id == "memmap_on_memory") | .fix // ""')"
}

namespaces() {
	done_now 'create' create --size 512M region1 --init-labels
	check 'plan of init' mhpctl init --dry-run all --json
	run ndctl disable-namespace "$(ndctl list -N -r region1 | jq -r '.[0].dev')"
	done_now 'init' init region1
	already_so 'init again' init region1
}

alignments_are_the_kernels
memory_and_back
[[ $(uname -m) == aarch64 ]] && boot_memory_stays
[[ $(uname -m) == aarch64 ]] && memmaps
namespaces
