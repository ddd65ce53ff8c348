# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The cases libdaxctl*: libdaxctl loses what the files of the dax bus show. Each reason in
# lib/sys/dax/dax.h for reading and writing files is shown, with what mhpctl shows and does at the same
# moment. A reason that is no longer true fails. The machine has 1 GiB of soft-reserved memory at 5 GiB.

DAX=/sys/bus/dax/devices
START=$((0x140000000))
M=$((1 << 20))
BLOCK=$(block_size)

# daxlib ARG...: asks the library that is meant.
daxlib() {
	"${LOADER[@]}" /usr/bin/daxlib "$@"
}

# library: its file.
library() {
	strace -e trace=openat "${LOADER[@]}" /usr/bin/daxlib version 2>&1 | sed -n 's/.*"\(.*libdaxctl\.so\.1\)".* = [0-9].*/\1/p' | tail -n 1
}

as_nobody() {
	run setpriv --reuid=65534 --regid=65534 --clear-groups "${LOADER[@]}" /usr/bin/daxlib "$@"
}

# says NAME WANT ARG...: the answer of the library.
says() {
	run daxlib "${@:3}"
	eq "$LIBRARY: $1" "$2" "$(cat "$OUT")"
}

# kernel_says NAME WORDS FILE VALUE: the write fails, and for this reason.
kernel_says() {
	{ echo "$4" >"$3"; } 2>/tmp/errno && fail "$1: the kernel refuses it"
	has "$LIBRARY: $1" "$(cat /tmp/errno)" "$2"
}

# of_device DEVICE FILTER: what mhpctl shows of it.
of_device() {
	mhpctl list --json "$1" | jq -r ".dax_devices[] | $2"
}

# The first device is left, without a driver and without memory.
from_the_start() {
	mhpctl remove --destroy dax_region0 >/tmp/reach 2>&1 </dev/null
	eq "$LIBRARY: the whole region is free" $((1024 * M)) "$(cat $DAX/dax0.0/../dax_region/available_size)"
}

# part DEVICE MIB: gives an unbound device so much memory.
part() {
	echo $(($2 * M)) >"$DAX/$1/size"
}

new_device() {
	echo 1 >$DAX/dax0.0/../dax_region/create
}

# bind DEVICE: to kmem, and no other device, as new_id would.
bind() {
	echo "$1" >/sys/bus/dax/drivers/kmem/bind
}

# Where nothing is missing and nobody writes, both see the same; files are read in less time.
the_same() {
	part dax0.0 512
	says 'a region' "0 $((1024 * M)) $((512 * M))" regions
	says 'a device' "dax0.0 $((512 * M)) 0x140000000 $((2 * M)) 1 0x140000000-0x15fffffff" devices
	eq "$LIBRARY: files show the same" "$((512 * M)) 0x140000000 $((2 * M)) 1 [[\"0x140000000\",\"0x15fffffff\"]]" \
		"$(of_device dax0.0 '"\(.size) \(.ranges[0].start) \(.align) \(.target_node) \([.ranges[] | [.start, .end]])"')"
	note "$LIBRARY: nanoseconds to read it by the library and by files: $(daxlib speed 200)"
}

# Unknown values look like others, and a device without a node in /dev like none.
unknown_is_zero() {
	local number

	chmod 0 $DAX/dax0.0/../dax_region/available_size
	as_nobody regions
	eq "$LIBRARY: a free size that cannot be read is 0" "0 $((1024 * M)) 0" "$(cat "$OUT")"
	as_nobody devices
	eq "$LIBRARY: so is an address, and its ranges are missing" "dax0.0 $((512 * M)) 0 $((2 * M)) 1" "$(cat "$OUT")"
	run setpriv --reuid=65534 --regid=65534 --clear-groups mhpctl list --json
	eq "$LIBRARY: mhpctl shows both as unknown" 'null null' \
		"$(field '.dax_regions[0].available_bytes') $(field '.dax_devices[0].ranges')"
	chmod 444 $DAX/dax0.0/../dax_region/available_size
	number=$(tr ':' ' ' <$DAX/dax0.0/dev)
	rm /dev/dax0.0
	says 'a device without a node in /dev does not exist' '' devices
	eq "$LIBRARY: mhpctl shows it" $((512 * M)) "$(of_device dax0.0 .size)"
	# shellcheck disable=SC2086 # two numbers
	busybox mknod /dev/dax0.0 c $number
}

