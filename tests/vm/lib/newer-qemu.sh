# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# QEMU 10 of bookworm-backports, for cases with `newer-qemu` in their head: bookworm's own has no
# volatile CXL memory. Its packages are unpacked in the cache and run with this machine's libraries;
# nothing is installed.
#   $CACHE/qemu/VERSION/{root/,qemu}

readonly NEWER_QEMU_PACKAGES=(qemu-system-x86 qemu-system-common qemu-system-data)
NEWER_QEMU='' # the program, once newer_qemu_choose has run

# newer_qemu_program DIR: the script that runs the unpacked program with its own files.
newer_qemu_program() {
	local root=$1/root

	cat <<-END
		#!/bin/sh
		QEMU_MODULE_DIR='$root/usr/lib/x86_64-linux-gnu/qemu' exec '$root/usr/bin/qemu-system-x86_64' \\
			-L '$root/usr/share/qemu' -L /usr/share/seabios -L /usr/share/qemu "\$@"
	END
}

newer_qemu_download() {
	local deb new=$1 dir=$2

	mkdir -p "$new/deb" "$new/root"
	(cd "$new/deb" && retry kernel_apt qemu apt-get download "${NEWER_QEMU_PACKAGES[@]}") \
		>"$CACHE/apt/qemu/download.log" 2>&1 ||
		{ tail -n 3 "$CACHE/apt/qemu/download.log" >&2; return 1; }
	for deb in "$new"/deb/*.deb; do
		dpkg-deb --extract "$deb" "$new/root" || return
	done
	rm -r "$new/deb"
	newer_qemu_program "$dir" >"$new/qemu"
	chmod +x "$new/qemu"
	publish "$new" "$dir"
}

newer_qemu_fetch_locked() {
	local version dir

	kernel_lists qemu || return
	version=$(kernel_apt qemu apt-cache show --no-all-versions "${NEWER_QEMU_PACKAGES[0]}" 2>/dev/null |
		sed -n 's/^Version: //p')
	[[ $version ]] || return
	dir=$CACHE/qemu/${version//:/_} # a colon separates the parts of a search path
	[[ -e $dir/qemu ]] && return
	rm -rf "$CACHE"/qemu/*.new "$dir"
	newer_qemu_download "$dir.new" "$dir"
}

# newer_qemu_choose: fetch it if needed, and set NEWER_QEMU. If the mirror fails, the cached version is
# used; with an empty cache the cases that need it fail.
newer_qemu_choose() {
	(
		hold "$CACHE/qemu.lock"
		newer_qemu_fetch_locked
	) || say "vm: QEMU of $(kernel_suite qemu): looking in the cache"
	NEWER_QEMU=$(find "$CACHE/qemu" -mindepth 2 -maxdepth 2 -name qemu -printf '%T@ %p\n' 2>/dev/null |
		sort -rn | awk 'NR == 1 { print $2 }')
	NEWER_QEMU=${NEWER_QEMU:-$CACHE/qemu/missing}
}
