# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Blocks chosen by their pages, against blocks tried from the top, of 1,024
# vm: nvdimm=none mem=5G dimm=64G:2,64G:2 append="memhp_default_state=offline init_on_alloc=0 transparent_hugepage=never" timeout=7200
# vm: usual=none

# shellcheck source=/dev/null
. /vm/shrink-pages.sh

# An eighth of the content of shrink-pages, so that the host has room for all of it; and no transparent huge
# pages, for which the kernel keeps ten times as much memory free, where each content begins.
compare_choices 1024 any 192M 640 5 'plain 2M' free 'plain 4M' pin 'file 1M' 'plain 128K' free 'plain 8M'
