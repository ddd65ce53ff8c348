# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A node shrinks and grows to a size: the cheapest blocks, another where one fails, and the receipt
# vm: nvdimm=none dimm=1G:2,1G:2 append="memhp_default_state=online_movable" monitor timeout=900
# vm: qemu="-object memory-backend-ram,id=vmem,size=512M -device virtio-mem-pci,id=vm0,memdev=vmem,node=1,requested-size=512M"
# vm: usual=6.12

readonly ACTIONS=/sys/kernel/debug/notifier-error-inject/memory/actions

# shellcheck source=/dev/null
. /vm/content.sh

# Five blocks with content; the others are free.
mixed_content() {
	mapfile -t BLOCKS < <(blocks_of_node 2)
	eq 'the node has 16 blocks' 16 "${#BLOCKS[@]}"
	done_now 'all offline' offline node2
	put "${BLOCKS[0]}" vmsplice
	put "${BLOCKS[1]}" hugetlb
	put "${BLOCKS[2]}" plain --bytes 24M
	put "${BLOCKS[3]}" thp --bytes 8M
	put "${BLOCKS[4]}" file --bytes 1M --path /mnt/file # too small for a huge page
	sync
	done_now 'the rest is online' online node2
	eq 'all of it' $((16 * BLOCK_BYTES)) "$(online_bytes_of 2)"
}

origins() {
	run mhpctl list --blocks --json
	eq 'origin of boot memory' boot "$(field '.blocks[] | select(.block == 2) | .origin')"
	eq 'origin of a DIMM' dimm \
		"$(field '[.blocks[] | select(.node == 2) | .origin] | unique | join(" ")')"
	eq 'origins of node 1' 'boot virtio_mem' \
		"$(field '[.blocks[] | select(.node == 1) | .origin] | unique | join(" ")')"
	setpriv --reuid 65534 --clear-groups mhpctl list --json >/tmp/nobody
	eq 'nobody: not known' unknown "$(jq -r '[.blocks[].origin] | unique | join(" ")' /tmp/nobody)"
	holds 'nobody: and that is said' jq -e '[.hidden[].what] | index("blocks.origin")' /tmp/nobody
}

right_blocks_in_right_order() {
	run mhpctl offline --dry-run --node 2 --size 1664M --json
	ended 0 'plan'
	eq 'plan: the pages of the chosen blocks are ascending after the free ones' true \
		"$(field '[.receipt.blocks[] | select(.status == "chosen") | .moved_bytes] | map(select(. > 0)) | . == sort')"
	eq 'plan: nothing is changed' $((16 * BLOCK_BYTES)) "$(online_bytes_of 2)"
	done_now '13 of 16 blocks' offline --node 2 --size 1664M --timeout 20s
	eq 'as much as asked' "$((13 * BLOCK_BYTES)) $((13 * BLOCK_BYTES))" \
		"$(field '.receipt | "\(.asked_bytes) \(.given_bytes)"')"
	eq 'and that is so' $((3 * BLOCK_BYTES)) "$(online_bytes_of 2)"
	eq 'what stays costs most or cannot go' "online online online" \
		"$(state_of "${BLOCKS[0]}") $(state_of "${BLOCKS[1]}") $(state_of "${BLOCKS[2]}")"
	eq 'none failed' '' "$(receipt failed)"
	eq 'the page cache before the huge pages, which are more' "${BLOCKS[4]} ${BLOCKS[3]}" \
		"$(receipt 'done' | grep -o '[0-9]* [0-9]*$')"
	eq 'huge pages are told apart' "$((8 << 20)) 0" \
		"$(field ".receipt.blocks[] | select(.block == ${BLOCKS[3]} or .block == ${BLOCKS[4]}) | .thp_bytes" | sort -rn | xargs)"
	eq 'each has its time' true \
		"$(field '[.receipt.blocks[] | select(.status == "done") | .took_ms | type == "number"] | all')"
	run mhpctl offline --dry-run --node 2 --size 128M --json
	eq 'the time of the next one is estimated' number "$(field '.receipt.estimated_ms | type')"
	run mhpctl offline --dry-run --node 2 --size 128M
	has 'for people too' "$(<"$OUT")" "memory${BLOCKS[2]}"
	done_now 'back again' resize --to 2G node2
	eq 'all of it again' $((16 * BLOCK_BYTES)) "$(online_bytes_of 2)"
	already_so 'resized again' resize --to 2G node2
}

