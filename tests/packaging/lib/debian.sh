# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The packages of Debian: build, lintian, and which file is in which package. The other parts, and the
# virtual machines of cases with `debs`, install what is built here.

readonly DEBS=$TOP/build-packages

# debian_packages: the names in debian/control
debian_packages() {
	sed -n 's/^Package: //p' "$TOP/debian/control"
}

# deb_of NAME: the file of the package
deb_of() {
	echo "$DEBS/$1"_*.deb
}

# debs_make: builds the packages, unless those of the last time are of the same source. The unit tests are
# left out; see full.sh.
debs_make() (
	mkdir -p "$DEBS"
	hold "$DEBS/lock"
	key=$(source_key)
	[[ $(cat "$DEBS/key" 2>/dev/null) != "$key" ]] || exit 0
	find "$DEBS" -mindepth 1 -maxdepth 1 ! -name lock -exec rm -rf {} +
	source_export "$DEBS/mhpctl"
	cd "$DEBS/mhpctl" || exit
	mkdir -p .git build-asan tests/vm/out # as in a clone that is used
	touch .git/HEAD build-asan/mhpctl tests/vm/out/log
	DEB_BUILD_OPTIONS="nocheck parallel=$(nproc)" dpkg-buildpackage -us -uc >"$DEBS/log" 2>&1
	echo "$key" >"$DEBS/key"
)

# No other part means anything without the packages.
debian_build() {
	attempt debs_make
	succeeded && return
	tail -n 40 "$DEBS/log" | sed 's/^/# /'
	echo 'Bail out! the packages of Debian do not build'
	exit 1
}

source_package_files() {
	tar -tf "$DEBS"/mhpctl_*.tar.xz | grep -v '/$' | sed 's|^[^/]*/||' | sort
}

lint() {
	local output

	output=$(lintian --allow-root --pedantic -I "$DEBS"/*.changes 2>&1) || { echo "$output"; return 1; }
	[[ -z $output ]] || { echo "$output"; return 1; }
}

# deb_files NAME: its files and links
deb_files() {
	dpkg-deb --fsys-tarfile "$(deb_of "$1")" | tar -t | grep -v '/$' | sed 's|^\.||' | sort
}

# documents_of NAME: what Debian wants in each package
documents_of() {
	printf "/usr/share/doc/$1/%s\n" changelog.gz copyright
}

# policy_files: what mhpctl-policy has, and no other package
policy_files() {
	documents_of mhpctl-policy
	echo /usr/share/lintian/overrides/mhpctl-policy
	(
		cd "$TOP" || exit
		find systemd -name 'mhpctl*' -printf '/usr/lib/systemd/system/%f\n' | sed 's/\.in$//'
		find systemd -name '*.preset' -printf '/usr/lib/systemd/system-preset/%f\n'
		find udev-rules -name '*.rules' -printf '/usr/lib/udev/rules.d/%f\n'
		sed -n 's|^\tman/\(.*\.8\) .*|/usr/share/man/man8/\1.gz|p' man/local.mk
	) | sort -u
}

# collection_files: what the collection has for a controller
collection_files() {
	documents_of ansible-collection-mhpctl-memory
	echo /usr/share/lintian/overrides/ansible-collection-mhpctl-memory
	(
		cd "$TOP/ansible" || exit
		find . -path ./tests -prune -o -type f ! -name '.*' ! -name local.mk -printf '%P\n' |
			sed 's|^|/usr/share/ansible/collections/ansible_collections/mhpctl/memory/|'
	)
}

# forbidden_calls NAME...: what maintainer scripts of packages that change no policy do not run
forbidden_calls() {
	local name

	for name in "$@"; do
		dpkg-deb --ctrl-tarfile "$(deb_of "$name")" | tar -xO |
			grep -a 'systemctl\|deb-systemd\|udevadm\|modprobe' || :
	done
}

# The licence that debian/copyright names for a file: the last paragraph with a pattern for it.
licences() {
	/usr/bin/python3 - "$TOP" <<-'END'
		import fnmatch, pathlib, re, subprocess, sys
		top = pathlib.Path(sys.argv[1])
		rules = []
		for text in (top / "debian/copyright").read_text().split("\n\n"):
		    patterns = re.search(r"^Files:((?:.*\n)(?: .*\n)*)", text, re.M)
		    if patterns:
		        rules.append((patterns[1].split(), re.search(r"^License: (.*)", text, re.M)[1]))
		for name in sys.stdin.read().split("\0")[:-1]:
		    try:
		        head = (top / name).read_text(encoding="utf-8").split("\n", 8)[:8]
		    except (UnicodeDecodeError, IsADirectoryError):
		        continue
		    spdx = re.search(r"^\W*SPDX-License-Identifier: ([\w.-]+)|\"SPDX-License-Identifier: ([\w.-]+)",
		                     "\n".join(head), re.M)
		    last = [licence for patterns, licence in rules
		            if any(fnmatch.fnmatch(name, pattern) for pattern in patterns)][-1]
		    if spdx and (spdx[1] or spdx[2]) != last:
		        print(f"{name}: {spdx[1] or spdx[2]}, and in debian/copyright {last}")
	END
}

debian_part() {
	local name all

	pass 'the packages build'
	is 'each package of debian/control was built' \
		"$(cd "$DEBS" && printf '%s\n' *.deb | sed 's/_.*//' | grep -v dbgsym | sort)" "$(debian_packages | sort)"
	is 'the source package has the files of the source' "$(source_package_files)" \
		"$(source_files | tr '\0' '\n' | grep -v '\(^\|/\)\.gitignore$' | sort)"
	ok 'lintian finds nothing' lint
	is 'debian/copyright has the licence of each file' "$(source_files | licences)" ''
	all=$(for name in $(debian_packages); do deb_files "$name"; done)
	is 'no file is in two packages' "$(sort <<<"$all" | uniq -d)" ''
	is 'the rule, the units and their page are in mhpctl-policy' "$(deb_files mhpctl-policy)" "$(policy_files | sort)"
	is 'the collection has the files of ansible/ without its tests' \
		"$(deb_files ansible-collection-mhpctl-memory)" "$(collection_files | sort)"
	is 'the other packages call nothing that starts something' \
		"$(forbidden_calls mhpctl libmhp0 libmhp-dev ansible-collection-mhpctl-memory)" ''
	is 'libraries that are loaded when needed are no dependencies' \
		"$(for name in mhpctl libmhp0; do dpkg-deb -f "$(deb_of "$name")" Depends; done | grep -o 'libcxl\|libsystemd')" ''
	name=$(sed -n 's/^AC_INIT(\[mhpctl\], \[\(.*\)\])/\1/p' "$TOP/configure.ac")
	is 'the versions of the packages are that of configure' \
		"$(package_version) $(sed -n 's/^Version: *//p' "$TOP/mhpctl.spec")" "$name $name"
}
