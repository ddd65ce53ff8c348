# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Memory changes its zone block by block: nothing in it is lost, no block either, and SIZE stays online
# vm: nvdimm=none dimm=1G:2 append="memhp_default_state=offline" timeout=400
# vm: usual=7.2

readonly ACTIONS=/sys/kernel/debug/notifier-error-inject/memory/actions

# shellcheck source=/dev/null
. /vm/content.sh

zones_are() {
	eq "$1" "$2" "$(zone_of "${BLOCKS[@]}")"
	eq "$1: all of it" $((8 * BLOCK_BYTES)) "$(online_bytes_of 2)"
}

# refusing WORD BLOCK ERROR ARG...: mhpctl online, with a driver that refuses while WORD is written.
refusing() {
	AT_WORD=$1 AT_BLOCK=$2 AT_FILE=$ACTIONS/MEM_GOING_ONLINE/error AT_TEXT=$3 AT_END=0 \
		LD_PRELOAD=/usr/lib/at-block.so mhpctl online --json "${@:4}" >"$OUT" 2>"$ERR"
	# shellcheck disable=SC2034 # for show_last and ended
	RC=$?
	keep_json "$OUT" "mhpctl online ${*:4}, refused"
	show_last
}

more_than_can_stay() {
	refused 2 'all of it' online --zone kernel --keep-at-least 1G node2
	has 'with numbers' "$(<"$ERR")" 'the targets have 1 GiB'
	has 'and what can' "$(<"$ERR")" 'keep 896 MiB or less'
	refused 2 'two targets, the same blocks' online --zone kernel --keep-at-least 1G node2 "memory${BLOCKS[0]}"
	refused 2 'zone auto' online --zone auto --keep-at-least 512M node2
	zones_are 'and nothing has changed' Movable
}

# A driver refuses everything: one block is lost, as neither zone is possible, and no second one.
what_is_kept() {
	echo -16 >$ACTIONS/MEM_GOING_ONLINE/error
	run mhpctl online --zone kernel --keep-at-least 896M --json node2
	echo 0 >$ACTIONS/MEM_GOING_ONLINE/error
	ended '1|4' 'every online is refused'
	eq 'one block is offline' $((7 * BLOCK_BYTES)) "$(online_bytes_of 2)"
	has 'it says so' "$(field '.failures[0].message')" 'it stays offline, as its old zone fails too'
	eq 'the others stay' '7 wrong_zone' \
		"$(field '[.failures[1:][].reason] | "\(length) \(unique | join(" "))"')"
	has 'and why' "$(field '.failures[1].message')" '896 MiB are to stay online'
	eq 'they are in their zone' Movable "$(zone_of "${BLOCKS[@]:1}")"
	done_now 'it comes back' online --zone movable node2
	zones_are 'all again' Movable
}

# The new zone is refused at a block in the middle: it is online in its old zone again. The pages of a
# process move in between.
a_zone_that_fails() {
	local there=${BLOCKS[3]}

	spawn /tmp/verifier verifier hold --node 2 --bytes 64M --status /tmp/status
	check 'a process has verified memory there' until_true 90 test -s /tmp/status
	refusing online_kernel "$there" -12 --zone kernel --timeout 60s node2
	ended '1|64' 'a block cannot have the zone'
	eq 'it is told' "memory$there ENOMEM" "$(field '.failures[] | "\(.target) \(.errno)"')"
	has 'with its end' "$(field '.failures[0].message')" 'it is online again in zone movable'
	eq 'and so it is' 'online Movable' "$(state_of "$there") $(zone_of "$there")"
	eq 'the others have changed' 7 "$(field '.targets[0].blocks_done')"
	eq 'no memory is lost' $((8 * BLOCK_BYTES)) "$(online_bytes_of 2)"
	done_now 'without the refusal' online --zone kernel --keep-at-least 896M --timeout 60s node2
	zones_are 'the rest' Normal
	already_so 'again' online --zone kernel --keep-at-least 896M node2
	kill "$PID"
	check_rc 0 'no wrong byte' wait "$PID"
	has 'and it has read all of it' "$(</tmp/status)" 'wrong=0'
}

# The kernel has put memory of its own into a block by now, or not: that one cannot leave its zone.
back_to_movable() {
	run mhpctl online --zone movable --keep-at-least 896M --timeout 20s --json node2
	ended '0|1|64' 'back to movable'
	eq 'no memory is lost by it' $((8 * BLOCK_BYTES)) "$(online_bytes_of 2)"
	eq 'what stays is told' "$(zone_of "${BLOCKS[@]}" | grep -cw Normal)" \
		"$(field 'if (.failures | length) > 0 then 1 else 0 end')"
	eq 'as a wrong zone' true "$(field '[.failures[].reason == "wrong_zone"] | all')"
	eq 'the count is true' "$(in_zone Movable)" "$(field '.targets[0].blocks_done')"
}

# in_zone ZONE: how many blocks are.
in_zone() {
	local block nr=0

	for block in "${BLOCKS[@]}"; do
		[[ $(zone_of "$block") == "$1" ]] && nr=$((nr + 1))
	done
	echo $nr
}

modprobe -q memory-notifier-error-inject
mapfile -t BLOCKS < <(blocks_of_node 2)
eq 'the node has 8 blocks' 8 "${#BLOCKS[@]}"
done_now 'movable' online node2
more_than_can_stay
what_is_kept
a_zone_that_fails
back_to_movable
settings_are offline
