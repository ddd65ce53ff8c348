# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Builds out of tree, in directories that stay for the next run.

# Makes missing generated files; make updates them when their sources change.
make_configure() (
	exec 9>"$LOGS/configure.lock"
	flock 9
	cd "$TOP" || exit
	[[ ! -e config.status ]] || die "$TOP is configured itself: run make distclean there first"
	[[ -x configure && -e Makefile.in ]] || autoreconf -fi
)

# build DIR CONFIGURE-ARGUMENT...
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

# The build with clang also has no optional libraries. It is for warnings, so it is not optimised.
build_clang() {
	build build-clang CC=clang 'CFLAGS=-O0 -g1' --enable-werror --without-systemd --without-libcxl \
		--disable-man --disable-tests
}

build_asan() {
	build build-asan CC=gcc 'CFLAGS=-O1 -g1' --enable-werror --enable-sanitizers --disable-man
}

# The tarball has everything that a build needs, and installs and uninstalls cleanly. The unit tests
# are not built again: their files are compared with those of the tree.
build_dist() (
	cd "$TOP/build-gcc" || exit
	make --silent -j"$(nproc)" distcheck \
		DISTCHECK_CONFIGURE_FLAGS="--disable-tests 'CFLAGS=-O0 -g0'"
	lacking=$(comm -23 <(cd "$TOP" && find cmd lib tests/unit -type f ! -name '.*' | sort) \
		<(tar -tf mhpctl-*.tar.xz | sed 's|^[^/]*/||' | sort))
	[[ ! $lacking ]] || die "not in the tarball: $lacking"
)

# Builds like make check, without running the tests.
build_unit_tests() {
	make --silent -C "$TOP/build-asan" -j"$(nproc)" check TESTS=
}
