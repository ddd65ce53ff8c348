# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Objects hidden by lack of rights, by a container or by hidepid are reported
# vm: nvdimm=512M label=128k
# vm: usual=7.2

readonly CAPS='-sys_admin,-sys_ptrace,-syslog'
readonly LESS=(setpriv --bounding-set "$CAPS" --inh-caps "$CAPS")

# unseen FILTER: why something of it could not be seen; processes that just end do not count.
unseen() {
	field "[$1.hidden[].why | select(test(\"of [0-9]+ processes\") | not)] | join(\"; \")"
}

# as_nobody NAME RC STEPS CMD...: a user who may not see addresses gets a plan of the rest, which says so.
as_nobody() {
	run setpriv --reuid 65534 --clear-groups "${@:4}" --json
	keep_json "$OUT" "${*:4} --json, as nobody"
	eq "$1: a plan" "$2 $3" "$RC $(field '[.steps[].step | select(. != "load_module")] | join(" ")')"
	has "$1: and what is hidden" "$(field '[.hidden[].why] | join(" ")')" 'visible only to root'
	run setpriv --reuid 65534 --clear-groups "${@:4}"
	eq "$1: nothing is called done" '' "$(grep -i 'nothing to do\|already done' "$OUT")"
}

auto_online offline
printf '%s\n' '[memory all]' 'match.region = region0' 'init_labels = yes' >/tmp/all.conf
chmod 644 /tmp/all.conf
as_nobody 'an empty region' 0 'init_labels create_namespace set_mode' \
	mhpctl online --dry-run --init-labels region0
as_nobody 'a policy' 0 'init_labels create_namespace set_mode' mhpctl plan /tmp/all.conf
done_now 'online' online --init-labels region0
as_nobody 'a region that is online' 6 '' mhpctl online --dry-run region0
as_nobody 'a policy that is met' 0 '' mhpctl plan /tmp/all.conf
run setpriv --reuid 65534 --clear-groups mhpctl online region0
ended 6 'nobody may carry it out'
hold_pages /tmp/holder --node 2 --kind vmsplice
block=$(held_block /tmp/holder)

run mhpctl check "memory$block" --json
eq 'root sees all' '' "$(unseen '')"
eq 'the holder is suspected' maybe "$(field '.blocks[0].verdict')"

run "${LESS[@]}" mhpctl check "memory$block" --json
keep_json "$OUT" 'mhpctl check --json, with fewer rights'
has 'page frames are not seen' "$(unseen '')" CAP_SYS_ADMIN
has 'nor what others have open' "$(unseen '')" CAP_SYS_PTRACE
eq 'and nobody is suspected' 0 "$(field '.blocks[0].owners | length')"

echo 1 >/proc/sys/kernel/dmesg_restrict
mount -o remount,hidepid=2 /proc
run "${LESS[@]}" mhpctl check "memory$block" --json
has 'processes behind hidepid are not seen' "$(unseen '')" hidepid
run "${LESS[@]}" mhpctl offline --timeout 2s "memory$block" --json
keep_json "$OUT" 'mhpctl offline --json, with fewer rights'
eq 'it stays online, and no owner is made up' 'false 0' \
	"$(field '"\(.changed) \(.failures[0].owners | length)"')"
has 'the log is not seen' "$(unseen '.failures[0]')" 'log may not be read'
run "${LESS[@]}" mhpctl offline --timeout 2s "memory$block"
has 'as text, too' "$(cat "$ERR")" 'not known: the kernel'
mount -o remount,hidepid=0 /proc
echo 0 >/proc/sys/kernel/dmesg_restrict

run busybox unshare -p -f -m -- sh -c \
	"mount -t proc proc /proc && exec mhpctl check memory$block --json"
keep_json "$OUT" 'mhpctl check --json, in a container'
has 'processes outside of a container are not seen' "$(unseen '')" 'pid namespace'

sleep 5 # the kernel dumps ten pages in five seconds, and those were for the runs before
run mhpctl offline --timeout 2s "memory$block" --json
eq 'root is told all' '4 1 ' "$RC $(field '.failures[0].owners | length') $(unseen '.failures[0]')"
release_pages
done_now 'and lets go' offline "memory$block"
