# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A cross build for arm64, in a fresh Debian with the compiler and the libraries for it.

# cross_root DIR: with what debian/control names, installed by apt
cross_root() {
	local dir=$1 mirror key file

	key=$(cat "$TOP/debian/control" "$TOP/tests/packaging/lib/cross.sh" | sha256sum | cut -c1-16)
	file=$CACHE/packaging/cross-$key.tar
	(
		hold "$CACHE/packaging/cross.lock"
		if [[ ! -e $file ]]; then
			mirror=$(kernel_mirror)
			mkdir -p "$WORK/control/debian"
			cp "$TOP"/debian/{changelog,control} "$WORK/control/debian/"
			# shellcheck disable=SC2016 # expanded by mmdebstrap
			retry as_root mmdebstrap "${ROOT_OPTIONS[@]}" --architectures=amd64,arm64 \
				--include=crossbuild-essential-arm64,dpkg-dev \
				--customize-hook='mkdir -p "$1/tmp/control"' \
				--customize-hook="copy-in $WORK/control/debian /tmp/control" \
				--customize-hook='chroot "$1" apt-get -y build-dep --host-architecture arm64 -P cross,nocheck /tmp/control' \
				"$ROOT_SUITE" "$file.new.tar" "$mirror"
			publish "$file.new.tar" "$file"
		fi
		touch "$file"
		find "$CACHE/packaging" -name 'cross-*.tar' -mmin +120 ! -path "$file" -delete
	)
	mkdir -p "$dir"
	as_root tar -C "$dir" -xf "$file"
}

cross_build() {
	# shellcheck disable=SC2016 # expanded by the inner shell
	in_root "$ROOT" sh -c 'cd /tmp/build/mhpctl && DEB_BUILD_OPTIONS="nocheck parallel=$(nproc)" \
		dpkg-buildpackage -us -uc -B -aarm64 -Pcross,nocheck'
}

# machines DIR: the machines of the programs and libraries in the packages there
machines() {
	local deb

	for deb in "$1"/*.deb; do
		[[ $deb == *dbgsym* ]] || dpkg-deb --extract "$deb" "$WORK/cross-files"
	done
	find "$WORK/cross-files" -type f \( -name 'libmhp.so*' -o -path '*/bin/mhpctl' \) -exec readelf -h {} + |
		sed -n 's/^ *Machine: *//p' | sort -u
}

# Names and symbols of the native and of the cross build are the same.
cross_part() {
	local ROOT=$WORK/cross

	ok 'a Debian with the compiler for arm64' cross_root "$ROOT"
	succeeded || return 0
	as_root mkdir -p "$ROOT/tmp/build/mhpctl"
	source_files | tar -C "$TOP" --null -T - -cf - | as_root tar -C "$ROOT/tmp/build/mhpctl" -xf -
	ok 'the packages build for arm64' cross_build
	succeeded || return 0
	is 'they are for arm64' "$(machines "$ROOT/tmp/build")" AArch64
	is 'all but the package for every architecture' \
		"$(cd "$ROOT/tmp/build" && printf '%s\n' *.deb | sed 's/arm64/amd64/')" \
		"$(cd "$DEBS" && printf '%s\n' *.deb | grep -v _all)"
	is 'with the same files' "$(cross_files | sed 's/aarch64-linux-gnu/x86_64-linux-gnu/')" \
		"$(for name in mhpctl libmhp0 libmhp-dev; do deb_files "$name"; done | sort)"
	as_root rm -rf "$ROOT"
}

cross_files() {
	find "$WORK/cross-files" ! -type d -printf '/%P\n' | sort
}
