# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Installs missing packages of the lists tests/packages and tests/vm/packages.

# packages_for PURPOSE...: names; for the purpose vm also those of tests/vm/packages.
packages_for() {
	local purpose

	for purpose in "$@"; do
		awk -v want="$purpose" '$1 == want { print $2 }' "$TOP/tests/packages"
		if [[ $purpose == vm ]]; then
			cat "${VM_PACKAGES[@]:-$TOP/tests/vm/packages}"
		fi
	done | sort -u
}

packages_missing() {
	local package

	packages_for "$@" | while read -r package; do
		[[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
			echo "$package"
	done
}

as_root() {
	if ((EUID == 0)); then
		"$@"
	else
		sudo "$@"
	fi
}

apt_get() {
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=300 \
		-o Acquire::Retries=1 --no-install-recommends "$@"
}

# Fresh machines have no package lists yet, others have old ones.
packages_get() {
	apt_get install "$@" || {
		apt_get update
		apt_get install "$@"
	}
}

# packages_unpack PURPOSE DIR: programs of packages that are not installed, in DIR/root
packages_unpack() {
	local dir=$2 names

	mapfile -t names < <(packages_for "$1")
	[[ ! -e $dir/names || $(<"$dir/names") != "${names[*]}" ]] || return 0
	rm -rf "$dir"
	mkdir -p "$dir/deb" "$dir/root"
	(
		cd "$dir/deb" || exit
		apt-get -qq download "${names[@]}" || {
			apt_get update
			apt-get -qq download "${names[@]}"
		}
	) || return
	find "$dir/deb" -name '*.deb' -exec dpkg-deb --extract {} "$dir/root" \; || return
	echo "${names[*]}" >"$dir/names"
}

# packages_install PURPOSE...
packages_install() {
	local missing log=$LOGS/installing.log

	command -v dpkg-query >/dev/null || return 0
	mapfile -t missing < <(packages_missing "$@")
	((${#missing[@]})) || return 0
	if ((EUID != 0)) && ! command -v sudo >/dev/null; then
		die "please install: ${missing[*]}"
	fi
	echo "installing ${#missing[@]} packages: ${missing[*]}"
	packages_get "${missing[@]}" >"$log" 2>&1 && return
	show_tail "$log"
	die "cannot install the packages"
}
