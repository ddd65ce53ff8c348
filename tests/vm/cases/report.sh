# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A report of a machine with four regions: read from the file alone, by anybody, and without names
# vm: nvdimm=512M,512M,512M,512M label=none,128k,128k,128k
# vm: usual=7.3 timeout=600

readonly NOBODY=(setpriv --reuid 65534 --regid 65534 --clear-groups)
REPORT=/tmp/pmem.tar.gz

# in_report PATH: a file of the report.
in_report() {
	tar -xzOf "$REPORT" "$1"
}

machine() {
	mkdir -p /etc/mhpctl/policy.d
	printf '%s\n' '# of ward seven' '[memory fast]' 'match.region = region1' 'size = 256M' \
		'hook.after = /usr/bin/tell secret-word' >/etc/mhpctl/policy.d/10-fast.conf
	hostname ward-seven
	done_now 'one region is memory' online region0
	done_now 'part of another' online --init-labels --size 256M --name first region1
	done_now 'a block of it is offline' offline --node 3 --size 128M
	check 'a third is fsdax' ndctl create-namespace -f -e namespace2.0 -m fsdax -M mem
	check 'a fourth is disabled' ndctl disable-region region3
}

what_it_has() {
	eq 'only its owner can read it' 600 "$(stat -c %a "$REPORT")"
	has 'the policy' "$(in_report etc/mhpctl/policy.d/10-fast.conf)" 'match.region = region1'
	has 'the kernel log' "$(in_report mhpctl-report/kmsg)" 'Linux version'
	has 'the tiers or the nodes' "$(in_report sys/devices/system/node/node0/meminfo)" MemTotal
	eq 'each document is whole' '' "$(for name in list doctor plan policy reporting jobs; do
		in_report "mhpctl-report/$name.json" | jq -r 'select(.status != "ok") | .command'
	done | xargs)"
	eq 'the documents' 'doctor.json jobs.json list.json metrics.json plan.json policy.json reporting.json' \
		"$(tar -tzf "$REPORT" | sed -n 's|^mhpctl-report/\(.*json\)$|\1|p' | sort | xargs)"
}

what_it_has_not() {
	mkdir -p /tmp/unpacked
	tar -xzf "$REPORT" -C /tmp/unpacked
	eq 'no name of the host, no command of a hook, no comment' '' \
		"$(grep -rlE 'ward.seven|secret-word' /tmp/unpacked)"
	has 'the hook itself is there' "$(in_report etc/mhpctl/policy.d/10-fast.conf)" 'hook.after = /left-out'
	has 'words of the command line are left out' "$(in_report proc/cmdline)" left-out
	eq 'none of other programs' '' "$(tr ' ' '\n' <"/tmp/unpacked/proc/cmdline" | grep -x 'console=.*')"
	has 'with names it has them' "$(tar -xzOf /tmp/named.tar.gz etc/mhpctl/policy.d/10-fast.conf)" secret-word
}

# Only reading works, and what a report does not have is not known.
what_can_be_done() {
	run mhpctl --sysroot "$REPORT" check region0 --json
	eq 'check cannot know' maybe "$(field .verdict)"
	has 'and says so' "$(field '[.hidden[].why] | join(" ")')" 'a copied tree does not have the pages'
	check 'plan of the policy in it' mhpctl --sysroot "$REPORT" plan --json
	check 'doctor' eval "mhpctl --sysroot $REPORT doctor; ((\$? == 0 || \$? == 10))"
	check 'policy' mhpctl --sysroot "$REPORT" policy show
	check_rc 2 'a change is refused' mhpctl --sysroot "$REPORT" offline region0
	check_rc 2 'a report of a report too' mhpctl --sysroot "$REPORT" report /tmp/again.tar.gz
	check_rc 2 'an existing file is not replaced' mhpctl report "$REPORT"
	check 'to standard output' eval 'mhpctl report - | tar -tzf - >/tmp/piped'
	has 'it is the same kind of file' "$(cat /tmp/piped)" mhpctl-report/list.json
}

as_nobody() {
	local dir=/tmp/nobody

	mkdir -m 777 "$dir"
	run "${NOBODY[@]}" mhpctl report --json "$dir/report.tar.gz"
	ended 0 'another user gets a report'
	has 'which says what is hidden' "$(field '[.hidden[] | "\(.what): \(.why)"] | join("; ")')" 'Permission denied'
	"${NOBODY[@]}" mhpctl list --json >/tmp/nobody.json
	keep_json /tmp/nobody.json 'mhpctl list --json, as nobody'
	same_list /tmp/nobody.json >/tmp/list.here
	run mhpctl --sysroot "$dir/report.tar.gz" list --json
	same_list "$OUT" >/tmp/list.report
	holds 'and root sees in it what that user sees' same_files /tmp/list.here /tmp/list.report
}

auto_online offline
machine
report_is_same pmem
what_it_has
what_it_has_not
what_can_be_done
as_nobody
