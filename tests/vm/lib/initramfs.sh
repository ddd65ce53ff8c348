# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The guest's files: three cpio archives that the kernel unpacks one over the other. `tools` (this
# machine's programs) and `modules` (one kernel's) are big and cached under a key of their content;
# `overlay` (the tested program) is made in each run. None is compressed: reading is cheap for QEMU,
# unpacking is expensive on an emulated CPU. Only cases with `tools=SET` get two more, of the lists
# `tools-SET` and `modules-SET`.

# Patterns of libraries that programs load by name, which ldd does not list.
readonly INITRAMFS_PLUGINS=(/usr/lib/*/libibverbs/librxe-*.so)

# pack DIR FILE
initramfs_pack() {
	(cd "$1" && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0) >"$2.new"
	publish "$2.new" "$2"
}

# A root directory with merged /usr, like Debian's.
initramfs_root() {
	local root=$1 dir

	mkdir -p "$root"/usr/{bin,sbin,lib,lib64} "$root"/{dev,proc,sys,run,tmp,etc,var,root}
	for dir in bin sbin lib lib64; do
		[[ -L $root/$dir ]] || ln -s "usr/$dir" "$root/$dir"
	done
}

# libraries_of FILE...: the shared libraries that these programs and libraries need.
libraries_of() {
	ldd "$@" 2>/dev/null | awk '$2 == "=>" && $3 ~ /^\// { print $3 } $1 ~ /^\/.*ld-/ { print $1 }' |
		sort -u
}

package_files() {
	local file

	dpkg -L "$1" | grep -vE '^/\.$|^/usr/share/|^/etc/init|hwdb' | while read -r file; do
		[[ -d $file ]] || echo "$file"
	done
}

# tools_files LIST: every file of a tools archive by its name on this machine.
tools_files() {
	local line path

	while read -r line; do
		case $line in
		'' | '#'*) ;;
		%*) package_files "${line#%}" ;;
		/*) echo "$line" ;;
		*)
			path=$(PATH=$PATH:/usr/sbin:/sbin command -v "$line") ||
				die "$line is not installed: see tests/vm/packages"
			echo "$path"
			;;
		esac
	done <"$1"
}

# install_into ROOT FILE...: copy each, at the same path.
install_into() {
	local root=$1
	shift

	tar -C / --dereference --owner=0 --group=0 -cf - "${@#/}" | tar -C "$root" -xf -
}

tools_etc() {
	local etc=$1/etc

	mkdir -p "$etc/modprobe.d"
	echo 'root:x:0:0:root:/root:/bin/bash' >"$etc/passwd"
	echo 'nobody:x:65534:65534:nobody:/:/bin/false' >>"$etc/passwd"
	# The groups that udev's rules name.
	grep -hoE '(GROUP|OWNER)="[a-z]+"' "$1"/lib/udev/rules.d/*.rules | cut -d'"' -f2 | sort -u |
		awk '$1 != "root" { print $1 ":x:" 100 + NR ":" }
		     END { print "root:x:0:"; print "nogroup:x:65534:" }' >"$etc/group"
	: >"$etc/machine-id"
}

# busybox provides commands that no other program provides.
tools_applets() {
	local root=$1 applet

	for applet in $(busybox --list); do
		[[ -e $root/bin/$applet || -e $root/sbin/$applet ]] || ln -s busybox "$root/bin/$applet"
	done
	# No modprobe: the kernel would call it for its own checks before init runs, which takes a
	# second. lib/init makes the link.
	for applet in modprobe insmod rmmod depmod lsmod modinfo; do
		rm -f "$root/bin/$applet"
		[[ $applet == modprobe ]] || ln -sf ../bin/kmod "$root/sbin/$applet"
	done
	ln -sf dash "$root/bin/sh"
	ln -sf gojq "$root/bin/jq" # starts ten times as fast as jq
}

# archive_used FILE: keep it, and delete those of other trees that were not used for two hours.
archive_used() {
	touch "$1"
	find "$(dirname "$1")" -name '*.cpio' -mmin +120 -delete
}

tools_base() {
	tools_etc "$1"
	tools_applets "$1"
}

# tools_make SET ROOT ARCHIVE FILE...
tools_make() {
	local set=$1 root=$2 archive=$3
	shift 3

	initramfs_root "$root"
	install_into "$root" "$@"
	[[ $set ]] || tools_base "$root"
	initramfs_pack "$root" "$archive"
	rm -rf "$root"
}

# tools_archive [SET]: print the path of the archive, made if needed.
tools_archive() {
	local list=$VM_DIR/tools${1:+-$1} dir=$CACHE/initramfs files libs key archive root=$WORK/tools

	mkdir -p "$dir"
	mapfile -t files < <({
		tools_files "$list"
		[[ ${1:-} ]] || compgen -G "${INITRAMFS_PLUGINS[@]}" || :
	} | sort -u)
	mapfile -t libs < <(libraries_of "${files[@]}")
	key=$(content_key "${files[@]}" "${libs[@]}" "$list" "$VM_DIR/lib/initramfs.sh")
	archive=$dir/tools-$key.cpio
	(
		hold "$dir/lock"
		[[ -e $archive ]] ||
			tools_make "${1:-}" "$root" "$archive" "${files[@]}" "${libs[@]}"
		archive_used "$archive"
	)
	echo "$archive"
}

# The lines of LIST as patterns for grep -E, one a line: "must" or "may", pattern.
modules_patterns() {
	sed -e '/^#/d; /^$/d; s/^? */may /; /^may /!s/^/must /' \
		-e 's/[*]/[^\/]*/g' -e 's|^\([a-z]*\) \(.*\)|\1 ^kernel/\2([/.].*)?[.]ko|' "$1"
}

