# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Memory of virtio-mem that is plugged in by parts: distinguished, and not an obstacle
# vm: nvdimm=none qemu="-object memory-backend-ram,id=vmem,size=1G -device virtio-mem-pci,memdev=vmem,node=1,requested-size=700M" append="memhp_default_state=online_movable" usual="6.12" timeout=600

virtio_blocks() {
	sed -n 's/^ *\([0-9a-f]*\)-\([0-9a-f]*\) : System RAM (virtio_mem)$/\1 \2/p' /proc/iomem |
		while read -r start end; do
			seq $((16#$start / $(block_size))) $((16#$end / $(block_size)))
		done
}

has_six_blocks() {
	(($(virtio_blocks | wc -l) == 6))
}

# 700 MiB are five blocks of 128 MiB and 60 MiB of a sixth.
check 'plugged in' until_true 20 has_six_blocks
last=$(virtio_blocks | tail -n 1)
first=$(virtio_blocks | head -n 1)
check 'online' until_true 20 grep -q '^online' "$MEM/memory$last/state"

run mhpctl list --json
eq 'list: what is not plugged in' "$((68 << 20))" "$(field .memory.unplugged_bytes)"
eq 'list: of which block' "$last" \
	"$(field '[.blocks[] | select(.unplugged_bytes > 0) | .blocks] | join(" ")')"
run mhpctl list
has 'list, text: the part' "$(<"$OUT")" "memory$last: 68 MiB of 128 MiB not plugged in (virtio-mem)"

report_is_same virtio-mem

run mhpctl check "memory$first-$last" --json
ended 0 'check: nothing is blocked'
eq 'check: the block in parts' "maybe driver_pages $((68 << 20))" \
	"$(field ".blocks[] | select(.block == $last) | \"\(.verdict) \(.reasons | join(\",\")) \(.driver_pages * 4096)\"")"
eq 'check: none has fixed pages' 0 "$(field '[.blocks[].unmovable] | add')"
run mhpctl check "memory$last"
has 'check, text: what it is' "$(<"$OUT")" '68 MiB not plugged in (virtio-mem), which is no obstacle'
done_now 'offline' offline "memory$last"
eq 'it is' offline "$(state_of "$last")"

# Without the right to see it nothing is claimed.
setpriv --reuid 65534 --clear-groups mhpctl list --json >/tmp/nobody
keep_json /tmp/nobody 'mhpctl list --json, as nobody'
eq 'nobody: it is not known' null "$(jq .memory.unplugged_bytes /tmp/nobody)"
holds 'nobody: and that is said' jq -e '[.hidden[].what] | index("blocks.unplugged")' /tmp/nobody
