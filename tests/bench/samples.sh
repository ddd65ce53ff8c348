# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Takes samples. Each is a line of $SAMPLES, in fields that tabs separate:
#
#   PLACE ROW SIZE ALTERNATIVE VALUE UNIT LOAD
#
# PLACE is host or a kernel; SIZE the number of blocks, devices or processes, 0 where it does not matter; UNIT wall_us,
# cpu_us or peak_kib; LOAD that of this machine at that time. The guest scripts, `pages` and `owners` print the fields
# from ROW to UNIT.

# add_samples PLACE: adds the lines from standard input.
add_samples() {
	local load

	load=$(cut -d' ' -f1 /proc/loadavg)
	awk -F'\t' -v OFS='\t' -v place="$1" -v load="$load" '
		NF != 5 || $4 !~ /^[0-9]+$/ { print "not a sample: " $0 >"/dev/stderr"; exit 1 }
		{ print place, $0, load }' >>"$SAMPLES"
}

# sample ROW SIZE ALTERNATIVE VALUE UNIT: one of the host.
sample() {
	printf '%s\t%s\t%s\t%s\t%s\n' "$@" | add_samples host
}

# take ROW SIZE ALTERNATIVE CPUS TIMES CMD...: runs a command by ${RUN[@]}, for samples of each unit.
take() {
	local row=$1 size=$2 alternative=$3 out unit i=0 values
	shift 3

	out=$("${RUN[@]}" "$@" 2>"$WORK/errors") || {
		cat "$WORK/errors" >&2
		die "not measured: ${*:3}"
	}
	read -ra values <<<"$out"
	for unit in wall_us cpu_us peak_kib; do
		sample "$row" "$size" "$alternative" "${values[i]}" "$unit"
		i=$((i + 1))
	done
}

# prints WORDS CMD...: the command must print the words, or there is nothing to compare.
prints() {
	local words=$1 out
	shift

	out=$("$@")
	[[ $out == *"$words"* ]] || die "no '$words' in the output of: $*"
}

# lack ROW...: this machine cannot run them, which is reported.
lack() {
	printf '%s\n' "$@" >"${SAMPLES%.tsv}.lack"
}
