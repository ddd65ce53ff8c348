# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A dax region of soft-reserved memory is divided into devices and put together again
# (7.2 and 7.3 do not show the address of the region here, so mhpctl refuses to divide it)
# vm: nvdimm=none mem=4G timeout=900 append="memhp_default_state=offline memmap=1G%5G-1+0xefffffff"
# vm: kernels="6.12" usual="6.12"
#
#   --set every=N   kill before one call of N; default 1, in a usual run 7

DAX=/sys/bus/dax/devices
REGION=/sys/bus/dax/devices/dax0.0/../dax_region
START=$((0x140000000))
M=$((1 << 20))

# part DEVICE: its driver and its ranges in MiB of the region: "device_dax 0-512", "- ".
part() {
	local device=$DAX/$1 driver ranges='' mapping

	[[ -e $device ]] || {
		echo missing
		return
	}
	driver=$(readlink "$device/driver") || driver=-
	for mapping in "$device"/mapping*/; do
		[[ -e ${mapping}start ]] || continue
		ranges+=" $((($(cat "${mapping}start") - START) / M))-$((($(cat "${mapping}end") + 1 - START) / M))"
	done
	echo "${driver##*/}$ranges"
}

parts() {
	local device text=''

	for device in "$DAX"/dax0.*; do
		text+="${text:+, }${device##*/} $(part "${device##*/}")"
	done
	echo "$text, $(($(cat $REGION/available_size) / M)) free"
}

# agrees NAME: daxctl and mhpctl list the same devices. daxctl leaves out those without a driver.
agrees() {
	eq "$1: daxctl and mhpctl list the same devices" \
		"$(daxctl list -D | jq -c '[.[] | [.chardev, .size, (.mode | gsub("-"; "_")), .target_node]] | sort')" \
		"$(mhpctl list --json | jq -c '[.dax_devices[] | select(.mode != "unbound") |
			[.device, .size, .mode, .target_node]] | sort')"
	eq "$1: and the same region" \
		"$(daxctl list -R | jq -c '.[] | [.id, .size, .available_size // 0]')" \
		"$(mhpctl list --json | jq -c '.dax_regions[] | [(.dax_region | ltrimstr("dax_region") | tonumber), .size, .available_bytes]')"
}

what_it_is() {
	check 'the kernel made a device of it' until_true 20 test -e $DAX/dax0.0
	run mhpctl list --json
	eq 'the region' 'dax_region0 hmem.0 soft_reserved 0x140000000 1073741824 0 1 ["dax0.0"]' \
		"$(field '.dax_regions[] | "\(.dax_region) \(.kernel_device) \(.origin) \(.start) \(.size) \(.available_bytes) \(.target_node) \(.devices)"')"
	check 'list as text' mhpctl list
	refused 7 'there is no free space' create --size 512M dax_region0
	refused 3 'there is one such region' create dax_region1
	agrees 'at first'
}

two_parts() {
	done_now 'the first device gives its memory back' remove --destroy dax0.0
	eq 'it stays, without memory' 'dax0.0 -, 1024 free' "$(parts)"
	already_so 'once more' remove --destroy dax0.0
	already_so 'all leaves it alone' online all
	refused 7 'without memory it cannot go online' online dax0.0
	check 'a dry run' mhpctl create --dry-run --size 512M dax_region0
	eq 'changes nothing' 'dax0.0 -, 1024 free' "$(parts)"
	done_now 'a part' create --size 512M dax_region0
	done_now 'another one' create --size 200M hmem.0
	eq 'which is named' dax0.1 "$(field '.targets[0].device')"
	eq 'both are cut at blocks' 'dax0.0 device_dax 0-512, dax0.1 device_dax 512-768, 256 free' "$(parts)"
	agrees 'two parts'
	done_now 'the first online' online dax0.0
	eq 'as movable memory' 'online Movable' "$(states_of_node 1 | grep online) $(zone_of $((START / $(block_size))))"
	agrees 'one is memory'
	refused 1 'memory is not resized' resize --size 256M dax0.0
	refused 1 'nor destroyed' destroy dax0.0
	done_now 'the second is destroyed' destroy dax0.1
	eq 'it is gone' 'dax0.0 kmem 0-512, 512 free' "$(parts)"
	refused 3 'it cannot be destroyed again' destroy dax0.1
}

