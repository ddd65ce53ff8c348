# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The tested program as installed by `make install DESTDIR=…`, and the overlay archive made from it.

# The directories of a Debian package.
readonly STAGE_FOLDERS=(--prefix=/usr --libdir=/usr/lib/x86_64-linux-gnu --sysconfdir=/etc)

VM_CC=(gcc) # for the helpers

# stage_build DIR: build the tree out of tree and install it into DIR.
stage_build() (
	packages_install build
	hold "$LOGS/build-vm.lock"
	build build-vm CC=gcc CFLAGS='-O2 -g' --disable-man --disable-tests "${STAGE_FOLDERS[@]}"
	make --silent -C "$TOP/build-vm" install DESTDIR="$1"
)

# stage_tree: print the directory with mhpctl, built now unless --stage named one.
stage_tree() {
	local dir=$WORK/stage log=$OUT_DIR/build.log

	if [[ $STAGE ]]; then
		[[ -x $STAGE/usr/bin/mhpctl || -x $STAGE/usr/sbin/mhpctl ]] ||
			die "$STAGE holds no mhpctl"
		echo "$STAGE"
		return
	fi
	stage_build "$dir" >"$log" 2>&1 & # not in a condition, which would disable errexit
	if ! wait $!; then
		tail -n 20 "$log" >&2
		die "mhpctl does not build: $log"
	fi
	echo "$dir"
}

# Libraries of the staged programs that the stage does not have.
stage_libraries() {
	local stage=$1 elf lib

	mapfile -t elf < <(find "$stage" -type f \( -perm -u+x -o -name '*.so*' \) -print)
	((${#elf[@]})) || return 0
	LD_LIBRARY_PATH=$(dirname "$(find "$stage" -name 'libmhp.so*' -print -quit)") \
		libraries_of "${elf[@]}" | while read -r lib; do
		[[ $lib == "$stage"/* ]] || echo "$lib"
	done
}

# stage_debs: print the directory with the packages of this tree, built unless they are those of its source.
stage_debs() {
	local log=$OUT_DIR/build-debs.log

	"$TOP/tests/packaging/run" --build >"$log" 2>&1 || { tail -n 20 "$log" >&2; die "no packages: $log"; }
	tail -n 1 "$log"
}

overlay_helper() {
	"${VM_CC[@]}" -std=gnu11 -Wall -Wextra -Werror "$@"
}

# overlay_helpers ROOT: the cases and what they run.
overlay_helpers() {
	local root=$1 name

	initramfs_root "$root"
	mkdir -p "$root/vm/cases"
	install -m755 "$VM_DIR/lib/init" "$root/init"
	cp "$VM_DIR"/lib/{content,cxl,data,devices,gone,guest,kills,libdaxctl,pins,run-case,shrink-pages}.sh "$root/vm/"
	cp "$VM_DIR"/cases/*.sh "$root/vm/cases/"
	overlay_helper -static -O2 -o "$root/usr/bin/holder" "$VM_DIR"/holder*.c
	overlay_helper -static -O2 -o "$root/usr/bin/verifier" "$VM_DIR/verifier.c"
	overlay_helper -static -O3 -o "$root/usr/bin/daxio" "$VM_DIR/daxio.c"
	overlay_helper -O2 -o "$root/usr/bin/daxlib" "$VM_DIR/daxlib.c"
	overlay_helper -D_GNU_SOURCE -shared -fPIC -O2 -o "$root/usr/lib/inject.so" "$TOP/tests/inject/inject.c"
	for name in killer at-block; do
		overlay_helper -D_GNU_SOURCE -shared -fPIC -O2 -o "$root/usr/lib/$name.so" "$VM_DIR/$name.c"
	done
}

# overlay_stage ROOT STAGE: mhpctl as installed there, with its libraries.
overlay_stage() {
	local root=$1 stage=$2 libs

	initramfs_root "$root"
	mapfile -t libs < <(stage_libraries "$stage")
	((${#libs[@]})) && install_into "$root" "${libs[@]}"
	tar -C "$stage" -cf - . | tar -C "$root" -xf - --keep-directory-symlink
}

# overlay_archive FILE [STAGE]: pack cases, helpers, and mhpctl if the cases need it. For the disk of systemd they
# are in archives of their own, since a case with `debs` has the packages instead of mhpctl.
overlay_archive() {
	local file=$1 stage=${2:-} root=$WORK/overlay.d

	overlay_helpers "$root"
	if spec_any debs; then
		mkdir "$root/vm/debs"
		cp "$(stage_debs)"/*.deb "$root/vm/debs/"
	fi
	if spec_any systemd; then
		tar -C "$root" -cf "$WORK/overlay.tar" usr etc vm
		mv "$WORK/overlay.tar" "$root/vm/"
	fi
	if [[ $stage ]]; then
		overlay_stage "$WORK/stage.d" "$stage"
		tar -C "$WORK/stage.d" -cf "$WORK/stage.tar" usr etc
		tar -C "$root" -xf "$WORK/stage.tar" --keep-directory-symlink
		! spec_any systemd || mv "$WORK/stage.tar" "$root/vm/"
		rm -rf "$WORK/stage.d"
	fi
	initramfs_pack "$root" "$file"
	rm -rf "$root"
}
