# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Shared by all files here: messages, retries, locks, hashes.

say() {
	printf '%s\n' "$*" >&2
}

die() {
	say "vm: $*"
	exit 1
}

# retry CMD...: run it a second time if it fails, since a mirror may fail once.
retry() {
	"$@" && return
	say "vm: trying again: $*"
	sleep 3
	"$@"
}

# hold LOCKFILE [shared|exclusive]: keep the lock until this process and its children end.
hold() {
	local file=$1 how=${2:-exclusive} fd

	mkdir -p "$(dirname "$file")"
	exec {fd}>>"$file"
	flock "--$how" "$fd"
}

# content_key FILE...: a hash of the names and contents of these files, the same in every copy of the tree.
content_key() {
	sha256sum "$@" | sed 's|  .*/|  |' | sha256sum | cut -c1-16
}

# publish TEMP FINAL: rename a finished file or directory, so that no one sees it half-written.
publish() {
	mv -T "$1" "$2"
}

elapsed_since() {
	local start=$1 now=$EPOCHREALTIME

	printf '%d.%01d' $(((${now/./} - ${start/./}) / 1000000)) \
		$(((${now/./} - ${start/./}) / 100000 % 10))
}
