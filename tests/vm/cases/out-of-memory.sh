# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Allocations of mhpctl and its writers fail: changes are reported and settings restored
# vm: nvdimm=1G label=128k timeout=400
# vm: usual=6.12

auto_online offline
done_now 'online' online region0
blocks=$(nr_blocks 2)
done_now 'and back' remove --destroy region0

# injected WHERE N ALL: online with the Nth allocation failing; the report is true
injected() {
	local before after

	before="$(nr_blocks 2) $(ndctl list -N | jq -r '[.[].dev] | length')"
	run env INJECT_IN="$1" INJECT_AT="$2" INJECT_ALL="$3" LD_PRELOAD=/usr/lib/inject.so \
		mhpctl online region0 --yes --json
	after="$(nr_blocks 2) $(ndctl list -N | jq -r '[.[].dev] | length')"
	if ((RC >= 128 || RC == 0 && $(nr_online) != blocks)); then
		fail "allocation $2 ($1, $3): status" "$RC, $(nr_online) of $blocks blocks are online"
	elif [[ $before != "$after" && $(field .changed) != true ]]; then
		fail "allocation $2 ($1, $3): told" "status $RC, $before became $after: $(head -c 300 "$OUT")"
	fi
	[[ "$(cat /sys/bus/dax/drivers_autoprobe) $(cat "$MEM/auto_online_blocks")" == '1 offline' ]] ||
		fail "allocation $2 ($1, $3): settings"
	mhpctl remove --destroy region0 --yes --timeout 5s >/dev/null 2>&1
}

nr_online() {
	local block nr=0

	for block in $(blocks_of_node 2); do
		[[ $(state_of "$block") != online ]] || nr=$((nr + 1))
	done
	echo "$nr"
}

# Where there are more of them, the last are those of the output.
for ((at = 1; at < 220; at += 29)); do
	injected parent "$at" 0
	injected parent "$((at + 3))" 1
	injected child "$((at % 60))" 0
done
ok 'with allocations that fail'
done_now 'all is well again' online region0
