# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The holder in a kernel zone is named, and nobody else: registered buffers of threads, in containers
# vm: nvdimm=1G label=128k timeout=180
# vm: usual=6.1

# shellcheck source=/dev/null
. /vm/pins.sh

pins_begin
zone_begin kernel
ways pinned io_uring
zone_end
pins_end
