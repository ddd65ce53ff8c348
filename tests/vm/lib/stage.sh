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

# overlay_archive FILE [STAGE]: pack cases, helpers, and mhpctl if the cases need it.
overlay_archive() {
	local file=$1 stage=${2:-} root=$WORK/overlay.d libs

	initramfs_root "$root"
	mkdir -p "$root/vm/cases"
	install -m755 "$VM_DIR/lib/init" "$root/init"
	cp "$VM_DIR"/lib/{content,cxl,data,devices,gone,guest,kills,libdaxctl,pins,run-case,shrink-pages}.sh "$root/vm/"
	cp "$VM_DIR"/cases/*.sh "$root/vm/cases/"
	"${VM_CC[@]}" -static -std=gnu11 -O2 -Wall -Wextra -Werror -o "$root/usr/bin/holder" "$VM_DIR"/holder*.c
	"${VM_CC[@]}" -static -std=gnu11 -O2 -Wall -Wextra -Werror -o "$root/usr/bin/verifier" "$VM_DIR/verifier.c"
	"${VM_CC[@]}" -static -std=gnu11 -O3 -Wall -Wextra -Werror -o "$root/usr/bin/daxio" "$VM_DIR/daxio.c"
	"${VM_CC[@]}" -std=gnu11 -O2 -Wall -Wextra -Werror -o "$root/usr/bin/daxlib" "$VM_DIR/daxlib.c"
	"${VM_CC[@]}" -D_GNU_SOURCE -shared -fPIC -std=gnu11 -O2 -Wall -Wextra -Werror -o "$root/usr/lib/inject.so" \
		"$VM_DIR"/../inject/inject.c
	"${VM_CC[@]}" -D_GNU_SOURCE -shared -fPIC -std=gnu11 -O2 -Wall -Wextra -Werror -o "$root/usr/lib/killer.so" \
		"$VM_DIR/killer.c"
	"${VM_CC[@]}" -D_GNU_SOURCE -shared -fPIC -std=gnu11 -O2 -Wall -Wextra -Werror -o "$root/usr/lib/at-block.so" \
		"$VM_DIR/at-block.c"
	if [[ $stage ]]; then
		mapfile -t libs < <(stage_libraries "$stage")
		((${#libs[@]})) && install_into "$root" "${libs[@]}"
		tar -C "$stage" -cf - . | tar -C "$root" -xf - --keep-directory-symlink
	fi
	if spec_any systemd; then # the same again, for the disk
		tar -C "$root" -cf "$WORK/overlay.tar" --exclude=./init usr etc vm
		mv "$WORK/overlay.tar" "$root/vm/"
	fi
	initramfs_pack "$root" "$file"
	rm -rf "$root"
}
