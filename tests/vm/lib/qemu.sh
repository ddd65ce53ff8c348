# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The machine of a case: the arguments of QEMU from SPEC. Everything is emulated (on some hosts a
# guest hangs with /dev/kvm), so times are those of a slow machine.

# shellcheck disable=SC2034 # read in case.sh
QEMU=qemu-system-x86_64
readonly NODE_FIRST_NVDIMM=2

bytes_of() {
	numfmt --from=iec "${1^^}"
}

# Nodes 0 and 1 have half of the boot memory each, and a CPU, unless node 0 has them all.
qemu_boot_nodes() {
	local half=$(($(bytes_of "${SPEC[mem]}") / 2)) cpus=(0 1) node

	[[ ${SPEC[cpus]} == split ]] || cpus=(0-1 '')
	for node in 0 1; do
		ARGS+=(-object "memory-backend-ram,id=boot$node,size=$half"
			-numa "node,nodeid=$node${cpus[node]:+,cpus=${cpus[node]}},memdev=boot$node")
	done
}

# qemu_nvdimms DIR: each NVDIMM in a sparse file, on its own node. QEMU cuts the label area off the
# end of the file: without the extra bytes the next NVDIMM would start unaligned. QEMU lists them
# for the guest in the order of a hash table of their ids; even numbers are in order, which the case
# `rig` checks. With systemd another QEMU continues with the files.
qemu_nvdimms() {
	local dir=$1 sizes=() labels i size label extra node discard=on

	[[ ! ${SPEC[systemd]} ]] || discard=off

	[[ ${SPEC[nvdimm]} == none ]] || IFS=, read -ra sizes <<<"${SPEC[nvdimm]}"
	IFS=, read -ra labels <<<"${SPEC[label]}"
	for i in "${!sizes[@]}"; do
		size=$(bytes_of "${sizes[i]}")
		label=${labels[i]:-${labels[0]}}
		[[ $label == none ]] && label=''
		extra=$(bytes_of "${label:-0}")
		node=$((NODE_FIRST_NVDIMM + i))
		truncate -s $((size + extra)) "$dir/nvdimm$i"
		ARGS+=(-numa "node,nodeid=$node"
			-object "memory-backend-file,id=nv$i,share=on,discard-data=$discard,mem-path=$dir/nvdimm$i,size=$((size + extra))"
			-device "nvdimm,id=nvdimm$((2 * i)),memdev=nv$i,node=$node${label:+,label-size=$extra}")
	done
	qemu_dimm_nodes "${#sizes[@]}"
}

