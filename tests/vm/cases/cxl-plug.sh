# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# CXL cards under a policy: at boot, plugged in, taken out as one should, and as one should not
# vm: systemd resets newer-qemu nvdimm=none mem=2G timeout=900 kernels="6.12 7.2 7.3" usual=none
# vm: cpu-flags=hypervisor=off append="memhp_default_state=offline"
# vm: qemu="-machine cxl=on,cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=4G,cxl-fmw.1.targets.0=cxl.1,cxl-fmw.1.size=4G,cxl-fmw.2.targets.0=cxl.0,cxl-fmw.2.targets.1=cxl.1,cxl-fmw.2.size=4G,cxl-fmw.2.interleave-granularity=256 -object memory-backend-ram,id=cards0,size=1G -device pxb-cxl,bus_nr=12,bus=pcie.0,id=cxl.0 -device pxb-cxl,bus_nr=44,bus=pcie.0,id=cxl.1 -device cxl-rp,port=0,bus=cxl.0,id=rp0,chassis=0,slot=2 -device cxl-rp,port=0,bus=cxl.1,id=rp1,chassis=0,slot=3 -device cxl-type3,bus=rp0,volatile-memdev=cards0,id=cxl0,sn=0x10f"

# Not in a usual run: it takes 220 seconds of processors. The second card comes by QEMU's monitor. QEMU's
# device_del is a press of the button of the slot: the kernel powers it off five seconds later, whatever its
# memory is used for.
NEAR=0x10f
FAR=0xc100000000000007
GIB=1073741824
UNIT=mhpctl-apply.service
POLICY=/etc/mhpctl/policy.d/10-cards.conf

before_boot() {
	mkdir -p "$ROOT/etc/mhpctl/policy.d"
	cat >"$ROOT$POLICY" <<-'END'
		[memory near]
		match.serial = 0x10f
		[memory slot]
		match.path = */0000:2c:00.0/*
		zone = movable
	END
	# one that needs the memory notes what it found
	cat >"$ROOT/etc/systemd/system/witness.service" <<-'END'
		[Unit]
		Wants=mhpctl-ready.target
		After=mhpctl-ready.target
		[Service]
		Type=oneshot
		ExecStart=/bin/sh -c 'mhpctl list --json >/run/witness'
	END
	mkdir -p "$ROOT/etc/systemd/system/multi-user.target.wants"
	ln -s ../witness.service "$ROOT/etc/systemd/system/multi-user.target.wants/"
}

# --- what there is ---------------------------------------------------------

# memory_in FILE: each region: its members by serial number, its size, the part that is online.
memory_in() {
	jq -r '[.cxl_regions[] | "\([.members[].serial] | join("+")) \(.size) \(.online_bytes)"] | sort | join("; ")' "$1"
}

memory_now() {
	mhpctl list --json >/tmp/list.json
	memory_in /tmp/list.json
}

# zone_of_card SERIAL: of its blocks.
zone_of_card() {
	mhpctl list --json --blocks "$1" | jq -r '[.blocks[].zone] | unique | join(" ")'
}

is_memory() {
	[[ $(memory_now) == "$1" ]]
}

nr_cards() {
	mhpctl list --json | jq '.cxl_memdevs | length'
}

cards_are() {
	(($(nr_cards) == $1))
}

# is_out: the card is gone, and its slot is off: QEMU removes the card only then.
is_out() {
	[[ $(cat /sys/bus/pci/slots/3/power) == 0 ]] && cards_are 1
}

# free_bytes: of all windows.
free_bytes() {
	mhpctl list --json | jq -r '[.cxl_windows[].free_bytes | tostring] | join(" ")'
}

# runs: how often the service has begun in this boot.
runs() {
	journalctl -b -o cat -u $UNIT | grep -c '^Starting '
}

# quiet: udev and the service have nothing to do.
quiet() {
	udevadm settle
	! systemctl is-active mhpctl-event.service $UNIT | grep -q '^\(activ\|reload\|deactiv\)'
}

rest() {
	sleep 4
	holds "$1: it comes to rest" until_true 120 quiet
	check "$1: all is as declared" mhpctl plan --exit-code
	eq "$1: the run ended well" success "$(systemctl show -P Result $UNIT)"
}

# QEMU never gives the memory of a card back, not even to the same card: each time it has a new one.
plug_far() {
	local backend=far$SRANDOM

	qemu_monitor "object_add memory-backend-ram,id=$backend,size=1G" \
		"device_add cxl-type3,bus=rp1,volatile-memdev=$backend,id=cxl1,sn=$FAR"
}

# --- boot, and what comes later --------------------------------------------

at_boot() {
	eq 'the card was memory before those that need it' "$NEAR $GIB $GIB" "$(memory_in /run/witness)"
	check 'the target is reached' systemctl is-active mhpctl-ready.target
	rest 'at boot'
	eq 'movable' movable "$(zone_of_card $NEAR)"
	note "runs at boot: $(runs)"
	holds 'at most one run more than the first' test "$(runs)" -le 3
	eq 'no unit failed' '' "$(systemctl list-units --failed --plain --no-legend)"
	eq 'udev has nothing against the rule' '' "$(journalctl -b -o cat -u systemd-udevd | grep 91-mhpctl)"
}

# A card that was removed by hand stays removed until the next run: any device starts it.
removed_by_hand() {
	local before

	sleep 10 # the last run at boot may come late
	holds 'the boot is over' until_true 120 quiet
	before=$(runs)
	done_now 'remove without a rest for the policy' remove --destroy $NEAR
	sleep 10
	eq 'that starts no run' "$before" "$(runs)"
	eq 'and the card stays bare' '' "$(memory_now)"
}

plugged_in() {
	local begin end

	read -r begin _ </proc/uptime
	plug_far
	holds 'a card that is plugged in becomes memory, and so does the one removed' until_true 120 is_memory "$NEAR $GIB $GIB; $FAR $GIB $GIB"
	read -r end _ </proc/uptime
	note "memory after $(awk -v a="$begin" -v b="$end" 'BEGIN { printf "%.0f", b - a }') s"
	rest 'plugged in'
	eq 'in the zone of its section' movable "$(zone_of_card $FAR)"
}

# A burst of events of two cards; the driver stays bound.
burst() {
	local before i card

	before=$(runs)
	for ((i = 0; i < 20; i++)); do
		for card in /sys/bus/cxl/devices/mem*; do
			echo unbind >"$card/uevent"
			echo bind >"$card/uevent"
		done
	done
	sleep 2
	rest 'a burst of events'
	note "80 events made $(($(runs) - before)) runs"
	holds 'they are joined' test $(($(runs) - before)) -ge 1 -a $(($(runs) - before)) -le 2
}

# --- taken out -------------------------------------------------------------

gone_as_it_should() {
	check 'the policy rests' systemctl mask --runtime mhpctl-event.service $UNIT
	done_now 'remove' remove --destroy $FAR
	eq 'a bare card' "$NEAR $GIB $GIB" "$(memory_now)"
	qemu_monitor 'device_del cxl1'
	holds 'the card goes' until_true 60 is_out
	eq 'no address is lost' "$FREE" "$(free_bytes)"
	holds 'nor memory' test -z "$(dmesg | grep 'cannot be hotremoved\|stuck online')"
	check 'the policy wakes' systemctl unmask --runtime mhpctl-event.service $UNIT
	check 'nothing is left to do' mhpctl plan --exit-code
}

# unbind_cards: a reset of QEMU leaves Mem_Enable of the cards set, and the kernel then takes their ranges for
# those of the firmware and refuses them. It is off without a driver.
unbind_cards() {
	local card

	for card in /sys/bus/cxl/devices/mem*; do
		echo "${card##*/}" >/sys/bus/cxl/drivers/cxl_mem/unbind
	done
}

