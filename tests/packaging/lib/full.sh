# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The build as a machine of Debian does it: with the unit tests.

full_build() (
	local dir=$WORK/full

	source_export "$dir/mhpctl"
	cd "$dir/mhpctl" || exit
	DEB_BUILD_OPTIONS="parallel=$(nproc)" dpkg-buildpackage -us -uc || {
		grep -hA5 'error: Failure\|^FAIL' build-deb/tests/unit/*/*.log
		exit 1
	}
	cp ../*.deb ../*.dsc ../*.tar.* "$WORK/full-result/"
	grep '^# \(PASS\|FAIL\|ERROR\): ' build-deb/test-suite.log
)

full_part() {
	mkdir "$WORK/full-result"
	ok 'the packages build, and the unit tests pass' full_build
	is 'no unit test failed' "$(sed -n 's/^# \(FAIL\|ERROR\): *//p' "$WORK/said" | sort -u)" 0
	is 'the packages are those that are built without them' \
		"$(cd "$WORK/full-result" && sha256sum -- *.deb)" "$(cd "$DEBS" && sha256sum -- *.deb)"
	rm -rf "$WORK/full"
}
