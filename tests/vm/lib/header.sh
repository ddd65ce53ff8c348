# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The head of a case file describes its machine, in lines `# vm: key=value … word …`:
#
#   nvdimm=2G,2G    sizes of the NVDIMMs, each on its own node from node 2 up; or none
#   label=128k      label area of each (one value for all, or one each), none for no labels
#   dimm=1G:1       ordinary DIMMs, plugged at boot: size:node,…
#   virtio-mem=512M:0   a virtio-mem device: size:node, all of it requested
#   balloon         a balloon that reports free pages; balloon=off: one that does not;
#                   balloon=on,page-poison=off: with more properties
#   host            a port to the host, for host_rss of guest.sh: see lib/host
#   mem=2G          boot memory, half on node 0 and half on node 1
#   cpu-flags=erms=off   more properties of the CPUs
#   cpus=split      one CPU on each of these nodes, or both on the first (first)
#   append="…"      more words for the kernel command line
#   qemu="…"        more arguments for QEMU
#   newer-qemu      QEMU 10, which has volatile CXL memory: see newer-qemu.sh
#   newer-cxl       cxl and daxctl of Debian sid in /newer-cxl: see newer-cxl.sh
#   kernels="6.1 6.12 7.2 7.3"   the kernels of this case, if not all
#   usual="6.1 7.3" the kernels of a run of all cases; default: KERNEL_USUAL of kernel.sh, so that
#                   7.3 is used by the cases that name it. --kernel, or naming the case, selects
#                   all; "none" if the case takes long and others show the same faster
#   timeout=240     seconds after which the guest is killed
#   once            a failure counts: no second run
#   cuts=3          power cuts of the machine: see lib/cuts.sh
#   monitor         QEMU's monitor on one more port, for qemu_monitor of guest.sh
#   no-mhpctl       the case does not need mhpctl
#   tools=storage   more programs and kernel modules, of the lists tools-storage and modules-storage
#   systemd         a Debian on a disk with systemd as PID 1: see lib/image.sh
#   systemd=fleet   the same, with sshd and python3
#   ssh             a port of the host, $MHP_VM_SSH_PORT of 127.0.0.1, to sshd of the machine
#   resets          with systemd: a reboot is a reset of the same QEMU, which keeps what was plugged
#   debs            with systemd: the packages of this tree are in /vm/debs, and mhpctl is not on the disk
#
# The first other comment line is the title.

declare -A SPEC

spec_defaults() {
	SPEC=(
		[nvdimm]=2G [label]=128k [dimm]='' [virtio-mem]='' [balloon]='' [host]='' [mem]=2G [cpus]=split [cpu-flags]=''
		[append]='' [qemu]='' [newer-qemu]='' [newer-cxl]='' [kernels]="${KERNEL_SERIES[*]}" [usual]='' [timeout]=240 [no-mhpctl]='' [systemd]='' [ssh]='' [resets]='' [debs]='' [once]='' [cuts]='' [monitor]='' [tools]='' [title]=''
	)
}

# spec_set FILE KEY VALUE: set a key; an unknown one is a mistake.
spec_set() {
	[[ -v SPEC[$2] ]] || die "$1: unknown key '$2' in a vm: line"
	SPEC[$2]=$3
}

spec_line() {
	local file=$1 rest=$2 pattern='^[[:space:]]*([a-z-]+)(=("([^"]*)"|([^[:space:]"]*)))?'

	while [[ $rest =~ $pattern ]]; do
		if [[ ${BASH_REMATCH[2]} ]]; then
			spec_set "$file" "${BASH_REMATCH[1]}" "${BASH_REMATCH[4]}${BASH_REMATCH[5]}"
		else
			spec_set "$file" "${BASH_REMATCH[1]}" yes
		fi
		rest=${rest:${#BASH_REMATCH[0]}}
	done
	[[ -z ${rest//[[:space:]]/} ]] || die "$file: cannot read '$rest' in a vm: line"
}

# spec_read FILE: fill SPEC.
spec_read() {
	local file=$1 line

	spec_defaults
	while read -r line; do
		case $line in
		'# vm:'*) spec_line "$file" "${line#\# vm:}" ;;
		'# SPDX'* | '# shellcheck'* | '#!'*) ;;
		'# '*) SPEC[title]=${SPEC[title]:-${line#\# }} ;;
		esac
	done < <(grep '^#' "$file")
}

# spec_wants KERNEL: true if the case runs on this kernel in this run.
spec_wants() {
	[[ " ${SPEC[kernels]} " == *" $1 "* ]] || return 1
	[[ ! ${USUAL:-} || " ${SPEC[usual]:-${KERNEL_USUAL[*]}} " == *" $1 "* ]]
}

# spec_usual: the kernels of the case in a run of all cases.
spec_usual() {
	local kernel usual=()

	for kernel in "${KERNEL_SERIES[@]}"; do
		! USUAL=yes spec_wants "$kernel" || usual+=("$kernel")
	done
	echo "${usual[*]:-none}"
}

# spec_values KEY: the different values of the selected cases.
spec_values() {
	local name

	for name in "${CASES[@]}"; do
		spec_read "$(case_file "$name")"
		[[ -z ${SPEC[$1]} ]] || echo "${SPEC[$1]}"
	done | sort -u
}

# spec_any KEY: true if a selected case has it.
spec_any() {
	local name

	for name in "${CASES[@]}"; do
		spec_read "$(case_file "$name")"
		[[ -z ${SPEC[$1]} ]] || return 0
	done
	return 1
}
