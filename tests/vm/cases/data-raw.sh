# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Content on raw namespaces without labels needs consent and is named, or is kept
# vm: nvdimm=384M,384M,384M,384M,384M,384M,384M,384M,384M,384M label=none tools=storage timeout=400
# vm: usual=none

# shellcheck source=/dev/null
. /vm/data.sh

data_begin
i=0
for content in ext4 text btrfs btrfs-bare lvm md luks swap gpt pmdk; do
	place $((i++)) "$content" raw
done
for ((i = 2; i < 10; i++)); do
	rows $i '' 'create'
done
rows 0 '' 'online REGION' 'init' 'remove --destroy' 'apply'
MAY_REFUSE=refused rows 0 '' 'create --init-labels' 'destroy'
rows 1 '' 'online REGION' 'create'
rows 0 --yes=memory 'online REGION'
rows 0 --dry-run 'online REGION'
rows 0 --yes 'create'
data_end
