# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Two processes share a hold: a pipe, shared or passed on
# vm: nvdimm=1G label=128k timeout=180
# vm: usual=6.1

# shellcheck source=/dev/null
. /vm/pins.sh

pins_begin
zone_begin movable
ways_of_two extra_reference vmsplice
zone_end
pins_end
