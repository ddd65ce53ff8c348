# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# One machine of the fleet of tests/ansible/fleet, which logs in by ssh and ends it
# vm: systemd=fleet ssh nvdimm=1G,1G label=128k mem=2G timeout=1800 once
# vm: usual=none

# Nobody but the host can reach the port: root needs no password.
before_boot() {
	sed -i 's/^root:[^:]*:/root::/' "$ROOT/etc/shadow"
	cat >"$ROOT/etc/ssh/sshd_config" <<-END
		PermitRootLogin yes
		PermitEmptyPasswords yes
		UsePAM no
		UseDNS no
		AcceptEnv LANG LC_*
		Subsystem sftp internal-sftp
	END
	ln -sf /dev/null "$ROOT/etc/systemd/system/ssh.service"
}

start_sshd() {
	local card

	for card in /sys/class/net/*/device; do
		card=$(basename "$(dirname "$card")")
	done
	ip link set "$card" up
	ip address add 10.0.2.15/24 dev "$card"
	mkdir -p /run/sshd
	/usr/sbin/sshd
}

boot_1() {
	check 'sshd' start_sshd
	until_true 1700 test -e /run/fleet-end || fail 'the end' 'nobody asked for it'
	cat /run/fleet-end
}
