# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Playbooks on local connections.
#
# shellcheck disable=SC2034,SC2153 # variables of tests/cli/lib.bash and of tests/ansible/run

# play NAME ARG...: runs a playbook; its output is in $WORK/out, its exit status in $status
play() {
	command_line="ansible-playbook ${*@Q}"
	case $1 in
	mhpctl.*) ;;
	*) set -- "$HERE/playbooks/$1" "${@:2}" ;;
	esac
	ansible-playbook -i "$WORK/inventory" "$@" >"$WORK/out" 2>"$WORK/err" </dev/null
	status=$?
}

# recap HOST...: "HOST changed failed" of each, from the last lines
recap() {
	local host

	for host in "$@"; do
		sed -n "s/^$host  *: ok=[0-9]* *changed=\([0-9]*\) *unreachable=[0-9]* *failed=\([0-9]*\).*/$host \1 \2/p" "$WORK/out"
	done | xargs
}

# played NAME STATUS RECAP: compares the recap of the hosts that RECAP names
played() {
	local hosts

	mapfile -t hosts < <(xargs -n3 <<<"$3" | cut -d' ' -f1)
	is "$1" "$status $(recap "${hosts[@]}")" "$2 $3"
	if [[ $status != "$2" ]]; then
		grep -E 'fatal|failed|ERROR' "$WORK/out" "$WORK/err" | cut -c1-1500 | sed 's/^/# /'
	fi
}

# ---- copies of machines ----------------------------------------------------------------------

# Copies of the fake machine; every fifth has all of its blocks online.
make_fleet() {
	local i all_online=''

	make_tree
	printf '[copies]\n' >"$WORK/inventory"
	for ((i = 1; i <= NR_COPIES; i++)); do
		mkdir -p "$WORK/fleet"
		cp -a "$TREE" "$WORK/fleet/copy$i"
		all_online='online_blocks=6 offline_blocks=2'
		if ((i % 5 == 0)); then
			echo online >"$WORK/fleet/copy$i/sys/devices/system/memory/memory34/state"
			echo online >"$WORK/fleet/copy$i/sys/devices/system/memory/memory35/state"
			all_online='online_blocks=8 offline_blocks=0'
		fi
		echo "copy$i tree=$WORK/fleet/copy$i $all_online"
	done >>"$WORK/inventory"
	printf '%s\n' '[all:vars]' ansible_connection=local ansible_python_interpreter=/usr/bin/python3 \
		"mhpctl_executable=$MHPCTL" >>"$WORK/inventory"
}

sum_of() {
	find "$1" -type f -print0 | sort -z | xargs -0 sha256sum
}

play_fleet() {
	local start=$EPOCHREALTIME before took

	make_fleet
	before=$(sum_of "$WORK/fleet")
	PATH=$(dirname "$MHPCTL"):$PATH play fleet.yml --diff
	took=$((${EPOCHREALTIME%[.,]*} - ${start%[.,]*}))
	is "$NR_COPIES hosts are read" "$status $(grep -c '^copy[0-9]* .* changed=[01] .* failed=0' "$WORK/out")" "0 $NR_COPIES"
	echo "# the controller needed $took s for $NR_COPIES hosts and 2 modules"
	is 'a diff names the steps' "$(grep -c '^+online_block memory34-35 zone=movable' "$WORK/out")" $((NR_COPIES * 4 / 5))
	is 'copies are as before' "$(sum_of "$WORK/fleet")" "$before"
}

play_report() {
	mkdir "$WORK/report"
	PATH=$(dirname "$MHPCTL"):$PATH play report.yml -e work="$WORK/report" \
		-e report="$TOP/tests/fixtures/pmem/report.tar.gz"
	is 'policies are compared with a report of a machine' "$status $(recap localhost)" '0 localhost 4 0'
	is 'nothing was written' "$(ls "$WORK/report")" ''
}

# ---- hosts whose memory is a file ------------------------------------------------------------

# make_host NAME STATE
make_host() {
	mkdir -p "$HOSTS/$1"
	ln -sf "$HERE/lib/stand-in" "$HOSTS/$1/mhpctl"
	echo "$2" >"$HOSTS/$1/state.json"
	rm -rf "$HOSTS/$1"/{calls,policy.d,mark,units}
}

