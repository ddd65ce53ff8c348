# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The packages of RPM, made of the tarball by the rpm of Debian, and compared with those of Debian.

# Names of a package in both worlds.
readonly RPM_NAMES=(mhpctl:mhpctl mhpctl-policy:mhpctl-policy libmhp:libmhp0 libmhp-devel:libmhp-dev
	ansible-collection-mhpctl-memory:ansible-collection-mhpctl-memory)

# rpm_build: without optimisation, since the files are compared and not run. --nodeps, because the database of rpm has
# no packages of Debian. rpm itself refuses files that are listed and missing, or installed and not listed.
rpm_build() {
	tarball_make
	mkdir -p "$WORK/rpm/SOURCES"
	cp "$(tarball_file)" "$WORK/rpm/SOURCES/"
	rpmbuild -ba --nodeps --without tests --define "_topdir $WORK/rpm" \
		--define '_unpackaged_files_terminate_build 1' --define '_smp_mflags -j2' \
		--define 'optflags -O0 -g0' "$TOP/mhpctl.spec"
}

rpm_of() {
	find "$WORK/rpm/RPMS" -name "$1-$(package_version)-*.rpm"
}

# rpm_files NAME: without directories, documents and licences. Pages may be compressed, or not.
rpm_files() {
	rpm -qp --qf '[%{FILEMODES:perms} %{FILENAMES}\n]' "$(rpm_of "$1")" |
		sed -n 's/\.gz$//; s/^[^d][^ ]* //p' | grep -v '^/usr/share/\(doc\|licenses\)/\|^/usr/lib/.build-id' | sort
}

# deb_files_as_rpm NAME: the same for the package of Debian, with the directories of rpm
deb_files_as_rpm() {
	deb_files "$1" | grep -v '^/usr/share/\(doc\|lintian\)/' |
		sed 's|^/usr/lib/[a-z0-9_]*-linux-gnu[^/]*/|/usr/lib64/|; s|/zsh/vendor-completions/|/zsh/site-functions/|; s/\.gz$//' |
		sort
}

# rpm_needs NAME: the libraries that the package wants
rpm_needs() {
	rpm -qp --requires "$(rpm_of "$1")"
}

rpm_part() {
	local pair

	ok 'rpmbuild makes source and binary packages' rpm_build
	succeeded || return 0
	is 'the version is that of the packages of Debian' "$(rpm -qp --qf '%{VERSION}' "$(rpm_of mhpctl)")" \
		"$(package_version)"
	for pair in "${RPM_NAMES[@]}"; do
		is "${pair%:*} has the files of ${pair#*:}" "$(rpm_files "${pair%:*}")" "$(deb_files_as_rpm "${pair#*:}")"
	done
	is 'mhpctl-policy has an empty policy' \
		"$(rpm -qp --qf '[%{FILEMODES:perms} %{FILENAMES}\n]' "$(rpm_of mhpctl-policy)" | grep /etc/)" \
		'drwxr-xr-x /etc/mhpctl
drwxr-xr-x /etc/mhpctl/policy.d'
	is 'libraries that are loaded when needed are not required' \
		"$(for pair in mhpctl libmhp; do rpm_needs "$pair"; done | grep 'libcxl\|libsystemd')" ''
}