# modules_wanted TREE LIST: the modules of LIST and their dependencies, as paths within TREE.
modules_wanted() {
	local tree=$1 need pattern all

	all=$(cd "$tree" && find kernel -name '*.ko*')
	while read -r need pattern; do
		grep -E "$pattern" <<<"$all" || [[ $need == may ]] ||
			grep -qE "$pattern" "$tree/modules.builtin" ||
			die "$(basename "$tree"): no module matches $pattern"
	done < <(modules_patterns "$2") | sort -u >"$WORK/wanted"
	awk -F'[: ]+' 'NR == FNR { want[$1]; next }
		$1 in want { for (i = 1; i <= NF; i++) if ($i) print $i }' \
		"$WORK/wanted" "$tree/modules.dep" | sort -u
}

modules_decompress() {
	local file

	find "$1" -name '*.ko.xz' -print0 | xargs -0r -P2 -n50 xz -d
	find "$1" -name '*.ko.zst' -print0 | xargs -0r -P2 -n50 zstd -q -d --rm
	find "$1" -name '*.ko.gz' -print0 | xargs -0r -P2 -n50 gzip -d
}

# modules_build KERNEL RELEASE ARCHIVE [SET]: with a SET only the modules missing from the usual
# archive, and the tables of modprobe for all of them.
modules_build() {
	local kernel=$1 release=$2 archive=$3 full=$WORK/unpacked root=$WORK/modules tree files more=()

	rm -rf "$full" "$root"
	kernel_unpack "$kernel" "$full"
	initramfs_root "$full"
	tree=$full/lib/modules/$release
	depmod -b "$full" "$release"
	mapfile -t files < <(modules_wanted "$tree" "$VM_DIR/modules")
	((${#files[@]})) || die "$release: no modules found"
	[[ ! ${4:-} ]] || mapfile -t more < <(modules_wanted "$tree" "$VM_DIR/modules-$4")
	initramfs_root "$root"
	mkdir -p "$root/lib/modules/$release"
	(
		cd "$tree" || exit
		cp --parents -t "$root/lib/modules/$release" "${files[@]}" "${more[@]}" \
			modules.builtin* modules.order
	)
	modules_decompress "$root"
	depmod -b "$root" "$release"
	if [[ ${4:-} ]]; then
		(cd "$root/lib/modules/$release" && printf '%s\0' "${files[@]%.ko*}" | xargs -0 -I{} rm -f {}.ko)
	else
		kernel_image "$full" "$release" "$kernel/vmlinux"
	fi
	initramfs_pack "$root" "$archive"
	rm -rf "$full" "$root"
}

# modules_archive KERNEL [SET]: print the path of the archive of that cached kernel, made if needed.
modules_archive() {
	local kernel=$1 set=${2:-} key archive

	key=$(content_key "$VM_DIR/modules" ${set:+"$VM_DIR/modules-$set"} \
		"$VM_DIR"/lib/{initramfs,kernel}.sh)
	archive=$kernel/modules${set:+-$set}-$key.cpio
	(
		hold "$kernel/lock"
		[[ -e $archive ]] || modules_build "$kernel" "$(cat "$kernel/release")" "$archive" "$set"
		archive_used "$archive"
	)
	echo "$archive"
}
