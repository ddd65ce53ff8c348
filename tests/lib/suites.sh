# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The test suites that run programs.

export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_stack_use_after_return=1:strict_string_checks=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}

run_unit_tests() {
	local program name

	for program in "$TOP"/build-asan/tests/unit/*/*; do
		[[ -f $program && -x $program ]] || continue
		name=${program#*/tests/unit/}
		beside tap "unit ${name//\// }" env CMOCKA_MESSAGE_OUTPUT=TAP "$program"
	done
}

# cli_tests BUILD: run all of them with the program of that build
cli_tests() {
	local script

	for script in "$TOP"/tests/cli/*.sh; do
		[[ -x $script ]] || continue
		beside tap "cli $(basename "$script" .sh), ${1#build-}" \
			env MHPCTL="$TOP/$1/mhpctl" "$script"
	done
}

# A machine is idle about half of the time; more than two slow each other down.
vm_jobs() {
	local cpus

	cpus=$(nproc)
	echo $((cpus < 2 ? 1 : 2))
}

# run_vm_tests NAME ARG...: tests/vm/run prints TAP as its machines end and counts by itself; passed checks are not
# shown.
run_vm_tests() {
	local name=$1 log good=0 bad=0 start=$EPOCHREALTIME
	shift

	log=$(log_of "$name")
	set +e
	"$TOP/tests/vm/run" --jobs "$(vm_jobs)" "$@" </dev/null 2>&1 | tee "$log" | grep --line-buffered '^not ok \|^#'
	rc=${PIPESTATUS[0]}
	set -e
	read -r good bad < <(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$log") || :
	if ((rc != 0 && ${bad:-0} == 0)); then
		tap_report "$name" "$log" "${good:-0}" 0 "status $rc" 0
	else
		tap_report "$name" "$log" "$good" "$bad" '' "$(seconds_since "$start")"
	fi
}
