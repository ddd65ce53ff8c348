# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# One case on one kernel: boot it, read its results, report. $OUT_DIR/KERNEL/CASE keeps console,
# log, results, report and the files that the case copied out.

readonly CASE_LOG_TAIL=25

# printable: filter the output of guests, so that the terminal only gets text.
printable() {
	LC_ALL=C tr -cd '\11\12\40-\176\200-\377'
}

# case_boot KERNEL NAME DIR: run the guest; the status is that of QEMU, or timeout's 124 or 137. An
# emulated CPU sometimes runs code that another is just patching (seen as `Oops: int3`): a guest
# that panics before its init runs gets a second try, which the report mentions.
case_boot() {
	local dir=$3 status=0

	machine_run "$@" || status=$?
	if ! grep -q '^mhpvm: init' "$dir/console" && grep -q 'Kernel panic' "$dir/console"; then
		mv "$dir/console" "$dir/console-panic"
		status=0
		machine_run "$@" || status=$?
	fi
	return "$status"
}

# machine_folder: a new directory for a machine's NVDIMMs. The first touch of a page of a file on a
# disk takes the host milliseconds, on a tmpfs almost nothing; but that needs memory.
machine_folder() {
	local dir=$WORK

	if [[ $SHM ]] && (($(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo) >= 8 << 20)); then
		dir=$SHM
	fi
	mktemp -d "$dir/disk.XXXXXX"
}

machine_run() {
	local kernel=$1 name=$2 dir=$3 disk status=0

	disk=$(machine_folder)
	if [[ ${SPEC[cuts]} ]]; then
		machine_cut "$kernel" "$name" "$dir" "$disk" || status=$?
	else
		machine_boots "$kernel" "$name" "$dir" "$disk" || status=$?
	fi
	if [[ $KEEP ]]; then
		say "vm: kept $disk"
	else
		rm -rf "$disk"
	fi
	return "$status"
}

# machine_boots KERNEL NAME DIR DISK: all boots of a case, one more for each `again` in its results. Each has a QEMU
# of its own: after a reset the translated code of the boot before is still there, and each page that held some is
# slow to write, which makes the unpacking of the initramfs take 25 s instead of one.
machine_boots() {
	local dir=$3 nr=0 status LEFT='' end=${SPEC[timeout]}

	end=$((end + SECONDS))
	while
		nr=$((nr + 1)) status=0
		machine_boot "$@" || status=$?
		[[ ! ${SPEC[resets]} ]] && ((SECONDS < end && $(grep -c '^again$' "$dir/results") >= nr))
	do
		LEFT=$((end - SECONDS))
	done
	return "$status"
}

# machine_boot KERNEL NAME DIR DISK [WORDS]: run QEMU until it ends; LEFT seconds are left, or all those of the case.
machine_boot() {
	local kernel=$1 name=$2 dir=$3 disk=$4 ARGS

	qemu_args "$disk" "$WORK/$kernel" \
		"mhpvm.kernel=$kernel mhpvm.case=$name${SPEC[systemd]:+ mhpvm.systemd=1}${SPEC[debs]:+ mhpvm.debs=1}${USUAL:+ mhpvm.usual=1}$CASE_WORDS${5:+ $5}"
	[[ ! ${SPEC[monitor]} ]] || qemu_monitor_port "$disk"
	if [[ ${SPEC[host]} ]]; then
		qemu_host_port "$disk"
		"$VM_DIR/lib/host" "$disk/host" </dev/null >"$dir/host" 2>&1 &
	fi
	qemu_ports "$dir"
	printf '%q ' "$QEMU" "${ARGS[@]}" >"$dir/command"
	# The machine must not outlive this shell.
	setpriv --pdeathsig TERM timeout --foreground -k 5 "${LEFT:-${SPEC[timeout]}}" \
		"$QEMU" "${ARGS[@]}" </dev/null >"$dir/qemu" 2>&1
}

# case_verdict DIR STATUS: print the failure of the run as a whole, or nothing.
case_verdict() {
	local dir=$1 status=$2 end

	end=$(sed -n 's/^end //p' "$dir/results" | tail -n 1)
	if ((status == 124 || status == 137)); then
		echo "killed after ${SPEC[timeout]} s"
	elif [[ -z $end ]]; then
		echo "the guest ended early (QEMU's status $status: $(tail -n 1 "$dir/qemu"))"
	elif [[ $end != 0 ]]; then
		echo "the case ended with status $end"
	elif ! grep -qE '^(not )?ok ' "$dir/results"; then
		echo "no check was made"
	fi
}

