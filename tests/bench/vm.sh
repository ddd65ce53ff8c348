# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The parts that run in the virtual machines of tests/vm. A part is a function of a guest script, and the machine that
# it needs; `measure` and `profile` are in guest.sh.

VM_DIR=$TOP/tests/vm
CACHE=${MHP_VM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mhpctl-vm}
# shellcheck disable=SC2034 # read in the rig's libraries
KEEP='' CASE_WORDS=''
SHM=''
# QEMU runs `rep stosb` byte by byte, and the kernel clears pages with it if the CPU claims that it
# is fast: clearing a memmap would cost eight times as much.
readonly CPU_FLAGS='erms=off,fsrm=off'
# In a known virtual machine the kernel makes no CXL region.
readonly -A CXL_FLAGS=([cxl]=',hypervisor=off')
readonly CXL_MACHINE='newer-qemu nvdimm=none mem=3G append="memhp_default_state=offline" qemu="-machine cxl=on,cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=4G -object memory-backend-ram,id=cards0,size=4G -device pxb-cxl,bus_nr=12,bus=pcie.0,id=cxl.0 -device cxl-rp,port=0,bus=cxl.0,id=rp0,chassis=0,slot=2 -device cxl-type3,bus=rp0,volatile-memdev=cards0,id=cxl0,sn=0x10f"'
# The machines that differ from that of guest.sh. `wide` has soft-reserved memory at the end of node 1, `many` 4,096
# blocks of 128 MiB, and `init-first` both CPUs on one node.
readonly -A MACHINES=(
	[profile]='nvdimm=8G'
	[init]='nvdimm=32G,32G,32G,32G mem=8G'
	[init-first]='nvdimm=32G,32G,32G,32G mem=8G cpus=first'
	[init-ram]='nvdimm=8G,8G,8G,8G mem=4G'
	[cxl]=$CXL_MACHINE
	[wide]='nvdimm=none mem=24G append="memhp_default_state=offline memmap=10G%15G-1+0xefffffff"'
	[onoff]='nvdimm=8320M mem=4G append=memhp_default_state=offline' # 65 blocks, less what a namespace keeps
	[many]='nvdimm=none mem=16G dimm=496G:1 append=memhp_default_state=offline timeout=1200'
	[monitor]='nvdimm=none dimm=512M:1 append=memhp_default_state=offline'
)
# The kernels of a part, if not the usual ones; and those that can run it, if not all: 6.1 has no volatile regions, and
# only 7.3 has daxX.Y/state.
readonly -A PART_KERNELS=([region]='6.1 6.12 7.2 7.3' [cxl]='6.12 7.2' [wide]=7.2 [state]=7.3 [pins]=6.12 [onoff]='6.12 7.3' [many]=6.12 [monitor]=6.12)
readonly -A ABLE_KERNELS=([cxl]='6.12 7.2 7.3' [state]=7.3)

. "$TOP/tests/vm/lib/common.sh"
. "$TOP/tests/vm/lib/kernel.sh"
. "$TOP/tests/vm/lib/header.sh"
. "$TOP/tests/vm/lib/newer-qemu.sh"
. "$TOP/tests/vm/lib/newer-cxl.sh"
. "$TOP/tests/vm/lib/initramfs.sh"
. "$TOP/tests/vm/lib/stage.sh"
. "$TOP/tests/vm/lib/qemu.sh"
. "$TOP/tests/vm/lib/case.sh"

# The modes of a part, each of which boots a machine of its own.
modes_of() {
	case $1 in
	region) echo measure ;;
	init) echo init init-first init-ram ;;
	*) echo "$1" ;;
	esac
}

