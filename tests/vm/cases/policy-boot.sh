# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A policy at boot, after another, for what is plugged in, through a burst of events, and a broken one
# vm: systemd nvdimm=1G label=128k timeout=600
# vm: usual=6.12

UNIT=mhpctl-apply.service

before_boot() {
	mkdir -p "$ROOT/etc/mhpctl/policy.d"
	cat >"$ROOT/etc/mhpctl/policy.d/10-pmem.conf" <<-END
		[memory pmem]
		match.region = region0 region1
		init_labels = yes
		consent = yes
		zone = movable
	END
	# one that needs the memory notes what it found
	cat >"$ROOT/etc/systemd/system/witness.service" <<-'END'
		[Unit]
		Wants=mhpctl-ready.target
		After=mhpctl-ready.target
		[Service]
		Type=oneshot
		ExecStart=/bin/sh -c 'cat /sys/devices/system/node/node2/memory*/valid_zones | sort | uniq -c >/run/witness'
	END
	mkdir -p "$ROOT/etc/systemd/system/multi-user.target.wants"
	ln -s ../witness.service "$ROOT/etc/systemd/system/multi-user.target.wants/"
}

online_at_boot() {
	eq 'what the witness saw' '7 Movable' "$(awk '{ print $1, $2 }' /run/witness)"
	check 'the target is reached' systemctl is-active mhpctl-ready.target
	eq 'the run ended well' success "$(systemctl show -P Result $UNIT)"
	up 2 Movable
	recorded_at_boot
	check 'nothing is left to do' mhpctl plan --exit-code
	eq 'no unit failed' '' "$(systemctl list-units --failed --plain --no-legend)"
}

recorded_at_boot() {
	journal step MHPCTL_STEP=online_block >/tmp/records
	eq 'one record for all blocks' 'apply 2 movable ok pmem /etc/mhpctl/policy.d/10-pmem.conf 1' \
		"$(json /tmp/records '[.MHPCTL_COMMAND, .MHPCTL_NODE, .MHPCTL_ZONE, .MHPCTL_RESULT,
			.MHPCTL_SECTION, .MHPCTL_FILE, .MHPCTL_LINE] | join(" ")')"
	holds 'with device and range' grep -q '"MHPCTL_BLOCK":"[0-9]*-[0-9]*"' /tmp/records
	eq 'of this device' dax0.0 "$(json /tmp/records .MHPCTL_DEVICE)"
	# devices that appear at boot may have led to one more run, which finds all as it should be
	until_true 60 quiet
	eq 'the journal says once a run what was reached' "$(runs)" \
		"$(journalctl -b -u $UNIT -o cat | grep -c '^pmem: [a-z]*0[.0]*: ')"
	has 'and so does the status' "$(status_of $UNIT)" ': 7 of 7 blocks, 896 MiB online'
	has 'for people' "$(systemctl status $UNIT)" 'Status: "apply: '
}

runs() {
	journalctl -b -u $UNIT --no-pager | grep -c 'Starting '
}

# quiet: udev and the service have nothing to do.
quiet() {
	udevadm settle
	! systemctl is-active mhpctl-event.service $UNIT | grep -q '^\(activ\|reload\|deactiv\)'
}

boot_1() {
	online_at_boot
	boot_again
}

# The runs of this boot, as monitor reads them: number, state, changed, milliseconds
told_runs() {
	awk '{ printf "%s %s %s %s ms; ", $1, $6, $8 ? "changed" : "unchanged", $5 }' \
		/run/mhpctl/policy.runs
}

boot_2() {
	online_at_boot
	until_true 30 quiet
	note "runs at boot: $(told_runs)"
	has 'the first run at boot does it all' "$(told_runs)" '1 converged changed'
	eq 'the device events lead to one more at most, which changes nothing' '1' \
		"$(awk '$8' /run/mhpctl/policy.runs | wc -l)"
	holds 'and no third' test "$(wc -l </run/mhpctl/policy.runs)" -le 2
	plugged_in
	burst
	changed_policy
	note "$(systemd-analyze security --no-pager $UNIT | tail -n 1)"
	check 'units as systemd likes them' systemd-analyze verify --man=no mhpctl-ready.target
	echo '[memory pmem' >/etc/mhpctl/policy.d/20-broken.conf
	boot_again
}

blocks_of_devices() {
	[[ $(mhpctl list --json | jq '[.dax_devices[] | select(.mode == "system_ram")] | length') == "$1" ]]
}

plugged_in() {
	qemu_monitor 'object_add memory-backend-ram,id=hot,size=1G' \
		'device_add nvdimm,id=hotdimm,memdev=hot,node=1,label-size=128k'
	holds 'a plugged NVDIMM becomes memory' until_true 60 blocks_of_devices 2
	holds 'and then it is quiet' until_true 60 quiet
	check 'all is as declared' mhpctl plan --exit-code
}

burst() {
	local before nr i pairs=1000

	! in_usual_run || pairs=20 # udevd takes long for each
	before=$(runs)
	for ((i = 0; i < pairs; i++)); do
		echo remove >/sys/bus/dax/devices/dax0.0/uevent
		echo add >/sys/bus/dax/devices/dax0.0/uevent
	done
	sleep 2
	holds 'the burst ends' until_true 200 quiet
	nr=$(($(runs) - before))
	note "$((2 * pairs)) events made $nr run$( ((nr == 1)) || echo s)"
	# one, or one more where systemd is so slow that it hears of the last events after the first run
	holds 'the events are gathered' test "$nr" -ge 1 -a "$nr" -le 2
}

changed_policy() {
	sed -i 's/movable/kernel/' /etc/mhpctl/policy.d/10-pmem.conf
	check_rc 10 'the change is seen' mhpctl plan --exit-code
	done_now 'and applied' apply
	up 2 Normal
	already_so 'once' apply
}

boot_3() {
	check 'the boot goes on' systemctl is-active multi-user.target
	check 'the target is reached' systemctl is-active mhpctl-ready.target
	eq 'the run has failed' '2' "$(systemctl show -P ExecMainStatus $UNIT)"
	has 'why is in the journal' "$(journalctl -b -u $UNIT --no-pager)" 20-broken.conf
	until_true 60 quiet
	has 'and in the status' "$(status_of $UNIT)" 'apply: nothing was started: /etc/mhpctl/policy.d/20-broken.conf:1: '
	systemctl status $UNIT --no-pager
	eq 'as a record' '2 usage' \
		"$(journal error | jq -r '"\(.MHPCTL_EXIT_CODE) \(.MHPCTL_REASON)"' | sort -u)"
	eq 'once a run' "$(runs)" "$(journalctl -b -u $UNIT -o cat | grep -c '20-broken.conf:1: ')"
	eq 'nothing was touched' 0 "$(nr_blocks 2)"
	check_rc 2 'the check says so' mhpctl policy check
}
