# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Shared by the entry points: runs checks, counts them and shows them one a line, each with its own
# log.

readonly LOGS=$TOP/build-logs
readonly LOG_TAIL=30

passed=0
failed=0

die() {
	printf '%s: %s\n' "$(basename "$0")" "$*" >&2
	exit 2
}

seconds_since() {
	echo $((${EPOCHREALTIME%[.,]*} - ${1%[.,]*}))
}

# report_time START: elapsed time and CPU time. In a subshell `times` would show only the subshell,
# hence the file.
report_time() {
	times >"$LOGS/times"
	awk -v took="$(seconds_since "$1")" '
		NR == 2 { for (i = 1; i <= 2; i++) { split($i, at, "m"); sum += at[1] * 60 + at[2] } }
		END { printf "# %d s, %d s of processors\n", took, sum }' "$LOGS/times"
}

log_of() {
	echo "$LOGS/${1//[^A-Za-z0-9._-]/_}.log"
}

show_tail() {
	tail -n "$LOG_TAIL" "$1" | sed 's/^/    | /'
	echo "    | (all of it: ${1#"$TOP"/})"
}

# The failed tests, with the diagnostics below each.
show_failed() {
	awk '/^not ok / { on = 1 } /^ok / { on = 0 }
		on && (/^not ok / || /^#/) && n++ < 60 { print "    " $0 }' "$1"
}

# Run CMD with its output in a log. Its status goes to `rc`: a call in a condition would disable
# errexit inside CMD.
logged() {
	local log=$1
	shift

	set +e
	(
		set -e
		"$@"
	) >"$log" 2>&1 </dev/null
	rc=$?
	set -e
}

# check NAME CMD...: one check, which passes when CMD succeeds. The status is in `rc`.
check() {
	local name=$1 log start=$EPOCHREALTIME
	shift

	log=$(log_of "$name")
	logged "$log" "$@"
	check_report "$name" "$log" "$rc" "$(seconds_since "$start")"
}

check_report() {
	local name=$1 log=$2 rc=$3 took=$4

	if ((rc == 0)); then
		passed=$((passed + 1))
		printf 'ok     %s (%s s)\n' "$name" "$took"
	else
		failed=$((failed + 1))
		printf 'FAILED %s (status %s)\n' "$name" "$rc"
		show_tail "$log"
	fi
}

# Returns true if TAP has a plan, first or last, and that number of tests was run.
tap_complete() {
	local log=$1 ran=$2 planned

	planned=$(sed -n 's/^1\.\.\([0-9]*\).*/\1/p' "$log" | awk '{ n += $1 } END { print n }')
	[[ $planned == "$ran" ]]
}

# tap NAME CMD...: CMD prints TAP; each of its lines counts. A test skipped on this machine is
# shown, and counts neither as passed nor as failed; cmocka 1.1 says "not ok" of it.
tap() {
	local name=$1 log start=$EPOCHREALTIME
	shift

	log=$(log_of "$name")
	logged "$log" "$@"
	tap_count "$name" "$log" "$rc" "$(seconds_since "$start")"
}

tap_count() {
	local name=$1 log=$2 rc=$3 took=$4 good bad skipped trouble=''

	good=$(grep '^ok ' "$log" | grep -vc '# SKIP' || :)
	bad=$(grep '^not ok ' "$log" | grep -vc '# SKIP' || :)
	skipped=$(grep -c '^\(not \)\?ok .*# SKIP' "$log" || :)
	if ! tap_complete "$log" $((good + bad + skipped)); then
		trouble="$((good + bad + skipped)) tests ran, which is not what the plan says"
	elif ((rc != 0 && bad == 0)); then
		trouble="status $rc"
	elif ((good + bad == 0)); then
		trouble='no test ran'
	fi
	((skipped == 0)) || grep '^\(not \)\?ok .*# SKIP' "$log" | sed 's/^/    /'
	tap_report "$name" "$log" "$good" "$bad" "$trouble" "$took"
}

tap_report() {
	local name=$1 log=$2 good=$3 bad=$4 trouble=$5 took=$6

	passed=$((passed + good))
	failed=$((failed + bad))
	[[ $trouble ]] && failed=$((failed + 1))
	if [[ $trouble ]] || ((bad)); then
		printf 'FAILED %s: %d of %d%s\n' "$name" "$bad" $((good + bad)) "${trouble:+; $trouble}"
		show_failed "$log"
		if [[ $trouble ]]; then
			show_tail "$log"
		else
			echo "    | (all of it: ${log#"$TOP"/})"
		fi
	else
		printf 'ok     %s: %d (%s s)\n' "$name" "$good" "$took"
	fi
}

# ---- parallel checks -------------------------------------------------------------------------

running=() # not reported yet: kind, name and process, three words each

# beside check|tap NAME CMD...: like check and tap, in parallel, as many as there are CPUs. They are
# reported in the order in which they were started.
beside() {
	local kind=$1 name=$2 log
	shift 2

	while (($(jobs -rp | wc -l) >= $(nproc))); do
		wait -n || :
		report_ended
	done
	log=$(log_of "$name")
	rm -f "$log.end"
	(
		start=$EPOCHREALTIME
		logged "$log" "$@"
		echo "$rc $(seconds_since "$start")" >"$log.end"
	) &
	running+=("$kind" "$name" $!)
}

report_first() {
	local kind=${running[0]} name=${running[1]} log rc=127 took=0

	wait "${running[2]}" || :
	running=("${running[@]:3}")
	log=$(log_of "$name")
	read -r rc took <"$log.end" || :
	rm -f "$log.end"
	case $kind in
	check) check_report "$name" "$log" "$rc" "$took" ;;
	tap) tap_count "$name" "$log" "$rc" "$took" ;;
	esac
}

report_ended() {
	while ((${#running[@]})) && [[ -e $(log_of "${running[1]}").end ]]; do
		report_first
	done
}

# Wait for everything that beside has started.
settle() {
	while ((${#running[@]})); do
		report_first
	done
}

# Files of the tree by name patterns, without build and test output.
tree_files() {
	local args=() pattern

	for pattern in "$@"; do
		args+=(-o -name "$pattern")
	done
	(cd "$TOP" && find . \( -name .git -o -name 'build-*' -o -name autom4te.cache -o -path ./m4 \
		-o -path ./tests/vm/out -o -path './mhpctl-[0-9]*' \) -prune -o -type f \( "${args[@]:1}" \) -print) |
		sed 's|^\./||' | sort
}
