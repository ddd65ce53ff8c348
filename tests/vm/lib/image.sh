# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The disks of the machines with systemd: a small Debian with the programs of the cases, made once by
# debootstrap from the mirror in this machine's apt sources, and kept in the cache. They boot the
# kernel of the case; lib/init copies modules, mhpctl and the case to them.

readonly IMAGE_SUITE=bookworm
readonly IMAGE_SIZE=1200M
readonly IMAGE_PACKAGES=(
	systemd systemd-sysv libpam-systemd udev kmod dbus ndctl daxctl iproute2 procps util-linux
	util-linux-extra strace libjson-c5
)
# shellcheck disable=SC2034 # both are read by their names
readonly IMAGE_PACKAGES_yes=() # of the usual one
# shellcheck disable=SC2034
readonly IMAGE_PACKAGES_fleet=(openssh-server python3)

# A machine that lives for seconds does not need these units.
readonly IMAGE_MASKED=(
	apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer
	e2scrub_reap.service fstrim.timer systemd-timesyncd.service ndctl-monitor.service
	getty@tty1.service
)

image_configure() {
	local root=$1 unit

	rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/usr/share/{doc,man,locale}/*
	: >"$root/etc/fstab"
	echo mhpvm >"$root/etc/hostname"
	echo 6d68706d68706d68706d68706d687001 >"$root/etc/machine-id"
	for unit in "${IMAGE_MASKED[@]}"; do
		ln -sf /dev/null "$root/etc/systemd/system/$unit"
	done
}

# image_make NAME FILE
image_make() {
	local file=$2 root=$WORK/image.d mirror log=$LOGS/image.log packages
	local -n more=IMAGE_PACKAGES_$1

	mirror=$(kernel_mirror)
	[[ $mirror ]] || die "no Debian mirror among this machine's apt sources"
	packages=$(IFS=,; set -- "${IMAGE_PACKAGES[@]}" "${more[@]}"; echo "$*")
	retry debootstrap --variant=minbase --include="$packages" "$IMAGE_SUITE" "$root" "$mirror" \
		>"$log" 2>&1 || { tail -n 5 "$log" >&2; die "debootstrap failed: $log"; }
	image_configure "$root"
	mke2fs -q -t ext4 -O ^metadata_csum -d "$root" "$file.new" "$IMAGE_SIZE" >>"$log" 2>&1 ||
		die "no file system made of it: $log"
	publish "$file.new" "$file"
	rm -rf "$root"
}

# image_disk NAME: print the path of the image, made if needed. NAME is the value of systemd= in a case.
image_disk() {
	local file key

	mkdir -p "$CACHE/image"
	key=$(content_key "$VM_DIR/lib/image.sh")
	file=$CACHE/image/$key-$1.ext4
	(
		hold "$CACHE/image/lock"
		[[ -e $file ]] || image_make "$1" "$file"
		touch "$file"
		find "$CACHE/image" -name '*.ext4*' -mmin +120 ! -path "$CACHE/image/$key-*" -delete
	)
	echo "$file"
}
