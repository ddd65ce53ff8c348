# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Directories with a Debian: made by mmdebstrap from the mirror in this machine's apt sources, kept in the cache
# as archives, and unpacked for each use. Needs lib/common.sh and lib/kernel.sh of tests/vm, lib/packages.sh,
# CACHE and LOGS.

readonly ROOT_OPTIONS=(--quiet --variant=minbase '--aptopt=APT::Install-Recommends "0"' --dpkgopt=force-unsafe-io
	'--aptopt=Acquire::Check-Valid-Until "false"') # a mirror may be older than its lists are valid

# debian_root_make SUITE ARCH PACKAGES FILE
debian_root_make() {
	local suite=$1 arch=$2 packages=$3 file=$4 mirror log=$LOGS/root-$1-$2.log

	mirror=$(kernel_mirror)
	[[ $mirror ]] || die "no Debian mirror among this machine's apt sources"
	retry as_root mmdebstrap "${ROOT_OPTIONS[@]}" --architectures="$arch" --include="$packages" "$suite" \
		"$file.new.tar" "$mirror" >"$log" 2>&1 || {
		tail -n 5 "$log" >&2
		die "mmdebstrap failed: $log"
	}
	publish "$file.new.tar" "$file"
}

# debian_root NAME SUITE ARCH PACKAGES DIR: one archive a NAME; one that is not used for two hours goes when a
# newer one is made. PACKAGES are separated by commas.
debian_root() {
	local name=$1 suite=$2 arch=$3 packages=$4 dir=$5 key file

	key=$({ echo "$suite $arch $packages"; cat "$TOP/tests/lib/debian-root.sh"; } | sha256sum | cut -c1-16)
	mkdir -p "$CACHE/roots"
	file=$CACHE/roots/$name-$key.tar
	(
		hold "$CACHE/roots/$name.lock"
		[[ -e $file ]] || debian_root_make "$suite" "$arch" "$packages" "$file"
		touch "$file"
		find "$CACHE/roots" -name "$name-*.tar" -mmin +120 ! -path "$file" -delete
	)
	mkdir -p "$dir"
	as_root tar -C "$dir" -xf "$file"
}

# in_root DIR CMD...: run it there, in namespaces of its own, with /proc, terminals, and a /sys that cannot be changed.
# Nothing that it starts outlives it. The shell stays, as the parent of what loses its own.
in_root() {
	# shellcheck disable=SC2016 # expanded by the inner shell
	as_root unshare --mount --pid --ipc --uts --fork --kill-child -- sh -c '
		mount --make-rprivate / && mount -t proc proc "$1/proc" && mount -t sysfs -o ro sysfs "$1/sys" &&
			mount -t tmpfs tmpfs "$1/dev/shm" && mount -t devpts -o ptmxmode=666 devpts "$1/dev/pts" &&
			root=$1 && shift && env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
			DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"
		exit $?' sh "$@"
}
