# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The tarball: all that is needed to build, to test and to package.

tarball_file() {
	echo "$WORK/dist/build-dist/mhpctl-$(package_version).tar.xz"
}

# tarball_make: makes the tarball of this tree, once.
tarball_make() (
	[[ ! -e $(tarball_file) ]] || exit 0
	source_export "$WORK/dist"
	cd "$WORK/dist" || exit
	autoreconf -fi
	mkdir build-dist
	cd build-dist || exit
	../configure --silent --disable-tests 'CFLAGS=-O0 -g0'
	make --silent dist
)

distcheck() {
	make --silent -C "$WORK/dist/build-dist" -j"$(nproc)" distcheck \
		DISTCHECK_CONFIGURE_FLAGS="--disable-tests 'CFLAGS=-O0 -g0'"
}

# The version control of this tree is not that of a distribution.
tarball_missing() {
	comm -23 <(source_files | tr '\0' '\n' | grep -vxF .gitignore | sort) \
		<(tar -tf "$(tarball_file)" | sed 's|^[^/]*/||' | sort)
}

tarball_part() {
	ok 'the tarball is made' tarball_make
	succeeded || return 0
	is 'it has all files of the source' "$(tarball_missing)" ''
	ok 'it is built, installed and removed again' distcheck
}
