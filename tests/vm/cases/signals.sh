# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Signals in the middle of the work: the machine's settings are restored before the process ends or stops
# vm: nvdimm=4G label=128k timeout=120
# vm: usual=6.1

auto_online online # not as a run holds it
policy=$(cat "$MEM/auto_online_blocks")

settings() {
	echo "$(cat /sys/bus/dax/drivers_autoprobe) $(cat "$MEM/auto_online_blocks")"
}

# at_step STEP CMD...: CMD when mhpctl online region0 says that STEP has begun. PID is that of mhpctl.
at_step() {
	local step=$1 line
	shift

	rm -f /tmp/pipe /tmp/lines
	mkfifo /tmp/pipe
	spawn /tmp/pipe mhpctl online --init-labels region0 --json=lines
	while read -r line; do
		echo "$line" >>/tmp/lines
		[[ $line == *'"event":"step_started"'*"\"step\":\"$step\""* ]] && "$@"
	done </tmp/pipe
	cp /tmp/pipe.err /tmp/lines.err
	finish "$PID" /tmp/lines
}

is_stopped() {
	[[ $(sed 's/.*) //' "/proc/$PID/stat") == T* ]]
}

# Waits until a setting is held, which is a moment after the step has begun. No fork: it is short.
until_held() {
	local i probe online

	for ((i = 0; i < 5000; i++)); do
		read -r probe </sys/bus/dax/drivers_autoprobe
		read -r online <"$MEM/auto_online_blocks"
		[[ "$probe $online" == "1 $policy" ]] || return 0
	done
	return 1
}

# The settings when the signal comes and while the process is stopped; after that it continues.
stop_and_go_on() {
	until_held
	settings >/tmp/while
	kill -"$1" "$PID"
	(
		until_true 20 is_stopped && echo stopped || echo 'did not stop'
		settings
		kill -CONT "$PID"
	) >/tmp/stopped 2>&1 &
}

back() {
	settings_are "$policy"
	run mhpctl online --init-labels region0 --wait=10s --json
	eq "goes on after $1" '0 ok' "$RC $(field .status)"
	up 2
	done_now "back after $1" remove --destroy region0
	empty_region region0
}

for signal in TSTP TTOU; do
	at_step set_mode stop_and_go_on $signal
	ended 0 "it is done in spite of $signal"
	wait
	cat /tmp/while /tmp/stopped
	holds "settings were held at $signal" test "$(cat /tmp/while)" != "1 $policy"
	holds "$signal has its way, with settings as before, or never" grep -q "^1 $policy\$" /tmp/stopped
	back $signal
done

stop_for_good() {
	until_held && kill -"$1" "$PID"
}

for signal in QUIT:131 HUP:130 TERM:130 INT:130; do
	at_step set_mode stop_for_good "${signal%:*}"
	ended "${signal#*:}" "it ends by ${signal%:*}"
	back "${signal%:*}"
done

# Output that cannot be written: the work is done, and the status shows that output is missing.
run bash -c 'ulimit -f 1 && exec mhpctl online --init-labels region0 --json=lines >/root/limited'
ended 1 'a file that may not grow'
has 'that is said' "$(cat "$ERR")" 'File too large'
back XFSZ
