# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A guest that poisons freed pages: they are reported, and QEMU keeps them
# vm: nvdimm=none dimm=768M:2 balloon host append="memhp_default_state=offline page_poison=1" timeout=600
# vm: usual="6.1"

readonly DIMM=$((768 << 20))

run mhpctl reporting
run mhpctl reporting --json
eq 'it reports in vain' 'true true null true' \
	"$(field '"\(.reporting) \(.balloons[0] | "\(.reporting) \(.cause) \(.futile)")"')"
run mhpctl doctor --json
eq 'doctor says so' warning "$(field '[.findings[] | select(.id == "reporting").severity][0]')"
done_now 'online' online node2
spawn /tmp/holder holder --node 2 --kind plain --bytes 512M
holder=$PID
check 'the memory is used' until_true 120 grep -q '^ready' /tmp/holder
filled=$(host_rss "$DIMM")
kill -9 "$holder"
wait "$holder" 2>/dev/null
run mhpctl reporting --wait
ended 0 'waited'
after=$(host_rss "$DIMM")
note "host: used $((filled >> 20)) MiB, freed $((after >> 20))"
check 'the host had it while it was used' test "$filled" -gt $((400 << 20))
check 'the host got nothing back' test $((filled - after)) -lt $((60 << 20))
