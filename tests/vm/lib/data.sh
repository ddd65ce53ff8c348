# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# For the cases data-*: a namespace on each region with some content, and what mhpctl does with it.
# A place is the number of a region; its content and its kind of namespace are in CONTENT and KIND.
# Each row is a line of /tmp/data.tsv, from which tests/vm/data makes the table.

DATA=/tmp/data.tsv
IMAGES=/tmp/images
POLICY=/etc/mhpctl/policy.d/50-data.conf
ND=/sys/bus/nd/devices
export DM_DISABLE_UDEV=1 LVM_SUPPRESS_FD_WARNINGS=1

declare -A CONTENT=() KIND=() SUM=() WAS=()

# The name of each content in a question: that of libblkid, or a place that is not zero.
declare -A NAMED=(
	[ext4]='ext4' [xfs]='xfs' [btrfs]='btrfs' [btrfs-bare]='btrfs' [lvm]='LVM' [md]='raid' [md-end]='raid'
	[luks]='LUKS' [swap]='swap' [gpt]='gpt|GPT' [zfs]='zfs' [fat]='fat' [bcache]='bcache|not zero'
	[bcachefs]='bcachefs|not zero' [pmdk]='PMDK|PMEM|not zero' [text]='100(\.0)? MiB' ['written to']='not zero' [poison]='poison|read'
)

# --- contents ----------------------------------------------------------------

# bytes OCTAL OFFSET FILE
bytes() {
	printf '%b' "$1" | dd of="$3" bs=1 seek="$2" conv=notrunc status=none
}

# on_loop FILE CMD...: run CMD with a loop device of the file as last argument.
on_loop() {
	local file=$1 loop status
	shift

	loop=$(losetup -f --show "$file")
	"$@" "$loop"
	status=$?
	losetup -d "$loop"
	return $status
}

make_lvm() {
	lvm pvcreate -q -ff -y --devices "$1" "$1" && lvm vgcreate -q --devices "$1" "data$RANDOM$RANDOM" "$1"
}

make_md() {
	mdadm --create /dev/md127 --quiet --run --force --assume-clean --level=1 --raid-devices=2 \
		--metadata="$1" missing "$2" && mdadm --quiet --stop /dev/md127
}

make_luks() {
	echo secret | cryptsetup luksFormat -q --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 \
		--key-file - "$1"
}

# Enough uberblocks for libblkid, in the first two labels.
make_zfs() {
	local i

	for ((i = 0; i < 16; i++)); do
		bytes '\014\0261\0272\000\000\000\000\000' $((131072 + i * 1024)) "$1"
		bytes '\014\0261\0272\000\000\000\000\000' $((262144 + 131072 + i * 1024)) "$1"
	done
}

# Only the super block of a real btrfs.
make_btrfs_bare() {
	truncate -s "$(stat -c %s "$1")" "$1.whole"
	mkfs.btrfs -q -L backup "$1.whole"
	dd if="$1.whole" of="$1" bs=64k skip=1 seek=1 count=1 conv=notrunc status=none
	rm "$1.whole"
}

# image CONTENT SIZE: prints the name of a sparse file with that content.
image() {
	local file=$IMAGES/$1-$2

	[[ -e $file ]] && echo "$file" && return
	mkdir -p "$IMAGES"
	truncate -s "$2" "$file"
	case $1 in
	ext4) mke2fs -q -t ext4 -F -L backup "$file" ;;
	xfs) mkfs.xfs -q -L backup "$file" ;;
	btrfs) mkfs.btrfs -q -L backup "$file" ;;
	btrfs-bare) make_btrfs_bare "$file" ;;
	lvm) on_loop "$file" make_lvm ;;
	md) on_loop "$file" make_md 1.2 ;;
	md-end) on_loop "$file" make_md 1.0 ;;
	luks) make_luks "$file" ;;
	swap) mkswap -q -L backup "$file" ;;
	gpt) printf 'label: gpt\n2048,65536\n' | sfdisk -q "$file" ;;
	zfs) make_zfs "$file" ;;
	fat) mkfs.fat -n BACKUP "$file" ;;
	bcache) on_loop "$file" make-bcache -B ;;
	bcachefs) bytes '\0306\0205\0163\0366\0146\0316\0220\0251\0331\0152\0140\0317\0200\0075\0367\0357' 4120 "$file" ;;
	pmdk) printf 'PMEMOBJ' | dd of="$file" conv=notrunc status=none ;; # signature of PMDK pools
	text) printf 'IMPORTANT-CUSTOMER-DATA' | dd of="$file" bs=1M seek=100 conv=notrunc status=none ;;
	zero) ;;
	*) false ;;
	esac >&2 || fail "$1 can be made"
	echo "$file"
}

