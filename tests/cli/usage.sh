#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Usage errors and help.

# shellcheck source=tests/cli/lib.bash
. "$(dirname "$0")/lib.bash"
make_tree

# ---- no command, help, version ---------------------------------------------------------------

run
is 'no command: status' "$status" 2
is 'no command: nothing on standard output' "$(out)" ''
like 'no command: usage on standard error' "$(err)" 'Usage: mhpctl *Commands:*list*'

refused 'options without a command' 2 'COMMAND is missing' 'hint: mhpctl help lists the commands' \
	--sysroot list

for words in help --help -h 'list --help' 'help online' 'online -h' 'offline dax0.0 --help'; do
	# shellcheck disable=SC2086 # several words
	run $words
	is "$words: status" "$status" 0
	like "$words: text" "$(out)" 'mhpctl *Usage: mhpctl *--help*'
	is "$words: nothing on standard error" "$(err)" ''
	is "$words: no line is wider than a terminal" "$(awk 'length > 80' "$WORK/out")" ''
done

for words in --version 'list --version' '--version list'; do
	# shellcheck disable=SC2086
	run $words
	is "$words: status" "$status" 0
	like "$words: text" "$(out)" 'mhpctl [0-9]*.[0-9]*'
done

run --help
for command in list check create destroy resize init online offline remove plan apply policy recover jobs wait cancel monitor reporting report metrics help; do
	like "help names $command" "$(out)" "*  $command *"
done

# ---- commands and options --------------------------------------------------------------------

refused 'unknown command' 2 'unknown command "frob"' 'hint: mhpctl help lists the commands' frob
refused 'command with a slip' 2 'unknown command "onlin"' 'hint: did you mean online?' onlin dax0.0
refused 'command with swapped letters' 2 'unknown command "lsit"' 'hint: did you mean list?' lsit
refused 'help of an unknown command' 2 'unknown command "frob"' 'hint: *' help frob
refused 'an operand of a command without operands' 2 'unexpected operand "now"' \
	'hint: usage: mhpctl doctor [[]OPTION]...' doctor now
refused 'too many operands' 2 'unexpected operand "list"' 'hint: usage: mhpctl help *' help list list
refused 'unknown option' 2 'unknown option "--frobnicate"' 'hint: --help lists *' list --frobnicate
refused 'option with a slip' 2 'unknown option "--jsn"' 'hint: did you mean --json?' list --jsn
refused 'option of another command' 2 'unknown option "--zone"' 'hint: *' list --zone movable
refused 'beginning of an option' 2 'unknown option "--time"' 'hint: did you mean --timeout?' \
	online --time 3 dax0.0
refused 'long option with one dash' 2 'unknown option "-j"' 'hint: did you mean --json?' list -json
refused 'unknown short option' 2 'unknown option "-q"' 'hint: --help lists *' list -q
refused 'short option that is no ASCII' 2 'unknown option "-é"' 'hint: *' list -é
refused 'option before its command' 2 'unknown option "-n"' 'hint: options of a command come after its name*' \
	-n online dax0.0
refused 'the first mistake counts' 2 'unknown option "--one"' 'hint: *' list --one --two
refused 'value of a flag' 2 '--dry-run takes no value' 'hint: *' online --dry-run=yes dax0.0
refused 'missing value' 2 '--size needs a value' 'hint: write --size SIZE' online --size
refused 'missing word' 2 '--color needs a value' 'hint: write --color auto|always|never' list --color
refused 'options that cannot be combined' 2 '--keep-going and --rollback cannot be combined' 'hint: *' \
	online --keep-going --rollback dax0.0
refused 'the same in the other order' 2 '--rollback and --keep-going cannot be combined' 'hint: *' \
	online --rollback -k dax0.0

# ---- values ----------------------------------------------------------------------------------

refused 'output format' 2 'unknown output format "xml"' 'hint: use --json or --json=lines' list --json=xml
refused 'empty output format' 2 'unknown output format ""' 'hint: use --json or --json=lines' list --json=
refused 'zone' 2 'unknown zone "mov"' 'hint: use --zone movable, --zone kernel or --zone auto' \
	online --zone mov dax0.0
refused 'map' 2 'unknown place for the memmap "ram"' 'hint: use --map mem or --map dev' create -m ram region0
refused 'progress' 2 'unknown progress mode "on"' 'hint: use --progress auto, *' list --progress=on
for size in 3G5 4GB -1 '' 1.5G ' 1G' 0x1000 G; do
	refused "size '$size'" 2 "--size: \"$size\" is not a size" \
		'hint: a size is a whole number, with K, M, G or T for powers of 1024, *' \
		online --size "$size" dax0.0
done
for size in 18446744073709551616 99999999999P; do
	refused "size '$size'" 2 "--size: size \"$size\" is too large" 'hint: *' online -s "$size" dax0.0
