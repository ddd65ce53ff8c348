# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# --arch arm64: the same cases on Debian's kernels for arm64, with pages of 4 and of 16 KiB. The
# functions here replace those of the same name: sources of kernels, programs and libraries, the
# compiler, and the machine. Programs and libraries are unpacked packages of bookworm for arm64;
# none of them runs on the host.

readonly ARM64=aarch64-linux-gnu
readonly ARM64_SLOWER=3 # factor for the time limits of cases, against an emulated x86-64

# shellcheck disable=SC2034 # read in case.sh, stage.sh and packages.sh
{
	QEMU=qemu-system-aarch64
	VM_CC=("$ARM64-gcc")
	VM_PACKAGES=("$VM_DIR/packages" "$VM_DIR/packages-arm64")
}

# --- kernels ---------------------------------------------------------------

kernel_series() {
	echo 4k 16k 7.2-4k 7.2-16k
}

# The number that cases use for this kernel.
arm64_number() {
	case $1 in
	7.2-*) echo 7.2 ;;
	*) echo 6.12 ;;
	esac
}

# The suite of a kernel, of the firmware and of the programs: bookworm's firmware lists its own
# flash as memory, which is on no node, and 6.12 then drops all nodes.
kernel_suite() {
	case $1 in
	4k | 16k | firmware) echo trixie ;;
	7.2-4k | 7.2-16k) echo sid ;;
	guest) echo bookworm ;;
	*) return 1 ;;
	esac
}

arm64_meta() {
	case $1 in
	*16k) echo linux-image-arm64-16k ;;
	*) echo linux-image-arm64 ;;
	esac
}

eval "native_$(declare -f kernel_apt)"
kernel_apt() {
	local status=$CACHE/apt/$1/status

	[[ -e $status ]] || : >"$status" # no package is installed
	native_kernel_apt "$1" "$2" -o APT::Architecture=arm64 -o APT::Architectures=arm64 \
		-o Dir::State::status="$status" "${@:3}"
}

kernel_candidate() {
	kernel_apt "$1" apt-cache show --no-all-versions "$(arm64_meta "$1")" 2>/dev/null |
		sed -n 's/^Version: //p'
}

kernel_packages() {
	local meta

	meta=$(arm64_meta "$1")
	kernel_apt "$1" apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts \
		--no-breaks --no-replaces --no-enhances "$meta" |
		grep -E "^linux-(image|binary|modules|base)-[0-9].*-${meta#linux-image-}\$"
}

kernel_fetch_locked() {
	local series=$1 version dir

	kernel_lists "$series" || return
	version=$(kernel_candidate "$series")
	dir=$CACHE/kernels/$series/$version
	if [[ $version != "$(arm64_number "$series")".* ]]; then
		say "vm: $(kernel_suite "$series") offers kernel ${version:-none} for $series"
		return 1
	fi
	[[ -e $dir/release ]] && return
	rm -rf "$dir.new" "$dir"
	kernel_download "$series" "$dir.new" || { rm -rf "$dir.new"; return 1; }
	publish "$dir.new" "$dir"
}

# The firmware boots the image directly.
kernel_image() {
	local image

	image=$(find "$1" -type f \( -name "vmlinuz-$2" -o -path "*/$2/vmlinuz" \) -print -quit)
	[[ $image ]] || die "$2: no kernel image in the packages"
	cp "$image" "$3.new"
	publish "$3.new" "$3"
}

arm64_firmware() {
	local file=$CACHE/arm64/QEMU_EFI.fd dir=$WORK/firmware

	(
		hold "$CACHE/arm64/lock"
		[[ -e $file ]] && exit
		mkdir -p "$dir"
		kernel_lists firmware
		cd "$dir"
		retry kernel_apt firmware apt-get download qemu-efi-aarch64 >&2
		dpkg-deb --extract qemu-efi-aarch64_*.deb .
		cp usr/share/qemu-efi-aarch64/QEMU_EFI.fd "$file.new"
		publish "$file.new" "$file"
	) || die "no firmware for arm64"
	echo "$file"
}

# --- programs and libraries ------------------------------------------------

