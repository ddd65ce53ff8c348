# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What somebody uses is never taken away, whatever is agreed to
# vm: nvdimm=320M,320M,320M label=128k tools=storage timeout=300
# vm: usual=6.12

# shellcheck source=/dev/null
. /vm/data.sh

# held NAME CMD...: what CMD does until it is killed, or until let_go, uses the place.
held() {
	USED=$1
	shift
	spawn /tmp/held "$@"
	HOLDER=$PID
	until_true 5 grep -q held /tmp/held || fail "$USED: it is held" "$(cat /tmp/held.err)"
}

let_go() {
	kill -9 "$HOLDER" && wait "$HOLDER"
	USED=''
} 2>/dev/null

data_begin
for ((i = 0; i < 3; i++)); do
	ndctl disable-region region$i >/dev/null && ndctl init-labels nmem$i >/dev/null
	ndctl enable-region region$i >/dev/null
done
place 0 text devdax
place 1 ext4 fsdax

held 'an open file' daxio hold open /dev/dax0.0
rows 0 --yes 'online REGION' 'destroy'
let_go
held 'a mapping' daxio hold map /dev/dax0.0
rows 0 --yes 'online REGION' 'remove --destroy'
let_go
IFS=: read -r major minor </sys/bus/dax/devices/dax0.0/dev
mknod /tmp/other-name c "$major" "$minor"
held 'a node of another name' daxio hold map /tmp/other-name
rows 0 --yes 'online REGION' 'destroy'
let_go
held 'another pid namespace' unshare -p -f --mount-proc daxio hold map /dev/dax0.0
rows 0 --yes 'online REGION'
let_go
pkill -9 daxio
held 'a descriptor in a socket' daxio hold socket /dev/dax0.0
rows 0 --yes 'online REGION' 'destroy'
let_go

# From inside a container nobody can know; a stranger's file of that name is no user.
USED='seen from another pid namespace'
run unshare -p -f --mount-proc mhpctl online --yes region0 --json
read_document
judge 0 'online REGION' --yes
eq 'the reason' users_hidden "$(field '.failures[0].reason')"
USED=''
cp /dev/null /tmp/dax0.0
held 'a file that is called so' daxio hold open /tmp/dax0.0
USED=''
rows 0 --yes 'online REGION'
let_go

# Block devices: a mount, a loop device with a mount on it, a plain open.
block=/dev/$(basename "$(echo /sys/bus/nd/devices/region1/*/block/*)")
mkdir -p /mnt/data
mount -o ro,noload "$block" /mnt/data
remember 1
USED='mounted'
rows 1 --yes 'destroy' 'destroy all'
umount /mnt/data
loop=$(losetup -f --show -r "$block")
mount -o ro,noload "$loop" /mnt/data
remember 1
USED='mounted on a loop device'
rows 1 --yes 'destroy'
umount /mnt/data
remember 1
USED='a loop device'
rows 1 --yes 'destroy'
losetup -d "$loop"
remember 1
held 'an open file' daxio hold open "$block"
rows 1 --yes 'destroy'
let_go

# Made again under the same name while the question stands: what was agreed to is not what is there.
place 2 text devdax
mkfifo /tmp/answer
old=$(ndctl list -N -r region2 | jq -r '.[].uuid')
(sleep 3; ndctl destroy-namespace -f namespace2.0; ndctl create-namespace -r region2 -m devdax -M mem
	printf 'somebody else' | daxio put /dev/dax2.0 4096; sleep 1; echo y; sleep 3; echo n) >/tmp/answer 2>/dev/null &
script -qec 'mhpctl destroy namespace2.0' /tmp/asked </tmp/answer >/dev/null
holds 'it is another one' test "$old" != "$(ndctl list -N -r region2 | jq -r '.[].uuid')"
eq 'what came in its place is kept' 'somebody else' "$(daxio get /dev/dax2.0 4096 13)"
data_end
