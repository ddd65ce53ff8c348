# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Each kind of content on a namespace of any mode needs consent, and is named
# vm: nvdimm=384M,384M,384M,384M,384M,384M,384M,384M label=128k tools=storage mem=3G timeout=1200
# vm: usual=none

# shellcheck source=/dev/null
. /vm/data.sh

data_begin
init_labels 8
for contents in 'ext4 xfs' 'btrfs lvm' 'md md-end' 'luks swap' 'gpt zfs' 'fat bcache' 'bcachefs pmdk'; do
	i=0
	for kind in devdax fsdax sector raw; do
		for content in $contents; do
			place $((i++)) "$content" "$kind"
		done
	done
	for ((i = 0; i < 6; i++)); do
		rows $i '' 'destroy'
	done
	MAY_REFUSE=refused rows 6 '' 'destroy' # a region without labels is its namespace
	for i in 0 1 6 7; do
		rows $i '' 'online REGION'
	done
	rm -rf "$IMAGES"
done
data_end
