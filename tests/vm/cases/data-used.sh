# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A device in use is never taken away, even with consent
# vm: nvdimm=320M,320M,320M,320M label=128k,128k,128k,none tools=storage timeout=900
# vm: usual=6.12

# shellcheck source=/dev/null
. /vm/data.sh

# in_chroot CMD...: CMD where there is neither /proc nor /dev, but for the node /dax.
in_chroot() {
	mkdir -p /tmp/root
	mount --bind / /tmp/root
	mknod /tmp/root/dax c "$major" "$minor"
	exec chroot /tmp/root "$@"
}

# held NAME CMD...: what CMD does until it is killed, or until let_go, uses the place.
held() {
	USED=$1
	shift
	spawn /tmp/held "$@"
	HOLDER=$PID
	until_true 5 grep -q held /tmp/held || fail "$USED: it is held" "$(cat /tmp/held.err)"
}

# Its child processes end with it.
let_go() {
	local comm name

	kill -9 "$HOLDER" && wait "$HOLDER"
	for comm in /proc/[0-9]*/comm; do
		read -r name <"$comm"
		[[ $name == daxio ]] && kill -9 "$(basename "${comm%/comm}")"
	done
	USED=''
} 2>/dev/null

# with_and_without PLACE VERB...: what was not agreed to is asked for, and that changes nothing.
with_and_without() {
	rows "$1" --yes "${@:2}"
	in_usual_run || rows "$1" '' "${@:2}"
}

data_begin
init_labels 3
place 0 text devdax
place 1 ext4 fsdax

held 'an open file' daxio hold open /dev/dax0.0
with_and_without 0 'online REGION' 'destroy'
let_go
held 'a mapping' daxio hold map /dev/dax0.0
with_and_without 0 'online REGION' 'remove --destroy'
let_go
IFS=: read -r major minor </sys/bus/dax/devices/dax0.0/dev
mknod /tmp/other-name c "$major" "$minor"
held 'a node of another name' daxio hold map /tmp/other-name
with_and_without 0 'online REGION' 'destroy'
let_go
held 'another pid namespace' unshare -p -f --mount-proc daxio hold map /dev/dax0.0
with_and_without 0 'online REGION'
let_go
held 'a chroot' in_chroot daxio hold map /dax
with_and_without 0 'destroy'
let_go
held 'a descriptor in a socket' daxio hold socket /dev/dax0.0
with_and_without 0 'online REGION' 'destroy'
let_go

# From inside a container, or with no /proc, nobody can know.
# hidden NAME OPTIONS CMD...
hidden() {
	local options=$2

	USED=$1
	shift 2
	# shellcheck disable=SC2086 # words on purpose
	run "$@" mhpctl online $options region0 --json
	read_document
	read_losses 0
	judge 0 'online REGION' "$options"
	USED=''
}

hidden 'seen without /proc' --yes unshare -m sh -c 'umount -l /proc && exec "$@"' -
hidden 'seen from another pid namespace' --yes unshare -p -f --mount-proc
eq 'the reason' users_hidden "$REASON"
# Where somebody does use it the kernel may crash when he closes it, so nobody does here.
hidden 'seen from another pid namespace' '--yes --force-users' unshare -p -f --mount-proc
cp /dev/null /tmp/dax0.0
held 'a file that is called so' daxio hold open /tmp/dax0.0
USED=''
rows 0 --yes 'online REGION'
let_go

# Block devices; their content may change when they come into use.
block_of() {
	local dirs=(/sys/bus/nd/devices/region"$1"/*/block/*)

	echo "/dev/${dirs[0]##*/}"
}

