# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What people keep on raw namespaces without labels is asked for by name, or kept
# vm: nvdimm=384M,384M,384M,384M,384M,384M,384M,384M,384M,384M,384M,384M label=none tools=storage timeout=500
# vm: usual=6.12

# shellcheck source=/dev/null
. /vm/data.sh

data_begin
i=0
for content in ext4 xfs btrfs btrfs-bare lvm md luks swap gpt zfs pmdk text; do
	place $((i++)) "$content" raw
done
for ((i = 0; i < 12; i++)); do
	rows $i '' 'online REGION'
done
for place in 0 11; do
	rows $place --yes=memory 'online REGION'
	rows $place '' 'create' 'create --init-labels' 'init' 'destroy' 'remove --destroy' 'apply'
	rows $place --dry-run 'online REGION' 'create'
done
for_all 'destroy all' ''
for place in 0 11; do
	rows $place --yes 'create' 'online REGION'
done
data_end
