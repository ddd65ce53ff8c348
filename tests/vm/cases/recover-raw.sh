# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A destroy without labels, killed in raw mode: recover and the next commands look below it
# vm: nvdimm=512M label=none timeout=500
# vm: usual=6.12

FORCED=/sys/bus/nd/devices/namespace0.0/force_raw

mode() {
	ndctl list -Ni | jq -r '.[0].mode'
}

# killed_in_raw_mode NAME [cleared]: a writer that is killed in the middle leaves this, with its info
# block or, later, without
killed_in_raw_mode() {
	done_now "$1: up" create --yes region0
	kill_at destroy_namespace destroy --yes namespace0.0
	sleep 1
	# the killed writer may have come as far as it likes: back to the start of its work
	echo 0 >$FORCED
	if [[ $(mode) != devdax ]]; then
		ndctl disable-namespace namespace0.0
		ndctl create-namespace -f -m devdax -M mem -e namespace0.0
	fi
	ndctl disable-namespace namespace0.0
	echo 1 >$FORCED
	ndctl enable-namespace namespace0.0
	[[ ! ${2:-} ]] || dd if=/dev/zero of=/dev/pmem0 bs=4096 seek=1 count=2 conv=fsync 2>/dev/null
	eq "$1: raw, whatever it holds" 'raw 1' "$(mode) $(cat $FORCED)"
}

recovered() {
	run mhpctl recover --wait=10s --json
	eq "$1: recovered" '0 ok true undo true' "$RC $(field .status) $(field \
		'[.interrupted_runs[0].recovered, (.interrupted_runs[0].leftovers[] | .recovery, .done)] | join(" ")')"
	note "$1: $(json "$OUT" '.interrupted_runs[].leftovers[].state')"
	eq "$1: raw mode has ended" "$2 0" "$(mode) $(cat $FORCED)"
	run mhpctl recover --json
	eq "$1: nothing is left" '0 0' "$RC $(field '.interrupted_runs | length')"
}

killed_in_raw_mode 'with its info block'
recovered 'with its info block' devdax
done_now 'with its info block: destroyed' destroy --yes namespace0.0
eq 'then it is gone' raw "$(mode)"

killed_in_raw_mode 'without its info block' cleared
recovered 'without its info block' raw

killed_in_raw_mode 'destroyed again'
run mhpctl destroy --yes --json namespace0.0
eq 'destroyed again: done' '0 ok true' "$RC $(field .status) $(field .changed)"
eq 'destroyed again: raw mode has ended' 'raw 0' "$(mode) $(cat $FORCED)"
eq 'destroyed again: nothing is left' '' \
	"$(find /run/mhpctl/intent /var/lib/mhpctl/intent -type f 2>/dev/null)"
ndctl disable-namespace namespace0.0
ndctl enable-namespace namespace0.0
eq 'destroyed again: it has no info block' raw "$(mode)"

# init enables what is disabled, as it is below the raw mode
killed_in_raw_mode 'disabled too'
ndctl disable-namespace namespace0.0
run mhpctl init --json region0
eq 'disabled too: init' '0 ok' "$RC $(field .status)"
eq 'disabled too: raw mode has ended' 'devdax 0' "$(mode) $(cat $FORCED)"
