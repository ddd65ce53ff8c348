#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Every example of the man pages, of README.md and of --help. Each is run on copied machines, dry where it
# would change something, and succeeds on one of them; or tests/vm/cases/examples.sh runs it, word for
# word, on a real kernel.

# shellcheck source=SCRIPTDIR/lib.bash
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/lib.bash"

readonly EXAMPLES=$TOP/tests/lib/examples CASE=$TOP/tests/vm/cases/examples.sh

"${CC:-cc}" -shared -fPIC -O1 -D_GNU_SOURCE -I"$TOP" "$TOP/tests/cli/whole-tree.c" \
	-o "$WORK/whole-tree.so" || {
	echo 'Bail out! cannot build whole-tree.c'
	exit 2
}

# ---- machines --------------------------------------------------------------------------------

readonly MACHINES=(memory devdax bare)
readonly REGION=/sys/devices/platform/ACPI0017:00/root0/decoder0.0/region0

# add_blocks FIRST LAST NODE STATE ZONE
add_blocks() {
	local block

	for ((block = $1; block <= $2; block++)); do
		add_block "$block" "${@:3}"
	done
}

# enlarge FILE FROM TO: a file of cxl-*.sysfs whose cards, windows and region are 8 to 64 times as large
enlarge() {
	sed -E 's|(/ram/size .*= )0x40000000$|\10x1000000000|
		s|(/decoder0[.][0-9]/size .*= )0x100000000$|\10x4000000000|
		s|= 0x20000000$|= 0x100000000|; s|= 536870912$|= 4294967296|; s|84afffffff|858fffffff|g' \
		"$TOP/tests/unit/data/$1" >"$WORK/large.sysfs"
}

# Nodes with 8 GiB online and 4 GiB offline beside the cards, for the sizes of the examples.
add_memory() {
	add_blocks 32 95 1 online Movable
	add_blocks 96 127 1 offline 'Movable Normal'
	cat >"$TREE/proc/zoneinfo" <<-'END'
		Node 0, zone   Normal
		  pages free     8388608
		        low      1000
		        high     2000
		        present  8388608
		        managed  8388608
		Node 1, zone  Movable
		  pages free     2097152
		        low      1000
		        high     2000
		        present  2097152
		        managed  2097152
	END
}

# add_balloon DIGIT: a balloon; 1 if it reports free pages
add_balloon() {
	local balloon=$TREE/sys/bus/virtio/devices/virtio3 parameters=$TREE/sys/module/page_reporting/parameters

	mkdir -p "$balloon" "$parameters"
	echo 9 >"$parameters/page_reporting_order"
	echo 100 >"$parameters/page_reporting_delay_ms"
	echo 0x0005 >"$balloon/device"
	printf '00000%d%058d\n' "$1" 0 >"$balloon/features"
	ln -s ../../drivers/virtio_balloon "$balloon/driver"
	echo quiet >"$TREE/proc/cmdline"
	cat >"$TREE/proc/buddyinfo" <<-'END'
		Node 0, zone   Normal      5      4      0      0      0      0      0      0      0      3     50
		Node 1, zone  Movable      0      0      0      0      0      0      0      0      0      0      8
	END
}

# A CXL region of 4 GiB of one card, all of it memory of node 2, in a machine whose balloon reports.
machine_memory() {
	enlarge cxl-one.sysfs
	load_tree "$WORK/large.sysfs"
	mkdir -p "$TREE/proc"
	add_memory
	add_node 2 ''
	add_blocks 4242 4273 2 online Movable
	add_balloon 1
}

# The same, but of 16 GiB: 2 GiB of it are dax0.0 in mode devdax, and dax0.1 is empty. Two blocks never leave.
machine_devdax() {
	local dax=$TREE$REGION/dax_region0

	machine_memory
	rm -r "$TREE"/sys/devices/system/memory/memory42*
	ln -sfn /sys/bus/dax/drivers/device_dax "$dax/dax0.0/driver"
	echo 2147483648 >"$dax/dax0.0/size"
	echo 17179869184 >"$dax/dax_region/size"
	echo 15032385536 >"$dax/dax_region/available_size"
	echo 0x400000000 >"$TREE$REGION/size"
	cp -r "$dax/dax0.0" "$dax/dax0.1"
	echo 0 >"$dax/dax0.1/size"
	rm -f "$dax/dax0.1/driver"
	ln -sfn "../../..${REGION#/sys}/dax_region0/dax0.1" "$TREE/sys/bus/dax/devices/dax0.1"
	add_block 33 1 online none
	add_block 4300 2 online none
}