# The errno of a write is lost.
errno_is_lost() {
	kernel_says 'a size that is not aligned' 'Invalid argument' $DAX/dax0.0/size 12345
	says 'it is ENXIO' "ENXIO $((512 * M))" size dax0.0 12345
	kernel_says 'a size beyond the free one' 'No space left' $DAX/dax0.0/size $((2048 * M))
	says 'it is ENXIO' "ENXIO $((512 * M))" size dax0.0 $((2048 * M))
	kernel_says 'an alignment that does not exist' 'Invalid argument' $DAX/dax0.0/align 12345
	says 'it is ENXIO' "ENXIO $((2 * M))" align dax0.0 12345
	kernel_says 'a range that is taken' 'Cannot allocate memory' $DAX/dax0.0/mapping 140000000-14fffffff
	says 'it is ENXIO' "ENXIO $((512 * M))" mapping dax0.0 0x140000000 0x14fffffff
	bind dax0.0
	kernel_says 'a device that is bound' 'busy' $DAX/dax0.0/size $((256 * M))
	says 'it is ENXIO' "ENXIO $((512 * M))" size dax0.0 $((256 * M))
	echo dax0.0 >/sys/bus/dax/drivers/kmem/unbind
}

# The library never reads again what it has read once.
stale() {
	says 'a mapping that the kernel ignores counts' "0 $((513 * M))" mapping dax0.0 0x160000000 0x1600fffff
	eq "$LIBRARY: the device has no more than before" $((512 * M)) "$(cat $DAX/dax0.0/size)"
	says 'a new device is not found' '0 -' create 0
	eq "$LIBRARY: it exists" yes "$(test -e $DAX/dax0.1 && echo yes)"
	says 'a deleted one is still listed' '0 listed' destroy dax0.1
	eq "$LIBRARY: it is gone" '' "$(test -e $DAX/dax0.1 && echo yes)"
}

# dax0.0 has 0-256 and 512-768 MiB of the region, dax0.1 what lies between: both are memory.
two_ranges() {
	part dax0.0 256
	new_device
	part dax0.1 256
	part dax0.0 512
	eq "$LIBRARY: a device has two ranges" 2 "$(find $DAX/dax0.0/ -maxdepth 1 -name 'mapping?*' | wc -l)"
	bind dax0.0
}

blocks_of_others() {
	two_ranges
	says 'half of its blocks are not counted' $((256 * M / BLOCK)) blocks dax0.0
	eq "$LIBRARY: mhpctl counts them" $((512 * M / BLOCK)) "$(of_device dax0.0 .blocks.total)"
	done_now "$LIBRARY: both devices online" online dax0.0 dax0.1
	says 'its blocks go offline' $((512 * M / BLOCK)) offline dax0.0
	eq "$LIBRARY: those of the other device went instead of half of its own" \
		"$((256 * M / BLOCK)) 0" "$(of_device dax0.0 .blocks.online) $(of_device dax0.1 .blocks.online)"
	from_the_start
}

wrong_zone() {
	local first=$((START / BLOCK))

	part dax0.0 256
	bind dax0.0
	echo online_kernel >"$MEM/memory$first/state"
	says 'movable memory: success' $((256 * M / BLOCK - 1)) online dax0.0
	eq "$LIBRARY: a part is in the zone Normal" Normal "$(zone_of "$first")"
	done_now "$LIBRARY: mhpctl brings it online again" online dax0.0
	eq "$LIBRARY: as movable memory" Movable "$(zone_of "$first")"
	from_the_start
}

# libdaxctl_case LIBRARY MODES [LOADER...]: all of it, for a library that names modes, or does not.
libdaxctl_case() {
	LIBRARY=$1 LOADER=("${@:3}")
	auto_online offline
	check 'the kernel made a device of it' until_true 20 test -e $DAX/dax0.0
	modprobe kmem
	from_the_start
	says 'it names the modes of a device' "$2" version
	eq "$LIBRARY: it has no word for the place of the memmap" '' "$(grep -a -o memmap_on_memory "$(library)")"
	the_same
	unknown_is_zero
	errno_is_lost
	stale
	from_the_start
	blocks_of_others
	wrong_zone
}
