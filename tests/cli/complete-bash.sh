#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The completion of bash, called like readline does.

# shellcheck source=tests/cli/lib.bash
. "$(dirname "$0")/lib.bash"
make_tree
mkdir -p "$WORK/bin" "$WORK/dirs/one" "$WORK/dirs/two words"
ln -s "$(realpath "$MHPCTL")" "$WORK/bin/mhpctl"
PATH=$WORK/bin:$PATH

# shellcheck source=completions/mhpctl.bash
. "$TOP/completions/mhpctl.bash"
compopt() { :; } # only works inside readline

# complete_words WORD...: COMP_WORDS as set by bash, the cursor after the last word
complete_words() {
	command_line="mhpctl $*"
	COMP_WORDS=(mhpctl "$@")
	COMP_CWORD=$#
	COMPREPLY=()
	__mhpctl mhpctl "${!#}" "${COMP_WORDS[COMP_CWORD - 1]}"
}

# completes NAME WANTED WORD...
completes() {
	complete_words "${@:3}"
	is "$1" "${COMPREPLY[*]}" "$2"
}

# completes_files NAME WANTED WORD...: bash has files in the order of the directory, and sorts them
# when it shows them.
completes_files() {
	complete_words "${@:3}"
	is "$1" "$(printf '%s\n' "${COMPREPLY[@]}" | sort | paste -sd ' ')" "$2"
}

is 'it is registered' "$(complete -p mhpctl)" 'complete -F __mhpctl mhpctl'
completes 'commands' "$(commands)" ''
completes 'the beginning of a command' 'online offline' o
completes 'options' '--zone' online --z
completes 'a value' 'movable kernel auto' online --zone ''
completes 'a value behind =' 'movable kernel auto' online --zone =
completes 'the beginning of a value behind =' 'kernel' online --zone = k
completes 'the next word after that' '--align' online --zone = kernel --al
completes 'a value behind = where = breaks no words' '--zone=kernel' online --zone=k
completes 'an optional value' 'lines' list --json = l
completes 'a target below a sysroot' 'memory34-35' --sysroot = "$TREE" online mem
completes_files 'folders' "$WORK/dirs/one $WORK/dirs/two words" list --sysroot "$WORK/dirs/"
completes_files 'files' "$WORK/dirs/one $WORK/dirs/two words" apply "$WORK/dirs/"
completes 'files of an option' "$WORK/tree" plan --out "$WORK/tr"
completes 'folders behind =' "$WORK/dirs/one" list --sysroot = "$WORK/dirs/o"
completes 'folders where = breaks no words' "--sysroot=$WORK/dirs/one" list "--sysroot=$WORK/dirs/o"

# shellcheck disable=SC2016,SC1003 # none of this may be expanded
for word in '$(touch '"$WORK"'/touched)' '`touch '"$WORK"'/touched`' '"; touch '"$WORK"'/touched' '*' '\' "'" '-'; do
	completes "odd word before: $word" 'memory34-35' --sysroot "$TREE" online "$word" memory34
	completes "odd word: $word" "$([[ $word == - ]] && mhpctl --complete -- list - | cut -f1 | xargs)" \
		--sysroot "$TREE" list "$word"
done
ok 'nothing was run' test ! -e "$WORK/touched"

PATH=/nonexistent completes 'without the program nothing is offered' '' list ''

# Like a user: only the script in a plain bash, and the Tab key.
if command -v script >/dev/null; then
	command_line='mhpctl onl<Tab> in bash'
	cat >"$WORK/rc" <<-END
		PATH=$WORK/bin:\$PATH
		PS1='\$ '
		. $TOP/completions/mhpctl.bash
		bind 'set bell-style none' 'set enable-bracketed-paste off' 'set horizontal-scroll-mode off'
	END
	printf 'echo mhpctl >/dev/null; mhpctl onl\t--sysroot %s -n --zo\tmov\tmemory34-\t\nexit\n' "$TREE" |
		TERM=xterm script -qec "bash --noprofile --rcfile $WORK/rc -i" "$WORK/typescript" >"$WORK/out" 2>&1
	like 'by hand' "$(out)" "*online --sysroot $TREE -n --zone movable memory34-35 *1. online-block memory34-35*"
fi

done_testing
