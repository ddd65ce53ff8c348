# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The parts that need no virtual machine, on trees of `tree` and on this machine, of which they only read. The sizes and
# the number of rounds are those of the short or of the full form.

readonly LIST_BLOCKS=49152
readonly START_TIMES=10 # runs for one sample of a command that takes milliseconds
readonly SEARCH_US=600000 # the time that mhpctl has for a search: lib/exec/diagnose.c
readonly LSMEM_COLUMNS=RANGE,SIZE,STATE,NODE,ZONES

set_sizes() {
	if [[ $FORM == short ]]; then
		BLOCK_SIZES=(1024 8192 "$LIST_BLOCKS")
		DEVICE_SIZES=(1 16 64)
		PROCESS_SIZES=(10 100 1000)
		OWNERS=('1000 200')
	else
		BLOCK_SIZES=(1024 2048 4096 8192 16384 32768 "$LIST_BLOCKS" 65536)
		DEVICE_SIZES=(1 2 4 8 16 32 64 128 256)
		PROCESS_SIZES=(10 30 100 300 1000 3000 10000)
		OWNERS=('1000 200' '10000 200')
	fi
}

# make_tree NAME OPTION...: makes it, or lets it grow; its path is in TREE.
make_tree() {
	TREE=${TREES:?}/$1
	mkdir -p "$TREE"
	"$BENCH_DIR/tree" "$TREE" "${@:2}"
}

# grown ROW SIZE CMD...: samples of one command for the growth of its cost.
grown() {
	take "$1" "$2" mhpctl 1 1 "$MHPCTL" --sysroot "$TREE" "${@:3}"
}

# ---- blocks --------------------------------------------------------------------------------------

# as_machine CMD...: runs it where /sys is that of the tree, so that files are opened as on a machine. With
# --sysroot mhpctl opens each file twice, for safety.
as_machine() {
	# shellcheck disable=SC2016 # words of the inner shell
	unshare "${UNSHARE[@]}" sh -c 'mount --bind "$0/sys" /sys && exec "$@"' "$TREE" "$@"
}

# can_be_machine: root may, and others where the kernel lets them.
can_be_machine() {
	UNSHARE=(--mount)
	((EUID == 0)) || UNSHARE+=(--map-root-user)
	as_machine true 2>/dev/null
}

# Everything at the size of the first row of the table, with two CPUs and with one.
machine_round() {
	# shellcheck disable=SC2034 # read in take
	local RUN=(as_machine "$WORK/bin/meter") lsmem=(lsmem -o "$LSMEM_COLUMNS")

	if [[ $FORM == full ]]; then
		take list "$LIST_BLOCKS" mhpctl 2 1 "$MHPCTL" list
		take list "$LIST_BLOCKS" lsmem 2 1 "${lsmem[@]}"
	fi
	take list-one "$LIST_BLOCKS" mhpctl 1 1 "$MHPCTL" list
	take list-one "$LIST_BLOCKS" lsmem 1 1 "${lsmem[@]}"
	take list-one "$LIST_BLOCKS" bare 1 1 "$WORK/bin/bare" blocks /
	# 4 MiB and 32 bytes a block
	sample list-one "$LIST_BLOCKS" bound $((4096 + LIST_BLOCKS * 32 / 1024)) peak_kib
}

copy_round() {
	take list-copy "$LIST_BLOCKS" mhpctl 1 1 "$MHPCTL" --sysroot "$TREE" list
	take list-copy "$LIST_BLOCKS" lsmem 1 1 lsmem --sysroot "$TREE" -o "$LSMEM_COLUMNS"
}

list_round() {
	copy_round
	if can_be_machine; then
		machine_round
	else
		lack list list-one
	fi
}

blocks_round() {
	local size=$1

	grown blocks-list "$size" list
	[[ $FORM == full ]] || return 0
	take blocks-list "$size" lsmem 1 1 lsmem --sysroot "$TREE" -o "$LSMEM_COLUMNS"
	grown blocks-json "$size" list --blocks --json
	grown blocks-metrics "$size" metrics
	grown blocks-plan "$size" plan "$TREE/policy.conf"
}

# Both programs must show all of the memory, or there is nothing to compare.
check_blocks() {
	local bytes=$(($1 * (128 << 20)))

	prints "$bytes" lsmem --bytes --sysroot "$TREE"
	prints "\"online_bytes\": $bytes," "$MHPCTL" --sysroot "$TREE" list --json
	prints "$1" "$WORK/bin/bare" blocks "$TREE"
}

part_blocks() {
	local size round

	for size in "${BLOCK_SIZES[@]}"; do
		make_tree blocks --blocks "$size" --sections 4
		check_blocks "$size"
		for ((round = 0; round < ROUNDS; round++)); do
			blocks_round "$size"
			((size != LIST_BLOCKS)) || list_round
		done
	done
	rm -rf "$TREE"
}

# ---- devices and namespaces ----------------------------------------------------------------------

devices_round() {
	grown devices-list "$1" list
	grown devices-metrics "$1" metrics
	grown devices-plan "$1" plan "$TREE/policy.conf"
	take devices-policy "$1" mhpctl 1 1 "$MHPCTL" policy check "$TREE/policy.conf"
}