readonly FRESH='{"blocks": {"32": "online", "33": "online", "34": "offline", "35": "offline"}}'

# make_hosts NAME...: an inventory with these in the group "one"
make_hosts() {
	local name

	echo '[one]' >"$WORK/inventory"
	for name in "$@"; do
		make_host "$name" "$FRESH"
		echo "$name mhpctl_executable=$HOSTS/$name/mhpctl mhpctl_policy_dir=$HOSTS/$name/policy.d" \
			"mhpctl_rolling_mark=$HOSTS/$name/mark mhpctl_unit_dir=$HOSTS/$name/units"
		mkdir -p "$HOSTS/$name/units"
	done >>"$WORK/inventory"
	printf '%s\n' '[all:vars]' ansible_connection=local ansible_python_interpreter=/usr/bin/python3 \
		mhpctl_install=false >>"$WORK/inventory"
}

# set_host NAME KEY VALUE
set_host() {
	jq -c ".$2 = $3" "$HOSTS/$1/state.json" >"$WORK/state" && mv "$WORK/state" "$HOSTS/$1/state.json"
}

states() {
	jq -r '.blocks | map(.) | join(" ")' "$HOSTS/$1/state.json"
}

# acts NAME: commands that changed something, or tried to
acts() {
	grep -E -- ' (apply|online|offline) ' "$HOSTS/$1/calls" 2>/dev/null | grep -vc -- --dry-run
}

play_memory() {
	make_hosts h1
	play memory.yml --check --diff
	played 'check mode: something would change' 0 'h1 1 0'
	like 'check mode: the steps' "$(out)" '*+online_block memory34 zone=movable*+online_block memory35*'
	is 'check mode changes nothing' "$(states h1) $(acts h1)" 'online online offline offline 0'
	play memory.yml
	played 'memory comes online' 0 'h1 1 0'
	is 'all blocks are online' "$(states h1)" 'online online online online'
	play memory.yml
	played 'a second run changes nothing' 0 'h1 0 0'
	set_host h1 pinned '[33]'
	play handled.yml
	played 'partial and blocked are told apart' 0 'h1 1 0'
	play memory.yml -e state=offline -e '{"wanted": ["memory33"]}'
	played 'a blocked block fails the task' 2 'h1 0 1'
	like 'with reason, owner and hint' "$(out)" \
		'*pinned: memory33: a page is pinned; held by fio?412?, io_uring, 1 registered buffer; hint: stop fio*'
	set_host h1 dies true
	play memory.yml
	like 'a program that is killed is no success' "$status $(out)" '2 *killed by signal 9 (SIGKILL)*'
	play memory.yml -e mhpctl_executable=/no/such/mhpctl
	like 'a missing program is named' "$status $(out)" '2 */no/such/mhpctl is not installed on this host: install*'
	if ((EUID == 0)) && command -v su >/dev/null; then
		make_hosts h1
		play become.yml
		played 'it works with become' 0 'h1 1 0'
	else
		pass 'it works with become # SKIP needs root and su'
	fi
}

# The wanted policy of hosts, as variables.
write_policy() {
	cat >"$WORK/vars.yml" <<-'END'
		mhpctl_policies:
		  - name: 10-memory.conf
		    sections:
		      - section: fast
		        match: {device: dax0.0}
		        ratio_limit: "3:1"
		mhpctl_ready_units: [kubelet.service]
	END
}

