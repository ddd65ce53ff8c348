# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# monitor --pins: who pins, what stays in movable memory, and a tracing instance that never stays
# vm: nvdimm=1G label=128k timeout=480
# vm: append="intel_iommu=on" qemu="-device intel-iommu -device e1000e,addr=7"
# vm: usual=6.1

# shellcheck source=/dev/null
. /vm/devices.sh

INSTANCES=/sys/kernel/tracing/instances

# watch LOG ARG...: start a watch; returns when it follows pins.
watch() {
	local log=$1
	shift

	spawn "$log" mhpctl monitor --pins --json=lines "$@"
	WATCH=$PID
	until_true 10 grep -q '"event":"ready"' "$log" || fail "watch $*" "$(tail -n 1 "$log.err")"
}

# stop_watch LOG: as Ctrl-C does.
stop_watch() {
	kill -INT "$WATCH"
	finish "$WATCH" "$1"
	keep_json "$OUT" 'mhpctl monitor --pins --json=lines'
}

told() {
	jq -r "select(.event == \"$1\") | $2" "$OUT"
}

said() {
	sed -n "s/.* $2=\([^ ]*\).*/\1/p" "$1"
}

# names GLOB: the names of the files that it matches.
names() {
	local path found=()

	for path in $1; do
		[[ ! -e $path ]] || found+=("${path##*/}")
	done
	echo "${found[*]}"
}

# acquired: pins on node 2 so far, which the kernel adds up over its CPUs with a delay.
acquired() {
	awk '$1 == "nr_foll_pin_acquired" { print $2 }' /sys/devices/system/node/node2/vmstat
}

counted() {
	(($(acquired) >= $1))
}

nothing_left() {
	eq "$1: its instance is gone" "${2:-}" "$(names "$INSTANCES/*")"
	eq "$1: so is its record" '' "$(names '/run/mhpctl/trace.*')"
}

modprobe -qa dm-mod
auto_online offline
done_now 'node 2 is movable memory' online --init-labels region0

# --- who pins ----------------------------------------------------------------

watch /tmp/watch
eq 'one instance' 1 "$(names "$INSTANCES/*" | wc -w)"
before=$(acquired)
hold_pages /tmp/first --kind io_uring --node 2 --bytes 16M
first=$(said /tmp/first pid)
release_pages
hold_pages /tmp/second --kind io_uring --node 2 --bytes 4M --by thread
second=$(said /tmp/second pid)
until_true 5 grep -q "\"pid\":$second," /tmp/watch
release_pages
check 'the kernel has added up its counters' until_true 20 counted $((before + 5120))
stop_watch /tmp/watch
eq 'Ctrl-C ends it with the status for it' 130 "$RC"
eq 'the process that pinned, and all of its pages' "$first holder 4096 0" \
	"$(told pin_process "select(.pid == $first) | \"\(.pid) \(.comm) \(.moved) \(.failed)\"")"
eq 'its thread is the process' "$first" "$(told pin "select(.pid == $first) | .tid" | sort -u)"
eq 'the process of a thread' "$second 1024" \
	"$(told pin_process "select(.pid == $second) | \"\(.pid) \(.moved)\"")"
eq 'nobody else' "$first $second" "$(told pin .pid | sort -un | xargs)"
holds 'the node that the pages left' test "$(told pin_node 'select(.node == 2) | .acquired')" -ge 5120
eq 'nothing was lost' '' "$(told pin_lost .lost)"
nothing_left 'after Ctrl-C'

rdma_begin
vfio_begin
watch /tmp/watch
declare -A PID_OF=()
for kind in rdma vfio xdp; do
	holder_of "$kind" 4M
	hold_pages "/tmp/$kind" "${PINNER[@]}"
	PID_OF[$kind]=$(said "/tmp/$kind" pid)
	until_true 5 grep -q "\"pid\":${PID_OF[$kind]}," /tmp/watch
	release_pages
done
stop_watch /tmp/watch
for kind in rdma vfio xdp; do
	eq "$kind: the process that pinned, and all of its pages" "${PID_OF[$kind]} holder 1024 0" \
		"$(told pin_process "select(.pid == ${PID_OF[$kind]}) | \"\(.pid) \(.comm) \(.moved) \(.failed)\"")"
done
eq 'nobody but the three' "$(printf '%s\n' "${PID_OF[@]}" | sort -n | xargs)" "$(told pin .pid | sort -un | xargs)"

# --- pins that stay ----------------------------------------------------------

watch /tmp/stay --stay 2s
hold_pages /tmp/direct --kind direct --node 2
sleep 6
kill "$HOLDER"
wait "$HOLDER" 2>/dev/null
stop_watch /tmp/stay
if [[ $KERNEL == 6.1 ]]; then
	eq 'a transfer of this kernel is no pin' '' "$(told pin_stays .node)"
else
	eq 'a transfer that hangs stays in movable memory' 2 "$(told pin_stays .node)"
	# of 64: the kernel adds up its counters with a delay
	holds 'about its pages' test "$(told pin_stays .pins)" -ge 16
	holds 'its time' test "$(told pin_stays .for_ms)" -ge 2000
fi

# --- a killed watch ----------------------------------------------------------

mkdir "$INSTANCES/mhpctl-foreign"
watch /tmp/killed
kill -9 "$WATCH"
wait "$WATCH" 2>/dev/null
eq 'a killed watch leaves its instance' 2 "$(names "$INSTANCES/*" | wc -w)"
holds 'and its record' test -n "$(names '/run/mhpctl/trace.*')"
run mhpctl doctor --json
eq 'doctor finds it' 'mhpctl recover' "$(field '.findings[] | select(.id == "tracing_left").fix')"
check 'recover' mhpctl recover --json
eq 'it restored one thing' 1 "$(field .settings)"
nothing_left 'after recover' mhpctl-foreign
watch /tmp/killed
kill -9 "$WATCH"
wait "$WATCH" 2>/dev/null
run mhpctl monitor --pins --timeout 1s
eq 'the time limit has its own status' 5 "$RC"
nothing_left 'after the next watch' mhpctl-foreign
rmdir "$INSTANCES/mhpctl-foreign"

# --- no tracing --------------------------------------------------------------

check_rc 6 'a user may not' setpriv --reuid 65534 --clear-groups mhpctl monitor --pins --json
umount -l /sys/kernel/debug/tracing 2>/dev/null
umount -l /sys/kernel/debug /sys/kernel/tracing
check_rc 7 'without tracefs' mhpctl monitor --pins --json
has 'it says so' "$(field '.failures[0].message')" 'tracefs is not mounted'
