# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The valgrind of tests/analyze: the installed one or, where that is too old, the one of a newer
# Debian, which is unpacked in the cache of tests/vm and not installed.

# The first that takes a descriptor that stays open for an error. That of Debian 12 also does not know
# openat2, without which no fake tree can be read.
readonly VALGRIND_NEEDED=3.24
readonly VALGRIND_SUITE=trixie

valgrind_is_new() {
	local have

	have=$(valgrind --version 2>/dev/null | sed 's/^valgrind-//')
	[[ $have ]] && printf '%s\n' "$VALGRIND_NEEDED" "$have" | sort -V -C
}

# Prints the directory of the unpacked package.
valgrind_fetch() (
	CACHE=${MHP_VM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mhpctl-vm}
	# shellcheck source=../vm/lib/common.sh
	. "$TOP/tests/vm/lib/common.sh"
	# shellcheck source=../vm/lib/kernel.sh
	. "$TOP/tests/vm/lib/kernel.sh"
	kernel_suite() { echo "$VALGRIND_SUITE"; }

	dir=$CACHE/valgrind-$VALGRIND_SUITE
	hold "$dir.lock"
	if [[ ! -x $dir/usr/bin/valgrind ]]; then
		kernel_lists valgrind
		rm -rf "$dir.new"
		mkdir "$dir.new"
		cd "$dir.new" || exit
		retry kernel_apt valgrind apt-get download valgrind >&2
		dpkg-deb --extract valgrind_*.deb .
		rm valgrind_*.deb
		publish "$dir.new" "$dir"
	fi
	echo "$dir"
)

# Prints the words that start valgrind.
valgrind_command() {
	local dir

	if valgrind_is_new; then
		echo valgrind
	else
		dir=$(valgrind_fetch)
		echo "env VALGRIND_LIB=$dir/usr/libexec/valgrind $dir/usr/bin/valgrind"
	fi
}
