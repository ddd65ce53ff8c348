# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# For the cases that pin memory for a device. The machine needs an IOMMU and a card for vfio:
#   append="intel_iommu=on" qemu="-device intel-iommu -device e1000e,addr=7"

readonly NIC=0000:00:07.0
declare -A DEVICE_OF=([io_uring]='' [xdp]='') # the --path of the holder, by kind of pin

rdma_begin() {
	modprobe -qa dummy rdma_rxe ib_uverbs
	ip link add dummy9 type dummy
	ip link set dummy9 up
	check 'soft RDMA device' rdma link add rxe0 type rxe netdev dummy9
	DEVICE_OF[rdma]=/dev/infiniband/uverbs0
	check 'verbs device' until_true 5 test -e "${DEVICE_OF[rdma]}"
}

vfio_begin() {
	modprobe -qa vfio-pci vfio_iommu_type1
	echo vfio-pci >"/sys/bus/pci/devices/$NIC/driver_override"
	[[ -e /sys/bus/pci/devices/$NIC/driver ]] && echo "$NIC" >"/sys/bus/pci/devices/$NIC/driver/unbind"
	echo "$NIC" >/sys/bus/pci/drivers_probe
	DEVICE_OF[vfio]=/dev/vfio/$(basename "$(readlink "/sys/bus/pci/devices/$NIC/iommu_group")")
	check 'vfio group' until_true 5 test -e "${DEVICE_OF[vfio]}"
}

# holder_of KIND BYTES: sets PINNER to the arguments of a holder that pins so much memory of node 2
holder_of() {
	PINNER=(--kind "$1" --node 2 --bytes "$2")
	[[ ! ${DEVICE_OF[$1]} ]] || PINNER+=(--path "${DEVICE_OF[$1]}")
}
