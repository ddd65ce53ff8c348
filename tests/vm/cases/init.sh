# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Namespaces of all modes enabled in parallel, each near its memory
# vm: nvdimm=1G,1G,1G,1G label=128k timeout=300
# vm: usual=7.2

seen=0
page=$(mhpctl list --json | jq .memory.page_size)

# The enabled namespaces, a line each; their order does not count.
enabled() {
	ndctl list | jq -r '.[] | "\(.dev) \(.mode) \(.size) \(.blockdev // .daxregion.devices[0].chardev)"' |
		sed 's/ pmem[0-9]*/ pmem/' | sort
}

make_all() {
	check 'regions with labels' ndctl disable-region all
	ndctl init-labels all
	ndctl enable-region all
	ndctl create-namespace -r region0 -m devdax -M mem -a "$page"
	ndctl create-namespace -r region1 -m devdax -M dev
	ndctl create-namespace -r region2 -m fsdax -M mem -s 512M
	ndctl create-namespace -r region2 -m sector -s 256M
	ndctl create-namespace -r region3 -m raw
}

disable_all() {
	ndctl disable-namespace all
	udevadm settle
}

settings_are_back() {
	eq "$1: autoprobe is on again" '1 1' \
		"$(cat /sys/bus/nd/drivers_autoprobe /sys/bus/dax/drivers_autoprobe | paste -sd' ')"
	eq "$1: nothing is left to restore" '' "$(ls /run/mhpctl/restore.* 2>/dev/null)"
}

# offered: bytes that the enabled namespaces offer, without what their info blocks and memmaps take
offered() {
	ndctl list -N | jq '[.[].size] | add'
}

# memmaps: pages whose memmap the kernel says it has initialised since forget_memmaps, ascending.
memmaps() {
	dmesg | tail -n "+$((seen + 1))" | sed -n 's/.*memmap_init_zone_device initialised \([0-9]*\) pages.*/\1/p' | sort -n | paste -sd' '
}

forget_memmaps() {
	seen=$(dmesg | wc -l)
}

# listed_pages: pages whose memmap `list` shows, ascending. For a memmap on the device they follow from its size.
listed_pages() {
	field '[(.dax_devices[] | select(.namespace == "namespace0.0") | .memmap_bytes / 64),
		(.dax_devices[] | select(.namespace == "namespace1.0") | .size / '"$page"'),
		(.namespaces[] | select(.namespace == "namespace2.0") | .memmap_bytes / 64)] |
		sort | map(tostring) | join(" ")'
}

as_ndctl_does() {
	local want want_pages pages

	disable_all
	echo 'file mm/mm_init.c +p' >/proc/dynamic_debug/control
	echo 'file mm/page_alloc.c +p' >/proc/dynamic_debug/control
	forget_memmaps
	ndctl enable-namespace all
	want=$(enabled)
	want_pages=$(memmaps)
	eq 'five namespaces to enable' 5 "$(wc -l <<<"$want")"
	eq 'three of them have a memmap' 3 "$(wc -w <<<"$want_pages")"
	disable_all
	forget_memmaps
	done_now 'all at once' init
	eq 'the same as ndctl enables' "$want" "$(enabled)"
	eq 'what it says' "$(offered)" "$(field '.targets[0].initialised_bytes')"
	eq 'the kernel initialises the same pages' "$want_pages" "$(memmaps)"
	run mhpctl list --json
	eq 'list counts the same pages: devdax, devdax on the device, fsdax' "$want_pages" "$(listed_pages)"
	settings_are_back 'after init'
	already_so 'once more' init
	already_so 'by name' init region0 namespace1.0 dax1.0
	disable_all
	done_now 'one worker' init --jobs 1
	eq 'the same again' "$want" "$(enabled)"
	disable_all
	check 'as lines' mhpctl init --json=lines
	pages=$(((3840 << 20) / page))
	eq 'pages of all parts, at the end' "$pages $pages pages 5" \
		"$(jq -r 'select(.event == "progress") | "\(.done) \(.total) \(.unit) \(.parts | length)"' "$OUT" |
			tail -n 1)"
}

