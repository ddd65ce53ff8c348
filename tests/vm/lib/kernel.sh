# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Debian's kernels, fetched through a private apt configuration, so that the machine's apt does not
# get other suites. For each kernel series the cache has the packages of one version:
#   $CACHE/kernels/SERIES/VERSION/{deb/,release}
# and the archives that initramfs.sh makes from them.

# shellcheck disable=SC2034 # read in run and header.sh
readonly KERNEL_SERIES=(6.1 6.12 7.2 7.3)
# The kernels of a case without `usual=` in a run of all cases. Others only run cases that name
# them. shellcheck disable=SC2034
readonly KERNEL_USUAL=(6.1 6.12 7.2)
readonly KERNEL_META=linux-image-amd64
readonly KERNEL_LISTS_MINUTES=1440 # package lists younger than this are used

kernel_suite() {
	case $1 in
	6.1) echo bookworm ;;
	6.12) echo bookworm-backports ;;
	7.2) echo sid ;;
	7.3) echo trixie-backports ;;
	qemu) echo bookworm-backports ;; # see newer-qemu.sh
	*) return 1 ;;
	esac
}

# The machine's Debian mirror: that of the main suite of its own release.
kernel_mirror() {
	local codename

	# shellcheck source=/dev/null
	codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
	# shellcheck disable=SC2016 # $(…) is apt's own format language
	apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
		awk -v want="$codename" '$1 == want && $2 == "main" { print $3; exit }'
}

# kernel_apt SERIES TOOL ARG...: run apt-get or apt-cache with the private configuration.
kernel_apt() {
	local dir=$CACHE/apt/$1 tool=$2
	shift 2

	"$tool" -q \
		-o Dir::Etc::sourcelist="$dir/sources.list" -o Dir::Etc::sourceparts="$dir/none" \
		-o Dir::Etc::preferences="$dir/preferences" -o Dir::Etc::preferencesparts="$dir/none" \
		-o Dir::State::lists="$dir/lists" -o Dir::Cache="$dir/cache" \
		-o APT::Sandbox::User=root -o Acquire::Languages=none \
		-o APT::Update::Error-Mode=any "$@"
}

kernel_apt_setup() {
	local series=$1 dir=$CACHE/apt/$1 mirror keys=/usr/share/keyrings/debian-archive-keyring.gpg

	mirror=$(kernel_mirror)
	[[ $mirror ]] || { say "vm: no Debian mirror among this machine's apt sources"; return 1; }
	[[ -r $keys ]] || { say "vm: $keys is missing: install debian-archive-keyring"; return 1; }
	mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial" "$dir/none"
	printf 'deb [signed-by=%s] %s %s main\n' "$keys" "$mirror" "$(kernel_suite "$series")" \
		>"$dir/sources.list"
}

# The lists are refreshed once a day; a failure is fatal only without older lists.
kernel_lists() {
	local series=$1 stamp=$CACHE/apt/$1/updated

	[[ $(find "$stamp" -mmin "-$KERNEL_LISTS_MINUTES" 2>/dev/null) ]] && return
	kernel_apt_setup "$series" || return
	if retry kernel_apt "$series" apt-get update >"$CACHE/apt/$series/update.log" 2>&1; then
		touch "$stamp"
		return
	fi
	tail -n 3 "$CACHE/apt/$series/update.log" >&2
	[[ -e $stamp ]] && say "vm: $series: no new package lists, using those of the last time"
}

kernel_candidate() {
	kernel_apt "$1" apt-cache show --no-all-versions "$KERNEL_META" 2>/dev/null |
		sed -n 's/^Version: //p'
}

# The real packages of the meta package: one image, or the split ones of newer kernels.
kernel_packages() {
	kernel_apt "$1" apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts \
		--no-breaks --no-replaces --no-enhances "$KERNEL_META" |
		grep -E '^linux-(image|binary|modules|base)-[0-9].*-amd64$'
}