# --- places --------------------------------------------------------------------

# The namespace of a place; nothing if it is gone.
space_of() {
	local dir

	for dir in "$ND"/region"$1"/namespace"$1".*; do
		[[ $(cat "$dir/size" 2>/dev/null) == 0 ]] || { [[ -e $dir ]] && echo "${dir##*/}" && return; }
	done
}

# The dax device of a place.
dax_of() {
	local dir

	for dir in /sys/bus/dax/devices/dax"$1".*; do
		[[ -e $dir ]] && echo "${dir##*/}" && return
	done
}

driver_of() {
	local link

	link=$(readlink "/sys/bus/dax/devices/$1/driver") && echo "${link##*/}"
}

# device_of PLACE: the device node to read it by, if there is one.
device_of() {
	local dax dir

	dax=$(dax_of "$1")
	[[ $dax && $(driver_of "$dax") == device_dax ]] && echo "/dev/$dax" && return
	for dir in "$ND"/region"$1"/*/block/*; do
		[[ -e $dir ]] && echo "/dev/${dir##*/}" && return
	done
	return 1
}

# identity PLACE: print uuid, mode and size of its namespace.
identity() {
	local dir

	dir=$ND/$(space_of "$1")
	echo "$(cat "$dir/uuid" 2>/dev/null) $(cat "$dir/holder_class" 2>/dev/null) $(cat "$dir/size")"
}

# open_up PLACE: make an unbound or disabled object readable; DEVICE is its device node.
open_up() {
	local dax

	DEVICE=$(device_of "$1") && return
	ndctl enable-namespace "$(space_of "$1")" >/dev/null 2>&1
	dax=$(dax_of "$1")
	[[ $dax && ! $(driver_of "$dax") ]] && echo "$dax" >/sys/bus/dax/drivers/device_dax/bind
	until_true 5 device_of "$1" && DEVICE=$(device_of "$1") && until_true 5 test -e "$DEVICE"
}

# close_up PLACE: restore the state of its kind.
close_up() {
	case ${KIND[$1]} in
	unbound) dax_of "$1" >/sys/bus/dax/drivers/device_dax/unbind ;;
	disabled | *-disabled) ndctl disable-namespace "$(space_of "$1")" ;;
	esac >/dev/null 2>&1
}

sum_of() {
	if open_up "$1"; then
		daxio sum "$DEVICE" 2>&1
	else
		echo unreadable
	fi
	close_up "$1"
}

# raw_again PLACE: open the devdax namespace as a raw one; DEVICE is its device node.
raw_again() {
	local space=$2

	ndctl disable-namespace "$space"
	echo 1 >"$ND/$space/force_raw"
	ndctl enable-namespace "$space"
	until_true 5 device_of "$1"
	DEVICE=$(device_of "$1")
	until_true 5 test -e "$DEVICE"
} >/dev/null 2>&1

# unfinish PLACE: imitate a creation of a devdax namespace that ended before the kernel wrote the
# info block. The former content is still there.
unfinish() {
	local space

	space=$(space_of "$1")
	raw_again "$1" "$space"
	daxio zero "$DEVICE"
	daxio copy "$(image "$2" "$(daxio size "$DEVICE")")" "$DEVICE"
	ndctl disable-namespace "$space" >/dev/null 2>&1
	echo 0 >"$ND/$space/force_raw"
	ndctl enable-namespace "$space"
}

# init_labels N: write labels to the first N regions.
init_labels() {
	local i

	for ((i = 0; i < $1; i++)); do
		ndctl disable-region region$i && ndctl init-labels nmem$i
		ndctl enable-region region$i
	done
} >/dev/null 2>&1

make_space() {
	local region=region$1 mode=${2%-disabled}

	case $mode in
	raw) [[ $(cat "$ND/$region/mappings") && ! $(space_of "$1") ]] && ndctl create-namespace -r "$region" -m raw ;;
	devdax | unbound | unfinished) ndctl create-namespace -r "$region" -m devdax -M mem ;;
	*) ndctl create-namespace -r "$region" -m "$mode" ;;
	esac
}

is_memory() {
	(($(nr_blocks "$(node_of "region$1")") > 0))
}

