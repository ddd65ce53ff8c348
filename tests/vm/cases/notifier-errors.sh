# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A driver refuses one block with each errno: reported, undone or continued
# vm: nvdimm=1G label=128k timeout=1500 once
# vm: usual=6.1

# The notifier of the kernel's module refuses while the state of one block is written (at-block.c), or
# all the time where the kernel itself walks over the blocks. Each errno comes at the first, a middle and
# the last block; in a usual run three errnos come at one of these each.

readonly ACTIONS=/sys/kernel/debug/notifier-error-inject/memory/actions
readonly ERRNOS=(EPERM:1 EBUSY:16 ENOMEM:12 EINVAL:22 EACCES:13 EINTR:4 EIO:5 EAGAIN:11 ENOENT:2 ENODEV:19
	ENXIO:6 EFAULT:14 EEXIST:17 ENFILE:23 ENOSPC:28 EROFS:30 ERANGE:34 ENOSYS:38 EOVERFLOW:75
	EOPNOTSUPP:95 ETIMEDOUT:110 EHWPOISON:133)
CELLS=0
WRONG=0

wrong() {
	WRONG=$((WRONG + 1))
	fail "$1" "$2"
}

# never WORD: all notifiers agree again.
never() {
	echo 0 >$ACTIONS/MEM_GOING_ONLINE/error
	echo 0 >$ACTIONS/MEM_GOING_OFFLINE/error
}

nr_in() {
	local block nr=0

	for block in "${BLOCKS[@]}"; do
		[[ $(state_of "$block") == "$1" ]] && nr=$((nr + 1))
	done
	echo $nr
}

# reasons_of VERB ERRNO: the reasons that may be given. Only an offline has its words in the log.
reasons_of() {
	case $1:$2 in
	offline:*) echo notifier ;;
	online:EPERM | online:EBUSY) echo notifier ;;
	online:EHWPOISON) echo poisoned ;;
	online:EACCES | online:EROFS) echo not_permitted ;; # as where the file cannot be opened
	*) echo kernel ;;
	esac
}

