# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A balloon whose host does not offer free page reporting: the host keeps what is freed
# vm: nvdimm=none dimm=768M:2 balloon=off host append="memhp_default_state=offline" timeout=300
# vm: usual="6.12"

readonly DIMM=$((768 << 20))

run mhpctl reporting
run mhpctl reporting --json
eq 'the host does not offer it' 'false not_offered kept 0' \
	"$(field '"\(.reporting) \(.balloons[0].cause) \(.new_memory) \(.reportable_bytes)"')"
run mhpctl doctor --json
eq 'doctor says so' note "$(field '[.findings[] | select(.id == "reporting").severity][0]')"

done_now 'online' online node2
before=$(host_rss "$DIMM")
spawn /tmp/holder holder --node 2 --kind plain --bytes 512M
holder=$PID
check 'the memory is used' until_true 60 grep -q '^ready' /tmp/holder
filled=$(host_rss "$DIMM")
kill -9 "$holder"
wait "$holder" 2>/dev/null
refused 7 'nothing to wait for' reporting --wait
refused 7 'nothing to release' offline --release node2
eq 'the blocks are as before' online "$(states_of_node 2)"
sleep 12
after=$(host_rss "$DIMM")
note "host: $((before >> 20)) MiB, used $((filled >> 20)), freed $((after >> 20))"
check 'the host had it while it was used' test $((filled - before)) -gt $((400 << 20))
check 'the host got nothing back' test $((filled - after)) -lt $((60 << 20))

balloon=$(basename "$(dirname "$(grep -l 0x0005 /sys/bus/virtio/devices/*/device)")")
echo "$balloon" >/sys/bus/virtio/drivers/virtio_balloon/unbind
run mhpctl reporting --json
eq 'without its driver' 'false no_driver' "$(field '"\(.reporting) \(.balloons[0].cause)"')"
echo "$balloon" >/sys/bus/virtio/drivers/virtio_balloon/bind
