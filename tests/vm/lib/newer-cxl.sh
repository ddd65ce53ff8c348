# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The programs cxl and daxctl of Debian sid with their own libraries, for --cxl: those of bookworm
# cannot create volatile regions. They are unpacked in the cache, and nothing is installed.
#   $CACHE/cxl-tools/VERSION/root/

readonly CXL_TOOLS=(cxl daxctl)
readonly CXL_TOOLS_SERIES=7.2 # its package lists are those of sid

# cxl_tools_packages: the programs' packages and all that they need.
cxl_tools_packages() {
	kernel_apt "$CXL_TOOLS_SERIES" apt-cache depends --recurse --no-recommends --no-suggests \
		--no-conflicts --no-breaks --no-replaces --no-enhances "${CXL_TOOLS[@]}" | grep '^[a-z]'
}

cxl_tools_download() {
	local new=$1 packages deb

	mapfile -t packages < <(cxl_tools_packages)
	((${#packages[@]})) || return
	mkdir -p "$new/deb" "$new/root"
	(cd "$new/deb" && retry kernel_apt "$CXL_TOOLS_SERIES" apt-get download "${packages[@]}") >"$new/log" 2>&1 ||
		{ tail -n 3 "$new/log" >&2; return 1; }
	for deb in "$new"/deb/*.deb; do
		dpkg-deb --extract "$deb" "$new/root" || return
	done
	rm -r "$new/deb" "$new/root/usr/share"
	publish "$new" "$2"
}

# cxl_tools_fetch: print the directory of the unpacked programs.
cxl_tools_fetch() (
	local version dir

	hold "$CACHE/cxl-tools.lock"
	kernel_lists "$CXL_TOOLS_SERIES" || return
	version=$(kernel_apt "$CXL_TOOLS_SERIES" apt-cache show --no-all-versions "${CXL_TOOLS[0]}" | sed -n 's/^Version: //p')
	[[ $version ]] || return
	dir=$CACHE/cxl-tools/${version//:/_}
	if [[ ! -e $dir/root ]]; then
		rm -rf "$CACHE"/cxl-tools/*.new "$dir"
		cxl_tools_download "$dir.new" "$dir" || return
	fi
	echo "$dir"
)

# cxl_tools_into ROOT: the files for the guest, with their loader.
cxl_tools_into() {
	local dir root=$1/cxl-tools

	dir=$(cxl_tools_fetch) || { say 'bench: no cxl of sid: not compared with it'; return 0; }
	mkdir -p "$root/lib"
	cp "$dir"/root/usr/bin/{cxl,daxctl} "$root/"
	find "$dir/root" -name '*.so*' \( -type f -o -type l \) -path '*/lib*' -not -path '*/gconv/*' -not -name 'ld-linux*' -exec cp -dt "$root/lib" {} +
	cp -L "$(find "$dir/root" -name 'ld-linux-x86-64.so.2' | head -n 1)" "$root/ld.so"
	basename "$dir" >"$root/version"
}
