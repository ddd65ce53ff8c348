# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Blocks of node 2 chosen by their pages, against blocks tried from the top: cases shrink-pages*
#
#   KINDS    what a block has, again and again, in an order that prefers nobody
#   WANTED   so many blocks are to go
#   TRY      seconds for one block; chmem --disable SIZE has no limit, and stays at the first pin

# shellcheck source=/dev/null
. /vm/content.sh

readonly POOL=/sys/devices/system/node/node2/hugepages/hugepages-2048kB/nr_hugepages

# Takes what is free on the node into its pool, so that the next content finds space only in the next
# block. With init_on_alloc=0 nothing touches these pages, and the host does not need memory for them.
take_the_rest() {
	local free

	free=$(awk '/MemFree/ { print $4 }' /sys/devices/system/node/node2/meminfo)
	echo $(($(<$POOL) + (free >> 11) - 3)) >$POOL
}

fill() {
	local i kind bytes arg

	for i in "${!BLOCKS[@]}"; do
		read -r kind bytes <<<"${KINDS[i % ${#KINDS[@]}]}"
		echo online_movable >"$MEM/memory${BLOCKS[i]}/state"
		case $kind in
		free) ;;
		pin) keep "/tmp/$i" --block "${BLOCKS[i]}" --kind vmsplice ;;
		*)
			arg=()
			[[ $kind == file ]] && arg=(--path "/mnt/$i")
			keep "/tmp/$i" --block "${BLOCKS[i]}" --kind "$kind" --bytes "$bytes" "${arg[@]}"
			;;
		esac
		take_the_rest
	done
	sync
	echo 0 >$POOL
	eq "$1: all is online" $((${#BLOCKS[@]} * BLOCK_BYTES)) "$(online_bytes_of 2)"
}

empty() {
	let_go
	rm -f /mnt/[0-9]*
	done_now "$1: all goes" offline node2
}

# migrated NAME: pages that were moved, or could not be moved
migrated() {
	awk -v name="pgmigrate_$1" '$1 == name { print $2 }' /proc/vmstat
}

begin_count() {
	MOVED=$(migrated success) FAILED=$(migrated fail) BEGIN=${EPOCHREALTIME/./}
}

# end_count NAME: what moved since, and how long it took
end_count() {
	MOVED=$(($(migrated success) - MOVED)) FAILED=$(($(migrated fail) - FAILED))
	note "$1: $MOVED pages moved, $FAILED times one could not be moved, $(((${EPOCHREALTIME/./} - BEGIN) / 1000)) ms"
}

# One after the other from the highest address down, as chmem does.
tried_from_the_top() {
	local i done=0 refused=0

	begin_count
	for ((i = ${#BLOCKS[@]} - 1; i >= 0 && done < WANTED; i--)); do
		if timeout -s INT $TRY sh -c "echo offline >$MEM/memory${BLOCKS[i]}/state" 2>/dev/null; then
			done=$((done + 1))
		else
			refused=$((refused + 1))
		fi
	done
	end_count "tried from the top, $((done + refused)) blocks, $refused in vain"
	eq 'tried from the top: as many went' $WANTED $done
	check 'tried from the top: some in vain' test $refused -gt 0
	TRIED=$MOVED
}

# pinned_in LIST: the blocks of the list that have a pin
pinned_in() {
	local i

	for i in "${!BLOCKS[@]}"; do
		[[ ${KINDS[i % ${#KINDS[@]}]} == pin && " $1 " == *" ${BLOCKS[i]} "* ]] && echo "${BLOCKS[i]}"
	done
}

chosen_by_their_pages() {
	begin_count
	done_now 'chosen' offline --node 2 --size $((WANTED * BLOCK_BYTES)) --timeout ${TRY}s
	end_count 'chosen by their pages'
	eq 'chosen: as many went' $(((${#BLOCKS[@]} - WANTED) * BLOCK_BYTES)) "$(online_bytes_of 2)"
	eq 'chosen: none was tried in vain' " 0" "$(receipt failed) $FAILED"
	eq 'chosen: no block with a pin was tried' '' "$(pinned_in "$(receipt 'done') $(receipt failed)")"
	eq 'chosen: the plan knew what moves' true \
		"$(field "(.receipt.moved_bytes / 4096 - $MOVED) | fabs <= $MOVED / 20")"
	check 'chosen: blocks with pages were needed' test "$MOVED" -gt 0
	((MOVED)) || return
	check 'chosen: at least 3 times fewer pages moved' test $((3 * MOVED)) -le "$TRIED"
	note "$TRIED pages against $MOVED: $((TRIED * 10 / MOVED)) tenths"
}

# compare_choices NR DISK: the node has NR blocks, all offline; its files need a disk of that size.
compare_choices() {
	mapfile -t BLOCKS < <(blocks_of_node 2)
	eq "the node has $1 blocks" "$1" "${#BLOCKS[@]}"
	echo 600000 >/sys/kernel/mm/transparent_hugepage/khugepaged/scan_sleep_millisecs
	disk "$2"
	fill 'first'
	tried_from_the_top
	empty 'then'
	fill 'again'
	chosen_by_their_pages
}