arm64_unpack() {
	local deb root=$1 link target

	initramfs_root "$root"
	for deb in "$2"/*.deb; do
		dpkg-deb --fsys-tarfile "$deb" | tar -C "$root" -xf - --keep-directory-symlink
		dpkg-deb --fsys-tarfile "$deb" | tar -t | sed 's|^\.||' \
			>"$root/files/$(basename "${deb%%_*}")"
	done
	# Absolute links refer to the later root.
	find "$root" -type l -lname '/*' | while read -r link; do
		target=$(readlink "$link")
		ln -sfnr "$root$target" "$link"
	done
}

# arm64_root: print the directory of the unpacked packages, made if needed; files/NAME lists each.
arm64_root() {
	local dir packages

	dir=$CACHE/arm64/root-$(content_key "$VM_DIR/packages-arm64-guest")
	(
		hold "$CACHE/arm64/lock"
		[[ -e $dir ]] && exit
		kernel_lists guest
		mapfile -t packages <"$VM_DIR/packages-arm64-guest"
		rm -rf "$dir.new" "$WORK/debs"
		mkdir -p "$dir.new/files" "$WORK/debs/partial"
		retry kernel_apt guest apt-get -o Dir::Cache::archives="$WORK/debs/" -o Debug::NoLocking=1 \
			install -y --no-install-recommends --download-only "${packages[@]}" >&2
		arm64_unpack "$dir.new" "$WORK/debs"
		rm -rf "$WORK/debs"
		publish "$dir.new" "$dir"
	) || die "no programs for arm64"
	echo "$dir"
}

# arm64_library ROOT NAME
arm64_library() {
	local dir

	for dir in "usr/lib/$ARM64" usr/lib usr/lib/systemd "usr/lib/$ARM64/systemd"; do
		if [[ -e $1/$dir/$2 ]]; then
			echo "/$dir/$2"
			return
		fi
	done
}

# Libraries of files of the root or of the stage; ldd cannot run them.
libraries_of() {
	local root todo=("$@") file name path
	declare -A seen=([ld-linux-aarch64.so.1]=yes)

	root=$(arm64_root)
	echo /usr/lib/ld-linux-aarch64.so.1
	while ((${#todo[@]})); do
		file=${todo[0]}
		todo=("${todo[@]:1}")
		[[ -e $root$file ]] && file=$root$file
		while read -r name; do
			[[ -v seen[$name] ]] && continue
			seen[$name]=yes
			path=$(arm64_library "$root" "$name")
			[[ $path ]] || continue # in the stage itself
			echo "$path"
			todo+=("$path")
		done < <(readelf -d "$file" 2>/dev/null | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
	done
}

package_files() {
	local root file

	root=$(arm64_root)
	grep -vE '/$|^/usr/share/|^/etc/init|hwdb' "$root/files/$1" | while read -r file; do
		[[ -d $root$file ]] || echo "$file"
	done
}

# arm64_program ROOT NAME
arm64_program() {
	local dir

	for dir in usr/bin usr/sbin; do
		if [[ -e $1/$dir/$2 ]]; then
			echo "/$dir/$2"
			return
		fi
	done
	die "no program $2 in tests/vm/packages-arm64-guest"
}

tools_files() {
	local root line

	root=$(arm64_root)
	while read -r line; do
		case $line in
		'' | '#'*) ;;
		%*) package_files "${line#%}" ;;
		/*) echo "$line" ;;
		*) arm64_program "$root" "$line" ;;
		esac
	done <"$1"
}

install_into() {
	local root=$1
	shift

	tar -C "$(arm64_root)" --dereference --owner=0 --group=0 -cf - "${@#/}" |
		tar -C "$root" -xf - --keep-directory-symlink
}

tools_archive() {
	local list=$VM_DIR/tools${1:+-$1} dir=$CACHE/initramfs root=$WORK/tools archive files libs

	mkdir -p "$dir"
	archive=$dir/tools-arm64-$(content_key "$list" "$VM_DIR/packages-arm64-guest" \
		"$VM_DIR"/lib/{initramfs,arm64}.sh).cpio
	(
		hold "$dir/lock"
		if [[ ! -e $archive ]]; then
			mapfile -t files < <(tools_files "$list")
			mapfile -t libs < <(libraries_of "${files[@]}")
			tools_make "${1:-}" "$root" "$archive" "${files[@]}" "${libs[@]}"
		fi
		archive_used "$archive"
	)
	echo "$archive"
}

# Every module may be missing here, also those required on x86-64.
modules_patterns() {
	sed -e '/^#/d; /^$/d; s/^? *//; s/[*]/[^\/]*/g' \
		-e 's|\(.*\)|may ^kernel/\1([/.].*)?[.]ko|' "$1"
}

# --- what is under test ----------------------------------------------------

stage_build() (
	packages_install build vm
	hold "$LOGS/build-vm-arm64.lock"
	root=$(arm64_root)
	export PKG_CONFIG_SYSROOT_DIR=$root
	export PKG_CONFIG_LIBDIR=$root/usr/lib/$ARM64/pkgconfig:$root/usr/share/pkgconfig
	build build-vm-arm64 "--host=$ARM64" CC="$ARM64-gcc --sysroot=$root" CFLAGS='-O2 -g' --disable-man \
		--disable-tests --prefix=/usr --libdir="/usr/lib/$ARM64" --sysconfdir=/etc
	make --silent -C "$TOP/build-vm-arm64" install DESTDIR="$1"
)

# --- the machine -----------------------------------------------------------

# A case is chosen by the number of its kernel; no kernel is usual.
spec_wants() {
	[[ " ${SPEC[kernels]} " == *" $(arm64_number "$1") "* ]]
}

# Pages of 16 KiB need -cpu max. Pointer authentication with the architecture's algorithm costs a
# cipher each in an emulator, and older firmware does not support LPA2.
qemu_args() {
	local disk=$1 boot=$2 words=$3

	[[ ! ${SPEC[systemd]}${SPEC[newer-qemu]} ]] || die "cases with systemd or newer-qemu run on x86-64 only"
	# shellcheck disable=SC2154 # a key
	SPEC[timeout]=$((SPEC[timeout] * ARM64_SLOWER))
	# shellcheck disable=SC2034 # read in case.sh
	ARGS=(
		-accel 'tcg,thread=multi' -machine 'virt,nvdimm=on,gic-version=3'
		-cpu 'max,pauth-impdef=on,sve=off,lpa2=off' -smp 2 -m "${SPEC[mem]},slots=16,maxmem=64G"
		-nodefaults -display none -no-reboot -bios "$(arm64_firmware)"
		-kernel "$boot/dir/vmlinux" -initrd "$boot/initrd${SPEC[tools]:+-${SPEC[tools]}}"
		-append "console=ttyAMA0 panic=-1 quiet cryptomgr.notests $words ${SPEC[append]}"
	)
	qemu_boot_nodes
	qemu_dimms
	qemu_nvdimms "$disk"
	qemu_extras
}
