# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Installation, upgrade, removal and purge in a fresh Debian without a running systemd: what each of them leaves,
# and what it enables.

readonly LOWER=0.0.9
readonly POLICY=/etc/mhpctl/policy.d/10-memory.conf

# Names, types, owners, modes and content of all files, but not of those of dpkg, caches and logs.
files_now() (
	cd "$ROOT" || exit
	skip=(\( -path ./proc -o -path ./sys -o -path ./dev -o -path ./tmp -o -path ./var/lib/dpkg
		-o -path ./var/cache -o -path ./var/log \) -prune -o)
	as_root find . -xdev "${skip[@]}" -printf '%p %y %m %U:%G %l\n' | sort
	as_root find . -xdev "${skip[@]}" -type f -print0 | sort -z | as_root xargs -0 sha256sum
)

# The units and whether they are enabled.
units_now() {
	in_root "$ROOT" systemctl list-unit-files --no-legend --no-pager | sort
	in_root "$ROOT" find /etc/systemd /var/lib/systemd -type l -printf '%p %l\n' | sort
}

# added BEFORE AFTER: lines of the second text that are not in the first, and the reverse with a minus
added() {
	diff <(echo "$1") <(echo "$2") | sed -n 's/^> //p; s/^< /-/p'
}

# debs NAME...: their files
debs() {
	local name

	for name in "$@"; do
		deb_of "$name"
	done
}

# lower_debs DIR: the same packages with a lower version, a unit that is not the same, and a file that the real
# ones do not have.
lower_debs() {
	local name dir version

	version=$(package_version)
	mkdir -p "$1"
	for name in $(debian_packages); do
		dir=$WORK/lower/$name
		mkdir -p "$(dirname "$dir")"
		dpkg-deb --raw-extract "$(deb_of "$name")" "$dir"
		sed -i "s/^Version: .*/Version: $LOWER/; s/= $version)/= $LOWER)/g" "$dir/DEBIAN/control"
		echo old >"$dir/usr/share/doc/$name/old"
		if [[ $name == mhpctl-policy ]]; then
			sed -i '1i# An older version.' "$dir/usr/lib/systemd/system/mhpctl-apply.service"
		fi
		dpkg-deb --root-owner-group --build "$dir" "$1" >/dev/null
	done
}

install_debs() {
	local debs

	mapfile -t debs < <(debs "$@")
	root_install "$ROOT" "${debs[@]}"
}

# The tool alone.
check_tool() {
	ok 'mhpctl is installed' install_debs libmhp0 mhpctl
	ok 'it runs' in_root "$ROOT" mhpctl list
	ok 'its files are those of the packages' in_root "$ROOT" dpkg --verify libmhp0 mhpctl
	is 'the tool alone brings no unit, and enables none' "$(added "$UNITS" "$(units_now)")" ''
	is 'no file in /etc, no rule, and nothing in /run and /var' \
		"$(added "$FILES" "$(files_now)" | grep -E '\./(etc|run|var)/|systemd|udev' | grep -v ld.so.cache)" ''
}

check_policy() {
	ok 'mhpctl-policy is installed' install_debs mhpctl-policy
	is 'it brings its units, which nothing enables' \
		"$(added "$UNITS" "$(units_now)" | awk '{ print $1, $2 }')" \
		'mhpctl-apply.service static
mhpctl-event.service static
mhpctl-metrics.service static
mhpctl-metrics.timer disabled
mhpctl-ready.target static
mhpctl-recover.service static'
	is 'the policy of the machine is empty' "$(in_root "$ROOT" find /etc/mhpctl -printf '%p %y %m\n' | sort)" \
		'/etc/mhpctl d 755
/etc/mhpctl/policy.d d 755'
	ok 'the development files are installed' install_debs libmhp-dev
	ok 'the collection is installed' install_debs ansible-collection-mhpctl-memory
	ok 'Ansible finds it' in_root "$ROOT" env HOME=/tmp/home ansible-doc -t module mhpctl.memory.memory_policy
	ok 'all files are those of the packages' in_root "$ROOT" dpkg --verify
}

# purge_all: all packages at once
purge_all() {
	# shellcheck disable=SC2046 # words on purpose
	in_root "$ROOT" dpkg --purge $(debian_packages)
}

