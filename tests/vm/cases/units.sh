# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Units and udev's rule: memory is online before the units that need it, in each boot
# vm: systemd nvdimm=1G,1G label=128k timeout=400
# vm: usual=6.12

POLICY=/etc/mhpctl/policy.d/10-memory.conf

# A unit that others would write: it notes what it finds when it starts.
before_boot() {
	mkdir -p "$ROOT/etc/mhpctl/policy.d"
	cat >"$ROOT$POLICY" <<-'END'
		[memory first]
		match.region = region0
		zone = movable
	END
	cat >"$ROOT/etc/systemd/system/needs-memory.service" <<-'END'
		[Unit]
		Wants=mhpctl-ready.target
		After=mhpctl-ready.target
		[Service]
		Type=oneshot
		ExecStart=/bin/bash -c 'cat /sys/devices/system/node/node2/memory*/valid_zones | sort -u >/root/zones'
		[Install]
		WantedBy=multi-user.target
	END
	mkdir -p "$ROOT/etc/systemd/system/multi-user.target.wants"
	ln -s ../needs-memory.service "$ROOT/etc/systemd/system/multi-user.target.wants/"
}

# runs: how often mhpctl-apply.service has begun in this boot
runs() {
	journalctl -b -o cat -u mhpctl-apply.service | grep -c '^Starting mhpctl-apply'
}

is_quiet() {
	! systemctl list-jobs --no-legend mhpctl-apply.service mhpctl-event.service | grep -q mhpctl
}

settled() {
	udevadm settle
	sleep 4
	until_true 90 is_quiet || fail 'the units come to rest' "$(systemctl list-jobs --no-legend)"
}

booted_with_policy() {
	settled
	eq "$1: memory was there before the unit that needs it" Movable "$(cat /root/zones)"
	rm /root/zones
	up 2
	check "$1: the target is reached" systemctl is-active mhpctl-ready.target
	eq "$1: the service has succeeded" success "$(systemctl show -P Result mhpctl-apply.service)"
	eq "$1: no unit failed" '' "$(systemctl list-units --failed --plain --no-legend)"
	note "$1: runs of the service: $(runs)"
}

# series [FILE]: names of the values in a file, or of those without confinement, and how many are not known
series() {
	{ if [[ ${1-} ]]; then cat "$1"; else mhpctl metrics; fi; } |
		sed '/^#/d; /unknown_values/!s/ [^ ]*$//' | sort
}

# The service of the metrics, which the timer starts when it is enabled.
metrics() {
	local directory=/var/lib/prometheus/node-exporter

	systemctl start mhpctl-metrics.service
	eq 'metrics: without the directory the run is skipped' inactive \
		"$(systemctl show -P ActiveState mhpctl-metrics.service)"
	mkdir -p $directory
	check 'metrics: the service succeeds' systemctl start mhpctl-metrics.service
	eq 'metrics: its confinement hides no value' "$(series)" "$(series $directory/mhpctl.prom)"
	eq 'metrics: the timer is off' disabled "$(systemctl is-enabled mhpctl-metrics.timer)"
}

boot_1() {
	booted_with_policy 'first boot'
	run systemd-analyze security --no-pager mhpctl-apply.service
	note "security: $(tail -n 1 "$OUT")"
	run systemd-analyze security --no-pager mhpctl-event.service
	note "security: $(tail -n 1 "$OUT")"
	check 'systemd has nothing against the units' systemd-analyze verify --man=no \
		mhpctl-ready.target mhpctl-event.service mhpctl-apply.service
	eq 'nor has udev against the rule' '' "$(journalctl -b -o cat -u systemd-udevd | grep 91-mhpctl)"
	metrics
	boot_again
}

boot_2() {
	booted_with_policy 'second boot'
}
