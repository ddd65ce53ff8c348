# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Whoever holds is named, and nobody else: threads, children, containers, a pipe passed on
# vm: nvdimm=1G label=128k timeout=180

# shellcheck source=/dev/null
. /vm/pins.sh

pins_begin
zone_begin movable
ways extra_reference vmsplice
zone_end
pins_end
