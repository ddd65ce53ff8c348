# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A Prometheus that scrapes four node exporters on the loopback, each with the values of another machine, every
# second. The machine "changing" is one of persistent memory whose policy is met or not, and whose runs fail.

readonly MACHINES=(changing cxl virtio-mem stale)
server=

# tree_of MACHINE: for --sysroot
tree_of() {
	case $1 in
	changing) echo "$WORK/changing" ;;
	stale) echo "$TOP/tests/fixtures/pmem/report.tar.gz" ;;
	*) echo "$TOP/tests/fixtures/$1/report.tar.gz" ;;
	esac
}

write_metrics() {
	"$MHPCTL" --sysroot "$(tree_of "$1")" metrics "$WORK/textfile/$1/mhpctl.prom"
}

# totals APPLIED PINNED: the runs of the machine since boot
totals() {
	printf 'apply %s 0 0 0 0 0 0 0 0 1700000000123456 1500 0 0\nfailures %s pinned\n' "$1" "$2" \
		>"$WORK/changing/run/mhpctl/total.runs"
}

# The memory block of dax1.0, which the section "fast" wants online.
set_block() {
	echo "$1" >"$WORK/changing/sys/devices/system/memory/memory37/state"
}

# The answers of a CXL memory device: a copy of a machine has none to ask.
cxl_health() {
	printf 'mhpctl_cxl_memdev_%s\n' 'healthy{memdev="mem1"} 0' 'problem_info{memdev="mem1",problem="temperature"} 1' \
		'life_used_ratio{memdev="mem1"} 0.07' 'dirty_shutdowns_total{memdev="mem1"} 1' \
		'corrected_errors_total{memdev="mem1",type="ram"} 12'
}

make_machines() {
	local name

	mkdir -p "$WORK/changing"
	tar -xzf "$TOP/tests/fixtures/pmem/report.tar.gz" -C "$WORK/changing"
	totals 3 0
	for name in "${MACHINES[@]}"; do
		mkdir -p "$WORK/textfile/$name"
		ok "the values of $name" write_metrics "$name"
	done
	cxl_health >>"$WORK/textfile/cxl/mhpctl.prom"
	touch -d '10 minutes ago' "$WORK/textfile/stale/mhpctl.prom"
}

# target PORT MACHINE: a target of the configuration
target() {
	printf '  - targets: [127.0.0.1:%s]\n    labels:\n      instance: %s\n' "$@"
}

# configure PORT...: of the exporters. Alerts wait two seconds where they would wait minutes.
configure() {
	local name

	sed 's/^    for: .*/    for: 2s/' "$RULES" >"$WORK/rules.yml"
	cat >"$WORK/prometheus.yml" <<-END
		global:
		  scrape_interval: 1s
		  scrape_timeout: 1s
		  evaluation_interval: 1s
		rule_files: [$WORK/rules.yml]
		scrape_configs:
		- job_name: node
		  static_configs:
	END
	for name in "${MACHINES[@]}"; do
		target "$1" "$name" >>"$WORK/prometheus.yml"
		shift
	done
}

start_servers() {
	local ports i

	read -ra ports < <(free_ports $((${#MACHINES[@]} + 1)))
	for ((i = 0; i < ${#MACHINES[@]}; i++)); do
		start "${MACHINES[i]}" prometheus-node-exporter --web.listen-address="127.0.0.1:${ports[i]}" \
			--collector.disable-defaults --collector.textfile \
			--collector.textfile.directory="$WORK/textfile/${MACHINES[i]}"
	done
	configure "${ports[@]}"
	ok 'promtool reads the configuration' promtool check config "$WORK/prometheus.yml"
	server=http://127.0.0.1:${ports[-1]}
	start prometheus prometheus --config.file="$WORK/prometheus.yml" --storage.tsdb.path="$WORK/series" \
		--web.listen-address="${server#http://}" --log.level=warn
}

# api PATH ARG...: an answer of the server
api() {
	curl -fsS --max-time 10 --get "$server$1" "${@:2}" 2>>"$WORK/curl.log"
}

scraped() {
	[[ $(api /api/v1/query --data-urlencode 'query=sum(up)' | jq -r '.data.result[0].value[1]') == "${#MACHINES[@]}" ]]
}

# firing ALERT: the machines where it fires
firing() {
	api /api/v1/alerts | jq -r --arg name "$1" \
		'[.data.alerts[] | select(.labels.alertname == $name and .state == "firing") | .labels.instance] | sort | join(" ")'
}

fires() {
	[[ $(firing "$1") == "$2" ]]
}

# ---- alerts ----------------------------------------------------------------------------------

# rules_health: rules that were not evaluated, or could not be
rules_health() {
	api /api/v1/rules | jq -r '.data.groups[].rules[] | select(.health != "ok") | "\(.name): \(.health) \(.lastError)"'
}

evaluated() {
	[[ $(api /api/v1/rules | jq '[.data.groups[].rules[] | select(.health == "unknown")] | length') == 0 ]]
}

check_policy_alert() {
	is 'a policy that is met: no alert' "$(firing MhpctlPolicyNotMet)" ''
	set_block offline
	ok 'a block of the policy goes offline' write_metrics changing
	ok 'the alert fires' within_reason fires MhpctlPolicyNotMet changing
	like 'it says why' "$(api /api/v1/alerts | jq -r '.data.alerts[] | select(.labels.alertname == "MhpctlPolicyNotMet") |
		.annotations.description')" '*Reason: would_change.*'
}

# Once the queries have seen the section that is not met.
check_policy_met() {
	set_block online
	ok 'the block is online again' write_metrics changing
	ok 'the alert ends' within_reason fires MhpctlPolicyNotMet ''
}

check_other_alerts() {
	ok 'the rules are evaluated' within_reason evaluated
	is 'none of them fails' "$(rules_health)" ''
	ok 'old values: the alert fires on the one machine' within_reason fires MhpctlMetricsStale stale
	totals 4 2
	ok 'runs have failed' write_metrics changing
	ok 'failures: the alert fires' within_reason fires MhpctlRunFailures changing
	is 'nothing critical' "$(api /api/v1/alerts | jq -c '[.data.alerts[] | select(.labels.severity == "critical")]')" '[]'
}

# ---- the dashboard ---------------------------------------------------------------------------

# Its queries, one a line: the labels of the legend with commas, a bar, and the expression.
queries() {
	jq -r '.panels[].targets[]? | [([(.legendFormat // "") | scan("{{([a-z_]+)}}")[0]] | join(",")), .expr] | join("|")' \
		"$DASHBOARD"
}

# answer EXPRESSION: what the server says to a query of all machines
answer() {
	api /api/v1/query --data-urlencode "query=${1//\$instance/.*}"
}

# has_series LABELS EXPRESSION: there are some, and each has these labels
has_series() {
	answer "$2" | jq -e --arg labels "$1" '
		.data.result as $series | ($series | length > 0) and
		($series | all(.metric as $m | $labels | split(",") | all(. as $l | $m | has($l))))' >/dev/null
}

check_queries() {
	local labels expression

	while IFS='|' read -r labels expression; do
		ok "query with ${labels:-no labels}: $expression" within_reason has_series "$labels" "$expression"
	done < <(queries)
	is 'the machines to choose from' \
		"$(api /api/v1/label/instance/values --data-urlencode 'match[]=mhpctl_build_info' | jq -r '.data | join(" ")')" \
		"$(printf '%s\n' "${MACHINES[@]}" | sort | xargs)"
	ok 'a query without series is seen' eval '! has_series "" mhpctl_nonsense'
	ok 'and a label that is missing' eval '! has_series nonsense up'
}
