# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Memory in a kernel zone that the kernel holds: pins stay where they are
# vm: nvdimm=1G label=128k timeout=180
# vm: usual=6.12

# shellcheck source=/dev/null
. /vm/pins.sh

all_kinds() {
	try pinned io_uring --kind io_uring
	try pinned 'io_uring, thp' --kind io_uring-thp
	try extra_reference vmsplice --kind vmsplice
	try 'pinned|extra_reference' 'O_DIRECT in flight' --kind direct
}

pins_begin
zone_begin kernel
all_kinds
usable
zone_end
pins_end
