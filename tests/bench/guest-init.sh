# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The memmaps of two and of four regions: mhpctl init with as many workers as there are CPUs (mhpctl)
# and with one (serial), and ndctl enable-namespace all. Sourced after guest.sh.

# Options to create the namespaces, by kind.
declare -A MAKE=(
	[devdax]='-m devdax'
	[devdax-4k]='-m devdax -M mem -a 4K'
	[fsdax]='-m fsdax'
)

make_namespace() {
	local options

	read -ra options <<<"${MAKE[$1]}"
	must ndctl create-namespace -r "region$2" "${options[@]}"
}

enable_all() {
	case $1 in
	mhpctl) mhpctl init ;;
	serial) mhpctl init --jobs 1 ;;
	ndctl) ndctl enable-namespace all ;;
	esac
}

# memmaps N: the kernel's part, from its log of when each memmap was done and how long it took.
# Prints the microseconds from the first start to the last end, and the sum.
memmaps() {
	dmesg | sed -n 's/^\[ *\([0-9.]*\)\].*memmap_init_zone_device initialised .* in \([0-9]*\)ms/\1 \2/p' |
		tail -n "$1" | awk '
			{ end = $1 * 1000000; begin = end - $2 * 1000; sum += $2 * 1000 }
			NR == 1 || begin < first { first = begin }
			end > last { last = end }
			END { printf "%d %d\n", last - first, sum }'
}

# memmap_phase KIND N WAY ROUND: parallel or one after the other, without the time in between.
memmap_phase() {
	local span sum

	(($4)) || return 0
	read -r span sum < <(memmaps "$2")
	case $3 in
	mhpctl) sample "memmap-$1-$2" 0 "$3" "$span" wall_us ;;
	ndctl) sample "memmap-$1-$2" 0 "$3" "$sum" wall_us ;;
	esac
}

# timed_init KIND N ROUND: every other round in reverse order.
timed_init() {
	local ways=(mhpctl ndctl serial) way

	(($3 % 2)) || mapfile -t ways < <(printf '%s\n' "${ways[@]}" | tac)
	for way in "${ways[@]}"; do
		must ndctl disable-namespace all
		udevadm settle
		timed "$1-$2" "$way" "$3" enable_all "$way"
		eq "$1, $way: all are enabled" "$2" "$(ndctl list | jq length)"
		memmap_phase "$1" "$2" "$way" "$3"
	done
}

# Round 0 touches that memory for the first time, and is not compared.
init_of_kind() {
	local nr round

	make_namespace "$1" 0
	make_namespace "$1" 1
	for nr in 2 4; do
		for ((round = 0; round <= ROUNDS; round++)); do
			timed_init "$1" "$nr" "$round"
		done
		((nr == 4)) && break
		make_namespace "$1" 2
		make_namespace "$1" 3
	done
	must ndctl destroy-namespace -f all
}

# All four regions become memory: in one call, and with ndctl and daxctl one after the other.
all_up() {
	local n

	case $1 in
	mhpctl) mhpctl online --yes region0 region1 region2 region3 ;;
	*)
		for n in 0 1 2 3; do
			bring_up "$1" "$n" || return
		done
		;;
	esac
}

timed_ram() {
	local way

	for way in mhpctl mem dev; do
		udevadm settle
		timed all-ram "$way" "$1" all_up "$way"
		up 5
		must mhpctl remove --destroy --yes all
		udevadm settle
	done
}

init() {
	local kind

	auto_online offline
	write_labels
	echo 'file mm/mm_init.c +p' >/proc/dynamic_debug/control
	echo 'file mm/page_alloc.c +p' >/proc/dynamic_debug/control
	for kind in devdax devdax-4k fsdax; do
		init_of_kind "$kind"
	done
	copy_out "$SAMPLES"
}

init-ram() {
	local round

	auto_online offline
	write_labels
	for ((round = 0; round <= ROUNDS; round++)); do
		timed_ram "$round"
	done
	copy_out "$SAMPLES"
}
