# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The holder is named, and nobody else: a pipe of threads, in containers
# vm: nvdimm=1G label=128k timeout=180
# vm: usual=7.2

# shellcheck source=/dev/null
. /vm/pins.sh

pins_begin
zone_begin movable
ways extra_reference vmsplice
zone_end
pins_end