done
refused 'size 0' 2 '--size: 0 is too small' 'hint: a size is *' online --size 0 dax0.0
refused 'nothing online' 2 '--to: 0 is too small' 'hint: mhpctl offline *' resize --to 0 dax0.0
refused 'alignment' 2 '--align: "3M" is not a power of two' 'hint: use a power of two, such as 2M' \
	create --align 3M region0
refused 'time' 2 '--timeout: "5x" is not a time' 'hint: a time is *' online --timeout 5x dax0.0
refused 'optional time' 2 '--wait: "abc" is not a time' 'hint: a time is *' online --wait=abc dax0.0
refused 'node' 2 '--node: "x" is not a number' 'hint: *' offline --node x --size 1G
refused 'negative node' 2 '--node: "-1" is not a number' 'hint: *' offline --node -1 --size 1G
refused 'huge node' 2 '--node: 99999999999 is too large' 'hint: the largest number is 2147483647' \
	offline --node 99999999999 --size 1G
refused 'empty name' 2 '--name: the value is empty' 'hint: write --name NAME' create --name= region0

# ---- operands --------------------------------------------------------------------------------

for command in check online remove; do
	refused "$command without a target" 2 'TARGET is missing' "hint: usage: mhpctl $command *" "$command"
done
refused 'create without a target' 2 'TARGET is missing' 'hint: usage: mhpctl create *' create
refused 'destroy without a target' 2 'TARGET is missing' 'hint: *' destroy
refused 'resize without a device' 2 'TARGET is missing' 'hint: *' resize --size 4G
refused 'resize without a size' 2 'no size' 'hint: mhpctl resize --size 4G dax0.1' resize dax0.1
refused 'offline of nothing' 2 'TARGET is missing' 'hint: *' offline
refused 'two meanings of a resize' 2 '--to and --size cannot be combined' \
	'hint: --to 4G is how much of the memory is online; --size 4G is the size of the dax device itself' \
	resize --to 1G --size 2G dax0.1
refused 'a size for two targets' 2 'blocks can be chosen of one target only' 'hint: *' \
	resize --to 1G node0 node1
refused 'online: a node without a size' 2 '--node needs --size' \
	'hint: give both and no TARGET: mhpctl online --node 1 --size 2G' online --node 1
refused 'online: a node and a name' 2 'options of new namespaces, devices and regions *' 'hint: *' \
	online --node 1 --size 1G --name x
refused 'a device without a size' 2 '--device needs --size' 'hint: give both *' \
	offline --device dax0.0
refused 'a node and a device' 2 '--node and --device cannot be combined' 'hint: *' \
	offline --node 1 --device dax0.0 --size 1G
refused 'a node without a size' 2 '--node needs --size' 'hint: give both *' offline --node 1
refused 'a size without a node' 2 '--size needs --node or --device' 'hint: give both *' offline --size 1G
refused 'a node and a target' 2 '--node and a TARGET cannot be combined' 'hint: *' \
	offline --node 1 --size 1G dax0.0
refused 'no target at all' 2 '"frob" is not a target' 'hint: a target is *' list frob
refused 'an option behind --' 2 '"--blocks" is not a target' 'hint: *' list --sysroot "$TREE" -- --blocks
refused 'a reversed run' 2 '"memory3-1" is not a target: *' 'hint: *' list --sysroot "$TREE" memory3-1
refused 'a block that is not there' 3 'memory99: no such memory block' \
	'hint: mhpctl list --blocks shows the existing blocks' list --sysroot "$TREE" memory99
refused 'a sysroot that is not there' 2 'sysroot /nonexistent: *' 'hint: *' list --sysroot /nonexistent
refused 'a file as sysroot' 2 'not a report of mhpctl: a header is damaged' 'hint: *' list --sysroot /etc/passwd
refused 'changes below a sysroot' 2 '--sysroot is for reading; online would change memory' \
	'hint: add --dry-run *' online --sysroot "$TREE" node1

# ---- control characters ----------------------------------------------------------------------

refused 'control characters in a command' 2 'unknown command "\x1b[31mx\x0a"' 'hint: *' $'\e[31mx\n'
refused 'control characters in an option' 2 'unknown option "--\x1b[2J"' 'hint: *' list $'--\e[2J'
refused 'control characters in a value' 2 'unknown zone "\x07"' 'hint: *' online -z $'\a' dax0.0
refused 'control characters in a target' 2 '"a\x1b[2J" is not a target' 'hint: *' \
	list --sysroot "$TREE" $'a\e[2J'
refused 'bytes that are not UTF-8' 2 'unknown command "\xff\xfe"' 'hint: *' $'\xff\xfe'

# ---- valid command lines ---------------------------------------------------------------------

run list --sysroot="$TREE" --bytes -b
is 'the same option twice' "$status" 0
run --sysroot "$TREE" list memory1 --nodes
is 'options after operands' "$status" 0
run online -nk --sysroot "$TREE" -t5s -w node1
is 'short options in one word' "$status" 0
run list --sysroot "$TREE" --
is 'nothing behind --' "$status" 0

done_testing
