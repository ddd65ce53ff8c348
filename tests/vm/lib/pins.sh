# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# For the cases pins-*: one holder after the other on a memory block of node 2, and the report of
# mhpctl. Each makes a line of /tmp/pins.tsv, from which tests/vm/pins makes the table.

PINS=/tmp/pins.tsv
HOLD=/tmp/holder
ALSO=:       # extra command while the pages are held
OWNER=holder # expected owners of held pages
UNSEEN=''     # set if the hold is not visible before an offline

# pins_begin: give node 2 memory blocks, all offline. The first stays online in each zone, so that
# the kernel has space for its own allocations; the others are tried one after the other.
pins_begin() {
	auto_online offline
	modprobe -qa loop dm-mod ext4
	done_now 'node 2 is there' online --init-labels region0
	mapfile -t BLOCKS < <(blocks_of_node 2)
	done_now 'node 2 is offline' offline dax0.0
	BASE=${BLOCKS[0]}
	: >"$PINS"
}

# ext4_begin: mount an ext4 on a loop device at /mnt.
ext4_begin() {
	truncate -s 16M /tmp/disk
	run mke2fs -q -t ext4 -F /tmp/disk
	mkdir -p /mnt
	check 'ext4 is there' mount -t ext4 -o loop /tmp/disk /mnt
}

pins_end() {
	copy_out "$PINS"
}

state_to() {
	echo "$1" >"$MEM/memory$2/state"
}

# zone_begin movable|kernel
zone_begin() {
	ZONE=$1
	SPARE=("${BLOCKS[@]:1}") BLOCK='' NAME="$ZONE, first"
	declare -gA ZONE_NAME=([movable]=Movable [kernel]=Normal)
	state_to "online_$ZONE" "$BASE"
	kernel_takes_its_share
	next_block
}

# Allocations that the kernel makes once per cgroup, ring and so on must not use the tried blocks.
kernel_takes_its_share() {
	[[ $ZONE == kernel ]] || return
	mkdir /sys/fs/cgroup/share{1..100}
	rmdir /sys/fs/cgroup/share{1..100}
	hold --kind io_uring --by cgroup
	let_go
}

next_block() {
	BLOCK=${SPARE[0]}
	SPARE=("${SPARE[@]:1}")
	state_to "online_$ZONE" "$BLOCK"
}

zone_end() {
	local block

	for block in "${BLOCKS[@]}"; do
		[[ $(state_of "$block") == online ]] && state_to offline "$block" 2>/dev/null
	done
}

# let_go: end the holder and its helpers. It may have to clean up: no SIGKILL.
let_go() {
	kill "$PID" 2>/dev/null
	((OTHER)) && kill "$OTHER" 2>/dev/null
	wait "$PID" 2>/dev/null
	until_true 5 gone "$HOLDER" "$OTHER" || fail "$NAME: all who held are gone"
	echo 0 2>/dev/null >/sys/devices/system/node/node2/hugepages/hugepages-2048kB/nr_hugepages
}

gone() {
	local pid

	for pid in "$@"; do
		((pid == 0)) || [[ ! -e /proc/$pid ]] || return 1
	done
}

said() {
	sed -n "s/.* $1=\([^ ]*\).*/\1/p" "$HOLD"
}

block_at() {
	echo $(($1 * 4096 / $(block_size)))
}

# hold ARG...: start the holder, on BLOCK if set; HELD is the block that has (or had) its pages.
hold() {
	rm -f "$HOLD" # or "ready" of the last holder would count
	HOLDER=0 OTHER=0 HELD=''
	hold_pages "$HOLD" --node 2 ${BLOCK:+--block "$BLOCK"} "$@"
	grep -q '^ready' "$HOLD" || return
	HOLDER=$(said pid) OTHER=$(said other)
	HELD=$(block_at "$(said was)")
	MOVED=''
	[[ $(block_at "$(said pfn)") == "$HELD" ]] || MOVED=yes
}

