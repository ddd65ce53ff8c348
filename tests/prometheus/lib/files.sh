# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The alerts, the dashboard and the pages, without a server.

readonly RULES=$TOP/prometheus/mhpctl.rules.yml
readonly RULES_TEST=$TOP/prometheus/mhpctl.rules.test.yml
readonly DASHBOARD=$TOP/prometheus/mhpctl-dashboard.json

# lint ARG...: promtool on the metrics of a machine
lint() {
	"$MHPCTL" "$@" metrics | promtool check metrics
}

check_texts() {
	local name

	silent 'metrics of this machine: promtool has no complaint' lint
	for name in pmem cxl virtio-mem; do
		silent "metrics of $name: promtool has no complaint" lint --sysroot "$TOP/tests/fixtures/$name/report.tar.gz"
	done
	printf '# TYPE x_total gauge\nx_total 1\n' >"$WORK/bad.prom"
	refuses 'promtool refuses a name against the conventions' promtool check metrics <"$WORK/bad.prom"
}

# alerts_tested WHAT: the alerts that the test wants to fire, or not to
alerts_tested() {
	/usr/bin/python3 - "$RULES_TEST" "$1" <<-'END'
		import sys, yaml
		wanted = {"firing": True, "silent": False}[sys.argv[2]]
		tests = yaml.safe_load(open(sys.argv[1]))["tests"]
		print(*sorted({case["alertname"] for test in tests for case in test["alert_rule_test"]
		               if bool(case["exp_alerts"]) == wanted}))
	END
}

# break_rule ALERT: the rules, with an alert that never fires, beside their test
break_rule() {
	mkdir -p "$WORK/broken"
	cp "$RULES_TEST" "$WORK/broken"
	sed "/alert: $1$/,/labels:/s/^    for: .*/    for: 1000d/" "$RULES" >"$WORK/broken/mhpctl.rules.yml"
}

check_rules() {
	local names

	names=$(sed -n 's/^ *- alert: //p' "$RULES" | sort | xargs)
	ok 'promtool reads the rules' promtool check rules "$RULES"
	ok 'promtool: each rule fires when it is due' promtool test rules "$RULES_TEST"
	is 'each alert has a test where it fires' "$(alerts_tested firing)" "$names"
	is 'and one where it does not' "$(alerts_tested silent)" "$names"
	break_rule MhpctlPolicyNotMet
	refuses 'the test sees an alert that does not fire' promtool test rules "$WORK/broken/mhpctl.rules.test.yml"
	is 'the page has each alert, and no other' \
		"$(sed -n 's/^_\(Mhpctl[A-Za-z]*\)_::$/\1/p' "$TOP/man/mhpctl-fleet.adoc" | sort | xargs)" "$names"
	is 'each alert has a severity, and says what to do' \
		"$(grep -c '^      severity: \(critical\|warning\|info\)$' "$RULES") $(grep -c '^      runbook: ' "$RULES")" \
		"$(wc -w <<<"$names") $(wc -w <<<"$names")"
}

# metric_names FILE...: those of mhpctl in the files; in a page they are between underlines
metric_names() {
	grep -oh 'mhpctl_[a-z_]*' "$@" | sed 's/_$//' | grep _ | sort -u
}

# Pairs of panels that share a place, and panels that are too wide.
overlaps() {
	jq -c '
		def apart($a; $b): $a.x + $a.w <= $b.x or $b.x + $b.w <= $a.x or $a.y + $a.h <= $b.y or $b.y + $b.h <= $a.y;
		[.panels[] | .gridPos + {id}] as $all |
		[$all[] as $a | $all[] as $b | select(($a.id < $b.id and (apart($a; $b) | not)) or $a.x + $a.w > 24) |
			[$a.id, $b.id]]' "$DASHBOARD"
}

check_dashboard() {
	ok 'the dashboard is JSON' jq -e '.panels | length > 20' "$DASHBOARD"
	is 'its panels have numbers of their own' "$(jq -c '[.panels[].id] | group_by(.) | map(select(length > 1))' "$DASHBOARD")" '[]'
	is 'its panels are within 24 columns, and do not overlap' "$(overlaps)" '[]'
	is 'each query asks the chosen source' \
		"$(jq -r '[.panels[] | .datasource, .targets[]?.datasource | select(.) | .uid] | unique[]' "$DASHBOARD")" "\${datasource}"
	# shellcheck disable=SC2016 # the word of the dashboard
	is 'each query is of the chosen machines' \
		"$(jq -r '.panels[].targets[]?.expr' "$DASHBOARD" | grep -o '[a-z_]*{[^}]*}' | grep -vF 'instance=~"$instance"')" ''
	is 'the dashboard and the rules use no metric that the page does not have' \
		"$(metric_names "$DASHBOARD" "$RULES" | grep -vxF -f <(metric_names "$TOP/man/mhpctl-metrics.adoc"))" ''
	is 'the dashboard has each metric of the page' \
		"$(metric_names "$TOP/man/mhpctl-metrics.adoc" | grep -vxF -f <(metric_names "$DASHBOARD"))" ''
}
