# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# bash completion for mhpctl. The program itself knows what can follow: see mhpctl --complete.

# Bash cuts "--zone=mov" into three words where "=" is in COMP_WORDBREAKS. Put what belongs together
# back into the array `words`.
__mhpctl_words() {
	local i word glue=''

	words=()
	for ((i = 1; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if [[ $word == = && ${#words[@]} -gt 0 && ${words[-1]} == --* && ${words[-1]} != *=* ]]; then
			words[-1]+="="
			glue=yes
		elif [[ $glue ]]; then
			words[-1]+=$word
			glue=''
		else
			words+=("$word")
		fi
	done
}

# Readline replaces only the piece behind the last break, so what stands before it is left out.
__mhpctl_offer() {
	local before=$1 candidate=$2 quoted

	printf -v quoted %q "${candidate#"$before"}"
	COMPREPLY+=("$quoted")
}

# Offers files, as a word of their own or as the value of an option behind a "=".
__mhpctl_offer_paths() {
	local before=$1 value=${words[-1]#--*=} option

	option=${words[-1]%"$value"}
	compopt -o filenames
	mapfile -t COMPREPLY < <(compgen -f -P "${option#"$before"}" -- "$value")
}

__mhpctl() {
	local current=${COMP_WORDS[COMP_CWORD]} line before words

	__mhpctl_words
	[[ $current == = ]] && current=''
	before=${words[-1]%"$current"}
	COMPREPLY=()
	while IFS= read -r line; do
		if [[ $line == :files ]]; then
			__mhpctl_offer_paths "$before"
		else
			__mhpctl_offer "$before" "${line%%$'\t'*}"
		fi
	done < <(command mhpctl --complete -- "${words[@]}" 2>/dev/null)
}

complete -F __mhpctl mhpctl