play_role() {
	local file=$HOSTS/h1/policy.d/10-memory.conf

	write_policy
	make_hosts h1
	mkdir "$HOSTS/h1/policy.d"
	play role.yml -e "@$WORK/vars.yml" --check --diff
	played 'role, check mode: the host would change' 0 'h1 3 0'
	like 'role, check mode: file and plan are in the diff' "$(out)" \
		'*+?memory fast?*+match.device = dax0.0*+ratio_limit = 3:1*+online_block memory34 section=fast*'
	is 'role, check mode: nothing changes' "$(states h1) $(acts h1) $(find "$HOSTS/h1/policy.d" "$HOSTS/h1/units" -type f)" \
		'online online offline offline 0 '
	play role.yml -e "@$WORK/vars.yml"
	played 'role: the host changes' 0 'h1 4 0'
	is 'role: memory and policy' "$(states h1) $(grep -c . "$file")" 'online online online online 4'
	is 'role: a unit waits for the policy' "$(grep -c mhpctl-ready "$HOSTS/h1/units/kubelet.service.d/mhpctl.conf")" 2
	play role.yml -e "@$WORK/vars.yml"
	played 'role: a second run changes nothing' 0 'h1 0 0'
	play role.yml -e "@$WORK/vars.yml" -e mhpctl_units=masked
	played 'role: units are masked' 0 'h1 1 0'
	is 'role: the masks' "$(readlink "$HOSTS"/h1/units/mhpctl-*.service | xargs)" '/dev/null /dev/null'
	rm "$HOSTS/h1/units/mhpctl-event.service"
	echo '[Service]' >"$HOSTS/h1/units/mhpctl-event.service"
	play role.yml -e "@$WORK/vars.yml"
	played 'role: units are unmasked' 0 'h1 1 0'
	is 'role: the unit of an administrator stays' "$(cd "$HOSTS/h1/units" && echo mhpctl-*)" mhpctl-event.service
	play role.yml -e '{"mhpctl_policies": [{"name": "20-x.conf", "content": "[memory fast]\nmatch.region = region0\n"}]}'
	like 'role: a name that another file has is refused' "$status $(out)" '2 *already exists*'
	is 'role: and not installed' "$(ls "$HOSTS/h1/policy.d")" 10-memory.conf
	play role.yml -e '{"mhpctl_policies": [{"name": "10-memory.conf", "state": "absent"}]}'
	played 'role: a policy is deleted' 0 'h1 1 0'
	is 'role: memory stays when a policy is deleted' "$(states h1)" 'online online online online'
}

# ---- the examples of README.md ---------------------------------------------------------------