# Two cards without a region, and a balloon that does not report.
machine_bare() {
	enlarge cxl-bare.sysfs
	load_tree "$WORK/large.sysfs"
	mkdir -p "$TREE/proc"
	add_memory
	add_balloon 0
}

# ---- programs --------------------------------------------------------------------------------

# Makes the programs of the examples: mhpctl on the machine, dry where it would change it, and ended where it watches.
make_programs() {
	mkdir -p "$WORK/bin"
	"$MHPCTL" --dump-options | awk -F'\t' '$2 == "--dry-run" { print $1 }' >"$WORK/dry"
	cat >"$WORK/bin/mhpctl" <<-'END'
		#!/bin/bash
		more=()
		[[ " $* " == *' --sysroot '* ]] || more=(--sysroot "$TREE")
		case $1 in
		monitor) more+=(--timeout=300ms) ;;
		report) rm -f mhpctl-report.tar.gz ;;
		metrics) [[ ${2-} != /* ]] || set -- metrics "${2##*/}" ;; # the directory of the node exporter
		reporting) [[ " $* " == *' --order '* ]] && more+=(--dry-run) ;;
		*) grep -qx -- "$1" "$WORK/dry" && [[ " $* " != *' --dry-run '* ]] && more+=(--dry-run) ;;
		esac
		name=$1 status=0
		[[ $1 != --sysroot ]] || name=$3
		LD_PRELOAD=$WORK/whole-tree.so \
			ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0 \
			"$MHPCTL" "$@" "${more[@]}" </dev/null || status=$?
		echo "$name $status" >>"$WORK/statuses"
		exit "$status"
	END
	echo 'echo 4711' >"$WORK/bin/pidof"
	echo : >"$WORK/bin/drain"
	chmod +x "$WORK"/bin/*
	export WORK TREE MHPCTL
}

# is_success COMMAND STATUS: also what a page promises for a command that finds or awaits something
is_success() {
	case $1/$2 in
	*/0 | doctor/10 | plan/10 | check/4 | check/10 | monitor/5) ;;
	*) return 1 ;;
	esac
}