some_by_name() {
	disable_all
	done_now 'a region and a namespace' init region2 namespace0.0
	eq 'these and no others' 'namespace0.0 namespace2.0 namespace2.1' \
		"$(enabled | cut -d' ' -f1 | paste -sd' ')"
	echo dax0.0 >/sys/bus/dax/drivers/device_dax/unbind
	done_now 'a dax device without a driver' init dax0.0
	eq 'it is in devdax mode' device_dax "$(basename "$(readlink /sys/bus/dax/devices/dax0.0/driver)")"
	refused 2 'blocks have nothing to initialise' init "$(basename "$(find "$MEM" -maxdepth 1 -name 'memory[0-9]*' | head -n 1)")"
	refused 3 'no such region' init region9
	done_now 'of the rest' init all
}

disabled_regions() {
	ndctl disable-region region0
	ndctl disable-region region3
	done_now 'regions are enabled first' init region0 region3 region1
	eq 'all five' 5 "$(enabled | wc -l)"
	settings_are_back 'after regions'
}

# raw NAMESPACE and not_raw NAMESPACE: open it so that its info block shows, and close it again. BDEV
# is its block device.
raw() {
	echo 1 >"/sys/bus/nd/devices/$1/force_raw"
	ndctl enable-namespace "$1"
	BDEV=/dev/$(ls "/sys/bus/nd/devices/$1/block")
}

not_raw() {
	ndctl disable-namespace "$1"
	echo 0 >"/sys/bus/nd/devices/$1/force_raw"
}

# spoil NAMESPACE OFFSET BYTES: change its info block (struct nd_pfn_sb), with the checksum of
# drivers/nvdimm/label.c:nd_fletcher64.
spoil() {
	local file=/tmp/info byte

	raw "$1"
	dd if="$BDEV" of=$file bs=4096 skip=1 count=1 2>/dev/null
	echo -ne "$3" | dd of=$file bs=1 seek="$2" conv=notrunc 2>/dev/null
	dd if=/dev/zero of=$file bs=1 seek=4088 count=8 conv=notrunc 2>/dev/null
	od -An -v -tu4 -w4 $file |
		awk '{ lo = (lo + $1) % 4294967296; hi = (hi + lo) % 4294967296 } END { print lo, hi }' |
		while read -r lo hi; do
			for byte in 0 8 16 24 32 40 48 56; do
				echo -ne "\\x$(printf %02x $(((hi << 32 | lo) >> byte & 255)))"
			done
		done | dd of=$file bs=1 seek=4088 conv=notrunc 2>/dev/null
	dd if=$file of="$BDEV" bs=4096 seek=1 oflag=direct 2>/dev/null
	not_raw "$1"
}

# Made for pages of 64 KiB, which is refused where the memmap lies on the namespace.
of_another_page_size() {
	spoil "$1" 88 '\0\0\1\0'
}

# Aligned to 1 GiB, and smaller than that.
too_small_for_its_alignment() {
	spoil "$1" 84 '\0\0\0\x40'
}

# check_one_failed NAME FAILURES ENABLED HINT: init of all does the others.
check_one_failed() {
	check_rc 64 "$1: the others are done" mhpctl init --json
	eq "$1: which failed, and why" "$2" \
		"$(field '[.failures[] | "\(.target) \(.step) \(.reason)"] | join(", ")')"
	has "$1: with a hint" "$(field '.failures[0].hint')" "$4"
	eq "$1: what is enabled" "$3" "$(enabled | cut -d' ' -f1 | paste -sd' ')"
	settings_are_back "$1"
}

