# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Whoever holds is named in a kernel zone, and nobody else: registered buffers
# vm: nvdimm=1G label=128k timeout=180

# shellcheck source=/dev/null
. /vm/pins.sh

pins_begin
zone_begin kernel
ways pinned io_uring
zone_end
pins_end