# case_schema KERNEL NAME DIR: one more check if mhpctl printed JSON in the case.
case_schema() {
	local kernel=$1 name=$2 dir=$3 wrong status=0

	compgen -G "$dir/json/*.command" >/dev/null || return 0
	wrong=$("$VM_DIR/lib/validate" "$dir/json" 2>&1) || status=$?
	if ((status == 0)) && [[ -z $wrong ]]; then
		echo "ok $kernel $name: all JSON is as the schema says"
	else
		echo "not ok $kernel $name: JSON is not as the schema says"
		head -n "$CASE_LOG_TAIL" <<<"$wrong" | printable | sed 's/^/#   | /'
	fi
}

# case_report KERNEL NAME DIR STATUS TOOK: lines for the user.
case_report() {
	local kernel=$1 name=$2 dir=$3 status=$4 took=$5 verdict

	verdict=$(case_verdict "$dir" "$status")
	sed -n -e "s|^ok |ok $kernel $name: |p" -e "s|^not ok |not ok $kernel $name: |p" \
		-e "s|^note |# $kernel $name: |p" "$dir/results" | printable
	case_schema "$kernel" "$name" "$dir"
	[[ $verdict ]] && printf 'not ok %s %s: %s\n' "$kernel" "$name" "$verdict"
	if [[ $verdict ]] || grep -q '^not ok ' "$dir/results"; then
		case_details "$dir"
	fi
	[[ -e $dir/console-panic ]] && printf '# %s %s: the first guest panicked while it booted: %s\n' \
		"$kernel" "$name" "$dir/console-panic"
	printf '# %s %s: %s s, %s s of processors, booted in %s s\n' "$kernel" "$name" "$took" \
		"$(processor_seconds "$dir/times")" "$(sed -n 's/^boot //p' "$dir/results" | tail -n 1)"
}

# processor_seconds FILE: of what `times` printed, the part of the children.
processor_seconds() {
	tail -n 1 "$1" | tr 'ms' '  ' | awk '{ printf "%d", $1 * 60 + $2 + $3 * 60 + $4 }'
}

case_details() {
	local file=$1/log

	[[ -s $file ]] || file=$1/console
	printf '#   %s\n' "last lines of $file:"
	tail -n "$CASE_LOG_TAIL" "$file" | printable | sed 's/^/#   | /'
}

# case_run KERNEL NAME: run one case; the report goes to a file. Emulated machines share their CPUs
# with other work, and sometimes one of them lags by seconds: a case that fails is run again, the
# second run counts, and the report mentions the first.
case_run() {
	local kernel=$1 name=$2 dir=$OUT_DIR/$1/$2

	case_try "$kernel" "$name"
	grep -q '^not ok ' "$dir/report" || return 0
	[[ ! ${SPEC[once]} ]] || return 0
	rm -rf "$dir.first"
	mv "$dir" "$dir.first"
	case_try "$kernel" "$name"
	{
		printf '# %s %s: this is the second run; the first said:\n' "$kernel" "$name"
		sed -n 's/^not ok /#   failed: /p' "$dir.first/report"
	} >>"$dir/report"
}

case_try() {
	local kernel=$1 name=$2 dir=$OUT_DIR/$1/$2 start=$EPOCHREALTIME status=0

	spec_read "$(case_file "$name")"
	SPEC[timeout]=${TIMEOUT:-${SPEC[timeout]}}
	rm -rf "$dir"
	mkdir -p "$dir"
	touch "$dir"/{results,log,files,console,qemu}
	case_boot "$kernel" "$name" "$dir" || status=$?
	if [[ -s $dir/files ]]; then
		tar -xif "$dir/files" -C "$dir" 2>>"$dir/qemu" || :
	fi
	rm -f "$dir/files"
	times >"$dir/times" # not in a subshell, which has no children yet
	case_report "$kernel" "$name" "$dir" "$status" "$(elapsed_since "$start")" >"$dir/report"
}

case_file() {
	echo "$VM_DIR/cases/$1.sh"
}

case_names() {
	local file

	for file in "$VM_DIR"/cases/*.sh; do
		basename "$file" .sh
	done
}

# case_shell KERNEL [NAME]: run an interactive guest in the machine of a case.
case_shell() {
	local kernel=$1 name=${2:-} disk ARGS

	spec_defaults
	[[ $name ]] && spec_read "$(case_file "$name")"
	disk=$(machine_folder)
	qemu_args "$disk" "$WORK/$kernel" "mhpvm.kernel=$kernel"
	say "vm: kernel $kernel; Ctrl-A X ends the guest; cases are in /vm/cases"
	"$QEMU" "${ARGS[@]}" -serial mon:stdio
}
