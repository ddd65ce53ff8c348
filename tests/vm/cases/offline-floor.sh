# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# An offline leaves enough memory, or somebody agrees
# vm: nvdimm=1G label=128k
# vm: usual=6.12

wanted=(memory9-15)
run mhpctl offline --dry-run "${wanted[@]}" --json
eq 'an idle machine is not asked' '0 0' "$RC $(field '.consents | length')"

hold_pages /tmp/program --kind plain --bytes 1100M
run mhpctl offline --dry-run "${wanted[@]}" --json
has 'with a large program: a question with numbers' "$(field '.consents | join(" ")')" \
	'take 896 MiB of memory offline, after which '
refused 2 'nobody agrees' offline "${wanted[@]}"
eq 'the reason' needs_consent "$(field '.failures[0].reason')"
has 'and what would be left' "$(field '.failures[0].message')" 'is available, where '
refused 2 'who agrees to lose data does not agree to it' offline --yes=data "${wanted[@]}"
eq 'all of node 1 is online' online "$(states_of_node 1)"
run mhpctl offline --yes=memory --timeout 10s "${wanted[@]}" --json
holds 'with --yes=memory it goes on' test "$RC" -ne 2
eq 'and says what it changed' true "$(field .changed)"
release_pages