an_idle_one() {
	done_now 'a part' create --size 256M dax_region0
	done_now 'it grows' resize --size 512M dax0.1
	eq 'by all that is free' 'dax0.0 kmem 0-512, dax0.1 device_dax 512-1024, 0 free' "$(parts)"
	already_so 'to the same size' resize --size 512M dax0.1
	refused 7 'there is no more' resize --size 640M dax0.1
	done_now 'it shrinks' resize --size 128M dax0.1
	eq 'at its end' 'dax0.0 kmem 0-512, dax0.1 device_dax 512-640, 384 free' "$(parts)"
	done_now 'another alignment' resize --align 4K dax0.1
	eq 'it has it' 4096 "$(cat $DAX/dax0.1/align)"
	exec 5</dev/dax0.1
	refused 1 'a device that is open is not resized' resize --size 256M dax0.1
	has 'its user is named' "$(field '.failures[0].message')" "[$$]"
	exec 5<&-
	eq 'nothing has changed' 'dax0.0 kmem 0-512, dax0.1 device_dax 512-640, 384 free' "$(parts)"
}

# Holes in an order in which the kernel's own choice would be another.
around_others() {
	done_now 'a third' create --size 128M dax_region0
	done_now 'the second goes' destroy dax0.1
	eq 'a hole before it' 'dax0.0 kmem 0-512, dax0.2 device_dax 640-768, 384 free' "$(parts)"
	done_now 'the third grows behind itself' resize --size 256M dax0.2
	eq 'it is in one piece' 'device_dax 640-768 768-896' "$(part dax0.2)"
	done_now 'and as memory' online dax0.2
	eq 'with all its blocks' "$((256 * M / $(block_size)))" \
		"$(mhpctl list --json | jq '.dax_devices[] | select(.device == "dax0.2") | .blocks.online')"
	done_now 'all of it away' remove --destroy dax_region0
	eq 'as at first' 'dax0.0 -, 1024 free' "$(parts)"
}

# Another tool has cut inside of a block.
inside_of_a_block() {
	echo $((200 * M)) >$DAX/dax0.0/size
	done_now 'a part' create --size 256M dax_region0
	eq 'begins at the next block' 'dax0.1 device_dax 256-512' "dax0.1 $(part dax0.1)"
	done_now 'all of it away' destroy dax_region0
	eq 'as at first' 'dax0.0 -, 1024 free' "$(parts)"
}

a_part_online() {
	done_now 'a part online' online --size 256M dax_region0
	eq 'the first device' 'kmem 0-256' "$(part dax0.0)"
	already_so 'it is' online --size 256M dax_region0
	done_now 'another size' online --size 128M dax_region0
	eq 'is another device' 'kmem 256-384' "$(part dax0.1)"
	agrees 'two as memory'
	done_now 'all of it away' remove --destroy dax_region0
	eq 'as at first' 'dax0.0 -, 1024 free' "$(parts)"
}

# The kernel refuses the alignment after the device exists: nothing may stay of it.
rolled_back() {
	check_rc '1|7' 'a creation that fails' mhpctl create --rollback --size 256M --align 64M dax_region0
	eq 'is rolled back' 'dax0.0 -, 1024 free' "$(parts)"
}

# libdaxctl reports -ENXIO for each failure of a size, which is why the files are written.
as_the_library_says() {
	echo $((12345)) 2>/tmp/errno >$DAX/dax0.0/size && fail 'a size that is not aligned is refused'
	has 'the file says why' "$(cat /tmp/errno)" 'Invalid argument'
	daxctl create-device -r 0 -s 12345 >/tmp/daxctl 2>&1 && fail 'daxctl refuses it too'
	has 'daxctl does not' "$(cat /tmp/daxctl)" 'No such device or address'
	done_now 'what it has left' destroy dax_region0
	eq 'as at first' 'dax0.0 -, 1024 free' "$(parts)"
}

# --- kills -------------------------------------------------------------------