boot_1() {
	at_boot
	FREE=$(free_bytes)
	removed_by_hand
	plugged_in
	burst
	gone_as_it_should
	plug_far
	holds 'plugged in again, it is memory again' until_true 120 is_memory "$NEAR $GIB $GIB; $FAR $GIB $GIB"
	rest 'again'
	cat >$POLICY <<-END
		[memory both]
		match.serial = $NEAR $FAR
		interleave = yes
	END
	check 'the new policy is valid' mhpctl policy check
	check 'the policy rests until then' systemctl mask --runtime mhpctl-event.service $UNIT
	done_now 'bare cards, as a reset leaves the decoders of QEMU' remove --destroy $NEAR $FAR
	unbind_cards
	boot_again
}

found() {
	mhpctl doctor --json | jq -r "[.findings[] | select(.id == \"$1\") | .severity] | unique | join(\" \")"
}

lost_blocks() {
	mhpctl list --json --blocks | jq -r '[.blocks[] | select(.unbacked) | "\(.blocks) \(.state)"] | sort | join(" ")'
}

taken_out_in_use() {
	local lost

	cat >$POLICY <<-'END'
		[memory slot]
		match.path = */0000:2c:00.0/*
	END
	done_now 'a region of its own' apply
	qemu_monitor 'device_del cxl1'
	holds 'the kernel lets the card go' until_true 60 is_out
	lost=$(lost_blocks)
	holds 'its blocks are online and lost' test -n "$lost"
	eq 'doctor calls it an error' error "$(found cxl_memory_lost)"
	already_so 'no section matches what is lost' apply
	eq 'it stays as it is' "$lost" "$(lost_blocks)"
	plug_far
	holds 'the card comes back' until_true 60 cards_are 2
	sleep 4
	holds 'the policy comes to rest' until_true 120 quiet
	run mhpctl plan --json
	note "after it came back: $(memory_now); plan: $(field '[.failures[] | "\(.reason) \(.message)"] | join("; ")')"
	eq 'the lost blocks are as before' "$lost" "$(lost_blocks)"
}

boot_2() {
	eq 'one region over both before those that need it' "$NEAR+$FAR $((2 * GIB)) $((2 * GIB))" \
		"$(memory_in /run/witness | sed "s/$FAR+$NEAR/$NEAR+$FAR/")"
	rest 'interleaved'
	check 'the policy rests' systemctl mask --runtime mhpctl-event.service $UNIT
	done_now 'remove both' remove --destroy $NEAR $FAR
	eq 'bare cards' '' "$(memory_now)"
	qemu_monitor 'device_del cxl1'
	holds 'a card goes' until_true 60 is_out
	check_rc 3 'an interleaved section waits for all its cards' mhpctl plan --exit-code
	has 'and names the missing one' "$(cat "$OUT" "$ERR")" "$FAR is not among its CXL memory devices"
	plug_far
	holds 'it comes back' until_true 60 cards_are 2
	check 'the policy wakes' systemctl unmask --runtime mhpctl-event.service $UNIT
	taken_out_in_use
}
