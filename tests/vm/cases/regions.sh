# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Several regions in one call, with and without labels, sizes, names, and data of others
# vm: nvdimm=512M,512M,512M,512M label=none,128k,128k,128k
# vm: usual=6.1

types() {
	cat /sys/bus/nd/devices/region*/nstype | paste -sd' '
}

# Without labels a region is one raw namespace; an empty one is taken over and given back.
all_at_once() {
	done_now 'four regions in one call' online region0 region1 region2 region3
	eq 'four results' 'region0 ok region1 ok region2 ok region3 ok' \
		"$(field '[.targets[] | "\(.target) \(.status)"] | join(" ")')"
	for node in 2 3 4 5; do
		up $node
	done
	eq 'no labels were written' '4 4 4 4' "$(types)"
	already_so 'online again' online region0 region1 region2 region3
	done_now 'remove three in one call' remove --destroy region0 region1 region2
	done_now 'remove all that is left' remove --destroy all
	for region in region0 region1 region2 region3; do
		empty_region $region
	done
	already_so 'nothing left' remove --destroy region0 region1 region2 region3
}

some_of_several() {
	refused 3 'one unknown region stops all' online region0 region9
	empty_region region0
	check_rc 64 'with --keep-going the others are done' \
		mhpctl online --keep-going region0 region9 --json
	eq 'the report says which' 'partial region0 ok' \
		"$(field '[.status, (.targets[] | select(.status == "ok") | .target, .status)] | join(" ")')"
	up 2
	done_now 'and back' remove --destroy region0
}

# Part of a region can be used only with labels, and nobody writes them unasked.
part_of_a_region() {
	refused 2 'a part needs labels' online --size 256M region1
	has 'the hint says how to agree' "$(field '.failures[0].hint')" --yes
	eq 'no labels were written' '4 4 4 4' "$(types)"
	refused '2|7' 'this DIMM can have no labels' online --init-labels --size 256M region0
	done_now 'a part, with labels' online --init-labels --size 256M --name first region1
	eq 'one region has labels' '4 5 4 4' "$(types)"
	eq 'size and name' '268435456 first' \
		"$(ndctl list -N -r region1 | jq -r '.[0] | "\(.raw_size // .size) \(.name)"' |
			awk '$1 >= 240000000 && $1 <= 268435456 { $1 = 268435456 } { print }')"
	done_now 'a second namespace' create --size 128M region1
	eq 'two namespaces' 2 "$(ndctl list -N -r region1 | jq 'if type == "array" then length else 1 end')"
	for dax in /sys/bus/dax/devices/dax1.*; do
		[[ $(readlink "$dax/driver") != */device_dax ]] ||
			printf 'precious' | daxio put "/dev/${dax##*/}" 0
	done
	refused 2 'what was never system RAM may hold data' remove --destroy region1
	done_now 'all of the region' remove --destroy --yes region1
	empty_region region1
	done_now 'with --yes labels are written too' online --yes --size 256M region2
	eq 'two regions have labels' '4 5 5 4' "$(types)"
	done_now 'and back' remove --destroy region2
	refused '2|7' 'more than there is' online --size 4G region2
}

# A namespace is one piece: other free space is reported each time.
free_space_in_pieces() {
	check 'a first namespace' ndctl create-namespace -r region1 -m raw -s 64M
	check 'and one behind it' ndctl create-namespace -r region1 -m raw -s 64M
	check 'the first goes' ndctl destroy-namespace -f "$(ndctl list -N -r region1 |
		jq -r 'sort_by(.dev)[0].dev')"
	done_now 'the largest piece' online region1
	has 'what stays free' "$(field '.warnings | join(" ")')" 'region1: 64 MiB of it stay free'
	up 3
	already_so 'online again' online region1
	has 'what stays free, again' "$(field '.warnings | join(" ")')" 'region1: 64 MiB of it stay free'
	for size in 128M 512M; do
		refused 1 "another size, $size" online --size $size region1
		eq "another size, $size: the reason" mismatch "$(field '.failures[0].reason')"
	done
	already_so 'the same size' online --size 384M region1
	done_now 'and back' remove --destroy --yes region1
}

data_is_never_lost_unasked() {
	echo 'something of value' | dd of=/dev/pmem3 bs=512 conv=notrunc,fsync 2>/dev/null
	refused 2 'a raw namespace with data' online region3
	has 'the data is there' "$(head -c 18 /dev/pmem3)" 'something of value'
	done_now 'with --yes it is taken' online --yes region3
	up 5
	done_now 'and back' remove --destroy region3
	check 'a namespace in fsdax mode' ndctl create-namespace -f -e namespace3.0 -m fsdax -M mem
	refused '1|2|7' 'is not touched' online --yes region3
	eq 'it is still fsdax' fsdax "$(ndctl list -N -r region3 | jq -r '.[0].mode')"
}

auto_online offline
all_at_once
some_of_several
part_of_a_region
free_space_in_pieces
data_is_never_lost_unasked
settings_are offline