# A driver refuses the block that was chosen, as a pin does that nobody saw before.
another_where_one_fails() {
	local first

	modprobe -q memory-notifier-error-inject
	run mhpctl offline --dry-run --node 2 --size 256M --json
	first=$(receipt chosen | cut -d ' ' -f 1)
	AT_BLOCK=$first AT_FILE=$ACTIONS/MEM_GOING_OFFLINE/error AT_TEXT=-16 AT_END=0 LD_PRELOAD=/usr/lib/at-block.so \
		mhpctl offline --node 2 --size 256M --timeout 5s --json >"$OUT" 2>"$ERR"
	# shellcheck disable=SC2034 # for show_last and ended
	RC=$?
	echo 0 >$ACTIONS/MEM_GOING_OFFLINE/error
	keep_json "$OUT" 'mhpctl offline, one refused'
	show_last
	ended 0 'a block is refused: the size is reached'
	eq 'a block is refused: it is in the receipt' "$first" "$(receipt failed)"
	eq 'a block is refused: by a driver' notifier \
		"$(field '.receipt.blocks[] | select(.status == "failed") | .reason')"
	eq 'a block is refused: two others went' "2 ok 0" \
		"$(receipt 'done' | wc -w) $(field '"\(.status) \(.failures | length)"')"
	eq 'a block is refused: it stays online' online "$(state_of "$first")"
	eq 'a block is refused: and that much is gone' $((14 * BLOCK_BYTES)) "$(online_bytes_of 2)"
	done_now 'and grows by a size' online --node 2 --size 256M
	eq 'the receipt of that' "online $((2 * BLOCK_BYTES))" \
		"$(field '.receipt | "\(.direction) \(.given_bytes)"')"
}

# A process makes a pipe refer to pages of a block that was free of pins when it was chosen.
a_pin_between_choice_and_write() {
	done_now 'what can go is offline' resize --to 384M node2
	mkfifo /tmp/late
	put "${BLOCKS[5]}" vmsplice-late --path /tmp/late
	put "${BLOCKS[4]}" plain --bytes 4M
	done_now 'the rest is online again' resize --to 2G node2
	run mhpctl offline --dry-run --node 2 --size 1536M --json
	eq 'late pin: the block is chosen' "${BLOCKS[5]}" "$(receipt chosen | grep -o '[0-9]*$')"
	AT_BLOCK=${BLOCKS[5]} AT_WAIT=/tmp/late LD_PRELOAD=/usr/lib/at-block.so \
		mhpctl offline --node 2 --size 1536M --timeout 10s --json >"$OUT" 2>"$ERR"
	# shellcheck disable=SC2034 # for show_last and ended
	RC=$?
	keep_json "$OUT" 'mhpctl offline, one pinned late'
	show_last
	ended 0 'late pin: the size is reached'
	eq 'late pin: it is why the block failed' "${BLOCKS[5]} extra_reference" \
		"$(field '.receipt.blocks[] | select(.status == "failed") | "\(.block) \(.reason)"')"
	has 'late pin: its holder is named' \
		"$(field '.receipt.blocks[] | select(.status == "failed") | .who')" holder
	has 'late pin: the next cheapest went instead' " $(receipt 'done') " " ${BLOCKS[4]} "
	check_rc 1 'late pin: it was made' test -e /tmp/late
	eq 'late pin: what costs more stays' "online online" \
		"$(state_of "${BLOCKS[5]}") $(state_of "${BLOCKS[2]}")"
	eq 'late pin: and that much is gone' $((4 * BLOCK_BYTES)) "$(online_bytes_of 2)"
	done_now 'back after the pin' resize --to 2G node2
}

free_bytes_of() {
	awk '/MemFree/ { printf "%d", $4 * 1024 }' "/sys/devices/system/node/node$1/meminfo"
}

pool_of() {
	echo "/sys/devices/system/node/node$1/hugepages/hugepages-2048kB/nr_hugepages"
}

