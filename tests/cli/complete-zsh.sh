#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The completion of zsh, in a separate shell where Tab is pressed (zpty).

# shellcheck source=tests/cli/lib.bash
. "$(dirname "$0")/lib.bash"
make_tree
mkdir -p "$WORK/bin" "$WORK/functions" "$WORK/dirs/only"
ln -s "$(realpath "$MHPCTL")" "$WORK/bin/mhpctl"
ln -s "$TOP/completions/_mhpctl" "$WORK/functions/_mhpctl"

# The shell that is typed into: it writes down the line after the Tab.
cat >"$WORK/inner" <<END
PATH=$WORK/bin:\$PATH
fpath=($WORK/functions \$fpath)
PROMPT= RPROMPT= PS2=
unsetopt prompt_cr prompt_sp
autoload -Uz compinit && compinit -u -d $WORK/zcompdump
zstyle ':completion:*' list-colors ''
setopt no_beep
LISTMAX=10000
told() { print -r -- "<line>\$BUFFER<end>" >>$WORK/line; zle send-break }
zle -N told
bindkey '^X' told
print ready >>$WORK/line
END

cat >"$WORK/outer" <<'END'
zmodload zsh/zpty zsh/zselect
zpty -b inner "zsh -f -i"
zpty -w inner "source $1/inner"
# Wait for the output of the inner shell, and keep reading its screen.
await() {
	local i junk
	for ((i = 0; i < 400; i++)); do
		zpty -rt inner junk 2>/dev/null
		[[ $(<$1/line) == *$2* ]] && return
		zselect -t 2
	done
}
: >$1/line
await $1 ready
: >$1/line
zpty -wn inner "$2"$'\t\x18'
await $1 '<end>'
zpty -d inner
END

# completes NAME WANTED TEXT: the line after TEXT and Tab
completes() {
	local name=$1 wanted=$2

	command_line="$3<Tab> in zsh"
	: >"$WORK/line"
	zsh -f "$WORK/outer" "$WORK" "$3" >"$WORK/out" 2>&1 </dev/null
	is "$name" "$(sed -n 's/.*<line>\(.*\)<end>.*/\1/p' "$WORK/line")" "$wanted"
}

ok 'it parses' zsh -n "$TOP/completions/_mhpctl"
completes 'a command' 'mhpctl remove ' 'mhpctl rem'
completes 'what candidates have in common' 'mhpctl o' 'mhpctl o'
completes 'an option' 'mhpctl online --zone ' 'mhpctl online --zo'
completes 'a value' 'mhpctl online --zone movable ' 'mhpctl online --zone m'
completes 'a value behind =' 'mhpctl online --zone=movable ' 'mhpctl online --zone=m'
completes 'a target below a sysroot' "mhpctl --sysroot $TREE online memory34-35 " \
	"mhpctl --sysroot $TREE online mem"
completes 'a folder' "mhpctl list --sysroot $WORK/dirs/only/" "mhpctl list --sysroot $WORK/dirs/o"
completes 'a folder behind =' "mhpctl list --sysroot=$WORK/dirs/only/" "mhpctl list --sysroot=$WORK/dirs/o"
completes 'quotes before' "mhpctl --sysroot '$TREE' online memory34-35 " "mhpctl --sysroot '$TREE' online mem"
completes 'no candidate' 'mhpctl frob x' 'mhpctl frob x'
# shellcheck disable=SC2016 # it must not be expanded
completes 'odd words' 'mhpctl list $(touch '"$WORK"'/touched) --bytes ' \
	'mhpctl list $(touch '"$WORK"'/touched) --byt'
ok 'nothing was run' test ! -e "$WORK/touched"

done_testing