# who PID...: print the roles of these processes.
who() {
	local pid part strangers=''
	declare -A has=()

	for pid in "$@"; do
		case $pid in
		"$HOLDER") has[holder]=yes ;;
		"$OTHER") has[other]=yes ;;
		*) strangers+=", STRANGER($(tr -cd '[:alnum:]' <"/proc/$pid/comm"))" ;;
		esac
	done
	part="${has[holder]:+, holder}${has[other]:+, other}$strangers"
	echo "${part:+${part#, }}"
}

# told OWNERS FIRST: read the document with one filter, since starting programs is slow: FIRST is
# the filter of the first value, OWNERS that of the owners. Sets FIRST REASON ELAPSED KINDS SURE
# CERTAIN WHO.
told() {
	local pids filter

	filter="($1 // []) as \$o | [$2, (.failures[0].reason // \"-\"), .elapsed_ms,
		([\$o[].pid | tostring] | unique | join(\" \")),
		([\$o[] | .holder.kind // \"unknown\"] | unique | join(\", \")),
		([\$o[].confidence] | unique | join(\", \")),
		([\$o[] | select(.confidence == \"certain\") | .pid, (.holder.pid // empty) | tostring]
			| unique | join(\" \"))]
		| map(tostring | if . == \"\" then \"-\" else . end) | join(\"\t\")"
	IFS=$'\t' read -r FIRST REASON ELAPSED pids KINDS SURE CERTAIN < <(field "$filter")
	# shellcheck disable=SC2086 # words on purpose
	WHO=$(who ${pids/#-/})
	WHO=${WHO:--}
}

# A certain owner must not be a third process.
nobody_wronged() {
	local pid

	for pid in ${CERTAIN/#-/}; do
		[[ $pid == "$HOLDER" || $pid == "$OTHER" ]] ||
			fail "$1: a certain owner is a party" "$pid $(cat "/proc/$pid/comm")"
	done
	[[ $WHO != *STRANGER* ]] || note "$1: suspected as well: $WHO"
}

checked() {
	run mhpctl check "memory$HELD" --json
	told '.blocks[0].owners' '.blocks[0].verdict'
	VERDICT=$FIRST
	CHECK="$VERDICT$([[ $WHO == - ]] || echo ": $WHO, $KINDS, $SURE")"
	nobody_wronged "$NAME: check"
	eq "$NAME: check changes nothing" online "$(state_of "$HELD")"
}

# The kernel's log since MARK has an unmovable page of the block.
unmovable_page_seen() {
	local line pfn=0

	while read -r line; do
		[[ $line =~ pfn:0x([0-9a-f]+) ]] && pfn=$((16#${BASH_REMATCH[1]}))
		[[ $line != *'unmovable page'* || $(block_at "$pfn") != "$HELD" ]] || return 0
	done < <(dmesg | sed -n "/$MARK\$/,\$p")
	return 1
}

offlined() {
	MARK="pins: $ZONE, ${KIND//[^[:alnum:]]/ }, offline"
	echo "$MARK" >/dev/kmsg
	run mhpctl offline --timeout 3s "memory$HELD" --json
	EXIT=$RC
	told '.failures[0].owners' .status
	nobody_wronged "$NAME: offline"
	{
		printf '%s\t' "$KERNEL" "$ZONE" "$KIND" "$CHECK" "$FIRST" "$REASON" "$WHO" "$KINDS" "$SURE"
		printf '%s\t%s\n' "$EXIT" "${MOVED:-no}"
	} >>"$PINS"
	holds "$NAME: in time" test "$ELAPSED" -le 4000
}

# judge WANT: moves, or the allowed reasons, `a|b`; in a kernel zone a page of the kernel may be the
# reason first.
judge() {
	local want=$1 got=$REASON

	((EXIT == 0)) && got=moves
	if [[ $got == unmovable && $ZONE == kernel ]]; then
		holds "$NAME: an unmovable page was seen" unmovable_page_seen
	else
		has "$NAME: offline tells the truth ($got)" "|$want|" "|$got|"
	fi
	case $got in
	moves) eq "$NAME: is offline" offline "$(state_of "$HELD")" ;;
	pinned | extra_reference | hugetlb) eq "$NAME: the owner is named" "$OWNER" "$WHO" ;;
	esac
	((EXIT == 0)) ||
		eq "$NAME: is online" "online ${ZONE_NAME[$ZONE]}" "$(state_of "$HELD") $(zone_of "$HELD")"
	[[ $VERDICT != blocked || $got != moves ]] || fail "$NAME: check was not too strict"
	[[ $VERDICT != removable || $got == moves || $UNSEEN ]] ||
		fail "$NAME: check saw it coming" "removable, and then $got"
}

# After the holder has ended the block goes offline, and online again for the next one.
brought_back() {
	let_go
	if [[ $(state_of "$HELD") == online && $REASON != unmovable ]]; then
		run mhpctl offline --timeout 5s "memory$HELD" --json
		[[ $ZONE == kernel && $(field '.failures[0].reason // ""') == unmovable ]] ||
			eq "$NAME: offline once it let go" '0 offline' "$RC $(state_of "$HELD")"
	fi
	[[ $(state_of "$HELD") == online ]] || state_to "online_$ZONE" "$HELD"
	eq "$NAME: online again" "online ${ZONE_NAME[$ZONE]}" "$(state_of "$HELD") $(zone_of "$HELD")"
	[[ $REASON == unmovable && $HELD == "$BLOCK" && ${#SPARE[@]} -gt 0 ]] && next_block
}

# try WANT KIND ARG...: holder ARG… on a block of the zone, and the report of mhpctl. Restores all.
try() {
	local want=$1

	KIND=$2 NAME="$ZONE, $2" REASON=''
	shift 2
	if ! hold "$@"; then
		let_go
		return
	fi
	checked
	offlined
	judge "$want"
	"$ALSO"
	brought_back
}

# ways WANT KIND: try each way in which one process holds pages.
ways() {
	local want=$1 kind=$2

	try "$want" "$kind by a thread" --kind "$kind" --by thread
	try "$want" "$kind in a pid namespace" --kind "$kind" --by pidns
	ALSO=the_cgroup_is_told
	try "$want" "$kind in a cgroup" --kind "$kind" --by cgroup
	ALSO=the_name_is_harmless
	try "$want" "$kind, odd name" --kind "$kind" --odd-name
	ALSO=:
}

# ways_of_two WANT KIND: the same with two processes. Once a pipe is passed on, it shows nothing
# about the pages in the other process.
ways_of_two() {
	local want=$1 kind=$2 shared=$2

	[[ $kind == io_uring ]] && shared=io_uring-shared # private memory is copied at fork
	OWNER='holder, other'
	try "$want" "$kind and a child" --kind "$shared" --by fork
	OWNER=holder
	[[ $kind != vmsplice ]] || UNSEEN=yes
	try "$want" "$kind, passed on" --kind "$kind" --by passing
	OWNER=- UNSEEN=yes
	try "$want" "$kind, passed on, owner gone" --kind "$kind" --by heir
	OWNER=holder UNSEEN=''
}

the_cgroup_is_told() {
	[[ $WHO == - ]] ||
		eq "$NAME: the cgroup is told" /pins-holder "$(field '.failures[0].owners[0].cgroup')"
}

# Checks the name in JSON, where invalid UTF-8 becomes U+FFFD, and in text.
the_name_is_harmless() {
	local document

	[[ $WHO == - ]] && return
	document=$(<"$OUT")
	eq "$NAME: JSON holds UTF-8 only" '' \
		"$(LC_ALL=C tr -cd '\200-\377' <<<"${document//$'\xef\xbf\xbd'/}")"
	eq "$NAME: JSON holds no control characters" '' "$(LC_ALL=C tr -cd '\0-\11\13-\37\177' <"$OUT")"
	has "$NAME: JSON holds the name" "$(field '.failures[0].owners[0].comm')" '31m'
	# the kernel reports ten pages in five seconds, and does not report these again
	run mhpctl offline --timeout 1s "memory$HELD"
	eq "$NAME: text holds no control characters" '' \
		"$(cat "$OUT" "$ERR" | LC_ALL=C tr -cd '\0-\11\13-\37\177-\377')"
	has "$NAME: text names the holder" "$(cat "$ERR")" "[$HOLDER]"
}

# usable: pages can be allocated from the block again.
usable() {
	NAME="$ZONE, usable"
	hold --kind plain && eq "$NAME: pages come from the block" "$BLOCK" "$HELD"
	let_go
}
