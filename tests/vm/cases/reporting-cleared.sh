# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A guest that clears freed pages, on a host that does not keep their value: the driver drops the feature
# vm: nvdimm=none balloon=on,page-poison=off append="init_on_free=1" timeout=300
# vm: usual="7.2"

run mhpctl reporting
run mhpctl reporting --json
eq 'the driver dropped it' 'false init_on_free kept 0' \
	"$(field '"\(.reporting) \(.balloons[0].cause) \(.new_memory) \(.reportable_bytes)"')"
run mhpctl doctor --json
eq 'doctor says so' warning "$(field '[.findings[] | select(.id == "reporting").severity][0]')"
has 'the fix' "$(field '[.findings[] | select(.id == "reporting").fix][0]')" init_on_free
refused 7 'nothing to wait for' reporting --wait
