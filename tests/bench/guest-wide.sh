# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# One wide dax device and its two halves at once, by writes to the kernel's files alone: bound to device_dax,
# which makes the memmap of the device, with an alignment of 2 MiB and of 4 KiB, and to kmem, with the blocks
# online. Sourced after guest.sh.

WIDE=/sys/bus/dax/devices
WIDE_DRIVERS=/sys/bus/dax/drivers
declare -A WIDE_ALIGN=([device_dax-4k]=4096)

# wide_is_bound DRIVER DEVICE...
wide_is_bound() {
	local device

	for device in "${@:2}"; do
		[[ $(readlink "$WIDE/$device/driver") == */"$1" ]] || return
	done
}

# wide_divide WAY ALIGN: the whole is dax0.0; the halves are dax0.0 and dax0.1.
wide_divide() {
	if [[ -e $WIDE/dax0.1 ]]; then
		echo 0 >"$WIDE/dax0.1/size"
		echo dax0.1 >"$WIDE/dax0.0/../dax_region/delete"
	fi
	echo 0 >"$WIDE/dax0.0/size"
	echo "$2" >"$WIDE/dax0.0/align"
	WIDE_DEVICES=(dax0.0)
	if [[ $1 == whole ]]; then
		echo "$WIDE_SIZE" >"$WIDE/dax0.0/size"
		return
	fi
	echo $((WIDE_SIZE / 2)) >"$WIDE/dax0.0/size"
	echo 1 >"$WIDE/dax0.0/../dax_region/create"
	echo "$2" >"$WIDE/dax0.1/align"
	echo $((WIDE_SIZE / 2)) >"$WIDE/dax0.1/size"
	WIDE_DEVICES+=(dax0.1)
}

# wide_bind DRIVER: all devices at once.
wide_bind() {
	local device pids=()

	for device in "${WIDE_DEVICES[@]}"; do
		echo "$device" >"$WIDE_DRIVERS/$1/bind" &
		pids+=($!)
	done
	wait "${pids[@]}"
}

# wide_unbind DRIVER: also takes the blocks offline.
wide_unbind() {
	local device state node

	read -r node <"$WIDE/dax0.0/target_node"
	if [[ $1 == kmem ]]; then
		for state in "/sys/devices/system/node/node$node"/memory[0-9]*/state; do
			[[ $(cat "${state%state}valid_zones") != Movable ]] || echo offline >"$state"
		done
	fi
	for device in "${WIDE_DEVICES[@]}"; do
		echo "$device" >"$WIDE_DRIVERS/$1/unbind"
	done
}

# wide_allow: device_dax may be bound to both; otherwise kmem alone has such devices.
wide_allow() {
	local device

	wide_divide halves 2097152
	for device in "${WIDE_DEVICES[@]}"; do
		echo "$device" >"$WIDE_DRIVERS/device_dax/new_id"
	done
	wide_unbind device_dax
}

wide_round() {
	local round=$1 ways=(whole halves) way driver what

	((round % 2)) || ways=(halves whole)
	for what in device_dax device_dax-4k kmem; do
		driver=${what%-4k}
		for way in "${ways[@]}"; do
			wide_divide "$way" "${WIDE_ALIGN[$what]:-2097152}"
			[[ $driver != kmem ]] || auto_online online_movable
			udevadm settle
			timed "wide-$what" "$way" "$round" wide_bind "$driver"
			holds "$way: bound to $driver" wide_is_bound "$driver" "${WIDE_DEVICES[@]}"
			auto_online offline
			wide_unbind "$driver"
		done
	done
}

wide() {
	local round module

	for module in dax_hmem device_dax kmem; do
		modprobe "$module"
	done
	until_true 20 test -e "$WIDE/dax0.0" || give_up 'no dax device'
	WIDE_SIZE=$(cat "$WIDE/dax0.0/size")
	[[ ! -e $WIDE/dax0.0/driver ]] || echo dax0.0 >"$(readlink -f "$WIDE/dax0.0/driver")/unbind"
	auto_online offline
	wide_allow
	for ((round = 0; round <= ROUNDS; round++)); do
		wide_round "$round"
	done
	note "a device of $((WIDE_SIZE >> 30)) GiB on two CPUs, Linux $(uname -r)"
	copy_out "$SAMPLES"
}
