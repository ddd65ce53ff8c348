# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What every part of the rig needs: words to the user, retries, locks, hashes.

say() {
	printf '%s\n' "$*" >&2
}

die() {
	say "vm: $*"
	exit 1
}

# retry CMD...: one more try, because a mirror may stumble once.
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

# content_key FILE...: a short name for what these files hold and are called.
content_key() {
	sha256sum "$@" | sha256sum | cut -c1-16
}

# publish TEMP FINAL: show a finished file or folder under its name, never a half-written one.
publish() {
	mv -T "$1" "$2"
}

elapsed_since() {
	local start=$1 now=$EPOCHREALTIME

	printf '%d.%01d' $(((${now/./} - ${start/./}) / 1000000)) \
		$(((${now/./} - ${start/./}) / 100000 % 10))
}