# block FILE: the block of README.md that is the content of FILE
block() {
	awk -v name="\`$1\`:" '$0 == name { found = 1 } /^```$/ { on = found = 0 } on { print }
		/^```yaml$/ && found { on = 1 }' "$COLLECTION/README.md"
}

play_readme() {
	local file README=$WORK/readme

	make_hosts h1
	mkdir -p "$README/group_vars" "$HOSTS/h1/policy.d"
	for file in group_vars/all.yml site.yml rolling.yml tasks.yml; do
		block "$file" >"$README/$file"
	done
	write_hooks
	{
		printf -- '- name: Run the tasks\n  hosts: one\n  gather_facts: false\n  tasks:\n'
		sed 's/./    &/' "$README/tasks.yml"
	} >"$README/play.yml"
	cat >"$README/defaults.yml" <<-END
		ansible_become: false
		mhpctl_become: false
	END
	mv "$README/group_vars/all.yml" "$README/vars.yml"
	# ansible-playbook reads variables of groups beside the inventory.
	play_file "$README/site.yml" -e "@$README/vars.yml"
	played 'README: site.yml' 0 'h1 2 0'
	play_file "$README/site.yml" -e "@$README/vars.yml"
	played 'README: site.yml again' 0 'h1 0 0'
	set_host h1 pinned '[33]'
	play_file "$README/play.yml"
	played 'README: tasks.yml' 0 'h1 1 0'
	like 'README: the holder is named' "$(out)" '*memory33: fio (process 412), 1 registered buffer*'
	set_host h1 pinned '[]'
	mkdir "$WORK/bin"
	cp "$WORK/note" "$WORK/bin/kubectl"
	PATH=$WORK/bin:$PATH play mhpctl.memory.rolling -e "@$README/vars.yml" -e "@$README/defaults.yml" \
		-e "@$README/rolling.yml"
	is 'README: rolling.yml' "$status $(hooks) $(states h1)" \
		'0 drain h1 --ignore-daemonsets uncordon h1 online online online online'
}

# play_file FILE ARG...: a playbook of README.md, with the stand-in in PATH
play_file() {
	PATH=$HOSTS/h1:$PATH ansible-playbook -i "$WORK/inventory" "$@" -e "@$WORK/readme/defaults.yml" \
		>"$WORK/out" 2>"$WORK/err" </dev/null
	status=$?
	command_line="ansible-playbook ${*@Q}"
}

# ---- a fleet, one part after the other -------------------------------------------------------

rolling() {
	play mhpctl.memory.rolling -e "@$WORK/vars.yml" -e "@$WORK/rolling.yml" "$@"
}

hooks() {
	xargs -a "$WORK/hooks"
	: >"$WORK/hooks"
}

write_hooks() {
	printf '#!/bin/sh\necho "$@" >>"%s"\n' "$WORK/hooks" >"$WORK/note"
	chmod +x "$WORK/note"
	: >"$WORK/hooks"
	cat >"$WORK/rolling.yml" <<-END
		mhpctl_become: false
		mhpctl_serial: 25%
		hook_log: $WORK/hooks
		mhpctl_hooks_before:
		  - name: drain
		    command: [$WORK/note, drain, "{{ inventory_hostname }}"]
		    delegate_to: localhost
		  - tasks: $HERE/playbooks/hook.yml
		mhpctl_hooks_after:
		  - command: [$WORK/note, back, "{{ inventory_hostname }}"]
	END
}

play_rolling() {
	local name

	make_hosts h1 h2 h3
	write_policy
	write_hooks
	for name in h1 h2 h3; do
		mkdir "$HOSTS/$name/policy.d"
	done
	set_host h2 pinned '[34, 35]'
	rolling --check --diff
	is 'rolling, check mode: nothing changes' "$status $(acts h1)$(acts h3) $(hooks)$(find "$HOSTS" -name mark)" '0 00 '
	rolling
	played 'rolling: it stops at the first host that is blocked' 2 'h1 9 0 h2 6 1'
	like 'rolling: the owner is named' "$(out)" '*fatal: ?h2?: FAILED*held by fio?412?*hint: stop fio*'
	is 'rolling: the next host is as it was' "$(states h3) $(acts h3) $(ls "$HOSTS/h3/policy.d")" \
		'online online offline offline 0 '
	is 'rolling: hooks' "$(hooks)" 'drain h1 tasks h1 back h1 drain h2 tasks h2'
	is 'rolling: one host at a time' "$(grep -c '^PLAY \[Apply' "$WORK/out")" 2
	set_host h2 pinned '[]'
	set_host h2 dies true
	rolling
	like 'rolling: a host whose program is killed stops it' "$status $(recap h1 h2 h3)" '2 h1 0 0 h2 * 1'
	is 'rolling: hosts that are done are left alone' "$(hooks)" 'drain h2 tasks h2'
	set_host h2 dies false
	rolling
	played 'rolling: it continues' 0 'h1 0 0 h2 5 0 h3 9 0'
	is 'rolling: hooks of the rest' "$(hooks)" 'drain h2 tasks h2 back h2 drain h3 tasks h3 back h3'
	is 'rolling: all memory is online' "$(for name in h1 h2 h3; do states "$name"; done | sort -u)" \
		'online online online online'
	play_rolling_again
}

play_rolling_again() {
	touch "$HOSTS/h2/mark" # a run ended after the change, before the hooks after it
	rolling --limit h2
	is 'rolling: a host between its hooks gets the rest of them' "$status $(hooks) $(find "$HOSTS" -name mark)" \
		'0 drain h2 tasks h2 back h2 '
	rolling -e mhpctl_serial=67% -e '{"mhpctl_policies": []}'
	played 'rolling: at the end nothing changes' 0 'h1 0 0 h2 0 0 h3 0 0'
	is 'rolling: two hosts at a time' "$(grep -c '^PLAY \[Apply' "$WORK/out") $(hooks)" '2 '
	touch "$HOSTS/h1/mark"
	rolling --limit h1 -e '{"mhpctl_hooks_before": ["reboot"]}'
	like 'rolling: a hook that is neither command nor tasks is refused' "$status $(out)" '2 *A hook has the key command*'
}
