# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A policy at boot takes the memory that it made, also after a power cut, and nobody's data
# vm: systemd nvdimm=512M,512M label=128k timeout=500
# vm: usual=none

# shellcheck disable=SC2034 # what is set is for data.sh
# shellcheck source=/dev/null
. /vm/data.sh

UNIT=mhpctl-apply.service

before_boot() {
	mkdir -p "$ROOT/etc/mhpctl/policy.d"
	cat >"$ROOT/etc/mhpctl/policy.d/10-pmem.conf" <<-END
		[memory pmem]
		match.region = region0
		init_labels = yes
		consent = memory labels
		zone = movable
		[memory more]
		match.region = region1
		init_labels = yes
		consent = memory labels
		zone = movable
	END
}

# The case continues when the runs of the boot have ended.
quiet() {
	udevadm settle
	! systemctl is-active mhpctl-event.service $UNIT | grep -q '^\(activ\|reload\|deactiv\)'
}

ran_so() {
	quiet && [[ $(systemctl show -P ExecMainStatus $UNIT) == "$1" ]]
}

# The devices may come later than the first run.
ran_as() {
	until_true 60 ran_so "$1" || fail 'the runs at boot end' "$(systemctl list-jobs)"
	eq 'the run at boot' "$1" "$(systemctl show -P ExecMainStatus $UNIT)"
}

boot_1() {
	data_begin
	ran_as 0
	up 2
	up 3
	power_cut
}

boot_2() {
	ran_as 0
	up 2
	up 3
	CONTENT[0]='what was memory' KIND[0]=devdax RC=0 TEXT='' USED='a power cut'
	tell "${CONTENT[0]}" devdax 'apply of the policy at boot' '' 'not asked for: recorded'
	# one goes back, and somebody uses it
	done_now 'it goes back' remove region0
	printf 'IMPORTANT-CUSTOMER-DATA' | daxio put /dev/dax0.0 $((100 << 20))
	daxio sum /dev/dax0.0 >/var/sum
	cp "$DATA" /var/data.tsv
	boot_again
}

boot_3() {
	cp /var/data.tsv "$DATA"
	ran_as 64
	eq 'what is not in use is memory' 'some online Movable' \
		"$( (($(nr_blocks 3))) && echo some) $(states_of_node 3) $(zones_of_node 3)"
	eq 'what somebody used is not' 0 "$(nr_blocks 2)"
	eq 'and is as it was' "$(cat /var/sum)" "$(daxio sum /dev/dax0.0)"
	has 'the status says why' "$(status_of $UNIT)" 'lose its data'
	CONTENT[0]=text KIND[0]=devdax
	remember 0
	USED='a reboot'
	rows 0 '' 'apply of the policy at boot'
	USED=''
	named_by_uuid
	data_end
}

# A policy that names the namespace has said that it may go.
named_by_uuid() {
	local uuid

	uuid=$(ndctl list -N -r region0 | jq -r '.[].uuid')
	sed -i "s/^match.region = region0/match.namespace = $uuid/" /etc/mhpctl/policy.d/10-pmem.conf
	done_now 'a policy that names it agrees' apply
	up 2
}