one_that_fails() {
	disable_all
	of_another_page_size namespace1.0
	check_rc 64 'the others are done' mhpctl init region0 region1 region2 --json
	eq 'which failed' 'ok failed ok' "$(field '[.targets[].status] | join(" ")')"
	eq 'and why' 'namespace1.0 enable_namespace kernel' \
		"$(field '.failures[0] | "\(.target) \(.step) \(.reason)"')"
	has 'with a hint' "$(field '.failures[0].hint')" 'info block'
	check_one_failed 'also of all' 'namespace1.0 enable_namespace kernel' \
		'namespace0.0 namespace2.0 namespace2.1 namespace3.0' 'info block'
	ndctl destroy-namespace -f namespace1.0
}

# A devdax and a fsdax namespace.
too_small() {
	ndctl create-namespace -r region1 -m devdax -M mem -s 512M
	disable_all
	too_small_for_its_alignment namespace1.0
	too_small_for_its_alignment namespace2.0
	check_one_failed 'too small for their alignment' \
		'namespace1.0 enable_namespace kernel, namespace2.0 enable_namespace kernel' \
		'namespace0.0 namespace2.1 namespace3.0' 'alignment'
	ndctl destroy-namespace -f namespace1.0
	ndctl destroy-namespace -f namespace2.0
	ndctl create-namespace -r region2 -m fsdax -M mem -s 512M
}

# drivers/nvdimm/namespace_devs.c:init_active_labels fails in the same way for a locked DIMM.
a_dimm_that_is_disabled() {
	disable_all
	ndctl disable-region region0
	ndctl disable-dimm nmem0
	check_one_failed 'a region without its DIMM' 'region0 enable_region kernel' \
		'namespace2.0 namespace2.1 namespace3.0' 'ndctl enable-dimm nmem0'
	eq 'what was initialised counts' "$(offered)" "$(field '.targets[0].initialised_bytes')"
	ndctl enable-dimm nmem0
	done_now 'it comes back' init
	eq 'all four' 4 "$(enabled | wc -l)"
}

# lock_dimm NMEM: with this directory over its own, the disabled DIMM reports that it is locked; QEMU
# has none that can be.
lock_dimm() {
	local real folder=/tmp/$1 file

	real=$(readlink -f "/sys/bus/nd/devices/$1")
	cp -a "$real" "$folder" 2>/dev/null
	for file in "$folder"/*; do
		[[ ! -L $file ]] || ln -sfn "$(readlink -f "$real/${file##*/}")" "$file"
	done
	echo locked >"$folder/security"
	mount --bind "$folder" "$real"
}

a_dimm_that_is_locked() {
	local dimm

	dimm=$(readlink -f /sys/bus/nd/devices/nmem0)
	disable_all
	ndctl disable-region region0
	ndctl disable-dimm nmem0
	lock_dimm nmem0
	eq 'ndctl sees it so' locked "$(ndctl list -D -d nmem0 -i | jq -r '.[].security')"
	check_one_failed 'a region with a locked DIMM' 'region0 enable_region kernel' \
		'namespace2.0 namespace2.1 namespace3.0' 'nmem0 is locked: ndctl load-keys'
	umount "$dimm"
	ndctl enable-dimm nmem0
	done_now 'it is unlocked' init
	eq 'all four again' 4 "$(enabled | wc -l)"
}

# unfinished: what a creation leaves on region1 that is killed before the info block is written.
unfinished() {
	local seed uuid

	seed=$(cat /sys/bus/nd/devices/region1/namespace_seed)
	uuid=$(cat /proc/sys/kernel/random/uuid)
	mkdir -p /var/lib/mhpctl/namespaces # mhpctl remembers what it makes before it makes it
	printf 'size=%d\nend\n' $((512 << 20)) >"/var/lib/mhpctl/namespaces/$uuid"
	echo "$uuid" >"/sys/bus/nd/devices/$seed/uuid"
	echo dax >"/sys/bus/nd/devices/$seed/holder_class"
	echo $((512 << 20)) >"/sys/bus/nd/devices/$seed/size"
	NAMESPACE=$seed
}

