# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The libdaxctl of sid loses the same; its modes are those of mhpctl
# vm: newer-cxl nvdimm=none mem=4G timeout=300 append="memhp_default_state=offline memmap=1G%5G-1+0xefffffff"
# vm: kernels="6.12 7.2" usual=none

# shellcheck source=/dev/null
. /vm/cxl.sh
# shellcheck source=/dev/null
. /vm/libdaxctl.sh

note "cxl and daxctl of sid: $(cat "$NEWER/version")"
libdaxctl_case 'libdaxctl of sid' modes "$NEWER/ld.so" --library-path "$NEWER/lib"
has 'the mode famfs has the driver that mhpctl knows' "$(grep -a -o fsdev_dax "$NEWER/lib/libdaxctl.so.1" | head -n 1)" fsdev_dax
has 'and its name' "$(grep -a -o -w famfs "$NEWER/daxctl" | head -n 1)" famfs
