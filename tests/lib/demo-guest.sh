# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The commands that a user types in the machine of tests/demo, as the profile of its shell. The
# second serial port is the screen; the third gets the number of failed commands.

option() {
	tr ' ' '\n' </proc/cmdline | sed -n "s/^mhpvm\.$1=//p"
}

# type_in WORD...: show a prompt and the words as if they were typed, then run them.
type_in() {
	printf '\n\033[1m%s#\033[0m ' "$(hostname)"
	sleep 1
	printf '%s\n' "$*"
	"$@" || failures=$((failures + 1))
}

remark() {
	printf '\n\033[2m# %s\033[0m\n' "$*"
}

story() {
	remark 'A machine with 2 GiB of memory and an empty NVDIMM of 8 GiB.'
	type_in mhpctl list
	remark 'Show the steps that would turn the NVDIMM into memory.'
	type_in mhpctl online --dry-run region0
	remark 'Run all steps with one command; there are no labels and no namespace yet.'
	type_in mhpctl online region0
	type_in mhpctl list
	remark 'Go back to an empty region.'
	type_in mhpctl remove --destroy region0
	type_in mhpctl list
	echo
}

export LC_ALL=C.UTF-8
failures=0
exec </dev/ttyS1 >/dev/ttyS1 2>&1
stty cols "$(option cols)" 2>/dev/null
hostname machine
story
echo "$failures" >/dev/ttyS2
exit 0
