# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A directory with a small Debian: made by mmdebstrap from the mirror in this machine's apt sources, kept in the
# cache, and unpacked for each part that changes it.

readonly ROOT_SUITE=bookworm
readonly ROOT_OPTIONS=(--quiet --variant=minbase '--aptopt=APT::Install-Recommends "0"' --dpkgopt=force-unsafe-io)

# words_of: names of packages in the lists of dependencies on standard input, the first where there are
# alternatives, without those of this tree.
words_of() {
	tr ',' '\n' | sed 's/[(|].*//; s/[][!<> ]//g' | grep -vxF -f <(debian_packages) | grep . | sort -u
}

# root_packages KIND: what the packages of this tree depend on, for the kind `tests` also their tests
root_packages() {
	local name

	{
		for name in $(debian_packages); do
			dpkg-deb -f "$(deb_of "$name")" Pre-Depends Depends | sed 's/^[A-Za-z-]*: //'
		done
		[[ $1 != tests ]] || sed -n 's/^Depends: //p' "$TOP/debian/tests/control"
	} | words_of
}

root_make() {
	local file=$1 packages=$2 mirror

	mirror=$(kernel_mirror)
	[[ $mirror ]] || die "no Debian mirror among this machine's apt sources"
	retry as_root mmdebstrap "${ROOT_OPTIONS[@]}" --include="$packages" "$ROOT_SUITE" "$file.new.tar" "$mirror" \
		>"$LOGS/root.log" 2>&1 ||
		{ tail -n 5 "$LOGS/root.log" >&2; die "mmdebstrap failed: $LOGS/root.log"; }
	publish "$file.new.tar" "$file"
}

# root_unpack KIND DIR
root_unpack() {
	local kind=$1 dir=$2 packages key file

	packages=$(root_packages "$kind" | paste -sd,)
	key=$({ echo "$packages"; cat "$TOP/tests/packaging/lib/root.sh"; } | sha256sum | cut -c1-16)
	file=$CACHE/packaging/$kind-$key.tar
	(
		hold "$CACHE/packaging/lock"
		[[ -e $file ]] || root_make "$file" "$packages"
		touch "$file"
		find "$CACHE/packaging" -name "$kind-*.tar" -mmin +120 ! -path "$file" -delete
	)
	mkdir -p "$dir"
	as_root tar -C "$dir" -xf "$file"
}

# in_root DIR CMD...: run it there, in namespaces of its own, with /proc and a /sys that cannot be changed.
# Nothing it starts outlives it.
in_root() {
	# shellcheck disable=SC2016 # expanded by the inner shell
	as_root unshare --mount --pid --ipc --uts --fork --kill-child -- sh -c '
		mount --make-rprivate / && mount -t proc proc "$1/proc" && mount -t sysfs -o ro sysfs "$1/sys" &&
			root=$1 && shift && exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
			DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"' sh "$@"
}

# root_install DIR DEB...
root_install() {
	local dir=$1
	shift

	as_root mkdir -p "$dir/tmp/debs"
	as_root cp "$@" "$dir/tmp/debs/"
	# shellcheck disable=SC2046 # words on purpose
	in_root "$dir" dpkg -i $(printf '/tmp/debs/%s\n' "${@##*/}")
}
