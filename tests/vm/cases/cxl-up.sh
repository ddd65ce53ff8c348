# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# CXL from bare cards to memory and back: one card, two, interleaved, a part, taken over, divided, refused
# vm: newer-qemu nvdimm=none mem=2G timeout=1500 kernels="6.12 7.2 7.3" usual="7.3"
# vm: cpu-flags=hypervisor=off append="memhp_default_state=offline"
# vm: qemu="-machine cxl=on,cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=4G,cxl-fmw.1.targets.0=cxl.1,cxl-fmw.1.size=4G,cxl-fmw.2.targets.0=cxl.0,cxl-fmw.2.targets.1=cxl.1,cxl-fmw.2.size=4G,cxl-fmw.2.interleave-granularity=256,cxl-fmw.3.targets.0=cxl.0,cxl-fmw.3.size=256M -object memory-backend-ram,id=cards0,size=1G -object memory-backend-ram,id=cards1,size=1536M -device pxb-cxl,bus_nr=12,bus=pcie.0,id=cxl.0,hdm_for_passthrough=true -device pxb-cxl,bus_nr=44,bus=pcie.0,id=cxl.1 -device cxl-rp,port=0,bus=cxl.0,id=rp0,chassis=0,slot=2 -device cxl-rp,port=0,bus=cxl.1,id=rp1,chassis=0,slot=3 -device cxl-type3,bus=rp0,volatile-memdev=cards0,id=cxl0,sn=0x10f -device cxl-type3,bus=rp1,volatile-memdev=cards1,id=cxl1,sn=0xc100000000000007"

# The near card has 1 GiB and the far one 1.5; the host bridge of the far one has a single decoder. The
# last window takes 256 MiB only.
# shellcheck source=/dev/null
. /vm/cxl.sh

NEAR=0x10f
FAR=0xc100000000000007
M=$((1 << 20))
GIB=$((1 << 30))

# region_is REGION WINDOW BYTES WAYS GRANULARITY SERIAL...: what the kernel shows of it.
region_is() {
	local region=$1 decoder serials=()

	while read -r decoder; do
		serials+=("$(cxl_serial "$decoder")")
	done < <(cat "$CXL/$region"/target*)
	eq "$region: its place and members" "${*:2}" \
		"$(basename "$(dirname "$(readlink -f "$CXL/$region")")") $(cxl_number "$CXL/$region/size") $(cat "$CXL/$region/interleave_ways") $(cat "$CXL/$region/interleave_granularity") ${serials[*]}"
}

