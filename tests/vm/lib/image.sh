# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The disk of the machines with systemd: a small Debian with the programs of the cases, made once by
# debootstrap from the mirror in this machine's apt sources, and kept in the cache. It boots the
# kernel of the case; lib/init copies modules, mhpctl and the case to it.

readonly IMAGE_SUITE=bookworm
readonly IMAGE_SIZE=1200M
readonly IMAGE_PACKAGES=(
	systemd systemd-sysv libpam-systemd udev kmod dbus ndctl daxctl iproute2 procps util-linux
	util-linux-extra strace libjson-c5
)

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

image_make() {
	local file=$1 root=$WORK/image.d mirror log=$LOGS/image.log packages

	mirror=$(kernel_mirror)
	[[ $mirror ]] || die "no Debian mirror among this machine's apt sources"
	packages=$(IFS=,; echo "${IMAGE_PACKAGES[*]}")
	retry debootstrap --variant=minbase --include="$packages" "$IMAGE_SUITE" "$root" "$mirror" \
		>"$log" 2>&1 || { tail -n 5 "$log" >&2; die "debootstrap failed: $log"; }
	image_configure "$root"
	mke2fs -q -t ext4 -O ^metadata_csum -d "$root" "$file.new" "$IMAGE_SIZE" >>"$log" 2>&1 ||
		die "no file system made of it: $log"
	publish "$file.new" "$file"
	rm -rf "$root"
}

# image_disk: print the path of the image, made if needed.
image_disk() {
	local file

	mkdir -p "$CACHE/image"
	file=$CACHE/image/$(content_key "$VM_DIR/lib/image.sh").ext4
	(
		hold "$CACHE/image/lock"
		[[ -e $file ]] || image_make "$file"
		touch "$file"
		find "$CACHE/image" -name '*.ext4*' -mmin +120 ! -path "$file" -delete
	)
	echo "$file"
}