check_finished() {
	eq "$1: it is a devdax namespace" "$NAMESPACE devdax" \
		"$(ndctl list -n "$NAMESPACE" | jq -r '.[] | "\(.dev) \(.mode)"')"
	already_so "$1: and stays so" init
	settings_are_back "$1"
	ndctl destroy-namespace -f "$NAMESPACE"
}

# check_unfinished NAME: init fails with a hint, and writes nothing to BDEV.
check_unfinished() {
	local before

	before=$(head -c 64K "$BDEV" | md5sum)
	check_rc '1|2' "$1" mhpctl init "$NAMESPACE" --json
	eq "$1: nothing has changed" false "$(field .changed)"
	holds "$1: a hint" [ -n "$(field '.failures[0].hint')" ]
	eq "$1: nothing is written" "$before" "$(head -c 64K "$BDEV" | md5sum)"
}

killed_creations() {
	unfinished
	done_now 'a creation that was killed' init
	check_finished 'after a kill'
	unfinished
	ndctl enable-namespace "$NAMESPACE"
	eq 'the kernel enables it as a raw one' nd_pmem \
		"$(basename "$(readlink "/sys/bus/nd/devices/$NAMESPACE/driver")")"
	check 'a plan says why' mhpctl init --dry-run --json
	has 'the reason' "$(field '.steps[-1].why')" 'was interrupted'
	done_now 'it is finished too' init region1
	check_finished 'after the boot'

	unfinished
	ndctl enable-namespace "$NAMESPACE"
	rm -r /var/lib/mhpctl/namespaces # somebody else made this one
	BDEV=/dev/$(ls "/sys/bus/nd/devices/$NAMESPACE/block")
	echo 'not empty' | dd of="$BDEV" bs=1 seek=5000 conv=notrunc,fsync 2>/dev/null
	check_unfinished 'it holds something else'
	dd if=/dev/zero of="$BDEV" bs=4096 count=2 conv=fsync 2>/dev/null
	mke2fs -q -b 4096 "$BDEV" 16384
	mkdir -p /mnt
	mount -t ext4 "$BDEV" /mnt
	check_unfinished 'it is mounted'
	holds 'and stays so' umount /mnt
	dd if=/dev/zero of="$BDEV" bs=4096 count=2 conv=fsync 2>/dev/null
	done_now 'once nothing is in the way' init --yes=data
	check_finished 'then'
}

# A stopped mhpctl still holds its locks.
two_at_once() {
	disable_all
	spawn /tmp/first mhpctl init --json
	kill -STOP "$PID"
	until_true 2 grep -q . /proc/locks
	kill -CONT "$PID"
	until_true 5 pgrep mhpctl-writer
	kill -STOP "$PID"
	check_rc '8|0' 'another mhpctl waits for nothing' mhpctl init --json
	eq 'it is held, or was done by then' 0 \
		"$(field '[.failures[] | select(.reason != "lock_held")] | length')"
	kill -CONT "$PID"
	finish "$PID" /tmp/first
	ended 0 'the first one ends well'
}

killed() {
	local pause

	for pause in 0.05 0.1 0.15 0.2 0.3; do
		disable_all
		spawn /tmp/killed mhpctl init
		sleep $pause
		kill -KILL "$PID"
		wait "$PID"
		check "again after a kill at $pause" mhpctl init
		eq "all are there after a kill at $pause" 4 "$(enabled | wc -l)"
		settings_are_back "after a kill at $pause"
	done
	disable_all
	spawn /tmp/stopped mhpctl init --json
	sleep 0.15
	kill -INT "$PID"
	finish "$PID" /tmp/stopped
	ended '130|0' 'Ctrl-C ends it'
	settings_are_back 'after Ctrl-C'
	check 'and again' mhpctl init
}

make_all
as_ndctl_does
some_by_name
disabled_regions
one_that_fails
too_small
a_dimm_that_is_disabled
a_dimm_that_is_locked
killed_creations
two_at_once
killed