# Files as runs leave them.
leave_state() {
	in_root "$ROOT" mkdir -p /var/lib/mhpctl/namespaces /run/mhpctl/jobs/1
	in_root "$ROOT" touch /var/lib/mhpctl/namespaces/x /run/mhpctl/offline-rate /run/mhpctl/jobs/1/events
}

record() {
	echo "/$1/mhpctl/intent/1-2"
}

# A run that was killed can be ended only by the program.
check_records() {
	local where

	leave_state
	for where in run var/lib; do
		in_root "$ROOT" mkdir -p "$(dirname "$(record "$where")")"
		in_root "$ROOT" touch "$(record "$where")"
		refused "with a record in /$where mhpctl is not removed" "mhpctl recover" \
			in_root "$ROOT" dpkg --remove mhpctl-policy mhpctl
		ok "with a record in /$where it still runs" in_root "$ROOT" mhpctl --version
		in_root "$ROOT" rm "$(record "$where")"
	done
}

check_purge() {
	ok 'all packages are purged' purge_all
	is 'nothing is left, and nothing has changed' "$(added "$FILES" "$(files_now)")" ''
	is 'no unit is left' "$(added "$UNITS" "$(units_now)")" ''
	is 'dpkg has no complaint' "$(in_root "$ROOT" dpkg --audit)" ''
}

# The administrator has written a policy, masked a unit, and switched the rule off.
write_settings() {
	printf '[memory fast]\nmatch.region = region0\n' | in_root "$ROOT" tee "$POLICY" >/dev/null
	in_root "$ROOT" ln -s /dev/null /etc/systemd/system/mhpctl-event.service
	in_root "$ROOT" ln -s /dev/null /etc/udev/rules.d/91-mhpctl.rules
}

settings() {
	in_root "$ROOT" find /etc -name '*mhpctl*' -printf '%p %y %m %l\n' | sort
	in_root "$ROOT" cat "$POLICY"
}

check_upgrade() {
	local before wanted

	lower_debs "$WORK/debs-lower"
	ok 'a lower version is installed' root_install "$ROOT" "$WORK"/debs-lower/*.deb
	write_settings
	leave_state
	before=$(settings)
	wanted=$(in_root "$ROOT" find /var/lib/mhpctl /run/mhpctl | sort)
	ok 'it is upgraded' install_debs libmhp0 libmhp-dev mhpctl mhpctl-policy ansible-collection-mhpctl-memory
	is 'the policy, the masked unit and the replaced rule are kept' "$(settings)" "$before"
	is 'what the program knows is kept' "$(in_root "$ROOT" find /var/lib/mhpctl /run/mhpctl | sort)" "$wanted"
	ok 'all files are those of the new version' in_root "$ROOT" dpkg --verify
	is 'no file of the lower version is left' "$(in_root "$ROOT" find /usr/share/doc -name old)" ''
	is 'no unit has become enabled' "$(units_now | grep -c 'mhpctl.* \(static\|masked\|disabled\) ')" 6
}

check_removal() {
	local before

	before=$(settings)
	ok 'the packages are removed' in_root "$ROOT" dpkg --remove mhpctl-policy mhpctl libmhp-dev libmhp0 \
		ansible-collection-mhpctl-memory
	is 'the policy of the administrator is kept' "$(settings)" "$before"
	ok 'and what the program knows' in_root "$ROOT" test -e /var/lib/mhpctl/namespaces/x
	ok 'what was removed is purged' purge_all
	is 'the policy is still kept, as the packages did not bring it' "$(settings)" "$before"
	in_root "$ROOT" rm -r /etc/mhpctl /etc/systemd/system/mhpctl-event.service /etc/udev/rules.d/91-mhpctl.rules
	is 'nothing else is left' "$(added "$FILES" "$(files_now)")" ''
	is 'the units are as before' "$(added "$UNITS" "$(units_now)")" ''
}

install_part() {
	local ROOT=$WORK/root FILES UNITS

	root_unpack install "$ROOT"
	FILES=$(files_now)
	UNITS=$(units_now)
	check_tool
	check_policy
	check_records
	check_purge
	check_upgrade
	check_removal
	as_root rm -rf "$ROOT"
}
