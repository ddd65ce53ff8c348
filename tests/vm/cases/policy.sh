# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A policy is compared, applied, and changes nothing the second time
# vm: nvdimm=2G,512M,512M label=128k,none,128k timeout=180
# vm: usual=6.1

DIR=/etc/mhpctl/policy.d
policy=$(cat "$MEM/auto_online_blocks")

# declare FILE: the policy on standard input
declare_as() {
	mkdir -p "$DIR"
	cat >"$DIR/$1"
}

steps() {
	field '[.steps[].step | select(. != "load_module")] | unique | join(" ")'
}

nothing_is_declared() {
	already_so 'no policy' apply
	check 'no policy is said in words' mhpctl apply
	eq 'no policy: the words' 'no policy: there is nothing to do' "$(cat "$OUT")"
	check 'plan of no policy' mhpctl plan --exit-code
}

# Two regions; of one of them, some memory comes before all the rest.
declared_and_made_so() {
	declare_as 20-rest.conf <<-'END'
		[memory plain]
		match.region = region1
		match.size = >=256M <1G
	END
	declare_as 10-fast.conf <<-'END'
		# the large one
		[memory fast]
		match.region = region0
		match.origin = pmem
		init_labels = yes
		zone = movable
		first = 512M
		ratio_limit = 9
	END
	check 'the policy is good' mhpctl policy check
	check_rc 10 'plan tells that something would change' mhpctl plan --exit-code --json
	eq 'the steps' 'create_namespace init_labels online_block set_mode' "$(steps)"
	eq 'sections in order' 'fast plain' "$(field '[.sections[].section] | join(" ")')"
	check 'plan as text' mhpctl plan
	empty_region region0
	done_now 'apply' apply
	up 2
	up 3
	eq 'both sections are told of' 'fast ok true 1 plain ok true 1' \
		"$(field '[.sections[] | "\(.section) \(.status) \(.changed) \(.targets)"] | join(" ")')"
	already_so 'apply again' apply
	check 'plan again' mhpctl plan --exit-code --json
	eq 'no steps are left' 0 "$(field '.steps | length')"
	check 'in words' mhpctl apply
	has 'already done is said' "$(cat "$OUT")" 'already done'
	settings_are "$policy"
}

what_comes_first() {
	check 'remove' mhpctl remove dax0.0 dax1.0
	run mhpctl apply --json=lines
	eq 'the first part of one comes before the other' \
		'fast:4 plain:3 fast:11' \
		"$(jq -r 'select(.event == "progress" and .done == .total) | "\(.section):\(.total)"' \
			"$OUT" | paste -sd' ')"
	up 2
	up 3
}

changed_policy() {
	sed -i 's/zone = movable/zone = kernel/' "$DIR/10-fast.conf"
	check_rc 10 'another zone would change something' mhpctl plan --exit-code
	done_now 'apply the other zone' apply
	up 2 Normal
	already_so 'and again' apply
	declare_as 05-all.conf <<-'END'
		[memory raw]
		match.device = dax*
		match.node = 3
		mode = devdax
	END
	check_rc 10 'devdax on system memory would change something' mhpctl plan --exit-code --json
	has 'who counts is told' "$(field '.warnings | join(" ")')" 'raw applies'
	done_now 'apply devdax' apply
	eq 'the device is in devdax mode' device_dax \
		"$(basename "$(readlink -f /sys/bus/dax/devices/dax1.0/driver)")"
	up 2 Normal
	already_so 'and again' apply
	rm "$DIR/05-all.conf"
	done_now 'and back' apply
	up 3
}

saved_plans() {
	check 'remove one' mhpctl remove dax1.0
	check 'save a plan' mhpctl plan --out /tmp/plan
	done_now 'a saved plan is carried out' apply /tmp/plan
	up 3
	already_so 'it is done' apply /tmp/plan
	check 'remove again' mhpctl remove dax1.0
	check 'save another' mhpctl plan --out /tmp/plan
	check 'the machine changes' mhpctl remove --destroy --yes dax1.0
	check 'in another way than planned' mhpctl create region1
	refused 1 'the plan is refused' apply /tmp/plan
	eq 'the reason' stale_plan "$(field '.failures[0].reason')"
	eq 'nothing was done' 0 "$(nr_blocks 3)"
	done_now 'the policy is still good' apply
	up 3
}