# QEMU needs every node: those of the DIMMs may come after those of the NVDIMMs.
qemu_dimm_nodes() {
	local dimm node=$((NODE_FIRST_NVDIMM + $1)) last=0

	for dimm in ${SPEC[dimm]//,/ } ${SPEC[virtio-mem]}; do
		((${dimm#*:} > last)) && last=${dimm#*:}
	done
	for ((; node <= last; node++)); do
		ARGS+=(-numa "node,nodeid=$node")
	done
}

qemu_dimms() {
	local dimms dimm i backend

	IFS=, read -ra dimms <<<"${SPEC[dimm]}"
	for i in "${!dimms[@]}"; do
		dimm=${dimms[i]}
		backend=memory-backend-ram
		# in small pages, and not reserved: only what the guest touches takes space of the host
		(($(bytes_of "${dimm%:*}") < 16 << 30)) || backend=memory-backend-memfd,reserve=off
		ARGS+=(-object "$backend,id=dimm$i,size=${dimm%:*}"
			-device "pc-dimm,id=plugged$i,memdev=dimm$i,node=${dimm#*:}")
	done
}

# qemu_extras DIR
qemu_extras() {
	local spec=${SPEC[virtio-mem]} words

	if [[ $spec ]]; then
		ARGS+=(-object "memory-backend-ram,id=vmem,size=${spec%:*}"
			-device "virtio-mem-pci,memdev=vmem,node=${spec#*:},requested-size=${spec%:*}")
	fi
	if [[ ${SPEC[balloon]} ]]; then
		ARGS+=(-device "virtio-balloon-pci,free-page-reporting=${SPEC[balloon]/yes/on}")
	fi
	if [[ ${SPEC[cuts]} ]]; then
		ARGS+=(-drive "file=$1/lasting,if=virtio,format=raw,cache=writeback")
	fi
	if [[ ${SPEC[ssh]} ]]; then
		ARGS+=(-netdev "user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:${MHP_VM_SSH_PORT:?}-:22"
			-device 'virtio-net-pci,netdev=net,bus=pcie.0')
	fi
	read -ra words <<<"${SPEC[qemu]}"
	ARGS+=("${words[@]}")
}

# qemu_systemd DIR IMAGE: the disk, a copy that survives a reboot and not the machine; and the monitor. With a
# bus, because the last CXL host bridge would be the default one.
qemu_systemd() {
	[[ -e $1/disk ]] || cp --sparse=always "$2" "$1/disk"
	ARGS+=(-drive "file=$1/disk,id=disk,if=none,format=raw,cache=unsafe"
		-device 'virtio-blk-pci,drive=disk,bus=pcie.0')
	qemu_monitor_port "$1"
}

# qemu_monitor_port DIR: QEMU's monitor on one more port, so that a case can plug devices.
qemu_monitor_port() {
	ARGS+=(-chardev "socket,id=monitor,path=$1/monitor,server=on,wait=off"
		-mon 'chardev=monitor,mode=readline'
		-device 'virtio-serial-pci,id=plugs,bus=pcie.0'
		-chardev "socket,id=plug,path=$1/monitor"
		-device 'virtserialport,bus=plugs.0,chardev=plug,name=monitor')
}

# qemu_host_port DIR: a port to lib/host, which answers what only the host knows.
qemu_host_port() {
	ARGS+=(-chardev "socket,id=host,path=$1/host,server=on,wait=off"
		-device 'virtio-serial-pci,id=hosts,bus=pcie.0'
		-device 'virtserialport,bus=hosts.0,chardev=host,name=host')
}

# qemu_ports DIR: the channels of lib/init. They go to files, not to this shell's stdio: without a
# reader the guest's writes would block forever.
qemu_ports() {
	local port

	ARGS+=(-device 'virtio-serial-pci,bus=pcie.0')
	for port in results log files; do
		ARGS+=(-chardev "file,id=$port,path=$1/$port,append=on"
			-device "virtserialport,chardev=$port,name=$port")
	done
	ARGS+=(-chardev "file,id=console,path=$1/console,append=on" -serial chardev:console)
}

# qemu_args DISK BOOT WORDS: fill ARGS; DISK is for the backing files, BOOT is from prepare_kernel.
qemu_args() {
	local disk=$1 boot=$2 kernel_words=$3

	# A kernel that hangs during a reboot, as emulated ones sometimes do, ends and is booted again.
	kernel_words+=${SPEC[systemd]:+ softlockup_panic=1 watchdog_thresh=30}
	# On a busy host a kernel would find too few timer interrupts while it boots, and panic.
	kernel_words+=' no_timer_check'
	ARGS=(
		-accel 'tcg,thread=multi' -machine 'q35,nvdimm=on' -cpu "max,la57=off${SPEC[cpu-flags]:+,${SPEC[cpu-flags]}}" -smp '2,sockets=2'
		-m "${SPEC[mem]},slots=16,maxmem=512G" -nodefaults -display none
		-kernel "$boot/dir/vmlinux" -initrd "$boot/initrd${SPEC[tools]:+-${SPEC[tools]}}"
		-append "console=ttyS0 panic=-1 quiet cryptomgr.notests $kernel_words ${SPEC[append]}"
	)
	[[ ! ${SPEC[newer-qemu]} ]] || QEMU=$NEWER_QEMU
	qemu_boot_nodes
	qemu_dimms
	qemu_nvdimms "$disk"
	qemu_extras "$disk"
	[[ ! ${SPEC[systemd]} ]] || qemu_systemd "$disk" "$boot/image-${SPEC[systemd]}"
	[[ ${SPEC[resets]} ]] || ARGS+=(-no-reboot)
}
