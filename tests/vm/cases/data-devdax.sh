# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What people keep on namespaces of all modes is asked for by name, or kept
# vm: nvdimm=512M,512M,512M,512M,512M,512M,512M,512M,512M,512M label=128k tools=storage timeout=560
# vm: usual=6.12

# shellcheck source=/dev/null
. /vm/data.sh

data_begin
for ((i = 0; i < 10; i++)); do
	ndctl disable-region region$i >/dev/null && ndctl init-labels nmem$i >/dev/null
	ndctl enable-region region$i >/dev/null
done
i=0
for content in ext4 xfs luks pmdk text; do
	place $((i++)) "$content" devdax
done
place 5 text unbound
place 6 ext4 disabled
place 7 btrfs-bare unfinished
place 8 ext4 fsdax
place 9 text sector
for ((i = 0; i < 6; i++)); do
	rows $i '' 'online REGION' 'remove --destroy'
done
for place in 0 5; do
	rows $place '' 'online DEVICE' 'destroy' 'apply'
	rows $place --yes=memory 'online REGION' 'destroy'
	rows $place --dry-run 'online REGION' 'destroy'
done
for place in 6 7 8 9; do
	rows $place '' 'online REGION' 'init' 'destroy' 'remove --destroy'
done
for_all 'destroy all' ''
for_all 'online all' ''
for place in 4 8; do
	rows $place --yes 'destroy'
done
data_end
