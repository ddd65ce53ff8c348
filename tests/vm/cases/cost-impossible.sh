# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A memmap that cannot fit is refused even with consent, and the first failure is the reason
# vm: mem=2G nvdimm=160G label=128k timeout=300
# vm: usual=6.12

available() {
	awk '/^MemAvailable:/ { print $2 }' /proc/meminfo
}

# size_of PATTERN: a size that the hint of the last failure names
size_of() {
	field '.failures[0].hint' | sed -n "s/.*$1\([0-9]*[KMGT]\).*/\1/p"
}

# too_large NAME ARG...: refused as what cannot be, with the machine's memory as it was
too_large() {
	local before

	before=$(available)
	refused 7 "$@"
	eq "$1: the reason" no_space "$(field '.failures[0].reason')"
	has "$1: the numbers" "$(field '.failures[0].message')" 'the memmap takes 2.50 GiB of ordinary memory'
	holds "$1: nothing was taken" test "$(available)" -gt $((before - 100000))
	empty_region region0
}

auto_online offline
ndctl disable-region all && ndctl init-labels all && ndctl enable-region all
too_large 'nobody is asked' online region0
too_large 'whatever is agreed to' online --yes region0
check_rc 7 'a dry run says so' mhpctl online --dry-run --yes region0
mkdir -p /etc/mhpctl/policy.d
printf '%s\n' '[memory all]' 'match.region = region0' 'consent = yes' >/etc/mhpctl/policy.d/1.conf
check_rc 7 'a policy agrees in vain' mhpctl apply --json
eq 'a policy: the reason' no_space "$(field '.failures[0].reason')"
rm /etc/mhpctl/policy.d/1.conf
empty_region region0

run mhpctl online region0 --json
most=$(size_of '--size ')
good=$(size_of 'fits; ')
check_rc 0 'the largest that fits can be planned' mhpctl online --dry-run --size "$most" region0
done_now 'what leaves enough needs no question' online --size "$good" region0
up 2
done_now 'and back' remove --destroy --yes=memory region0

# Given a false amount of memory, mhpctl continues until the kernel fails. The kernel may then leave
# too little for the machine itself: a process that is killed first gives some back.
hold_pages /tmp/ballast --kind plain --node 0 --bytes 256M
echo 1000 >"/proc/$HOLDER/oom_score_adj"
sed 's/^\( *pages free\) .*/\1 99999999/; s/^\( *\(present\|managed\)\) .*/\1 99999999/' /proc/zoneinfo >/tmp/zoneinfo
mount --bind /tmp/zoneinfo /proc/zoneinfo
check_rc 1 'the kernel fails' mhpctl online --yes region0 --json
eq 'with the reason of its first try' 'out_of_memory ENOMEM' \
	"$(field '.failures[0] | "\(.reason) \(.errno)"')"
has 'and what that leaves' "$(field '.failures[0].hint')" 'until reboot'