broken_policy() {
	check 'remove' mhpctl remove dax1.0
	echo 'zone = movabel' >>"$DIR/20-rest.conf"
	check_rc 2 'check says so' mhpctl policy check --json
	refused 2 'a broken policy' apply
	has 'file and line' "$(field '.failures[0].message')" "$DIR/20-rest.conf:4"
	has 'what was meant' "$(field '.failures[0].hint')" movable
	eq 'nothing was done' 0 "$(nr_blocks 3)"
	check_rc 2 'plan says so too' mhpctl plan
	: >"$DIR/20-rest.conf"
	already_so 'an empty file masks' apply
	check 'show' mhpctl policy show --json
	eq 'masked' masked "$(field '.files[] | select(.file | endswith("20-rest.conf")) | .state')"
}

failures() {
	declare_as 30-more.conf <<-'END'
		[memory ratio]
		match.region = region1
		ratio_limit = 1:100
		order = 1
		on_failure = stop
		[memory third]
		match.region = region2
		init_labels = yes
		size = 256M
		name = third
	END
	check_rc 1 'one is refused for its ratio, the next are not begun' mhpctl apply --json
	eq 'which' 'ratio failed fast not_tried third not_tried' \
		"$(field '[.sections[] | "\(.section) \(.status)"] | join(" ")')"
	eq 'why' ratio_exceeded "$(field '.failures[0].reason')"
	sed -i 's/stop/continue/' "$DIR/30-more.conf"
	check_rc 64 'one is refused, the next is done' mhpctl apply --json
	up 4
	sed -i '/ratio_limit/d' "$DIR/30-more.conf"
	done_now 'without the limit' apply
	up 3
	already_so 'the namespace is as declared' apply
	sed -i 's/size = 256M/size = 400M/' "$DIR/30-more.conf"
	check_rc '1|64' 'another size is no longer what is there' mhpctl apply --json
	eq 'that reason' mismatch "$(field '.failures[0].reason')"
	check_rc 6 'not root' setpriv --reuid 65534 --clear-groups mhpctl apply
}

from_daxctl() {
	local uuid

	rm -rf "$DIR"
	check 'remove two' mhpctl remove dax1.0 dax2.0
	uuid=$(ndctl list -N -r region1 | jq -r '.[0].uuid')
	mkdir -p /etc/daxctl.conf.d
	printf '[reconfigure-device x]\nnvdimm.uuid = %s\nmode = system-ram\n' "$uuid" \
		>/etc/daxctl.conf.d/x.conf
	check 'import' mhpctl policy import
	has 'as a policy' "$(cat "$OUT")" "match.namespace = $uuid"
	mkdir -p "$DIR"
	cp "$OUT" /tmp/imported.conf
	check_rc 10 'what was imported would change the same' mhpctl plan --exit-code /tmp/imported.conf
	done_now 'sections of daxctl are carried out' apply
	up 3
	eq 'and nothing else' 0 "$(nr_blocks 4)"
	rm -r /etc/daxctl.conf.d
}

# A disabled namespace is not in devdax mode either.
disabled_namespaces() {
	rm -f "$DIR"/*
	check 'remove' mhpctl remove dax1.0
	check 'a namespace is disabled' ndctl disable-namespace namespace1.0
	check 'and another' ndctl disable-namespace namespace2.0
	declare_as 10-raw.conf <<-'END'
		[memory raw]
		match.region = region1 region2
		mode = devdax
	END
	check_rc 10 'it would be enabled' mhpctl plan --exit-code
	done_now 'devdax means enabled too' apply
	eq 'the devices are there' 'device_dax device_dax' \
		"$(for dev in dax1.0 dax2.0; do
			basename "$(readlink -f /sys/bus/dax/devices/$dev/driver)"
		done | paste -sd' ')"
	already_so 'and again' apply
}

auto_online offline
policy=offline
nothing_is_declared
declared_and_made_so
what_comes_first
changed_policy
saved_plans
broken_policy
failures
from_daxctl
disabled_namespaces
settings_are offline
