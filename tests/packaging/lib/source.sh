# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The source of the packages: the files of the tree as they are, without those of builds.

# source_files: their names, each with a NUL. A tarball has no git.
source_files() {
	local name

	if [[ -e $TOP/.git ]]; then
		git -C "$TOP" ls-files -z --cached --others --exclude-standard
	else
		tree_files '*' | tr '\n' '\0'
	fi | while IFS= read -r -d '' name; do
		[[ ! -e $TOP/$name && ! -L $TOP/$name ]] || printf '%s\0' "$name"
	done
}

source_key() (
	cd "$TOP" || exit
	source_files | sort -z | xargs -0 sha256sum | sha256sum | cut -c1-16
)

# source_export DIR
source_export() {
	mkdir -p "$1"
	source_files | tar -C "$TOP" --null -T - -cf - | tar -C "$1" -xf -
}

# package_version: that of debian/changelog
package_version() {
	sed -n '1s/.*(\(.*\)).*/\1/p' "$TOP/debian/changelog"
}
