#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The completion of fish, asked through fish itself.

# shellcheck source=tests/cli/lib.bash
. "$(dirname "$0")/lib.bash"
make_tree
mkdir -p "$WORK/bin" "$WORK/dirs/one" "$WORK/dirs/two words" "$WORK/home"
ln -s "$(realpath "$MHPCTL")" "$WORK/bin/mhpctl"
export HOME=$WORK/home XDG_CONFIG_HOME=$WORK/home XDG_DATA_HOME=$WORK/home
PATH=$WORK/bin:$PATH

# completes NAME WANTED TEXT: the candidates for the last word of TEXT
completes() {
	local name=$1 wanted=$2

	command_line="$3<Tab> in fish"
	fish --no-config --command "source $TOP/completions/mhpctl.fish; complete -C \$argv[1]" "$3" \
		>"$WORK/out" 2>"$WORK/err" </dev/null
	is "$name" "$(cut -f1 "$WORK/out" | sort | xargs)" "$(xargs -n1 <<<"$wanted" | sort | xargs)"
	is "$name: silence" "$(err)" ''
}

ok 'it parses' fish -n "$TOP/completions/mhpctl.fish"
completes 'commands' "$(commands)" 'mhpctl '
completes 'the beginning of a command' 'online offline' 'mhpctl o'
completes 'options' '--zone' 'mhpctl online --z'
completes 'a value' 'movable kernel auto' 'mhpctl online --zone '
completes 'a value behind =' '--zone=kernel' 'mhpctl online --zone=k'
completes 'an optional value' '--json=lines' 'mhpctl list --json='
completes 'a target below a sysroot' 'memory34-35' "mhpctl --sysroot $TREE online mem"
completes 'quotes before' 'memory34-35' "mhpctl --sysroot '$TREE' online mem"
completes 'folders' "$WORK/dirs/one/" "mhpctl list --sysroot $WORK/dirs/o"
completes 'folders behind =' "--sysroot=$WORK/dirs/one/" "mhpctl list --sysroot=$WORK/dirs/o"
completes 'files' "$WORK/dirs/one/" "mhpctl apply $WORK/dirs/o"
completes 'no candidate' '' 'mhpctl frob '
like 'what a candidate is' "$(fish --no-config --command "source $TOP/completions/mhpctl.fish; complete -C 'mhpctl rem'")" \
	$'remove\ttake memory offline*'
# shellcheck disable=SC2016 # it must not be expanded
completes 'odd words' '--bytes' 'mhpctl list (touch '"$WORK"'/touched) "$x" --byt'
ok 'nothing was run' test ! -e "$WORK/touched"

done_testing
