# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Power cuts in the middle of work on labels and namespaces: labels stay valid, other data whole
# vm: nvdimm=512M,256M label=128k,128k cuts=2 timeout=300 once
# vm: usual=6.12
#
#   --set cuts=N      N cuts; --set seed=N: the choices; --set span=MS: each comes within this time
#   --set held=1      each while mhpctl is held before a call that changes something; 0: each at a random
#                     moment; default: one of two, beginning with the random moment

readonly CALLS_MAX=40 # of the calls that change something, of which one is chosen

ND=/sys/bus/nd/devices
# kept NAME DEFAULT: what an earlier boot has kept.
kept() {
	local value

	value=$(tr ' ' '\n' </proc/cmdline | sed -n "s/^mhpkept\.$1=//p")
	echo "${value:-$2}"
}

NR_WRONG=$(kept wrong 0)
RECORDS=$(kept records 0) # cuts that left a record
WORKS=''
BOOT=$(option boot 1)
CUTS=$(option cuts 1)
SEED=$(option seed 1)
RANDOM=$((SEED * 100 + BOOT))
HELD=$(option held $((BOOT % 2 == 0)))

# keep NAME VALUE: for the next boots.
keep() {
	echo "keep $1=$2" >&7
}

# must NAME CMD...: a check that also counts for the boots after this one.
must() {
	if "${@:2}"; then
		ok "boot $BOOT: $1"
	else
		NR_WRONG=$((NR_WRONG + 1))
		keep wrong "$NR_WRONG"
		fail "boot $BOOT: $1" "not so: ${*:2}"
		ndctl list -DRNi
		tail -n 3 "$ERR"
	fi
}

lasting() {
	modprobe -qa virtio_blk ext4
	until_true 10 test -e /dev/vda
	((BOOT > 1)) || mke2fs -q -t ext4 /dev/vda
	mkdir -p /var/lib
	mount -t ext4 /dev/vda /var/lib
}

# --- somebody's data, on the DIMM whose labels are worked on -------------------

# The device of the namespace with that UUID.
device_of() {
	ndctl list -NX | jq -r --arg uuid "$1" '.[] | select(.uuid == $uuid) | .daxregion.devices[0].chardev'
}

sum_of_data() {
	daxio sum "/dev/$(device_of "$DATA")"
}

make_data() {
	run mhpctl create --yes --init-labels --size 128M region0
	DATA=$(ndctl list -N -r region0 | jq -r '.[] | select(.mode == "devdax") | .uuid')
	seq 1 200000 | daxio put "/dev/$(device_of "$DATA")" $((8 << 20))
	keep data "$DATA"
	keep sum "$(sum_of_data | tr ' ' ,)"
}

data_is_whole() {
	[[ $(sum_of_data | tr ' ' ,) == "$(kept sum none)" ]]
}

# --- the work ------------------------------------------------------------------

# begin_work TEXT: the machine may be cut from the first of them on, or once mhpctl is held.
begin_work() {
	echo "doing $1" >&7
	[[ $WORKS || $HELD == 1 ]] || echo cut >&7
	WORKS=yes
}

# held_doing ARG...: mhpctl ARG..., held before a call that is chosen, if it has as many.
held_doing() {
	local call=$((RANDOM % CALLS_MAX + 1)) pid

	rm -f /tmp/held
	truncate -s 0 /tmp/count
	truncate -s 8 /tmp/count
	KILLER_AT=$call KILLER_COUNT=/tmp/count KILLER_RUN='touch /tmp/held; exec sleep 100000' \
		LD_PRELOAD=/usr/lib/killer.so mhpctl "$@" >>/tmp/work 2>&1 </dev/null &
	pid=$!
	until_true 60 eval '[[ -e /tmp/held ]] || ! kill -0 '$pid' 2>/dev/null'
	[[ -e /tmp/held ]] || return 0
	echo "doing mhpctl $*, held before call $call; intents: $(intents | paste -sd' ')" >&7
	echo cut >&7
	sleep 100000
}

# doing ARG...: mhpctl ARG...; what is done at the moment of a cut is in the results.
doing() {
	begin_work "mhpctl $*"
	if [[ $HELD == 1 ]]; then
		held_doing "$@"
	else
		mhpctl "$@" >>/tmp/work 2>&1 </dev/null
	fi
}

# The new namespaces of region0: all but the data.
others() {
	ndctl list -N -r region0 | jq -r --arg data "$DATA" '.[] | select(.mode == "devdax" and .uuid != $data) | .dev'
}

labels_again() {
	begin_work 'ndctl: labels away'
	ndctl disable-region region1
	ndctl zero-labels nmem1
	ndctl enable-region region1
} >>/tmp/work 2>&1

work_once() {
	local name

	case $((RANDOM % 6)) in
	0 | 1) doing create --yes --size 64M region0 ;;
	2) for name in $(others); do
		doing destroy --yes "$name"
	done ;;
	3) doing online --yes --init-labels region1 ;;
	4) doing remove --destroy --yes region1 ;;
	5)
		doing remove --destroy --yes region1
		labels_again
		doing create --yes --init-labels region1
		;;
	esac
}