# try TEXT: run an example on the machine
try() {
	local command status text

	: >"$WORK/statuses"
	text=${1//\/etc\/mhpctl/$WORK/etc}
	(cd "$WORK/home" && PATH=$WORK/bin:$PATH timeout 60 bash -c "${text//\/usr\/local\/sbin/$WORK/bin}") \
		>"$WORK/out" 2>"$WORK/err" </dev/null || [[ $1 == *mhpctl* || ${MAY_FAIL[$1]-} ]] || return
	while read -r command status; do
		is_success "$command" "$status" || return
	done <"$WORK/statuses"
	[[ -s $WORK/statuses || $1 != *mhpctl\ * ]] || return
	# a program behind a pipe prints something
	[[ $1 != *'| jq'* || -s $WORK/out || ${MAY_BE_EMPTY[$1]-} ]]
}

# ---- exceptions ------------------------------------------------------------------------------

# Examples whose output may be empty, or which may fail, with the reason.
declare -rA MAY_BE_EMPTY=(
	["mhpctl offline --node 1 --size 8G --json | jq '.receipt.blocks[] | select(.who) | {block, status, why, who}'"]="nobody keeps a block of these machines online"
)
declare -rA MAY_FAIL=(
	["cp -r /sys/devices/system/memory /sys/devices/system/node copy/sys/devices/system 2>/dev/null"]="some files cannot be read, as the page says"
)

# Blocks of literal text that are no command line of mhpctl: the page, the first word, and the reason.
readonly OTHERS='
libmhp.adoc	#include	tests/cli/library.sh compiles and runs it
libmhp.adoc	#include	only names the header; the flags are in pkg-config
mhpctl-apply.service.adoc	[Unit]	a unit of systemd; the case policy-systemd has one like it
mhpctl-apply.service.adoc	systemctl	of systemd
mhpctl-fleet.adoc	systemctl	of systemd; tests/prometheus/run reads the timer
mhpctl-fleet.adoc	[Service]	a drop-in file of the unit; tests/prometheus/run runs the service with another directory
mhpctl-fleet.adoc	promtool	of Prometheus; tests/prometheus/run runs it
mhpctl-hooks.adoc	#!/bin/sh	a hook for Kubernetes
mhpctl-hooks.adoc	#!/bin/sh	a hook for a service
mhpctl-journal.adoc	systemctl	of systemd
mhpctl-journal.adoc	journalctl	of systemd; the cases journal-* read the journal
mhpctl-report.adoc	tar	prints a file of a report; report.sh reads them
mhpctl-report.adoc	ssh	another machine
mhpctl-reporting.adoc	page_reporting.page_reporting_order=7	boot parameters
mhpctl-reporting.adoc	w	a line for tmpfiles.d
mhpctl-reporting.adoc	grep	runs on the host
mhpctl.adoc	mhpctl:	output
README.md	sudo	installs packages; tests/lib/packages.sh has the same
README.md	tests/demo	scripts of this tree
README.md	cat	a policy; its sections are checked below'

# ---- examples --------------------------------------------------------------------------------

# The examples that did not succeed on the machine stay in $WORK/left, with the last answer.
run_on() {
	local page line text

	case $1 in
	memory) machine_memory ;;
	devdax) machine_devdax ;;
	bare) machine_bare ;;
	esac
	rm -rf "${WORK:?}/home"
	mkdir -p "$WORK/home"
	printf '[memory a]\nmatch.node = 7\n' | tee "$WORK/home/10-memory.conf" >"$WORK/home/new.conf"
	(cd "$WORK/home" && "$WORK/bin/mhpctl" report >/dev/null)
	: >"$WORK/more"
	while IFS=$'\t' read -r page line text _; do
		try "${text//\\n/$'\n'}" ||
			printf '%s\t%s\t%s\t%s\n' "$page" "$line" "$text" \
				"$(xargs <"$WORK/statuses") $(head -1 "$WORK/err")" >>"$WORK/more"
	done <"$WORK/left"
	mv "$WORK/more" "$WORK/left"
}

# report: each example succeeded, or is in the case; and the case has no other.
report() {
	local page line text answer

	while IFS=$'\t' read -r page line text answer; do
		if grep -qxF -- "$text" "$CASE" || grep -qF -- "watch \"${text//\"/\\\"}\"" "$CASE" ||
			grep -qF -- "$text' 130" "$CASE"; then
			pass "in the virtual machine: $text"
		else
			fail "$page, line $line: $text" "$answer"
		fi
	done <"$WORK/left"
	is 'the others succeed on a copied machine' "$(($(wc -l <"$WORK/unique") > $(wc -l <"$WORK/left") * 3))" 1
	cut -f3 "$WORK/all" >"$WORK/texts"
	is 'the case has no other example' \
		"$(sed -n "/^examples.*<<'END'/,/^END/{/^examples\|^END/d;p}" "$CASE" | grep -vxF -f "$WORK/texts")" ''
}

# ---- policies, and the rest ------------------------------------------------------------------

policies() {
	local file

	mkdir "$WORK/policies"
	"$EXAMPLES" --policies "$TOP" "$WORK/policies"
	for file in "$WORK"/policies/*; do
		run policy check "$file"
		is "policy of ${file##*/}" "$status $(err)" '0 '
	done
	sed -n '/10-memory.conf <<END/,/END$/p' "$TOP/README.md" | sed '1d;$d;s/^ *//' >"$WORK/readme.conf"
	run policy check "$WORK/readme.conf"
	is 'policy of README.md' "$status $(grep -c '^\[' "$WORK/readme.conf")" '0 2'
}

# Each other block has a reason, and each reason a block.
others() {
	is 'other blocks have a reason' \
		"$("$EXAMPLES" --others "$TOP" | cut -f1,3 | sed 's/ .*//' | sort -u)" \
		"$(grep . <<<"$OTHERS" | cut -f1,2 | sort -u)"
}

make_programs
mkdir -p "$WORK/etc"
"$EXAMPLES" "$TOP" "$MHPCTL" >"$WORK/all"
sort -t$'\t' -k3,3 -u "$WORK/all" | sort -t$'\t' -k1,1 -k2,2n | tee "$WORK/unique" >"$WORK/left"
for machine in "${MACHINES[@]}"; do
	run_on "$machine"
done
report
policies
others
done_testing