kernel_download() {
	local series=$1 dir=$2 packages

	mapfile -t packages < <(kernel_packages "$series")
	((${#packages[@]})) || return
	mkdir -p "$dir/deb"
	(cd "$dir/deb" && retry kernel_apt "$series" apt-get download "${packages[@]}") \
		>"$CACHE/apt/$series/download.log" 2>&1 ||
		{ tail -n 3 "$CACHE/apt/$series/download.log" >&2; return 1; }
	kernel_files "$dir" | sed -n 's|^\./.*lib/modules/\([^/]*\)/$|\1|p' | sort -u >"$dir/release"
	[[ $(wc -l <"$dir/release") == 1 ]]
}

kernel_unpack() {
	local deb

	for deb in "$1"/deb/*.deb; do
		dpkg-deb --extract "$deb" "$2"
	done
}

kernel_files() {
	local deb

	for deb in "$1"/deb/*.deb; do
		dpkg-deb --fsys-tarfile "$deb" | tar -t
	done
}

# The newest complete version of a series in the cache.
kernel_cached() {
	[[ -d $CACHE/kernels/$1 ]] || return 0
	find "$CACHE/kernels/$1" -mindepth 2 -maxdepth 2 -name release -printf '%T@ %h\n' |
		sort -rn | awk 'NR == 1 { print $2 }'
}

# kernel_image ROOT RELEASE FILE: the ELF image inside bzImage. QEMU starts it directly, which saves
# some seconds of decompression by an emulated CPU.
kernel_image() {
	local image offset length setup

	image=$(find "$1" -type f \( -name "vmlinuz-$2" -o -path "*/$2/vmlinuz" \) -print -quit)
	[[ $image ]] || die "$2: no kernel image in the packages"
	# Boot protocol: setup_sects at 0x1f1, payload_offset and payload_length at 0x248.
	setup=$(od -An -tu1 -j $((0x1f1)) -N1 "$image")
	read -r offset length < <(od -An -tu4 -j $((0x248)) -N8 "$image")
	((length -= 4)) # the payload ends with its unpacked size
	head -c $(((setup + 1) * 512 + offset + length)) "$image" | tail -c "$length" >"$3.packed"
	case $(od -An -tx1 -N4 "$3.packed" | tr -d ' ') in
	28b52ffd) zstd -q -d -c "$3.packed" >"$3.new" ;;
	fd377a58) xz -d -c --single-stream "$3.packed" >"$3.new" ;;
	*) die "$2: the kernel image is packed in an unknown way" ;;
	esac
	rm "$3.packed"
	publish "$3.new" "$3"
}

# Deletes older versions, except those locked by another run.
kernel_prune() {
	local keep=$1 dir

	for dir in "$(dirname "$keep")"/*/; do
		dir=${dir%/}
		[[ $dir == "$keep" || ! -d $dir ]] && continue
		flock --exclusive --nonblock "$dir.lock" rm -rf "$dir" "$dir.lock" || :
	done
}

kernel_fetch_locked() {
	local series=$1 version dir temp

	kernel_lists "$series" || return
	version=$(kernel_candidate "$series")
	dir=$CACHE/kernels/$series/$version
	if [[ $version != "$series".* ]]; then
		say "vm: $(kernel_suite "$series") offers kernel ${version:-none}, not $series"
		return 1
	fi
	[[ -e $dir/release ]] && return
	temp=$dir.new
	rm -rf "$temp" "$dir"
	kernel_download "$series" "$temp" || { rm -rf "$temp"; return 1; }
	publish "$temp" "$dir"
}

# kernel_fetch SERIES: print the cache directory of its newest version. If the mirror no longer has
# it, or fails, the cached version is used; with an empty cache that is an error.
kernel_fetch() {
	local series=$1 dir

	(
		hold "$CACHE/kernels/$series.lock"
		kernel_fetch_locked "$series"
	) || say "vm: $series: looking in the cache"
	dir=$(kernel_cached "$series")
	[[ $dir ]] || { say "vm: kernel $series cannot be had"; return 1; }
	kernel_prune "$dir"
	echo "$dir"
}
