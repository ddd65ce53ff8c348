#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In a cross build the folders of udev and systemd are those of the machine that will run the
# program, whoever tells pkg-config of the sysroot: the environment, or a wrapper.

set -euo pipefail

TOP=$(dirname "$(dirname "$(dirname "$(realpath "$0")")")")
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
ROOT=$WORK/root
failed=0

# The macro alone, so that nothing of the compiler is looked for.
write_configure() {
	{
		echo 'AC_INIT([sysroot], [0])'
		echo 'PKG_PROG_PKG_CONFIG'
		sed -n '/^AC_DEFUN(\[MHP_DIR_OF\]/,/\])\])$/p' "$TOP/configure.ac"
		echo 'MHP_DIR_OF([udev], [udevdir])'
		# shellcheck disable=SC2016 # configure's
		echo 'AC_MSG_NOTICE([dir=$dir])'
		echo 'AC_OUTPUT'
	} >"$WORK/configure.ac"
	(cd "$WORK" && aclocal && autoconf)
}

# is NAME WORD...: what the program finds, run with these words before it
is() {
	local name=$1 found
	shift

	found=$(cd "$WORK" && env "$@" ./configure 2>&1 | sed -n 's/^configure: dir=//p')
	if [[ $found == /lib/udev ]]; then
		echo "ok - $name"
	else
		echo "not ok - $name: $found"
		failed=1
	fi
}

echo 1..4
mkdir -p "$ROOT/pc"
printf 'udevdir=/lib/udev\nName: udev\nDescription: udev\nVersion: 1\n' >"$ROOT/pc/udev.pc"
printf '#!/bin/sh\nPKG_CONFIG_SYSROOT_DIR=%s exec pkg-config "$@"\n' "$ROOT" >"$WORK/wrapper"
chmod +x "$WORK/wrapper"
write_configure
is 'a sysroot of the environment' PKG_CONFIG_LIBDIR="$ROOT/pc" PKG_CONFIG_SYSROOT_DIR="$ROOT"
is 'a sysroot of a wrapper' PKG_CONFIG_LIBDIR="$ROOT/pc" PKG_CONFIG="$WORK/wrapper"
is 'no sysroot' PKG_CONFIG_LIBDIR="$ROOT/pc"
is 'a sysroot that is /' PKG_CONFIG_LIBDIR="$ROOT/pc" PKG_CONFIG_SYSROOT_DIR=/
exit $failed
