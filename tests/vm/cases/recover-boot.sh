# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The power fails while a namespace is created: the unit ends it at the next boot
# vm: systemd nvdimm=512M,512M label=128k timeout=500
# vm: usual=6.12

UNIT=mhpctl-recover.service

intent_of() {
	grep -l kind=create_namespace /var/lib/mhpctl/intent/* 2>/dev/null
}

# uuid_in FILE: the UUID that the run had announced
uuid_in() {
	sed -n 's/^step .*kind=create_namespace.* uuid=\([0-9a-f-]*\).*/\1/p' "$1"
}

# The label is written, and the info block is not: as if the power had failed in between.
write_label() {
	local uuid=$1 seed

	ndctl list -Ni | jq -e --arg uuid "$uuid" '[.] | flatten | .[] | select(.uuid == $uuid and .size > 0)' >/dev/null && return
	seed=/sys/bus/nd/devices/$(cat /sys/bus/nd/devices/region0/namespace_seed)
	[[ $(cat "$seed/uuid") == "$uuid" ]] || echo "$uuid" >"$seed/uuid"
	echo dax >"$seed/holder_class"
	echo $((256 << 20)) >"$seed/size"
}

boot_1() {
	udevadm settle
	check 'systemd has nothing against the unit' systemd-analyze verify --man=no $UNIT
	eq 'without records the unit is skipped' 'no inactive' \
		"$(systemctl show -P ConditionResult $UNIT) $(systemctl is-active $UNIT)"
	run mhpctl create --init-labels region0
	done_now 'labels' destroy --yes "$(ndctl list -N -r region0 | jq -r '.[].uuid')"
	ndctl create-namespace -m devdax -r region1 -f >/dev/null
	kill_at create_namespace create region0
	FILE=$(intent_of)
	has 'it is on disk' "$FILE" /var/lib/mhpctl/intent/
	uuid_in "$FILE" >/var/uuid
	until_true 30 eval '! pidof mhpctl mhpctl-writer' # its process may be in the middle of the label
	write_label "$(cat /var/uuid)"
	has 'the label is written' "$(ndctl list -Ni | jq '[.] | flatten | .[] | select(.size > 0)')" "$(cat /var/uuid)"
	ndctl list -N -r region1 >/var/other
	sync -f /var/uuid
	power_cut
}

recovered() {
	[[ $(systemctl show -P Result $UNIT) == success && $(systemctl show -P ConditionResult $UNIT) == yes &&
		$(systemctl is-active $UNIT) == inactive && ! -e $(intent_of) ]]
}

boot_2() {
	until_true 90 recovered || fail 'the unit ends' "$(systemctl status $UNIT --no-pager)"
	eq 'the unit has recovered' 'yes success' \
		"$(systemctl show -P ConditionResult $UNIT) $(systemctl show -P Result $UNIT)"
	journalctl -b -u $UNIT --no-pager
	eq 'the namespace is complete' devdax \
		"$(mhpctl list --json | jq -r '.namespaces[] | select(.region == "region0") | .mode')"
	eq 'it has its device' 1 "$(mhpctl list --json | jq '[.dax_devices[] | select(.region == "region0")] | length')"
	eq 'another namespace is as it was' "$(jq -r '.[].uuid' /var/other)" \
		"$(ndctl list -N -r region1 | jq -r '.[].uuid')"
	run mhpctl recover --json
	eq 'nothing is left' '0 0' "$RC $(field '.interrupted_runs | length')"
	eq 'no unit failed' '' "$(systemctl list-units --failed --plain --no-legend)"
}
