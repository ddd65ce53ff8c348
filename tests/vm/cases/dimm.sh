# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Blocks of ordinary DIMMs and of virtio-mem, with no dax device behind them
# vm: nvdimm=none dimm=512M:1,256M:2 virtio-mem=256M:0 append="memhp_default_state=offline"
# vm: usual=6.12

# The DIMMs are the first devices above 4 GiB: blocks 32 to 35, 36 and 37; virtio-mem comes next.
eq 'offline at boot' offline "$(state_of 32 33 34 35 36 37)"
run mhpctl list --json
eq 'listed without a device' null "$(field '[.blocks[] | select(.start == "0x100000000")][0].device')"
done_now 'online a run' online memory32-35
eq 'movable' Movable "$(zone_of 32 33 34 35)"
already_so 'online again' online 0x100000000-0x11fffffff
done_now 'offline one' offline memory34
eq 'just that one' 'online offline online' "$(state_of 33) $(state_of 34) $(state_of 35)"
done_now 'offline a range' offline 0x100000000-0x11fffffff
eq 'all four' offline "$(state_of 32 33 34 35)"
done_now 'online by node' online node2
eq 'both blocks of that node' 'online Movable' "$(states_of_node 2) $(zones_of_node 2)"
done_now 'offline by node' offline node2
eq 'both again' offline "$(states_of_node 2)"
done_now 'in a kernel zone' online --zone kernel memory36
eq 'normal' Normal "$(zone_of 36)"
done_now 'several targets' online memory32 memory33 memory34-35
already_so 'all names no dax device' remove all
refused '2|3|7' 'a block cannot be removed' remove memory32

virtio_mem=$(grep -il 'virtio_mem' /proc/iomem >/dev/null && sed -n 's/^ *\([0-9a-f]*\)-.*virtio_mem.*/\1/p' /proc/iomem)
virtio_block=$((16#$virtio_mem / $(block_size)))
done_now 'a block of virtio-mem' online "memory$virtio_block"
done_now 'and offline' offline "memory$virtio_block"
eq 'it is' offline "$(state_of $virtio_block)"
