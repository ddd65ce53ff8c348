# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The libdaxctl of bookworm loses what the files of the dax bus show, which mhpctl uses instead
# vm: nvdimm=none mem=4G timeout=300 append="memhp_default_state=offline memmap=1G%5G-1+0xefffffff"
# vm: kernels="6.12 7.2" usual=7.2

# shellcheck source=/dev/null
. /vm/libdaxctl.sh

libdaxctl_case 'libdaxctl 76' 'no modes'
