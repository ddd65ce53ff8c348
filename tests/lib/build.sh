# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Builds out of tree, in folders that stay for the next run.

# The generated files are made where they are missing; make renews them when their sources change.
make_configure() (
	exec 9>"$LOGS/configure.lock"
	flock 9
	cd "$TOP" || exit
	[[ -x configure && -e Makefile.in ]] || autoreconf -fi
)

# build FOLDER CONFIGURE-ARGUMENT...
build() (
	dir=$TOP/$1
	shift
	make_configure
	mkdir -p "$dir"
	cd "$dir" || exit
	if [[ ! -e config.status || $(cat configured 2>/dev/null) != "$*" ]]; then
		"$TOP/configure" --silent "$@"
		echo "$*" >configured
	fi
	make --silent -j"$(nproc)"
)

build_gcc() {
	build build-gcc CC=gcc --enable-werror
}

# This one is also that without what is optional. Its warnings are what it is for, not its speed.
build_clang() {
	build build-clang CC=clang 'CFLAGS=-O0 -g1' --enable-werror --without-systemd --disable-man \
		--disable-tests
}

build_asan() {
	build build-asan CC=gcc 'CFLAGS=-O1 -g1' --enable-werror --enable-sanitizers --disable-man
}

# The tarball holds all that a build needs, and installs and uninstalls cleanly. The unit tests are
# not built once more: their files are compared with those of the tree.
build_dist() (
	cd "$TOP/build-gcc" || exit
	make --silent -j"$(nproc)" distcheck \
		DISTCHECK_CONFIGURE_FLAGS="--disable-tests 'CFLAGS=-O1 -g0'"
	lacking=$(comm -23 <(cd "$TOP" && find cmd lib tests/unit -type f ! -name '.*' | sort) \
		<(tar -tf mhpctl-*.tar.xz | sed 's|^[^/]*/||' | sort))
	[[ ! $lacking ]] || die "not in the tarball: $lacking"
)

# What make check would build, without running it.
build_unit_tests() {
	make --silent -C "$TOP/build-asan" -j"$(nproc)" check TESTS=
}
