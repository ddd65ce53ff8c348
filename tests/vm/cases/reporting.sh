# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Free page reporting: hot-added memory is used and freed, and the host gets back what mhpctl says
# vm: nvdimm=none dimm=768M:2 balloon host append="memhp_default_state=offline page_reporting.page_reporting_order=8 page_reporting.page_reporting_delay_ms=1500" timeout=900
# vm: usual=7.3

readonly ORDER=/sys/module/page_reporting/parameters/page_reporting_order
readonly DIMM=$((768 << 20))
readonly DELAY=/sys/module/page_reporting/parameters/page_reporting_delay_ms

# reportable: the reportable bytes of node 2, as mhpctl shows them. A report takes up to 128 MiB off the
# free lists while the host works on it, so the largest of some readings counts.
reportable() {
	for _ in {1..5}; do
		mhpctl reporting --json
		sleep 0.3
	done | jq '[.zones[] | select(.node == 2).reportable_bytes] | add' | sort -n | tail -n 1
}

# mib BYTES
mib() {
	echo $(($1 >> 20))
}

# close_to WANT GOT: GOT is within 10 % of WANT
close_to() {
	(($1 > 0 && $2 * 10 >= $1 * 9 && $2 * 10 <= $1 * 11))
}

# came_back FILLED FREED: the host has got back FREED bytes since its size was FILLED. A busy host is
# slow to answer, so this is asked for a while.
came_back() {
	after=$(host_rss "$DIMM")
	close_to "$2" $(($1 - after))
}

# use_memory NAME SIZE: use memory of node 2
use_memory() {
	spawn /tmp/holder holder --node 2 --kind plain --bytes "$2"
	holder=$PID
	check "$1: the memory is used" until_true 60 grep -q '^ready' /tmp/holder
}

free_memory() {
	kill -9 "$holder"
	wait "$holder" 2>/dev/null
}

# use_and_free NAME SIZE: use memory of node 2, free it and wait; checks what came back
use_and_free() {
	local name=$1 before filled after used freed whole whole_filled whole_after holder

	before=$(host_rss "$DIMM")
	whole=$(host_rss)
	use_memory "$name" "$2"
	filled=$(host_rss "$DIMM")
	whole_filled=$(host_rss)
	used=$(reportable)
	free_memory
	run mhpctl reporting --wait --json
	ended 0 "$name: waited"
	eta=$(field .wait.eta_ms)
	note "$name: waited $(field .wait.waited_ms) ms of $eta ms"
	freed=$(reportable)
	until_true 20 came_back "$filled" $((freed - used))
	whole_after=$(host_rss)
	note "$name: all of QEMU: $(mib "$whole") MiB, used $(mib "$whole_filled"), freed $(mib "$whole_after")"
	note "$name: the DIMM: $(mib "$before") MiB, used $(mib "$filled"), freed $(mib "$after"); reportable $(mib "$used") MiB, then $(mib "$freed")"
	check "$name: the host had it while it was used" test $((filled - before)) -gt $((400 << 20))
	check "$name: QEMU became smaller" test $((whole_filled - whole_after)) -gt $((300 << 20))
	check "$name: the host got back what became reportable" came_back "$filled" $((freed - used))
}

run mhpctl reporting --json
ended 0 'the state'
eq 'it was negotiated' 'true virtio true null false' \
	"$(field '"\(.reporting) \(.balloons[0] | "\(.kind) \(.reporting) \(.cause) \(.futile)")"')"
eq 'nothing is hidden from root' '' "$(field '[.hidden[].what] | join(" ")')"
# The driver of 6.1 replaces the order of the boot parameter.
order=8
[[ $KERNEL == 6.1 ]] && order=9
eq 'order of the boot parameter' "$order 10 $(cat $ORDER)" "$(field '"\(.order) \(.max_order) \(.order)"')"
delay=2000
[[ -e $DELAY ]] && delay=1500
eq 'delay of the boot parameter' "$delay" "$(field .delay_ms)"
eq 'how to keep them' "page_reporting.page_reporting_order=$order" "$(field '.keep.boot_parameters[0]')"
check 'order 9' mhpctl reporting --order 9
eq 'order 9 is set' 9 "$(cat $ORDER)"
done_now 'online' online node2
run mhpctl reporting --json
eq 'new memory is reported' reported "$(field .new_memory)"
eq 'all of the node is reportable' "$DIMM" \
	"$(field '[.zones[] | select(.node == 2).reportable_bytes] | add | . / 16777216 | round * 16777216')"
run mhpctl reporting --wait
ended 0 'what booted is reported'
use_and_free 'order 9' 512M

# The traps of the settings.
refused 2 'an order above the largest' reporting --order 11
eq 'it was not written' 9 "$(cat $ORDER)"
if [[ $KERNEL == 6.1 ]]; then
	echo 99 >$ORDER
	run mhpctl reporting --json
	eq 'an order that 6.1 accepts: nothing is reportable' '99 0 kept' \
		"$(field '"\(.order) \(.reportable_bytes) \(.new_memory)"')"
	echo 9 >$ORDER
fi
done_now 'a lower order' reporting --order 5
eq 'the order is set' 5 "$(cat $ORDER)"
already_so 'the same order' reporting --order 5
if [[ -e $DELAY ]]; then
	done_now 'a delay' reporting --delay 100ms --order 7
	eq 'order and delay are set' '7 100' "$(cat $ORDER) $(cat $DELAY)"
	use_and_free 'a short delay' 512M
	check 'a short delay: a short wait' test "$eta" -lt 6000
	done_now 'at once' reporting --delay 0
	eq 'it is set' 0 "$(cat $DELAY)"
	done_now 'the delay of other kernels' reporting --delay 2s
else
	refused 7 'no delay here' reporting --delay 1s --order 9
	eq 'neither is the order set' 5 "$(cat $ORDER)"
	use_and_free 'order 5' 512M
fi

run mhpctl reporting --watch --count 1 --json=lines
ended 0 'a watch'
run mhpctl doctor --json
eq 'doctor is content' ok "$(field '[.findings[] | select(.id == "reporting").severity][0]')"

# A section of a policy sets the order.
mkdir -p /etc/mhpctl/policy.d
printf '[reporting]\norder = 9\n' >/etc/mhpctl/policy.d/10-reporting.conf
done_now 'apply' apply
eq 'the order of the policy' 9 "$(cat $ORDER)"
already_so 'apply again' apply
check 'in words' mhpctl apply

# Memory that was freed just before is back at the host when the blocks are offline.
use_memory release 512M
filled=$(host_rss "$DIMM")
free_memory
done_now 'offline after a wait' offline --release node2
has 'it says what a guest cannot know' "$(field '.warnings[]')" 'only the host shows what it took'
has 'it says how long it waits' "$(cat "$ERR")" 'free memory needs this time to be reported'
eq 'all blocks are' offline "$(states_of_node 2)"
already_so 'again' offline --release node2
eq 'it does not wait again' '' "$(field '.warnings[]')"
came_back "$filled" $((512 << 20))
note "release: the DIMM: $(mib "$filled") MiB, after the release $(mib "$after")"
check 'the host got it back' came_back "$filled" $((512 << 20))