# together_take NAME ARG...: on the machine with all blocks and devices, and on the two that have only one of them. TREE
# stands for the tree.
together_take() {
	local tree all=() words

	for tree in together blocks-alone devices-alone; do
		words=("$MHPCTL" --sysroot TREE "${@:2}")
		all+=("${words[*]//TREE/$TREES/$tree}")
	done
	take "together-$1" "$LIST_BLOCKS" mhpctl 1 1 sh -c "${all[0]}"
	take "together-$1" "$LIST_BLOCKS" alone 1 1 sh -c "${all[1]} && ${all[2]}"
}

# Devices on a machine with many blocks: the cost is to be the sum of both, and not their product.
together() {
	local devices=(--devices 64 --sections 64) round

	make_tree blocks-alone --blocks "$LIST_BLOCKS" --sections 4
	make_tree devices-alone --blocks 1024 "${devices[@]}"
	make_tree together --blocks "$LIST_BLOCKS" "${devices[@]}"
	prints region63 "$MHPCTL" --sysroot "$TREE" list
	for ((round = 0; round < ROUNDS; round++)); do
		together_take list list
		together_take metrics metrics
		together_take plan plan TREE/policy.conf
	done
	rm -rf "$TREES"/{blocks-alone,devices-alone,together}
}

# A section of the policy for each device.
part_devices() {
	local size round

	for size in "${DEVICE_SIZES[@]}"; do
		make_tree devices --blocks 1024 --devices "$size" --sections "$size"
		prints "region$((size - 1))" "$MHPCTL" --sysroot "$TREE" list
		prints "$size section" "$MHPCTL" policy check "$TREE/policy.conf"
		for ((round = 0; round < ROUNDS; round++)); do
			devices_round "$size"
		done
	done
	for size in "${DEVICE_SIZES[@]}"; do
		make_tree namespaces --blocks 1024 --namespaces "$size"
		prints "namespace1000.$((size - 1))" "$MHPCTL" --sysroot "$TREE" list
		for ((round = 0; round < ROUNDS; round++)); do
			grown namespaces-list "$size" list
		done
	done
	[[ $FORM == short ]] || together
}

# ---- small commands ------------------------------------------------------------------------------

start_round() {
	local -a meter=(1 "$START_TIMES")

	take start 0 mhpctl "${meter[@]}" "$MHPCTL" --version
	take start 0 daxctl "${meter[@]}" daxctl --version
	take complete 0 mhpctl "${meter[@]}" "$MHPCTL" --complete -- list ''
	take complete 0 version "${meter[@]}" "$MHPCTL" --version
	take no-devices 0 mhpctl "${meter[@]}" "$MHPCTL" list
	take no-devices 0 daxctl "${meter[@]}" daxctl list
}

# On a machine of 8 GiB without devices: the tree is its /sys.
part_start() {
	local round
	# shellcheck disable=SC2034 # read in take
	local RUN=(as_machine "$WORK/bin/meter")

	make_tree start --blocks 64
	can_be_machine || { lack start complete no-devices; return; }
	prints memory as_machine "$MHPCTL" --complete -- list ''
	for ((round = 0; round < ROUNDS; round++)); do
		start_round
	done
}

# ---- pages and processes -------------------------------------------------------------------------

# first_block NR: the first of so many neighbouring blocks of this machine.
first_block() {
	basename -a /sys/devices/system/memory/memory[0-9]* | sed 's/^memory//' | sort -n | awk -v nr="$1" '
		{ run = $1 == last + 1 ? run + 1 : 1; last = $1 }
		run == nr { print $1 - nr + 1; exit }'
}

# The files of this machine, of which root may read, else copies.
part_pages() {
	local root=/ pages nr first

	pages=$((16#$(cat /sys/devices/system/memory/block_size_bytes) / $(getconf PAGESIZE)))
	first=$(first_block 64)
	if ! [[ $first && -r /proc/kpageflags && -r /proc/kpagecount ]]; then
		make_tree pages --pages $((64 * 32768))
		root=$TREE pages=32768 first=0
	fi
	for nr in 1 64; do
		"$WORK/bin/pages" "$root" "$ROUNDS" "$pages" "$first" "$nr" >"$WORK/pages"
		add_samples host <"$WORK/pages"
	done
}

# owners_of ROW PROCESSES MAPPINGS: the search in made-up processes.
owners_of() {
	TMPDIR=$TREES "$WORK/bin/owners" "$2" "$3" "$ROUNDS" >"$WORK/owners"
	sed "s/^owners/$1/" "$WORK/owners" | add_samples host
}

part_owners() {
	local size words round

	for words in "${OWNERS[@]}"; do
		# shellcheck disable=SC2086 # two words
		owners_of owners $words
		for ((round = 0; round < ROUNDS; round++)); do
			sample owners "${words% *}" limit "$SEARCH_US" wall_us
		done
	done
	for size in "${PROCESS_SIZES[@]}"; do
		owners_of processes "$size" 8
	done
}

# run_host_parts PART...
run_host_parts() {
	local part

	set_sizes
	for part in "$@"; do
		begin_part "$part" host
		"part_$part"
	done
}