# mode_of REGION: the driver of its dax device.
mode_of() {
	basename "$(readlink "$DAX/dax${1#region}.0/driver")"
}

# away NAME TARGET...: remove --destroy brings back bare cards.
away() {
	local name=$1
	shift

	done_now "$name" remove --destroy "$@"
	cxl_same "$name"
}

# decoders_of CARD: how many its host bridge has.
decoders_of() {
	local endpoint

	for endpoint in "$CXL"/endpoint*; do
		[[ $(basename "$(readlink "$endpoint/uport")") != "$1" ]] ||
			find "$(dirname "$(readlink -f "$endpoint")")" -maxdepth 1 -name 'decoder*.*' | wc -l
	done
}

# free_decoders CARD: what mhpctl says of those of its host bridge.
free_decoders() {
	mhpctl list --json | jq --arg card "$1" '.cxl_memdevs[] | select(.memdev == $card) | .host_bridge_free_decoders'
}

decoders() {
	eq 'all decoders of the host bridges are free' "$(decoders_of "$near") 1" \
		"$(free_decoders "$near") $(free_decoders "$far")"
	holds 'one of them has several' test "$(free_decoders "$near")" -gt 1
}

one_card() {
	modprobe -r dax_cxl kmem
	check 'a dry run' mhpctl online --dry-run --json "$near"
	has 'which says the steps' "$(field '[.steps[].step] | join(" ")')" \
		'create_cxl_region add_memdev commit_cxl_region enable_cxl_region set_mode online_block'
	cxl_same 'a dry run'
	eq 'completions know the windows' 'decoder0.0 decoder0.1 decoder0.2 decoder0.3' \
		"$(mhpctl --complete -- online --window '' | cut -f 1 | paste -s -d ' ')"
	has 'cards' "$(mhpctl --complete -- create '' | cut -f 1 | paste -s -d ' ')" "$near"
	modprobe -r dax_cxl kmem
	done_now 'one card' online "$near"
	region=$(cxl_regions_of "$near")
	region_is "$region" decoder0.0 $GIB 1 256 $NEAR
	is_memory "$region"
	cxl_agrees 'one card'
	cxl_tools_agree 'one card'
	already_so 'one card again' online "$near"
	already_so 'its region' online "cxl/$region"
	done_now 'its memory goes' remove "$near"
	eq 'its device stays' device_dax "$(mode_of "$region")"
	done_now 'its memory again' online "$near"
	is_memory "$region"
	away 'one card goes' "$near"
	already_so 'it has gone' remove --destroy "$near"
	cxl_tools_agree 'a bare card'
}

by_serial() {
	done_now 'by serial' online $FAR
	region=$(cxl_regions_of "$far")
	region_is "$region" decoder0.1 $((1536 * M)) 1 256 $FAR
	is_memory "$region"
	away 'by serial' $FAR
}

two_cards() {
	done_now 'two cards at once' online "$near" "$far"
	region_is "$(cxl_regions_of "$near")" decoder0.0 $GIB 1 256 $NEAR
	region_is "$(cxl_regions_of "$far")" decoder0.1 $((1536 * M)) 1 256 $FAR
	is_memory "$(cxl_regions_of "$near")"
	is_memory "$(cxl_regions_of "$far")"
	cxl_agrees 'two cards'
	away 'the first goes, and the second' "$near" "$far"
}

# Cards of different size, named in any order.
interleaved() {
	done_now 'two cards as one' online --interleave "$far" "$near"
	region=$(cxl_regions_of "$near")
	region_is "$region" decoder0.2 $((2 * GIB)) 2 256 $NEAR $FAR
	is_memory "$region"
	cxl_agrees 'two cards as one'
	cxl_tools_agree 'two cards as one'
	already_so 'two cards as one, again' online --interleave "$near" "$far"
	away 'two cards as one go by one of them' "$far"
	done_now 'a part of each' online --interleave --size 600M --granularity 256 "$near" "$far"
	region_is "$(cxl_regions_of "$far")" decoder0.2 $GIB 2 256 $NEAR $FAR
	away 'a part of each' "cxl/$(cxl_regions_of "$far")"
}

a_part() {
	done_now 'a part of a card' online --size 512M "$far"
	region=$(cxl_regions_of "$far")
	region_is "$region" decoder0.1 $((512 * M)) 1 256 $FAR
	is_memory "$region"
	already_so 'this part again' online --size 512M "$far"
	already_so 'the card has a region' online "$far"
	has 'the rest is named' "$(field '.warnings | join(" ")')" '1 GiB'
	eq 'the host bridge has no free decoder' 0 "$(free_decoders "$far")"
	refused 7 'a host bridge with one decoder has one region' online --size 256M "$far"
	has 'and the hint says so' "$(field '.failures[0].hint')" "mhpctl remove --destroy cxl/$region"
	done_now 'a part of the other' create --size 300M --granularity 4K "$near"
	region=$(cxl_regions_of "$near")
	region_is "$region" decoder0.0 $((512 * M)) 1 4096 $NEAR
	done_now 'one more' online --size 256M "$near"
	eq 'the card has two regions' 2 "$(cxl_regions_of "$near" | wc -l)"
	is_memory "$(cxl_regions_of "$near" | tail -n 1)"
	cxl_agrees 'three parts'
	away 'the parts go with their cards' "$near" "$far"
}

as_device() {
	done_now 'create' create "$near"
	region=$(cxl_regions_of "$near")
	eq 'it is a device' device_dax "$(mode_of "$region")"
	already_so 'create again' create $NEAR
	spawn /tmp/user sleep 1000 5<"/dev/dax${region#region}.0"
	refused 1 'a device that is open' destroy "$near"
	has 'its user is named' "$(field '.failures[0].message')" "sleep[$PID]"
	kill "$PID"
	wait "$PID" 2>/dev/null
	done_now 'destroy' destroy "$near"
	cxl_same 'destroy'
	done_now 'create by serial' create $NEAR
	region=$(cxl_regions_of "$near")
	done_now 'online' online "cxl/$region"
	refused '1|7' 'memory is not destroyed' destroy "cxl/$region"
	is_memory "$region"
	away 'from memory to a bare card' "cxl/$region"
}

# Pages that cannot move, then pages that can: their content is the same afterwards.
in_use() {
	local node

	done_now 'up' online "$near"
	region=$(cxl_regions_of "$near")
	node=$(node_of_region "$region")
	hold_pages /tmp/holder --node "$node" --kind vmsplice
	check_rc '4|5|64' 'in use' mhpctl remove --destroy --timeout 2s --json "$near"
	has 'its owner is named' "$(field '[.failures[].message] | join(" ")') $(field '[.. | .pid? // empty] | join(" ")')" "$HOLDER"
	eq 'the region stays' "1 kmem" "$(cat "$CXL/$region/commit") $(mode_of "$region")"
	eq 'the held block is online' online "$(state_of "$(held_block /tmp/holder)")"
	release_pages
	away 'the same command after its end' "$near"
	done_now 'up again' online "$near"
	node=$(node_of_region "$(cxl_regions_of "$near")")
	hold_pages /tmp/holder --node "$node" --kind plain
	away 'pages that can move go elsewhere' "$near"
	check 'their process lives' kill -0 "$HOLDER"
	release_pages
}

# Regions by hand, in each state, are taken over; one that misses a member is not completed.
taken_over() {
	region=$(cxl_new_region decoder0.0 $((512 * M)) 256 "$near")
	done_now 'not committed' online "$near"
	is_memory "$region"
	away 'a region by hand' "$near"
	region=$(cxl_new_region decoder0.0 $GIB 1024 "$near")
	check 'committed' cxl_commit "$region"
	done_now 'never bound' online "cxl/$region"
	is_memory "$region"
	away 'a region by hand, by its name' "cxl/$region"
	region=$(cxl_new_region decoder0.2 $GIB 256 "$near" "$far")
	check 'committed' cxl_commit "$region"
	check 'and bound' cxl_bind "$region"
	done_now 'in use' online "$far"
	is_memory "$region"
	away 'an interleaved region by hand' "$near"
	region=$(cxl_new_region decoder0.0 $((512 * M)) 256 "$near")
	done_now 'not committed, as a device' create "$near"
	done_now 'destroyed' destroy "cxl/$region"
	cxl_same 'destroyed'
}

incomplete() {
	region=$(cxl_new_region decoder0.2 $GIB 256 "$near" "$far")
	echo >"$CXL/$region/target1"
	refused '1|7' 'a member is missing' online "$near"
	has 'the command to remove it is named' "$(field '[.failures[].hint] | join(" ")')" "mhpctl remove cxl/$region --destroy"
	done_now 'it works' remove "cxl/$region" --destroy
	note "capacity of the other card: $(cxl_world_decoders | grep "card $FAR" | paste -s -d ';')"
	cxl_same 'a region without a member'
}

windows() {
	done_now 'a part' create --size 768M "$near"
	region_is "$(cxl_regions_of "$near")" decoder0.0 $((768 * M)) 1 256 $NEAR
	done_now 'the rest in a small window at higher addresses' create --window decoder0.3 --size 256M "$near"
	refused 7 'the card is full' create --size 512M "$near"
	done_now 'both go' destroy "$near"
	cxl_same 'both'
	done_now 'the small window' create --window decoder0.3 "$near"
	region_is "$(cxl_regions_of "$near")" decoder0.3 $((256 * M)) 1 256 $NEAR
	refused 7 'it is full' create --window decoder0.3 --size 512M "$near"
	refused 1 'the bridge takes no region at lower addresses' create --size 512M "$near"
	has 'and the hint says so' "$(field '.failures[0].hint')" 'higher addresses'
	done_now 'it goes' destroy "$near"
	cxl_same 'the small window'
	region=$(cat "$CXL"/decoder0.1/create_ram_region)
	echo "$region" >"$CXL"/decoder0.1/create_ram_region
	echo 256 >"$CXL/$region/interleave_granularity"
	echo 1 >"$CXL/$region/interleave_ways"
	echo $((4 * GIB)) >"$CXL/$region/size"
	refused 7 'no window has free addresses' online "$far"
	done_now 'a region without members goes' destroy "cxl/$region"
	cxl_same 'a region without members'
}

# Nothing changes where the request is impossible.
wrong() {
	refused 2 'no power of two' online --granularity 300 "$near"
	refused '2|7' 'a granularity that CXL has not' online --granularity 32K "$near"
	refused 7 'another granularity than that of the window' online --interleave --granularity 512 "$near" "$far"
	refused 7 'a window of one bridge for two cards' online --interleave --window decoder0.0 "$near" "$far"
	refused 7 'a window of two bridges for one card' online --window decoder0.2 "$near"
	refused 7 'a window of the other bridge' online --window decoder0.1 "$near"
	refused '2|3' 'a window that is missing' online --window decoder0.9 "$near"
	refused 7 'more than the card has' online --size 2G "$near"
	refused 7 'more than both have' online --interleave --size 4G "$near" "$far"
	refused 3 'a card that is missing' online mem9
	cxl_same 'wrong'
}

# The dax region of a CXL region can be divided.
divided() {
	local id

	done_now 'all of a card' create "$near"
	region=$(cxl_regions_of "$near")
	id=${region#region}
	done_now 'shrink' resize --size 512M "dax$id.0"
	done_now 'another device' create --size 256M "cxl/$region"
	eq 'it has this size' "$((256 * M))" "$(cat "$DAX/dax$id.1/size")"
	done_now 'as memory' online "dax$id.1"
	cxl_agrees 'divided'
	cxl_tools_agree 'divided'
	refused 1 'memory is not resized' resize --size 512M "dax$id.1"
	done_now 'back to a device' remove "dax$id.1"
	done_now 'grow' resize --size 512M "dax$id.1"
	eq 'it has grown' "$((512 * M))" "$(cat "$DAX/dax$id.1/size")"
	done_now 'destroy one' destroy "dax$id.1"
	eq 'it is gone' 512M,gone "$(($(cat "$DAX/dax$id.0/size") / M))M,$([[ -e $DAX/dax$id.1 ]] || echo gone)"
	done_now 'again' create --size 512M "cxl/$region"
	done_now 'the first one as memory' online "dax$id.0"
	away 'the region goes with both' "cxl/$region"
}

# A card whose driver was unbound while nothing used it.
without_driver() {
	echo "$near" >/sys/bus/cxl/drivers/cxl_mem/unbind
	until_true 10 eval "[[ ! -e $CXL/$near/driver ]]"
	done_now 'a card without a driver' online "$near"
	region=$(cxl_regions_of "$near")
	region_is "$region" decoder0.0 $GIB 1 256 $NEAR
	is_memory "$region"
	away 'a card without a driver' "$near"
}

# The kernel would bring new memory online by itself, in another zone.
onliners() {
	auto_online online_kernel
	done_now 'the policy of the kernel says otherwise' online "$near"
	is_memory "$(cxl_regions_of "$near")"
	done_now 'away' remove --destroy "$near"
	auto_online offline
	cxl_same 'the policy of the kernel'
}

# A shell makes regions in the same window and deletes them, as quickly as it can.
rival() {
	local pid i rounds=5 wrong=0

	# shellcheck disable=SC2016 # for the shell of the rival
	spawn /tmp/rival bash -c 'cd '"$CXL"'/decoder0.0; while :; do read -r r <create_ram_region; echo $r >create_ram_region &&
		{ echo 256 >$r/interleave_granularity; echo 1 >$r/interleave_ways; echo 0x10000000 >$r/size; echo $r >delete_region; }; done'
	pid=$PID
	for ((i = 0; i < rounds; i++)); do
		run mhpctl online --json "$near"
		((RC == 0)) || wrong=$((wrong + 1))
		run mhpctl remove --destroy --json "$near"
		((RC == 0)) || wrong=$((wrong + 1))
	done
	kill "$pid"
	wait "$pid" 2>/dev/null
	for region in "$CXL"/region*; do
		[[ ! -e $region ]] || echo "${region##*/}" >"$CXL"/decoder0.0/delete_region
	done
	proof 'race: online mem0 and remove --destroy mem0 while another program makes regions in the window' $((rounds * 2)) "$wrong" \
		'all succeed'
	cxl_same 'a rival'
}

check 'cards are usable' cxl_start 2
near=$(cxl_card $NEAR) far=$(cxl_card $FAR)
cxl_remember
decoders
one_card
in_usual_run || by_serial
in_usual_run || two_cards # interleaved has both
interleaved
a_part
as_device
in_use
taken_over
incomplete
windows
wrong
divided
in_usual_run || onliners
in_usual_run || rival
without_driver
eq 'the kernel has lost no memory' '' "$(dmesg | grep -e 'until the next reboot' -e 'until reboot' -e 'WARNING:' -e 'BUG:')"
settings_are offline
