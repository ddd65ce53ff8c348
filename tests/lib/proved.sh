# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Lines for tests/reliability, of runs without a machine.

# proved WHAT COUNT WRONG OUTCOME COMMAND: adds a line to reliability.tsv in MHP_RELIABILITY_OUT or
# build-logs. Without that directory nobody collects results, and nothing is written.
proved() {
	local folder=${MHP_RELIABILITY_OUT:-$TOP/build-logs}

	[[ -d $folder ]] || return 0
	printf 'none\t%s\t%s\t%s\t%s\t%s\n' "$@" >>"$folder/reliability.tsv"
}

# seconds_of MINUTES: refuses what is not a number of minutes
seconds_of() {
	[[ $1 =~ ^[1-9][0-9]{0,3}$ ]] || {
		echo "${0##*/}: --minutes takes a number from 1 to 9999" >&2
		return 2
	}
	echo $(($1 * 60))
}