# cell VERB ERRNO:NUMBER BLOCK [OPTION]: one run, which fails at that block only.
cell() {
	local verb=$1 errno=${2%:*} number=${2#*:} block=$3 option=${4:-} name seen action=MEM_GOING_OFFLINE
	local want=offline was=online done_there

	[[ $verb == offline ]] || { action=MEM_GOING_ONLINE want=online was=offline; }
	name="$verb $errno at memory$block $option"
	CELLS=$((CELLS + 1))
	# shellcheck disable=SC2086 # nothing, or a word
	AT_BLOCK=$block AT_FILE=$ACTIONS/$action/error AT_TEXT=-$number AT_END=0 LD_PRELOAD=/usr/lib/at-block.so \
		mhpctl "$verb" --timeout 5s $option "memory${BLOCKS[0]}-${BLOCKS[-1]}" --json >"$OUT" 2>"$ERR"
	RC=$?
	never
	done_there=$(nr_in $want)
	seen=$(field "[.exit_code == $RC, .exit_code, .status != \"ok\", .changed, .targets[0].blocks_done,
		([.failures[] | select(.target == \"memory$block\")][0] | .errno, .reason, (.hint | length > 0))] | map(tostring) | join(\" \")")
	printf '%s: %s; %d of %d %s: %s\n' "$name" "$seen" "$done_there" "${#BLOCKS[@]}" $want "$(field '[.failures[].message] | join(" / ")')"
	[[ $seen == "true $RC true "* && $RC =~ ^(1|4|5|6|64)$ ]] || wrong "$name" "$seen"
	[[ $seen == *" $errno $(reasons_of "$verb" "$errno") true" ]] || wrong "$name: errno and reason" "$seen"
	if [[ $option == --rollback ]]; then
		((done_there == 0)) || wrong "$name: undone" "$done_there are $want"
	fi
	[[ $(field '.targets[0].blocks_done') == "$done_there" ]] || wrong "$name: the count" "$done_there, not $(field '.targets[0].blocks_done')"
	[[ $(field .changed) == "$( ((done_there)) && echo true || echo false)" || $option ]] || wrong "$name: changed" "$(field .changed)"
	[[ $(state_of "$block") == "$was" ]] || wrong "$name: that block" "$(state_of "$block")"
}

# continued VERB: without the refusal the same command does the rest.
continued() {
	local want=offline

	[[ $1 == offline ]] || want=online
	mhpctl "$1" "memory${BLOCKS[0]}-${BLOCKS[-1]}" --json >"$OUT" 2>"$ERR"
	RC=$?
	[[ "$RC $(nr_in $want)" == "0 ${#BLOCKS[@]}" ]] || wrong "$1 without the refusal" "exit $RC, $(nr_in $want) blocks $want"
}

# as_before VERB: all blocks are as they were before it.
as_before() {
	local back=online

	[[ $1 == offline ]] || back=offline
	mhpctl $back "memory${BLOCKS[0]}-${BLOCKS[-1]}" >/dev/null 2>&1 || wrong "back with $back" "exit $?"
}

# A usual run takes three.
used_errnos() {
	in_usual_run && echo "${ERRNOS[@]:0:3}" || echo "${ERRNOS[@]}"
}

# each_errno VERB: with and without --rollback, at the first, a middle and the last block.
each_errno() {
	local errno nr=0 block
	local -a at=("${BLOCKS[0]}" "${BLOCKS[3]}" "${BLOCKS[-1]}")

	for errno in $(used_errnos); do
		for block in "${at[@]}"; do
			in_usual_run && [[ $block != "${at[nr % 3]}" ]] && continue
			cell "$1" "$errno" "$block" --rollback
			cell "$1" "$errno" "$block"
			as_before "$1"
		done
		nr=$((nr + 1))
	done
	continued "$1"
}

# whole VERB ERRNO:NUMBER: all blocks are refused at once, also where the kernel itself walks over them.
# A device that was just bound keeps its blocks, and the next run continues.
whole() {
	local errno=${2%:*} number=${2#*:} name="region0: $1 $2"

	CELLS=$((CELLS + 1))
	if [[ $1 == online ]]; then
		mhpctl remove --destroy --yes region0 >/dev/null 2>&1 || wrong "$name: empty before" "exit $?"
		echo "-$number" >$ACTIONS/MEM_GOING_ONLINE/error
	else
		mhpctl online region0 >/dev/null 2>&1 || wrong "$name: online before" "exit $?"
		echo "-$number" >$ACTIONS/MEM_GOING_OFFLINE/error
	fi
	# shellcheck disable=SC2086 # nothing, or a word
	mhpctl "$1" ${3:-} --timeout 5s region0 --json >"$OUT" 2>"$ERR"
	RC=$?
	never
	printf '%s %s: exit %d: %s; %s\n' "$name" "${3:-}" "$RC" "$(states_of_node 2)" "$(field '[.failures[] | "\(.target) \(.reason) \(.errno) \(.message)"] | unique | join(" / ")' | cut -c1-300)"
	[[ $RC =~ ^(1|4|5)$ && $RC == "$(field .exit_code)" && $(field '.failures | length') -gt 0 ]] || wrong "$name" "exit $RC, $(field .exit_code)"
	case $1:${3:-} in
	online:--rollback) [[ ! $(ndctl list -N -r region0 | jq -r '.[]? | select(.mode == "devdax").dev') ]] || wrong "$name: undone" "$(ndctl list -N)" ;;
	online:) [[ $(states_of_node 2) != *online* ]] || wrong "$name" "$(states_of_node 2)" ;;
	remove:) [[ $(states_of_node 2) == online ]] || wrong "$name" "$(states_of_node 2)" ;;
	esac
	mhpctl "$1" region0 --json >"$OUT" 2>"$ERR"
	RC=$?
	[[ $RC == 0 && $(field .status) == ok ]] || wrong "$name: continued" "exit $RC: $(tail -n 1 "$ERR")"
}

# has_fault_injection: is this kernel built with CONFIG_FAULT_INJECTION, which failslab and fail_page_alloc
# need? Where it does not show its configuration, its symbols do.
has_fault_injection() {
	if [[ -r /proc/config.gz ]]; then
		zcat /proc/config.gz | grep -q '^CONFIG_FAULT_INJECTION=y'
	else
		grep -qw should_fail /proc/kallsyms
	fi
}

auto_online offline
check 'the module for it' modprobe memory-notifier-error-inject
done_now 'online' online --init-labels region0
mapfile -t BLOCKS < <(blocks_of_node 2)
each_errno offline
each_errno online
for errno in $(in_usual_run || echo ENOMEM:12) EBUSY:16; do
	whole online "$errno"
	whole remove "$errno"
	whole online "$errno" --rollback
done
holds 'the symbols of this kernel are readable' grep -qw memory_notify /proc/kallsyms
# None of Debian's kernels has it. One that does needs tests here.
holds 'this kernel is built without CONFIG_FAULT_INJECTION' eval '! has_fault_injection'
eq "$CELLS runs: exit code, document and machine agree" 0 "$WRONG"
settings_are offline
proof "fault: a notifier refuses the first, a middle $(in_usual_run && echo or || echo and) the last block with each of $(used_errnos | wc -w) errnos, and all blocks" "$CELLS" \
	"$((WRONG < CELLS ? WRONG : CELLS))" "told with the errno, undone or continued; allocations are not made to fail: the kernel is built without CONFIG_FAULT_INJECTION"
