# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The Debian in a directory that the packages are installed in: with what they depend on, and nothing else.

readonly ROOT_SUITE=bookworm

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

# root_unpack KIND DIR
root_unpack() {
	debian_root "packaging-$1" "$ROOT_SUITE" "$(dpkg --print-architecture)" "$(root_packages "$1" | paste -sd,)" "$2"
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