# place NUMBER CONTENT KIND: make the namespace; an existing one of this kind is overwritten.
place() {
	local was=${KIND[$1]:-}

	CONTENT[$1]=$2 KIND[$1]=$3
	if [[ $was != "$3" || $3 == unfinished || $(identity "$1") != "${WAS[$1]}" ]] || is_memory "$1"; then
		clear_place "$1"
		make_space "$1" "$3"
	fi
	if [[ $3 == unfinished ]]; then
		unfinish "$1" "$2"
	else
		open_up "$1" || fail "$3 for $2" 'has no device'
		daxio zero "$DEVICE"
		daxio copy "$(image "$2" "$(daxio size "$DEVICE")")" "$DEVICE"
	fi
	close_up "$1"
	remember "$1"
}

remember() {
	SUM[$1]=$(sum_of "$1")
	[[ ${SUM[$1]} =~ ^[0-9a-f]{16}\ [1-9] || ${CONTENT[$1]} == zero ]] || fail "place $1: its sum" "${SUM[$1]}"
	WAS[$1]=$(identity "$1")
	printf '  place %s: %s on %s: %s, %s\n' "$1" "${CONTENT[$1]}" "${KIND[$1]}" "${SUM[$1]}" "${WAS[$1]}"
}

# clear_place NUMBER: delete a namespace with labels; one without becomes raw.
clear_place() {
	local dax space

	dax=$(dax_of "$1")
	[[ $dax && $(driver_of "$dax") == kmem ]] && daxctl reconfigure-device -f -m devdax "$dax"
	space=$(space_of "$1")
	[[ $space ]] && ndctl destroy-namespace -f "$space"
	udevadm settle
} >/dev/null 2>&1

# --- rows ------------------------------------------------------------------------

# policy PLACE: print a policy for it.
policy() {
	mkdir -p "${POLICY%/*}"
	case ${KIND[$1]} in
	raw*) printf '[memory data]\nmatch.region = region%s\n' "$1" ;;
	*) printf '[memory data]\nmatch.device = *\n' ;;
	esac >"$POLICY"
}

# words VERB PLACE: set WORDS to the arguments of mhpctl.
words() {
	local region=region$2 dax

	case $1 in
	'online REGION') WORDS=(online "$region") ;;
	'online DEVICE')
		dax=$(dax_of "$2")
		WORDS=(online "${dax:-$(space_of "$2")}")
		;;
	'create') WORDS=(create "$region") ;;
	'create --init-labels') WORDS=(create --init-labels "$region") ;;
	'init') WORDS=(init "$region") ;;
	'destroy') WORDS=(destroy "$(space_of "$2")") ;;
	'destroy all') WORDS=(destroy all) ;;
	'online all') WORDS=(online all) ;;
	'remove --destroy') WORDS=(remove --destroy "$region") ;;
	'apply of the policy at boot') WORDS=(apply) ;;
	'apply')
		policy "$2"
		WORDS=(apply)
		;;
	esac
}

# Reads from the document REASON, STEPS, and TEXT: its questions and failures.
read_document() {
	IFS=$'\t' read -r REASON STEPS TEXT < <(field '[.failures[0].reason // "-", ([.steps[]?.step] | unique | join(" ")),
		([.consents[]?, .failures[]?.message] | unique | join(" / "))]
		| map(tostring | if . == "" then "-" else . end) | @tsv')
}

# read_losses PLACE: set LOSS to its entry among the losses of the last document.
read_losses() {
	local id

	id=${WAS[$1]%% *}
	LOSS=$(field "[.losses[]? | select(.object == \"$(space_of "$1")\" or .object == \"$(dax_of "$1")\"
		or (.uuid // \"-\") == \"${id:-none}\") | .content] | join(\" / \")")
}

# The fate of a place: kept, gone, memory, changed, unreadable.
fate() {
	local sum

	if is_memory "$1"; then
		echo memory
	elif [[ $(identity "$1") != "${WAS[$1]}" ]]; then
		echo gone
	else
		sum=$(sum_of "$1")
		case $sum in
		"${SUM[$1]}") echo kept ;;
		unreadable*) echo unreadable ;;
		*) echo changed ;;
		esac
	fi
}

