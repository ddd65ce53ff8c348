# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The tests of debian/tests, with the packages installed in a fresh Debian that has what they depend on.

# test_names: those of debian/tests/control
test_names() {
	sed -n 's/^Tests: //p' "$TOP/debian/tests/control" | tr -d ' ' | tr ',' '\n'
}

# installed_test NAME: as Debian runs it: in the source, and what it says on standard error is a failure.
installed_test() {
	# shellcheck disable=SC2016 # expanded by the inner shell
	in_root "$ROOT" sh -c 'cd /tmp/source && debian/tests/"$1" >/tmp/output 2>/tmp/complaints; status=$?
		grep -A 5 "^not ok" /tmp/output; tail -n 5 /tmp/output; cat /tmp/complaints
		[ $status -eq 0 ] && ! [ -s /tmp/complaints ]' sh "$1"
}

autopkgtest_part() {
	local ROOT=$WORK/root name

	root_unpack tests "$ROOT"
	attempt root_install "$ROOT" "$DEBS"/{mhpctl,mhpctl-policy,libmhp0,libmhp-dev}_*.deb
	succeeded || fail 'the packages are installed' <"$WORK/said"
	as_root mkdir "$ROOT/tmp/source"
	source_files | tar -C "$TOP" --null -T - -cf - | as_root tar -C "$ROOT/tmp/source" -xf -
	is 'each test of debian/tests is in its control file' "$(test_names | sort)" \
		"$(cd "$TOP/debian/tests" && printf '%s\n' * | grep -v '^control$\|^run-scripts$')"
	for name in $(test_names); do
		ok "installed: $name" installed_test "$name"
	done
	as_root rm -rf "$ROOT"
}
