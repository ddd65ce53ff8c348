# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Killed between any two steps: doctor and the next command name it, recover ends it, nothing is left
# vm: nvdimm=1G,512M label=128k timeout=500
# vm: usual=6.12

policy=$(cat "$MEM/auto_online_blocks")

intents() {
	find /run/mhpctl/intent /var/lib/mhpctl/intent -type f 2>/dev/null
}

# Another command says it, and does not end it: it is about other memory.
named_by_others() {
	run mhpctl doctor --json
	eq "$1: doctor names it" 'warning mhpctl recover' \
		"$(json "$OUT" '.findings[] | select(.id == "interrupted_run") | "\(.severity) \(.fix)"' | sort -u)"
	run mhpctl create --init-labels --wait=10s --json region1
	eq "$1: another command runs" '0 ok' "$RC $(field .status)"
	has "$1: and names it" "$(json "$OUT" '.warnings[]')" "ended in the middle"
	# what the killed writer has still done, or had not begun, is finished: the command forgets it
	if [[ $(intents) ]]; then
		has "$1: and names the command" "$(json "$OUT" '.warnings[]')" 'mhpctl recover shows'
	fi
	done_now "$1: away with its namespace" destroy --yes "$(ndctl list -N -r region1 | jq -r '.[].uuid')"
}

recovered() {
	named_by_others "$1"
	run mhpctl recover --dry-run --json
	eq "$1: shown" "0 $(intents | sed 's,.*/,,' | sort -u | wc -l)" "$RC $(field '.interrupted_runs | length')"
	note "$1: runs left: $(field '.interrupted_runs | length')"
	run mhpctl recover --wait=10s --json
	eq "$1: recovered" '0 ok true' "$RC $(field .status) $(field '.interrupted_runs | all(.recovered)')"
	note "$1: $(json "$OUT" '.interrupted_runs[].leftovers[] | "\(.step) \(.recovery): \(.state)"' | paste -sd ';')"
	run mhpctl recover --json
	eq "$1: nothing is left" '0 ok 0 0' \
		"$RC $(field .status) $(field '.interrupted_runs | length') $(field .settings)"
	eq "$1: no file is left" '' "$(intents)"
	run mhpctl doctor --json
	eq "$1: doctor is content" '' "$(json "$OUT" '.findings[] | select(.id == "interrupted_run") | .found')"
	settings_are "$policy"
	eq "$1: no device is without a driver" '' \
		"$(mhpctl list --json | jq -r '.dax_devices[] | select(.mode == "unbound") | .device')"
	eq "$1: no namespace is incomplete" '' \
		"$(ndctl list -Ni | jq -r '.[] | select(.mode == "raw" and .size > 0 and .uuid) | .dev')"
}

records_of_nothing() {
	local file

	for file in /var/lib/mhpctl/namespaces/*-*; do
		[[ ! -e $file ]] || ndctl list -Ni | grep -q "${file##*/}" || echo "${file##*/}"
	done
}

in_usual_run && steps=(create_namespace online_block) || steps=(init_labels create_namespace set_mode online_block)
for step in "${steps[@]}"; do
	kill_at "$step" online --init-labels region0
	recovered "$step"
	check "the same again after $step" mhpctl online --init-labels --wait=10s region0
	up 2
	done_now "back after $step" remove --destroy region0
	empty_region region0
done

in_usual_run && steps=(set_mode) || steps=(offline_block set_mode destroy_namespace)
for step in "${steps[@]}"; do
	done_now "up for $step" online region0
	kill_at "$step" remove --destroy region0
	recovered "$step"
	run mhpctl remove --destroy region0 --json
	eq "the same again after $step" '0 ok' "$RC $(field .status)"
	empty_region region0
	eq "no record of a namespace that is gone after $step" '' "$(records_of_nothing)"
done

# The next run does the whole work: nothing is left for recover.
kill_at online_block online region0
run mhpctl online region0 --wait=10s --json
eq 'the next run continues' '0 ok' "$RC $(field .status)"
has 'and names the killed one' "$(json "$OUT" '.warnings[]')" "a run of 'online region0' that began"
eq 'and forgets it' '' "$(intents)"
up 2

# Two at once: one recovers, the other waits or refuses.
done_now 'down' remove --destroy region0
kill_at set_mode online region0
spawn /tmp/one mhpctl recover --wait=20s --json
FIRST=$PID
run mhpctl recover --wait=20s --json
eq 'two at once: the second' '0 ok' "$RC $(field .status)"
finish "$FIRST" /tmp/one
ended 0 'two at once: the first'
eq 'two at once: no file is left' '' "$(intents)"
run mhpctl recover --json
eq 'two at once: nothing is left' '0 0' "$RC $(field '.interrupted_runs | length')"
