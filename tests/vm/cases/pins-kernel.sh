# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Memory in use in a kernel zone, where the kernel has pages of its own
# vm: nvdimm=1G label=128k append="secretmem.enable=1" timeout=240
# vm: usual=7.2

# shellcheck source=/dev/null
. /vm/pins.sh

all_kinds() {
	try moves plain --kind plain
	try moves mlock --kind mlock
	try moves thp --kind thp
	try moves hugetlb --kind hugetlb
	try hugetlb 'hugetlb, pool promised' --kind hugetlb-reserved
	try moves shm --kind shm
	try moves 'tmpfs page cache' --kind file --path /tmp/cache
	try moves 'ext4 page cache' --kind file --path /mnt/cache
	try unmovable memfd_secret --kind secret
}

pins_begin
ext4_begin
zone_begin kernel
all_kinds
usable
zone_end
pins_end