# --- after a cut ---------------------------------------------------------------

slots() {
	cat $ND/nmem0/available_slots
}

# Records have the UUID of the label; ndctl shows that of the device made from it.
records_of_nothing() {
	local file uuids

	uuids=" $(cat $ND/namespace*/uuid | paste -sd' ') "
	for file in /var/lib/mhpctl/namespaces/*; do
		[[ -e $file ]] || continue
		[[ $uuids == *" ${file##*/} "* ]] || echo "$file"
	done
}

intents() {
	find /var/lib/mhpctl/intent /run/mhpctl/intent -type f 2>/dev/null
}

remains() {
	records_of_nothing
	can_recover && intents
	find /var/lib/mhpctl -name '.mhpctl-*'
}

nothing_is_left() {
	local left

	left=$(remains)
	[[ ! $left ]] || echo "left: $left"
	[[ ! $left ]]
}

can_recover() {
	mhpctl help recover >/dev/null 2>&1
}

# half_done: namespaces of regions with labels that are not enabled devdax ones.
half_done() {
	local nr

	for nr in 0 1; do
		ndctl check-labels nmem$nr >/dev/null 2>&1 || continue
		ndctl list -Ni -r region$nr | jq -r '.[]? | select(.size > 0) | "\(.dev) \(.mode) \(.state // "enabled")"'
	done | grep -v ' devdax enabled$'
}

# journal_tells: of what is half done there is a record; doctor and recover name each record, and no other.
journal_tells() {
	local records half

	records=$(intents | wc -l)
	half=$(half_done)
	RECORDS=$((RECORDS + (records > 0)))
	echo "records: $records; half done: ${half:-nothing}"
	keep records "$RECORDS"
	must 'of what is half done there is a record' test "$records" -gt 0 -o -z "$half"
	run mhpctl doctor --json
	must 'doctor names the runs that were cut, if there are any' \
		test "$(field '[.findings[] | select(.id == "interrupted_run")] | length > 0')" = "$( ((records)) && echo true || echo false)"
	run mhpctl recover --dry-run --json
	must 'recover names as many as there are' test "$(field '.interrupted_runs | length')" = "$records"
	run mhpctl list --json
	must 'list warns of them' test "$(cat "$OUT" "$ERR" | grep -c 'ended in the middle')" "$( ((records)) && echo -gt || echo -eq)" 0
}

after_cut() {
	local name

	DATA=$(kept data none)
	echo "labels: $(cat $ND/nmem[01]/available_slots | paste -sd' ') slots; intents: $(intents | paste -sd' ')"
	must 'the labels of the data are valid' ndctl check-labels nmem0
	must 'the data is whole' data_is_whole
	journal_tells
	run mhpctl list --json
	must 'the machine is listed' test "$RC" = 0
	if can_recover; then
		run mhpctl recover --yes --json
		must 'recover ends well' test "$RC" = 0
	fi
	run mhpctl init all --json
	must 'init ends well' test "$RC" = 0
	run mhpctl online --yes --init-labels region1 --json
	must 'the region of the work comes online' test "$RC" = 0
	must 'all of it' test "$(states_of_node 3)" = online
	for name in $(others); do
		run mhpctl destroy --yes "$name" --json
		must 'what the work has made goes away' test "$RC" = 0
	done
	run mhpctl remove --destroy --yes region1 --json
	must 'the region goes back' test "$RC" = 0
	run mhpctl create --yes --size 64M region0 --json
	must 'another namespace is made' test "$RC" = 0
	for name in $(others); do
		run mhpctl destroy --yes "$name" --json
	done
	must 'no label is left' test "$(slots)" = "$(kept slots none)"
	must 'no record of nothing, no intent and no half a file' nothing_is_left
	must 'the data is still whole' data_is_whole
	must 'its labels are valid' ndctl check-labels nmem0
}

# survived: the proof of the cuts so far, in case that the run is ended before the last one.
survived() {
	local cuts=$((BOOT - 1)) moment=''

	[[ $(option held '') != 1 ]] || moment=', while mhpctl is held before a call that changes something'
	proof "power: QEMU killed during create, destroy, online, remove and init-labels on two DIMMs$moment" "$cuts" \
		"$((NR_WRONG < cuts ? NR_WRONG : cuts))" \
		"labels valid, another namespace of the DIMM whole, $RECORDS cuts left a record, which doctor, list and recover name, nothing half done without one; recover, init and online converge, no label, record or intent left"
}

lasting
auto_online offline
if ((BOOT == 1)); then
	make_data
	must 'there is data' test "$(sum_of_data)"
	keep slots "$(slots)"
else
	after_cut
	survived
fi
if ((BOOT <= CUTS)); then
	while :; do
		work_once
	done
fi
