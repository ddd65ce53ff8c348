# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A small machine with a large NVDIMM: too large a memmap needs consent
# vm: mem=768M nvdimm=22G,1G label=128k
# vm: usual=6.1

auto_online offline
ndctl disable-region all && ndctl init-labels all && ndctl enable-region all
run mhpctl online --dry-run region0
run mhpctl online --dry-run --json region0
has 'a warning with numbers' "$(field '.warnings | join(" ")')" 'the memmap takes 35'
has 'a question' "$(field '.consents | join(" ")')" 'of memory that are available for the memmap'
eq 'the numbers speak for it' true \
	"$(field '.cost | .available_bytes - .memory_bytes < .reserve_bytes')"
refused 2 'nobody agrees' online region0
eq 'the reason' needs_consent "$(field '.failures[0].reason')"
has 'the hint' "$(field '.failures[0].hint')" --yes
empty_region region0
run mhpctl online --dry-run --json region1
eq 'a small one needs no consent' '0 0' \
	"$(field '"\(.consents | length) \([.warnings[] | select(test("memmap"))] | length)"')"
done_now 'a small one comes online' online region1
up 3
done_now 'and back' remove --destroy region1
refused 2 'together they are too large' online region0 region1
done_now 'with --yes' online --yes region0
up 2
done_now 'and back' remove --destroy region0
