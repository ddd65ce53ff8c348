# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The same source gives the same bytes: a second build differs in directory, time, time zone, umask, language, name of
# the machine, number of jobs and home directory.

# second_build DIR: the packages are in DIR/a/longer/path
second_build() (
	dir=$1/a/longer/path
	source_export "$dir/mhpctl"
	cd "$dir/mhpctl" || exit
	umask 077 # of the build: the modes of the source are part of it
	mkdir "$1/locales"
	localedef -i fr_FR -f UTF-8 "$1/locales/fr_FR.UTF-8"
	# Time that runs from another date; make compares times of files with each other only.
	unshare --uts -- sh -c 'hostname elsewhere && exec "$@"' sh \
		env LOCPATH="$1/locales" LC_ALL=fr_FR.UTF-8 TZ=Pacific/Kiritimati HOME="$1" USER=somebody \
		CCACHE_DISABLE=1 DEB_BUILD_OPTIONS='nocheck parallel=3' \
		faketime -f '+400d' dpkg-buildpackage -us -uc
)

compare_file() {
	cmp "$1/$(basename "$2")" "$2"
}

reproduce_part() {
	local dir=$WORK/reproduce file

	mkdir "$dir"
	ok 'the packages are built a second time' second_build "$dir"
	succeeded || return 0
	for file in "$DEBS"/*.deb "$DEBS"/*.dsc "$DEBS"/*.tar.*; do
		ok "the same bytes: $(basename "$file")" compare_file "$dir/a/longer/path" "$file"
	done
	rm -rf "$dir"
}
