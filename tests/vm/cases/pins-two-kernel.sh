# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Two processes share a hold in a kernel zone: registered buffers, shared or passed on
# vm: nvdimm=1G label=128k timeout=180
# vm: usual=7.2

# shellcheck source=/dev/null
. /vm/pins.sh

pins_begin
zone_begin kernel
ways_of_two pinned io_uring
zone_end
pins_end