# The pages of node 2 have nowhere to go: that is said before anything is tried.
no_space() {
	local node

	keep /tmp/much --kind thp --bytes 300M
	# a pool takes free memory without a touch of each page
	for node in 0 1; do
		echo $((($(free_bytes_of $node) >> 21) - 30)) >"$(pool_of $node)"
	done
	run mhpctl offline --node 2 --size 1920M --yes=memory --json
	ended 4 'no space elsewhere: refused'
	eq 'no space elsewhere: the reason' no_target_memory "$(field '.failures[0].reason')"
	has 'no space elsewhere: the numbers' "$(field '.failures[0].message')" 'offline would move'
	eq 'no space elsewhere: nothing was tried' "false $((16 * BLOCK_BYTES))" "$(field .changed) $(online_bytes_of 2)"
	for node in 0 1; do
		echo 0 >"$(pool_of $node)"
	done
	done_now 'with space it goes' resize --to 512M node2 --timeout 20s
	eq 'that much stays' $((4 * BLOCK_BYTES)) "$(online_bytes_of 2)"
	let_go
	done_now 'and back' resize --to 2G node2
}

plugged_bytes() {
	run mhpctl list --json
	field "[.blocks[] | select(.node == $1 and .state == \"online\") | .size - (.unplugged_bytes // 0)] | add // 0"
}

plugs() {
	[[ $(plugged_bytes 1 | tail -n 1) == "$1" ]]
}

of_virtio_mem() {
	eq 'virtio-mem: the node' $((12 * BLOCK_BYTES)) "$(online_bytes_of 1)"
	done_now 'virtio-mem: down' resize --to 1280M node1
	eq 'virtio-mem: ten blocks stay' $((10 * BLOCK_BYTES)) "$(online_bytes_of 1)"
	eq 'virtio-mem: its blocks went, not boot memory' virtio_mem \
		"$(field '[.receipt.blocks[] | select(.status == "done") | .origin] | unique | join(" ")')"
	done_now 'virtio-mem: up' resize --to 1536M node1
	eq 'virtio-mem: all again' $((12 * BLOCK_BYTES)) "$(online_bytes_of 1)"
	refused '1|7' 'virtio-mem: more than there is' resize --to 2G node1
	has 'virtio-mem: with numbers' "$(field '.failures[0].message')" '2 GiB requested, its memory blocks have 1.50 GiB'
	# 300 MiB are two blocks and 44 MiB of a third
	qemu_monitor 'qom-set vm0 requested-size 300M'
	check 'virtio-mem: the host takes some back' until_true 60 plugs $(((1024 + 300) << 20))
	done_now 'virtio-mem: down to boot memory' resize --to 1G node1
	eq 'virtio-mem: what is not plugged in is not counted' "$((300 << 20)) $((300 << 20))" \
		"$(field '.receipt | "\(.asked_bytes) \(.given_bytes)"')"
}

# A DIMM that the monitor adds: the node grows into it, shrinks out of it, and the host gets it back.
of_a_dimm() {
	local new

	auto_online offline
	qemu_monitor 'object_add memory-backend-ram,id=hot,size=256M' \
		'device_add pc-dimm,id=hot0,memdev=hot,node=2'
	has_18() {
		(($(blocks_of_node 2 | wc -l) == 18))
	}
	check 'a DIMM is plugged in' until_true 60 has_18
	udevadm settle
	done_now 'DIMM: up' resize --to 2304M node2
	eq 'DIMM: all of it' $((18 * BLOCK_BYTES)) "$(online_bytes_of 2)"
	done_now 'DIMM: down' resize --to 2G node2
	eq 'DIMM: down' $((16 * BLOCK_BYTES)) "$(online_bytes_of 2)"
	mapfile -t new < <(blocks_of_node 2 | tail -n 2)
	eq 'DIMM: its empty blocks at the top went' offline "$(state_of "${new[@]}")"
	qemu_monitor 'device_del hot0'
	has_16() {
		(($(blocks_of_node 2 | wc -l) == 16))
	}
	check 'DIMM: the host has it back' until_true 60 has_16
	eq 'DIMM: the rest stays online' $((16 * BLOCK_BYTES)) "$(online_bytes_of 2)"
}

both_meanings() {
	refused 2 '--to and --size' resize --to 1G --size 1G node2
	has '--to and --size: both are explained' "$(field '.failures[0].hint')" '--size 4G is the size of the dax device itself'
	refused 2 '--size of a node' resize --size 1G node2
	has '--size of a node: both are explained' "$(field '.failures[0].hint')" '--to is how much of its memory is online'
}

origins
disk 16M
mixed_content
right_blocks_in_right_order
another_where_one_fails
a_pin_between_choice_and_write
let_go
of_virtio_mem
of_a_dimm
no_space
both_meanings
