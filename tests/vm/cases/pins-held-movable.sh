# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Memory in ZONE_MOVABLE that the kernel holds: the owner and the reason are reported, or it moves
# vm: nvdimm=512M label=128k timeout=180
# vm: usual=6.12

# shellcheck source=/dev/null
. /vm/pins.sh

all_kinds() {
	try moves io_uring --kind io_uring
	try moves 'io_uring, thp' --kind io_uring-thp
	try extra_reference vmsplice --kind vmsplice
	try 'pinned|extra_reference' 'O_DIRECT in flight' --kind direct
}

pins_begin
zone_begin movable
all_kinds
usable
zone_end
pins_end
