#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Candidates of the program for the completion scripts of the shells.

# shellcheck source=tests/cli/lib.bash
. "$(dirname "$0")/lib.bash"
make_tree

# offers NAME WANTED WORD...: the candidates for the last word, below a sysroot
offers() {
	local name=$1 wanted=$2
	shift 2

	run --complete -- --sysroot "$TREE" "$@"
	is "$name: status" "$status" 0
	is "$name" "$(cut -f1 "$WORK/out" | xargs)" "$wanted"
}

offers 'commands' "$(commands)" ''
offers 'the beginning of a command' 'online offline' o
offers 'no such command' '' frob ''
offers 'commands for help' 'online offline' help o
offers 'help takes one' '' help list ''
offers 'options' '--keep-at-least --keep-going' online --k
offers 'options from one dash' '--blocks --bytes' list --b
offers 'options behind a target' '--zone' online memory34 --z
offers 'no options behind --' '' list -- --b
offers 'a word of an option' 'movable kernel auto' online --zone ''
offers 'the beginning of a word' 'movable' online -z m
offers 'a word behind =' '--zone=movable --zone=kernel --zone=auto' online --zone=
offers 'the beginning of a word behind =' '--zone=kernel' online --zone=k
offers 'an optional word' '--json --json=lines' list --j
offers 'an optional word behind =' '--json=lines' list --json=
offers 'an optional word is not the next word' 'node0 node1' list --json node
offers 'no alignments where no region is seen' '' create --align ''
offers 'no windows where no CXL bus is seen' '' online --window ''
offers 'nodes' '0 1' offline --node ''
offers 'nodes of an online' '0 1' online --node ''
offers 'no devices where none is memory' '' resize --dry-run --to 1G dax
offers 'nodes to resize' 'node0 node1' resize --to 1G node
offers 'nodes behind =' '--node=0 --node=1' offline --node=
offers 'a time is not known' '' online --timeout ''
offers 'a flag has no value' '' list --bytes=
offers 'an unknown option has no value' '' list --frob=
offers 'actions' 'check show import' policy ''
offers 'files behind an action' ':files' policy check ''
offers 'files as operands' ':files' apply ''
offers 'files as values' ':files' plan --out ''
offers 'a copied tree or a report' ':files' list --sysroot ''
offers 'a copied tree or a report behind =' ':files' list --sysroot=/t

offers 'targets of list' 'all node0 node1 memory0-3 memory32-33 memory34-35' list ''
offers 'targets of online' 'all node0 node1 memory34-35' online ''
offers 'targets of offline' 'all node0 node1 memory0 memory1-3 memory32-33' offline ''
offers 'targets of create' '' create ''
offers 'the beginning of a target' 'memory32-33 memory34-35' list memory3
offers 'a target is offered once' 'node1' list node0 node
offers 'options before a target' 'memory34-35' online -t 5s --zone movable -nk mem
offers 'a value is no command' 'list' --color never l

run --complete -- --sysroot="$TREE" online mem
is 'what a candidate is' "$(out)" $'memory34-35\tmemory blocks, offline'
run --complete -- --sysroot /nonexistent online ''
is 'nothing to look at' "$(cut -f1 "$WORK/out" | xargs)" all
is 'nothing to look at: silence' "$(err)" ''
for words in '' '--' '-- list --zone' 'x'; do
	# shellcheck disable=SC2086 # several words
	run --complete $words
	unlike "wrong use is no crash: --complete $words" "$status" 139
done
# shellcheck disable=SC2016 # it must not be expanded
run --complete -- list '$(touch '"$WORK"'/touched)' $'a\tb\nc' ''
is 'odd words: status' "$status" 0
ok 'odd words: nothing was run' test ! -e "$WORK/touched"

done_testing
