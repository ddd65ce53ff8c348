# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Blocks chosen by their pages, against blocks tried from the top: pages that migrate, tries in vain
# vm: nvdimm=none mem=3G dimm=4G:2,4G:2 append="memhp_default_state=offline init_on_alloc=0" timeout=1500
# vm: usual=none

# shellcheck source=/dev/null
. /vm/shrink-pages.sh

compare_choices 64 own 96M 24 20 'plain 16M' free 'thp 32M' pin 'file 8M' 'plain 1M' free 'plain 64M'
