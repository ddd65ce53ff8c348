# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The programs cxl and daxctl of Debian sid with their own libraries, for cases with `newer-cxl` in their
# head: those of bookworm cannot create volatile regions. They are unpacked in the cache, and nothing is
# installed. In the guest they are in /newer-cxl; see newer() of cxl.sh.
#   $CACHE/cxl-tools/VERSION/root/

readonly NEWER_CXL_PACKAGES=(cxl daxctl)
readonly NEWER_CXL_SERIES=7.2 # its package lists are those of sid

# newer_cxl_packages: the programs' packages and all that they need.
newer_cxl_packages() {
	kernel_apt "$NEWER_CXL_SERIES" apt-cache depends --recurse --no-recommends --no-suggests \
		--no-conflicts --no-breaks --no-replaces --no-enhances "${NEWER_CXL_PACKAGES[@]}" | grep '^[a-z]'
}

newer_cxl_download() {
	local new=$1 packages deb

	mapfile -t packages < <(newer_cxl_packages)
	((${#packages[@]})) || return
	mkdir -p "$new/deb" "$new/root"
	(cd "$new/deb" && retry kernel_apt "$NEWER_CXL_SERIES" apt-get download "${packages[@]}") >"$new/log" 2>&1 ||
		{ tail -n 3 "$new/log" >&2; return 1; }
	for deb in "$new"/deb/*.deb; do
		dpkg-deb --extract "$deb" "$new/root" || return
	done
	rm -r "$new/deb" "$new/root/usr/share"
	publish "$new" "$2"
}

# newer_cxl_fetch: print the directory of the unpacked programs.
newer_cxl_fetch() (
	local version dir

	hold "$CACHE/cxl-tools.lock"
	kernel_lists "$NEWER_CXL_SERIES" || return
	version=$(kernel_apt "$NEWER_CXL_SERIES" apt-cache show --no-all-versions "${NEWER_CXL_PACKAGES[0]}" | sed -n 's/^Version: //p')
	[[ $version ]] || return
	dir=$CACHE/cxl-tools/${version//:/_}
	if [[ ! -e $dir/root ]]; then
		rm -rf "$CACHE"/cxl-tools/*.new "$dir"
		newer_cxl_download "$dir.new" "$dir" || return
	fi
	echo "$dir"
)

# newer_cxl_into ROOT: the files for the guest, with their loader. Without a mirror there are none.
newer_cxl_into() {
	local dir root=$1/newer-cxl

	dir=$(newer_cxl_fetch) || { say 'vm: no cxl of sid'; return 0; }
	mkdir -p "$root/lib"
	cp "$dir"/root/usr/bin/{cxl,daxctl} "$root/"
	find "$dir/root" -name '*.so*' \( -type f -o -type l \) -path '*/lib*' -not -path '*/gconv/*' -not -name 'ld-linux*' -exec cp -dt "$root/lib" {} +
	cp -L "$(find "$dir/root" -name 'ld-linux-x86-64.so.2' | head -n 1)" "$root/ld.so"
	basename "$dir" >"$root/version"
}

# newer_cxl_overlay OVERLAY: add them to an archive of the guest.
newer_cxl_overlay() {
	local root=$WORK/newer-cxl.d

	initramfs_root "$root"
	newer_cxl_into "$root"
	initramfs_pack "$root" "$WORK/newer-cxl"
	cat "$WORK/newer-cxl" >>"$1"
	rm -rf "$root"
}
