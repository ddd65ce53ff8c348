# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# For the cases in which what mhpctl works on goes away, before a call that changes something. Such a case has
# FROM, reach, gone_at, last_change, judge and converges.

# each_gone VERB WHAT START: WHAT goes before one call of EVERY, each time from FROM[VERB]; between the runs
# the machine is at START.
each_gone() {
	local verb=$1 what=$2 start=$3 at nr

	MOMENT="$verb to its end"
	reach "${FROM[$verb]}"
	gone_at 0 "$verb"
	((RC == 0)) || wrong "status $RC"
	nr=$(last_change)
	sed 's/^/  | /' /tmp/calls
	reach "$start"
	for ((at = 1; at <= nr; at += EVERY)); do
		# shellcheck disable=SC2034 # for the words of a wrong end
		MOMENT="$verb, $what gone before call $at of $nr ($(sed -n "${at}p" /tmp/calls))"
		reach "${FROM[$verb]}"
		gone_at "$at" "$verb"
		judge "$at" "$verb"
		converges "$verb"
	done
}
