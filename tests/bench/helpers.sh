# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Builds the small programs of the benchmarks into $WORK/bin: those of C alone, and those that measure functions of
# the library, as automake would. A benchmark is not a check program.

# configured NAME: the value of a variable of the Makefile.
configured() {
	sed -n "s/^$1 = //p" "$BUILD/Makefile"
}

helper_plain() {
	gcc -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -static -o "$WORK/bin/$1" "$BENCH_DIR/$1.c"
}

# helper_internal NAME SOURCE...: linked with the library as a whole.
helper_internal() (
	local name=$1 flags
	shift

	read -ra flags <<<"-std=gnu11 $(configured CFLAGS) $(configured WARN_CFLAGS)"
	cd "$BUILD" || exit
	./libtool --silent --tag=CC --mode=link gcc -include config.h -I"$TOP" "${flags[@]}" -DUNIT_DATA='""' \
		-o "$WORK/bin/$name" "$BENCH_DIR/$name.c" "$@" libmhp-internal.la
)

# The program itself: the script of libtool before it takes half as long as the program.
find_program() {
	MHPCTL=$BUILD/mhpctl
	if [[ -x $BUILD/.libs/mhpctl ]]; then
		MHPCTL=$BUILD/.libs/mhpctl
		export LD_LIBRARY_PATH=$BUILD/.libs${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
	fi
	[[ -x $MHPCTL ]] || die "no program in $BUILD: build it, or name a build with --build"
}

helpers() {
	mkdir -p "$WORK/bin"
	find_program
	helper_plain meter
	helper_plain bare
	helper_internal pages
	helper_internal owners "$TOP/tests/unit/fake/tree.c"
}
