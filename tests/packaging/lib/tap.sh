# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Checks that print TAP.

number=0
failures=0
status=0

pass() {
	number=$((number + 1))
	echo "ok $number - $1"
}

# fail NAME: with what was said on standard input.
fail() {
	number=$((number + 1))
	failures=$((failures + 1))
	echo "not ok $number - $1"
	tail -n 40 | cut -c1-300 | sed 's/^/# /'
}

# attempt CMD...: its output is in $WORK/said, its status in $status.
attempt() {
	logged "$WORK/said" "$@"
	# shellcheck disable=SC2154 # set by logged
	status=$rc
}

# succeeded: true if what was attempted last did.
succeeded() {
	((status == 0))
}

# ok NAME CMD...: passes when CMD succeeds.
ok() {
	local name=$1
	shift

	attempt "$@"
	if succeeded; then
		pass "$name"
	else
		fail "$name (status $status)" <"$WORK/said"
	fi
}

# refused NAME TEXT CMD...: passes when CMD fails and says TEXT.
refused() {
	local name=$1 text=$2
	shift 2

	attempt "$@"
	if ! succeeded && grep -qF -- "$text" "$WORK/said"; then
		pass "$name"
	else
		fail "$name (status $status)" <"$WORK/said"
	fi
}

# is NAME GOT WANTED: passes when both texts are equal.
is() {
	local name=$1

	if [[ $2 == "$3" ]]; then
		pass "$name"
	else
		fail "$name" < <(diff <(echo "$3") <(echo "$2"))
	fi
}

done_testing() {
	echo "1..$number"
	((failures == 0 && number > 0))
}