# used NAME PLACE [VERB...]: it is in use now; no command takes it, even with consent.
used() {
	local place=$2

	USED=$1
	shift 2
	remember "$place"
	if (($#)); then
		rows "$place" --yes "$@"
	else
		with_and_without "$place" 'destroy'
	fi
	USED=''
}

block=$(block_of 1)
mkdir -p /mnt/data
mount -o ro,noload "$block" /mnt/data
used 'mounted' 1
umount /mnt/data
# shellcheck disable=SC2016 # for the inner shell
spawn /tmp/mounter unshare -m sh -c 'mount -o ro,noload "$1" /mnt/data && echo mounted && exec sleep 600' - "$block"
mounter=$PID
until_true 10 grep -q mounted /tmp/mounter || fail 'it is mounted' "$(cat /tmp/mounter.err)"
used 'mounted in another mount namespace' 1
kill -9 "$mounter"
wait "$mounter"
loop=$(losetup -f --show -r "$block")
mount -o ro,noload "$loop" /mnt/data
used 'mounted on a loop device' 1
umount /mnt/data
used 'a loop device' 1
losetup -d "$loop"
echo "0 65536 linear $block 0" | dmsetup create data-used
used 'a linear target of device mapper' 1
dmsetup remove data-used
held 'an open file' daxio hold open "$block"
with_and_without 1 'destroy'
let_go

# The same of what stands on them, raw as well.
# over CONTENT NAME UP DOWN: both kinds hold CONTENT, which UP takes into use, and DOWN out of it.
over() {
	local place

	for place in 1 3; do
		place $place "$1" "${KIND[$place]:-raw}"
		block=$(block_of $place)
		$3 >/tmp/up.log 2>&1 || fail "$2: it is up" "$(tail -n 3 /tmp/up.log)"
		if ((place == 3)); then
			used "$2" 3 'online REGION' 'create'
		else
			used "$2" 1
		fi
		$4 >/tmp/down.log 2>&1 || fail "$2: it is down" "$(tail -n 3 /tmp/down.log)"
	done
}

swap_up() { swapon "$block"; }
swap_down() { swapoff "$block"; }
luks_up() { echo secret | cryptsetup open --key-file - "$block" opened; }
luks_down() { cryptsetup close opened; }
lvm_up() { lvm lvcreate -q -y -W n -Z n --noudevsync -l 2 -n volume "$(volume_group)"; }
lvm_down() { lvm vgchange -q --noudevsync -a n "$(volume_group)" && true; }
volume_group() { lvm pvs --noheadings -o vg_name "$block" 2>/dev/null | tr -d ' '; }
md_up() { mdadm --assemble --quiet --run /dev/md127 "$block"; }
md_down() { mdadm --stop --quiet /dev/md127; }

if ! in_usual_run; then
	over luks 'an open LUKS volume' luks_up luks_down
	over swap 'swap that is on' swap_up swap_down
	over lvm 'an active LVM volume' lvm_up lvm_down
	over md 'a running array' md_up md_down
fi

# Made again under the same name during the question: the consent was for other data.
# It is asked again about the new one.
place 2 text devdax
mkfifo /tmp/answer
old=$(ndctl list -N -r region2 | jq -r '.[].uuid')
answers() {
	until_true 20 grep -q 'y/N' /tmp/asked
	ndctl destroy-namespace -f namespace2.0 >/dev/null
	ndctl create-namespace -r region2 -m devdax -M mem >/dev/null
	printf 'somebody else' | daxio put /dev/dax2.0 4096
	echo y
	until_true 20 asked_twice
	echo n
}
asked_twice() {
	(($(grep -o 'y/N' /tmp/asked | wc -l) >= 2))
}
answers >/tmp/answer 2>/tmp/answers.log &
script -qfec 'mhpctl destroy namespace2.0' /tmp/asked </tmp/answer >/dev/null
show '|' /tmp/asked
holds 'it is another one' test "$old" != "$(ndctl list -N -r region2 | jq -r '.[].uuid')"
holds 'the question was put again' asked_twice
eq 'what came in its place is kept' 'somebody else' "$(daxio get /dev/dax2.0 4096 13)"
data_end
