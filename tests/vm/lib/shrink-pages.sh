# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Blocks of node 2 chosen by their pages, against blocks tried from the top: cases shrink-pages*

# shellcheck source=/dev/null
. /vm/content.sh

FILLERS=()
readonly POOL=/sys/devices/system/node/node2/hugepages/hugepages-2048kB/nr_hugepages

# free_pieces: how many huge pages of the node can be taken, and how many KiB in smaller pieces, so that its
# watermark is left, and a bit: below that the kernel would reclaim files and compact, and so move what is in
# the blocks.
free_pieces() {
	awk '
		FILENAME == "/proc/zoneinfo" && /^Node/ { here = $2 == "2," && $4 == "Movable" }
		FILENAME == "/proc/zoneinfo" { if (here && $1 == "high") leave = $2 + 1024; next }
		$2 == "2," && $4 == "Movable" {
			for (i = NF; i >= 14; i--) huge = huge * 2 + $i
			for (; i >= 5; i--) small = small * 2 + $i
		}
		END {
			most = int((huge * 512 + small - leave) / 512)
			print (most < huge ? most : huge), (small > leave ? (small - leave) * 4 : 0)
		}' /proc/zoneinfo /proc/buddyinfo
}

# Takes what is free on the node, so that the next content finds space only in the next block: huge pages into
# its pool, and when there are many smaller pieces a process takes them. With init_on_alloc=0 nothing touches
# the pages of the pool, and the host does not need memory for them.
take_the_rest() {
	local huge small

	read -r huge small < <(free_pieces)
	echo "  left: $huge huge pages, $small KiB; in the pool: $(<$POOL)"
	((huge <= 0)) || echo $(($(<$POOL) + huge)) >$POOL
	((small > 8192)) || return
	spawn /tmp/rest holder --node 2 --kind plain --bytes "${small}K"
	FILLERS+=("$PID")
	until_true 90 has_begun "$PID" /tmp/rest
}

# content INDEX ARG...: of that block. A huge page may be missing for a moment.
content() {
	local i=$1 try
	shift

	[[ $PLACE == any ]] || set -- --block "${BLOCKS[i]}" "$@"
	for try in 1 2 3; do
		try_keep "/tmp/$i" "$@" && return
	done
	fail "memory${BLOCKS[i]}, tried $try times: $*" "$(tail -n 1 "/tmp/$i.err")"
}

# misplaced: how many have their content somewhere else; a few, where the rest of the node was large enough
misplaced() {
	local i nr=0

	for i in "${!BLOCKS[@]}"; do
		[[ ${KINDS[i % ${#KINDS[@]}]} == free || $(held_block "/tmp/$i") == "${BLOCKS[i]}" ]] || nr=$((nr + 1))
	done
	echo $nr
}

fill() {
	local i kind bytes arg

	for i in "${!BLOCKS[@]}"; do
		read -r kind bytes <<<"${KINDS[i % ${#KINDS[@]}]}"
		echo online_movable >"$MEM/memory${BLOCKS[i]}/state"
		case $kind in
		free) ;;
		pin) content "$i" --kind vmsplice ;;
		*)
			arg=()
			[[ $kind == file ]] && arg=(--path "/mnt/$i")
			content "$i" --kind "$kind" --bytes "$bytes" "${arg[@]}"
			;;
		esac
		take_the_rest
	done
	sync
	let_go_of "${FILLERS[@]}"
	FILLERS=()
	echo 0 >$POOL
	[[ $PLACE == any ]] || check "$1: each kind is in its blocks" test "$(misplaced)" -le $((${#BLOCKS[@]} / 16))
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
		if timeout -s INT "$TRY" sh -c "echo offline >$MEM/memory${BLOCKS[i]}/state" 2>/dev/null; then
			done=$((done + 1))
		else
			refused=$((refused + 1))
		fi
	done
	end_count "tried from the top, $((done + refused)) blocks, $refused in vain"
	eq 'tried from the top: as many went' "$WANTED" $done
	check 'tried from the top: some in vain' test $refused -gt 0
	TRIED=$MOVED
}

# pinned_in LIST: the blocks of the list that have a pin
pinned_in() {
	local i block

	for i in "${!BLOCKS[@]}"; do
		[[ ${KINDS[i % ${#KINDS[@]}]} == pin ]] || continue
		block=$(held_block "/tmp/$i")
		[[ " $1 " != *" $block "* ]] || echo "$block"
	done
}

chosen_by_their_pages() {
	begin_count
	done_now 'chosen' offline --node 2 --size $((WANTED * BLOCK_BYTES)) --timeout "${TRY}s"
	end_count 'chosen by their pages'
	eq 'chosen: as many went' $(((${#BLOCKS[@]} - WANTED) * BLOCK_BYTES)) "$(online_bytes_of 2)"
	eq 'chosen: none was tried in vain' '' "$(receipt failed)"
	eq 'chosen: no block with a pin was tried' '' "$(pinned_in "$(receipt 'done') $(receipt failed)")"
	eq 'chosen: the plan knew what moves' true \
		"$(field "(.receipt.moved_bytes / 4096 - $MOVED) | fabs <= $MOVED / 20 + 256")" # a few come between
	note "the plan said $(field '.receipt.moved_bytes / 4096') pages"
	check 'chosen: blocks with pages were needed' test "$MOVED" -gt 0
	((MOVED)) || return
	check 'chosen: at least 3 times fewer pages moved' test $((3 * MOVED)) -le "$TRIED"
	note "$TRIED pages against $MOVED: $((TRIED * 10 / MOVED)) tenths"
}

# compare_choices NR PLACE DISK WANTED TRY KIND...: the node has NR blocks, all offline, and WANTED of them are to
# go, with TRY seconds for one; chmem --disable SIZE has no limit, and stays at the first pin. The blocks have the
# kinds of content in turn, in an order that prefers nobody; its files need a disk of that size. With the PLACE
# own each content is in its block; with any the kernel packs it into blocks that have space, and most have none.
# To find the own place, a process touches what is free elsewhere, which takes much of the host where there are
# many blocks.
compare_choices() {
	PLACE=$2 WANTED=$4 TRY=$5 KINDS=("${@:6}")
	mapfile -t BLOCKS < <(blocks_of_node 2)
	eq "the node has $1 blocks" "$1" "${#BLOCKS[@]}"
	echo 600000 >/sys/kernel/mm/transparent_hugepage/khugepaged/scan_sleep_millisecs
	disk "$3"
	fill 'first'
	tried_from_the_top
	empty 'then'
	fill 'again'
	chosen_by_their_pages
}
