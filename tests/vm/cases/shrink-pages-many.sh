# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Of 1,024 blocks those chosen by their pages, against blocks tried from the top
# vm: nvdimm=none mem=5G dimm=64G:2,64G:2 append="memhp_default_state=offline init_on_alloc=0" timeout=7200
# vm: usual=none

# shellcheck source=/dev/null
. /vm/shrink-pages.sh

# An eighth of the content of shrink-pages, so that the host has room for all of it.
WANTED=384
TRY=5
KINDS=('plain 2M' free 'thp 4M' pin 'file 1M' 'plain 128K' free 'plain 8M')
compare_choices 1024 192M