declare -A ARGS=(
	[create]='create --size 256M dax_region0' [resize]='resize --size 512M dax0.1'
	[online]='online --size 384M dax_region0' [destroy]='destroy dax0.1'
	[remove]='remove --destroy dax0.1'
)
declare -A FROM=(
	[create]='dax0.0 device_dax 0-512, 512 free'
	[resize]='dax0.0 device_dax 0-512, dax0.1 device_dax 512-768, 256 free'
	[online]='dax0.0 device_dax 0-512, 512 free'
	[destroy]='dax0.0 device_dax 0-512, dax0.1 device_dax 512-768, 256 free'
	[remove]='dax0.0 device_dax 0-512, dax0.1 kmem 512-768, 256 free'
)
declare -A TO=(
	[create]='dax0.0 device_dax 0-512, dax0.1 device_dax 512-768, 256 free'
	[resize]='dax0.0 device_dax 0-512, dax0.1 device_dax 512-1024, 0 free'
	[online]='dax0.0 device_dax 0-512, dax0.1 kmem 512-896, 128 free'
	[destroy]='dax0.0 device_dax 0-512, 512 free'
	[remove]='dax0.0 device_dax 0-512, 512 free'
)

# start_of VERB: make the state from which its kills begin.
start_of() {
	[[ $(parts) == "${FROM[$1]}" ]] && return
	{
		[[ ! -e $DAX/dax0.1 ]] || mhpctl remove --destroy dax0.1 --wait=30s
		[[ $(part dax0.0) == 'device_dax 0-512' ]] || {
			mhpctl remove --destroy dax_region0 --wait=30s
			mhpctl create --size 512M dax_region0
		}
		[[ $1 == create || $1 == online ]] || mhpctl create --size 256M dax_region0
		[[ $1 != remove ]] || mhpctl online dax0.1
	} >/tmp/reach 2>&1 </dev/null
	[[ $(parts) == "${FROM[$1]}" ]] || fail "$1: its start" "$(parts): $(tail -n 3 /tmp/reach)"
}

# counted AT VERB: run it up to its call AT (0: to its end); NR is the number of calls.
counted() {
	rm -f /tmp/count
	truncate -s 8 /tmp/count
	set -m
	# shellcheck disable=SC2086 # words on purpose
	env KILLER_GROUP=1 KILLER_AT="$1" KILLER_COUNT=/tmp/count LD_PRELOAD=/usr/lib/killer.so \
		mhpctl ${ARGS[$2]} >"$OUT" 2>"$ERR" </dev/null &
	set +m
	wait $!
	RC=$?
	NR=$(od -An -tu8 /tmp/count | tr -d ' ')
}

left_files() {
	find /run/mhpctl -type f 2>/dev/null | grep -v -e '\.lock$' -e memmap-rate -e '\.runs$'
}

# ends_well VERB NAME: the same command ends it, unless all was done when it was killed.
ends_well() {
	# shellcheck disable=SC2086 # words on purpose
	if [[ $(parts) == "${TO[$1]}" ]]; then
		run mhpctl recover --json
	else
		run mhpctl ${ARGS[$1]} --wait=30s --json
	fi
	((RC == 0)) || NR_WRONG=$((NR_WRONG + 1))
	[[ $(parts) == "${TO[$1]}" && ! $(left_files) ]] || {
		NR_WRONG=$((NR_WRONG + 1))
		fail "$2" "$(parts), files: $(left_files | paste -sd' ')"
	}
}

killed_everywhere() {
	local verb=$1 nr at kills=0 before=$NR_WRONG

	start_of "$verb"
	counted 0 "$verb"
	nr=$NR
	eq "$verb to its end" "0 ${TO[$verb]}" "$RC $(parts)"
	for ((at = 1 + kills; at <= nr; at += EVERY)); do
		start_of "$verb"
		counted "$at" "$verb"
		kills=$((kills + 1))
		ends_well "$verb" "$verb, killed before call $at of $nr"
	done
	proof "kill: ${ARGS[$verb]}, before a call that changes something" "$kills" $((NR_WRONG - before)) \
		"one call of $EVERY, of $nr; the same command ends it; devices, ranges and files as wanted"
}

NR_WRONG=0
in_usual_run && usual=7 || usual=1
EVERY=$(option every "$usual")
auto_online offline
what_it_is
two_parts
an_idle_one
around_others
inside_of_a_block
a_part_online
rolled_back
as_the_library_says
for verb in create resize online destroy remove; do
	killed_everywhere "$verb"
done
done_now 'all of it away' remove --destroy dax_region0
eq 'everything is as before' 'dax0.0 -, 1024 free' "$(parts)"
settings_are offline