# kernels_of PART: those of --kernel that can run it, or its own.
kernels_of() {
	local kernel

	if ((${#KERNELS[@]} == 0)); then
		echo "${PART_KERNELS[$1]:-${KERNEL_USUAL[*]}}"
		return
	fi
	for kernel in "${KERNELS[@]}"; do
		[[ " ${ABLE_KERNELS[$1]:-${KERNEL_SERIES[*]}} " != *" $kernel "* ]] || echo "$kernel"
	done
}

# The file of a case, for the libraries of tests/vm; measure and profile are the same script.
case_file() {
	echo "$WORK/$1.sh"
}

# cold_regions: an NVDIMM for each of the three ways in each cold round; QEMU has slots for 15. All are online at once,
# with their memmaps in boot memory.
cold_regions() {
	local sizes

	printf -v sizes ',8G%.0s' $(seq $((3 * (ROUNDS < 5 ? ROUNDS : 5))))
	echo "${sizes#,}"
}

# make_case MODE: writes the guest's script with this run's settings. A traced mhpctl is slow, so it gets one region.
make_case() {
	local mode=$1

	{
		echo "ROUNDS=$ROUNDS MODE=$mode COLD_ROUNDS=$((ROUNDS < 5 ? ROUNDS : 5))"
		cat "$BENCH_DIR/guest.sh" "$BENCH_DIR"/guest-*.sh
		echo "# vm: timeout=$((300 + 180 * ROUNDS))"
		[[ $mode != measure ]] || echo "# vm: nvdimm=$(cold_regions) mem=6G"
		[[ ! ${MACHINES[$mode]:-} ]] || echo "# vm: ${MACHINES[$mode]}"
		! is_steady "$mode" || echo '# vm: append=maxcpus=1'
		echo "# vm: cpu-flags=$CPU_FLAGS${CXL_FLAGS[$mode]:-}"
		printf '"%s"\n' "${mode%-first}"
	} >"$(case_file "$mode")"
}

# On a loaded machine the guest's CPUs wait for each other most of the time. With -icount there is
# one CPU, whose clock advances by a nanosecond an instruction: with --steady, and for `pins`, whose goal is one percent.
is_steady() {
	[[ $CLOCK == guest || $1 == pins ]]
}

# steady_clock: tests/vm calls qemu_ports last.
steady_clock() {
	eval "rig_$(declare -f qemu_ports)"
	# shellcheck disable=SC2317 # tests/vm calls it
	qemu_ports() {
		rig_qemu_ports "$@"
		! is_steady "$MODE" || ARGS=("${ARGS[@]/thread=multi/thread=single}" -icount 'shift=0,sleep=off')
	}
}

# make_overlay MODE...: that of tests/vm, with the benchmarks as more cases.
make_overlay() {
	local root=$WORK/bench.d mode

	overlay_archive "$WORK/overlay" "$(stage_tree)"
	initramfs_root "$root"
	mkdir -p "$root/vm/cases"
	for mode in "$@"; do
		make_case "$mode"
		cp "$(case_file "$mode")" "$root/vm/cases/"
	done
	cp "$WORK"/bin/{bare,meter} "$root/usr/bin/"
	[[ " $* " != *' cxl '* ]] || newer_cxl_into "$root"
	initramfs_pack "$root" "$WORK/overlay.bench"
	cat "$WORK/overlay.bench" >>"$WORK/overlay"
}

# prepare_kernel KERNEL: make the files that its machine boots from: $WORK/KERNEL/{dir/,initrd}.
prepare_kernel() {
	local kernel=$1 dir modules tools

	mkdir "$WORK/$kernel"
	dir=$(kernel_fetch "$kernel")
	ln -s "$dir" "$WORK/$kernel/dir"
	hold "$(realpath "$dir").lock" shared # see kernel_prune
	tools=$(tools_archive "")
	modules=$(modules_archive "$dir")
	cat "$tools" "$modules" "$WORK/overlay" >"$WORK/$kernel/initrd"
}

boot() {
	[[ -e $WORK/$1 ]] || prepare_kernel "$1"
	case_run "$1" "$2"
}

# run_mode KERNEL MODE: boot, and keep the samples. The name of a mode that is another machine for the same rows
# (init-first) is part of the place.
run_mode() {
	local kernel=$1 mode=$2 status=0 dir=$OUT_DIR/$1/$2 place=$1 MODE=$2

	boot "$kernel" "$mode" & # not in a condition, which would disable errexit
	wait $! || status=$?
	if ((status)); then
		broken "$kernel, $mode: no kernel to boot"
	elif grep -q '^not ok ' "$dir/report"; then
		sed -n '/^not ok/,$p' "$dir/report"
		broken "$kernel, $mode: a command failed, or did not do what it should"
	elif [[ $mode == profile ]]; then
		echo "$kernel: the record of what mhpctl did is in $dir/profile"
	else
		[[ $mode != *-first ]] || place+=', CPUs on one node'
		! is_steady "$mode" || place+=', instructions'
		add_samples "$place" <"$dir/samples" || broken "$kernel, $mode: no samples"
		sed -n "s/^note /# $kernel, $mode: /p" "$dir/results"
	fi
}

# run_vm_parts PART...
run_vm_parts() {
	local part kernel mode modes=()

	packages_install vm >&2
	steady_clock
	[[ " $* " != *' cxl '* ]] || newer_qemu_choose
	for part in "$@"; do
		# shellcheck disable=SC2207 # words
		modes+=($(modes_of "$part"))
	done
	make_overlay "${modes[@]}"
	for part in "$@"; do
		for kernel in $(kernels_of "$part"); do
			begin_part "$part" "$kernel"
			for mode in $(modes_of "$part"); do
				run_mode "$kernel" "$mode"
			done
		done
	done
}