# verdict OPTIONS FATE PLACE: a word for the table, or the mistake.
verdict() {
	case $RC:$2:$1 in
	*:kept:*)
		if [[ ${USED:-} && $1$RC != 2 && $1$RC != 64 ]]; then # the question comes first
			verdict_used
		elif [[ ${MAY_GO:-} ]]; then
			echo "WRONG: exit $RC, $REASON, but $MAY_GO"
		else
			verdict_kept "$1" "$3"
		fi
		;;
	0:memory:*--force-users | 0:gone:*--force-users) echo 'done as forced' ;;
	0:memory:--yes* | 0:gone:--yes* | 0:changed:--yes*) [[ ${USED:-} ]] && echo "WRONG: $2 under its user" || echo 'done as agreed' ;;
	0:memory:* | 0:gone:*) echo "${MAY_GO:-WRONG: $2, unasked}" ;;
	*) echo "WRONG: $2, exit $RC" ;;
	esac
}

verdict_used() {
	case $RC:$REASON in
	1:in_use | 6:users_hidden) echo "refused: $REASON" ;;
	*) echo "WRONG: exit $RC, $REASON" ;;
	esac
}

# Nothing has changed. Without an answer the reason must be the question, which must name the
# content; content that cannot be read without a driver is named as such.
verdict_kept() {
	local named=${NAMED[${CONTENT[$2]}]:-.} unread=''

	[[ ${KIND[$2]} != unbound && ${KIND[$2]} != *disabled ]] || unread='not known'
	# read after it is enabled, so it is not in the plan
	[[ ${KIND[$2]} != unfinished || $REASON != needs_consent ]] || LOSS=$TEXT
	case $RC:$1 in
	2:*--yes | 2:*--yes=*data*) echo 'WRONG: asked in spite of --yes' ;;
	2:* | 64:*) # 64: another section of the policy succeeded
		if [[ $REASON != needs_consent ]]; then
			echo "WRONG: exit $RC, $REASON"
		elif [[ $LOSS =~ $named && $TEXT =~ $named ]]; then
			echo 'asked for, and named'
		elif [[ $unread && $LOSS =~ $unread && $TEXT =~ $unread ]]; then
			echo 'asked for, as what cannot be read'
		else
			echo "WRONG: asked, not named ($LOSS)"
		fi
		;;
	0:*--dry-run*)
		if [[ $LOSS =~ $named ]]; then
			echo 'would ask, and named'
		else
			echo "WRONG: no word of the data ($LOSS)"
		fi
		;;
	0:*) [[ $(field .changed) == false ]] && echo 'nothing to do' || echo 'WRONG: said to be done' ;;
	*) echo "${MAY_REFUSE:-WRONG: refused}: $REASON" ;;
	esac
}

# row PLACE VERB OPTIONS: one row with its check; lost content is made again. USED: the user of the
# device, if any; MAY_GO: the word of the table where overwriting without a question is right;
# MAY_REFUSE: the word before the reason of a refusal that is not about the data.
row() {
	words "$2" "$1"
	# shellcheck disable=SC2086 # words on purpose
	run mhpctl "${WORDS[@]}" $3 --json
	read_document
	read_losses "$1"
	judge "$1" "$2" "$3"
}

judge() {
	local place=$1 verb=$2 options=$3 what now

	now=$(fate "$place")
	what=$(verdict "$options" "$now" "$place")
	tell "${CONTENT[$place]}" "${KIND[$place]}" "$verb" "$options" "$what"
	[[ $now == kept || ${MAY_GO:-} ]] || place "$place" "${CONTENT[$place]}" "${KIND[$place]}"
}

# tell CONTENT KIND VERB OPTIONS VERDICT: write the line of the table, and check it.
tell() {
	local name="$1 on $2${USED:+, $USED}: $3${4:+ $4}"

	printf '%s\t' "$KERNEL" "$1" "$2" "${USED:--}" "$3" "${4:--}" "$RC" "$5" >>"$DATA"
	printf '%s\n' "${TEXT//[|$'\t']/ }" >>"$DATA"
	case $5 in
	WRONG*) fail "$name" "$5 (exit $RC, $REASON, steps $STEPS: $TEXT)" ;;
	*) ok "$name: $5" ;;
	esac
}

# rows PLACE OPTIONS VERB...
rows() {
	local place=$1 options=$2 verb
	shift 2

	for verb in "$@"; do
		row "$place" "$verb" "$options"
	done
}

data_begin() {
	auto_online offline
	modprobe -qa loop ext4 xfs btrfs dm-mod dm-crypt raid1
	: >"$DATA"
}

data_end() {
	rm -f "$POLICY"
	copy_out "$DATA"
}
