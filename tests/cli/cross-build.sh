#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In a cross build the directories of udev and systemd are those of the target machine, whether the
# environment or a wrapper tells pkg-config the sysroot.

# shellcheck source=tests/cli/lib.bash
. "$(dirname "$0")/lib.bash"
ROOT=$WORK/root

# Only the macro, so that configure needs no compiler.
write_configure() {
	{
		echo 'AC_INIT([sysroot], [0])'
		echo 'PKG_PROG_PKG_CONFIG'
		sed -n '/^AC_DEFUN(\[MHP_DIR_OF\]/,/\])\])$/p' "$TOP/configure.ac"
		echo 'MHP_DIR_OF([udev], [udevdir])'
		# shellcheck disable=SC2016 # expanded by configure
		echo 'AC_MSG_NOTICE([dir=$dir])'
		echo 'AC_OUTPUT'
	} >"$WORK/configure.ac"
	(cd "$WORK" && aclocal && autoconf)
}

# found NAME WORD...: the result of configure, run with these words before it
found() {
	local name=$1
	shift

	command_line="env $* ./configure"
	is "$name" "$(cd "$WORK" && env "$@" ./configure 2>&1 | sed -n 's/^configure: dir=//p')" \
		/lib/udev
}

mkdir -p "$ROOT/pc"
printf 'udevdir=/lib/udev\nName: udev\nDescription: udev\nVersion: 1\n' >"$ROOT/pc/udev.pc"
printf '#!/bin/sh\nPKG_CONFIG_SYSROOT_DIR=%s exec pkg-config "$@"\n' "$ROOT" >"$WORK/wrapper"
chmod +x "$WORK/wrapper"
write_configure
found 'a sysroot of the environment' PKG_CONFIG_LIBDIR="$ROOT/pc" PKG_CONFIG_SYSROOT_DIR="$ROOT"
found 'a sysroot of a wrapper' PKG_CONFIG_LIBDIR="$ROOT/pc" PKG_CONFIG="$WORK/wrapper"
found 'no sysroot' PKG_CONFIG_LIBDIR="$ROOT/pc"
found 'a sysroot that is /' PKG_CONFIG_LIBDIR="$ROOT/pc" PKG_CONFIG_SYSROOT_DIR=/
done_testing
