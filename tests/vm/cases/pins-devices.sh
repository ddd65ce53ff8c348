# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Pages that a device may reach: RDMA memory regions, DMA mappings of vfio, memory of AF_XDP sockets
# vm: nvdimm=1G label=128k timeout=180 append="intel_iommu=on"
# vm: usual=7.2
# vm: qemu="-device intel-iommu -device e1000e,addr=7"

# shellcheck source=/dev/null
. /vm/pins.sh
# shellcheck source=/dev/null
. /vm/devices.sh

all_kinds() {
	local want=$1

	try "$want" rdma --kind rdma --path "${DEVICE_OF[rdma]}"
	try "$want" vfio --kind vfio --path "${DEVICE_OF[vfio]}"
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
