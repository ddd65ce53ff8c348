# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The units of the metrics, without a running systemd, and the drop-in file of the kubelet.

readonly UNITS=$WORK/units

# Units as they are installed; the program is this one.
make_units() {
	local file

	mkdir -p "$UNITS/kubelet.service.d" "$WORK/bin"
	printf '#!/bin/sh\nexec %s "$@"\n' "$MHPCTL" >"$WORK/bin/mhpctl"
	chmod +x "$WORK/bin/mhpctl"
	for file in "$TOP"/systemd/mhpctl-*; do
		sed "s|@bindir@|$WORK/bin|" "$file" >"$UNITS/$(basename "$file" .in)"
	done
	printf '[Unit]\nDescription=A Stand-in for the Kubelet\n[Service]\nExecStart=%s list\n' "$WORK/bin/mhpctl" \
		>"$UNITS/kubelet.service"
	cp "$TOP/fleet/kubelet-memory.conf" "$UNITS/kubelet.service.d/50-memory.conf"
}

# verify UNIT...: without a word of systemd about these units; it also reads those that they name
verify() {
	local words

	words=$(SYSTEMD_UNIT_PATH=$UNITS: systemd-analyze verify --man=no "${@/#/$UNITS/}" 2>&1) || { echo "$words"; return 1; }
	words=$(grep -e mhpctl -e kubelet <<<"$words") || return 0
	echo "$words"
	return 1
}

# exposure LIMIT: of the service of the metrics, in tenths, as systemd counts it
exposure() {
	systemd-analyze security --no-pager --offline=yes --threshold="$1" "$UNITS/mhpctl-metrics.service"
}

# unit_value KEY: of the service of the metrics, all of its lines in one
unit_value() {
	sed -n "s/^$1=//p" "$UNITS/mhpctl-metrics.service" | xargs
}

# command_of KEY DIRECTORY: runs a command of the service, as systemd does with another directory
command_of() {
	local words

	read -ra words <<<"$(unit_value "$1")"
	# shellcheck disable=SC2016 # the word of the unit
	"${words[@]//'${MHPCTL_METRICS_DIRECTORY}'/$2}"
}

# series [PREFIX...]: of this machine, without their values; PREFIX is a command that runs mhpctl
series() {
	"$@" "$MHPCTL" metrics 2>/dev/null | grep -v '^#' | sed 's/ [^ ]*$//; /unknown_values/d' | sort
}

# Values of this machine with the capabilities of the service, and with all that root has.
check_capabilities() {
	local set

	if ((EUID != 0)); then
		pass 'capabilities of the service # SKIP not root'
		return
	fi
	set=$(unit_value CapabilityBoundingSet | sed 's/CAP_/+/g' | tr 'A-Z ' 'a-z,')
	is 'with the capabilities of the service no value is missing' \
		"$(series setpriv --bounding-set "-all,$set" --inh-caps=-all --no-new-privs)" "$(series env)"
}

# enabled_by_presets: the units of the metrics in a tree whose first boot enables what has no preset
enabled_by_presets() {
	local tree=$WORK/first-boot

	rm -rf "$tree"
	mkdir -p "$tree/usr/lib/systemd/system-preset" "$tree/etc/systemd/system"
	cp -r "$UNITS" "$tree/usr/lib/systemd/system"
	cp "$@" "$tree/usr/lib/systemd/system-preset"
	systemctl --root="$tree" preset mhpctl-metrics.timer 2>/dev/null
	systemctl --root="$tree" is-enabled mhpctl-metrics.timer
}

check_service() {
	local status=0

	command_of ExecCondition "$WORK/missing" || status=$?
	is 'without the directory the run is skipped' "$((status > 0 && status < 255))" 1
	mkdir -p "$WORK/directory"
	ok 'with the directory it is not' command_of ExecCondition "$WORK/directory"
	command_of ExecStart "$WORK/directory" 2>/dev/null
	ok 'it writes the file' grep -q '^mhpctl_build_info' "$WORK/directory/mhpctl.prom"
	is 'the directory of the node exporter, which it may write to' "$(unit_value ReadWritePaths)" \
		"-$(unit_value Environment | cut -d= -f2)"
	is 'that of Debian' "$(unit_value Environment | cut -d= -f2)" \
		"$(prometheus-node-exporter --help 2>&1 | sed -n 's/.*textfile.directory="\([^"]*\)".*/\1/p')"
}

check_units() {
	make_units
	silent 'systemd has nothing against the units of the metrics' verify mhpctl-metrics.service mhpctl-metrics.timer
	ok 'the exposure of the service is that of units with few rights' exposure 30
	refuses 'and not less than it is' exposure 10
	is 'only the timer can be enabled' "$(cd "$UNITS" && grep -l '^\[Install\]' mhpctl-*)" mhpctl-metrics.timer
	is 'the first boot of an image does not enable it' "$(enabled_by_presets "$TOP"/systemd/*.preset)" disabled
	is 'without the preset it would' "$(enabled_by_presets /dev/null)" enabled
	check_service
	check_capabilities
	silent 'systemd has nothing against the drop-in file of the kubelet' verify kubelet.service
	is 'the target that it waits for is a unit' \
		"$(sed -n 's/^\(Wants\|After\)=//p' "$TOP/fleet/kubelet-memory.conf" | sort -u)" \
		"$(basename "$TOP"/systemd/mhpctl-ready.target)"
	sed -i 's/^After=/Aftr=/' "$UNITS/kubelet.service.d/50-memory.conf"
	refuses 'a mistake in it is seen' verify kubelet.service
}
