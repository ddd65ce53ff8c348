# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The NVDIMM bus goes away before each call of a verb that changes something: what is reported is true
# vm: nvdimm=512M label=128k timeout=1500 append="memhp_default_state=offline"
# vm: usual=7.2
#
#   --set every=N     one call of N; default 1, in a usual run 15
#   --set verbs=create,init   these verbs
#
# The driver of the bus is unbound, as if the DIMMs were pulled. Memory that is online then could not
# be removed before the next boot, so no verb begins with it, and `online` ends before its blocks.

# shellcheck source=/dev/null
. /vm/kills.sh

GONE=/tmp/gone
RUNS=0 TOLD=0

# The driver is on the ACPI bus, or in later kernels on the platform bus.
find_bus() {
	local dir

	for dir in /sys/bus/{acpi,platform}/drivers/*nfit*; do
		[[ -e $dir/ACPI0012:00 ]] || continue
		BUS=$dir
		return
	done
	return 1
}

bus_returns() {
	[[ -e $BUS/ACPI0012:00 ]] || echo ACPI0012:00 >"$BUS/bind"
	until_true 30 test -e /sys/bus/nd/devices/region0/driver
	udevadm settle
}

# gone_at AT VERB: the bus goes before call AT; 0: never.
gone_at() {
	local at=$1 verb=$2

	rm -f /tmp/calls /tmp/count $GONE
	truncate -s 8 /tmp/count
	# shellcheck disable=SC2086 # words on purpose
	KILLER_AT="$at" KILLER_COUNT=/tmp/count KILLER_LOG=/tmp/calls LD_PRELOAD=/usr/lib/killer.so \
		KILLER_RUN="echo ACPI0012:00 >$BUS/unbind && touch $GONE" \
		run mhpctl ${ARGS[$verb]} --timeout 20s --json
}

# changes_behind AT: calls that change the machine, from AT on.
changes_behind() {
	awk -v at="$1" '$1 >= at && ($2 == "ioctl" || $3 ~ "^/sys/") { nr++ } END { print nr + 0 }' /tmp/calls
}

# last_change FILE: the number of the last call before blocks of a fresh bind can be online.
last_change() {
	awk '$3 ~ "drivers/kmem/(new_id|bind)" { print $1; found = 1; exit } END { if (!found) print NR }' /tmp/calls
}

judge() {
	local at=$1 seen

	RUNS=$((RUNS + 1))
	seen=$(field '"\(.exit_code) \(.status) \(.failures | length)"')
	echo "+ $MOMENT: status $RC: $seen: $(field '[.failures[] | "\(.reason): \(.message)"] | join(" / ")')"
	[[ -e $GONE ]] || wrong 'the bus did not go'
	[[ $seen == "$RC "* ]] || wrong "exit code $RC, and the document says $seen"
	if ((RC == 0)); then
		(($(changes_behind "$at") == 0)) || wrong 'success, and the bus was gone before its last change'
	else
		TOLD=$((TOLD + 1))
		[[ $RC =~ ^(1|3|4|5|6|7|64)$ ]] || wrong "exit code $RC"
		[[ $seen != *' ok '* && $seen != *' 0' ]] || [[ $(field '.error.message // empty') ]] || wrong "no reason: $seen"
	fi
	alone || wrong 'processes are left'
	[[ $(settings_now) == "$(head -n 3 <<<"$BEFORE")" ]] || wrong "settings: $(settings_now)"
	! grep -q 'BUG:\|WARNING:\|hung task' <(dmesg) || wrong "the kernel: $(dmesg | grep 'BUG:\|WARNING:\|hung task' | head -n 1)"
}

# converges VERB: with the bus back, the same command reaches the goal and leaves nothing.
converges() {
	local verb=$1

	bus_returns
	((RC != 0)) || [[ $verb == online || $(state_now) == "${TO[$verb]}" ]] ||
		wrong "success, and with the bus back it is $(state_now)"
	# shellcheck disable=SC2086 # words on purpose
	run mhpctl ${ARGS[$verb]} --wait=30s --json
	((RC == 0)) || wrong "the next run: status $RC"
	[[ $(state_now) == "${TO[$verb]}" ]] || wrong "the next run says that all is done, and it is $(state_now)"
	[[ ! $(left_files) ]] || wrong "files are left: $(left_files)"
	reach empty
	nothing_left
}

each_call() {
	local verb=$1 at nr

	MOMENT="$verb to its end"
	reach "${FROM[$verb]}"
	gone_at 0 "$verb"
	((RC == 0)) || wrong "status $RC"
	nr=$(last_change)
	sed 's/^/  | /' /tmp/calls
	reach empty
	for ((at = 1; at <= nr; at += EVERY)); do
		MOMENT="$verb, gone before call $at of $nr"
		reach "${FROM[$verb]}"
		gone_at "$at" "$verb"
		judge "$at"
		converges "$verb"
	done
}

in_usual_run && usual=15 || usual=1
EVERY=$(option every "$usual")
check 'the driver of the bus is there' find_bus
begin_kills
chosen=$(option verbs create,destroy,init,online)
for verb in ${chosen//,/ }; do
	each_call "$verb"
done
holds 'most runs fail with a reason' test "$TOLD" -gt $((RUNS / 2))
proof 'race: the NVDIMM bus unbound before calls that change something, of create, destroy, init and online' "$RUNS" \
	"$(wrong_of "$RUNS" "$NR_WRONG")" "one call of $EVERY; $TOLD failed with a reason, the others after their last change; the next run converges"
