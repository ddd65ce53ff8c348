# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Pages that a device may reach: RDMA memory regions, DMA mappings of vfio, memory of AF_XDP sockets
# vm: nvdimm=1G label=128k timeout=180 append="intel_iommu=on"
# vm: usual=7.2
# vm: qemu="-device intel-iommu -device e1000e,addr=7"

# shellcheck source=/dev/null
. /vm/pins.sh

readonly NIC=0000:00:07.0

rdma_begin() {
	modprobe -qa dummy rdma_rxe ib_uverbs
	ip link add dummy9 type dummy
	ip link set dummy9 up
	check 'soft RDMA device' rdma link add rxe0 type rxe netdev dummy9
	check 'verbs device' until_true 5 test -e /dev/infiniband/uverbs0
}

vfio_begin() {
	modprobe -qa vfio-pci vfio_iommu_type1
	echo vfio-pci >"/sys/bus/pci/devices/$NIC/driver_override"
	[[ -e /sys/bus/pci/devices/$NIC/driver ]] && echo "$NIC" >"/sys/bus/pci/devices/$NIC/driver/unbind"
	echo "$NIC" >/sys/bus/pci/drivers_probe
	GROUP=$(basename "$(readlink "/sys/bus/pci/devices/$NIC/iommu_group")")
	check 'vfio group' until_true 5 test -e "/dev/vfio/$GROUP"
}

all_kinds() {
	local want=$1

	try "$want" rdma --kind rdma --path /dev/infiniband/uverbs0
	try "$want" vfio --kind vfio --path "/dev/vfio/$GROUP"
	try "$want" 'AF_XDP' --kind xdp
}

pins_begin
rdma_begin
vfio_begin
zone_begin movable
all_kinds moves
zone_end
zone_begin kernel
all_kinds pinned
usable
zone_end
pins_end
