# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Content on namespaces of all modes needs consent and is named, or is kept
# vm: nvdimm=320M,320M,320M,320M,320M,320M,320M label=128k tools=storage timeout=400
# vm: usual=6.12

# shellcheck source=/dev/null
. /vm/data.sh

data_begin
init_labels 7
place 0 ext4 devdax
place 1 text devdax
place 2 text unbound
place 3 ext4 devdax-disabled
place 4 btrfs-bare unfinished
if ! in_usual_run; then
	place 5 ext4 fsdax
	place 6 text sector
fi
rows 0 '' 'online REGION' 'online DEVICE' 'destroy' 'remove --destroy' 'apply'
rows 0 --yes=memory 'online REGION'
rows 0 --dry-run 'destroy'
rows 1 '' 'online REGION' 'destroy'
rows 2 '' 'online DEVICE' 'destroy' 'remove --destroy'
rows 3 '' 'online REGION' 'destroy'
rows 4 '' 'init' 'online REGION' 'destroy'
if ! in_usual_run; then
	rows 5 '' 'init' 'destroy'
	MAY_REFUSE=refused rows 5 '' 'online REGION'
	rows 6 '' 'destroy' 'remove --destroy'
fi
rows 0 '' 'destroy all'
rows 1 --yes 'destroy'
data_end
