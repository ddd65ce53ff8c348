#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Help, completion and parsing agree: all of them read the option tables.

# shellcheck source=tests/cli/lib.bash
. "$(dirname "$0")/lib.bash"
make_tree

run --dump-options
is 'dump: status' "$status" 0
cp "$WORK/out" "$WORK/dump"
is 'dump: five fields a line' "$(awk -F'\t' 'NF != 5' "$WORK/dump")" ''
is 'dump: each option has a help' "$(awk -F'\t' '$5 == ""' "$WORK/dump")" ''
is 'dump: no option of a command appears twice' "$(cut -f1,2 "$WORK/dump" | sort | uniq -d)" ''
is 'dump: no short option of a command appears twice' \
	"$(awk -F'\t' '$3 != "" { print $1, $3 }' "$WORK/dump" | sort | uniq -d)" ''
is 'dump: options are long, in lower case' "$(cut -f2 "$WORK/dump" | grep -v '^--[a-z][a-z-]*$')" ''
is 'dump: help begins small and has no full stop' \
	"$(cut -f5 "$WORK/dump" | grep -v '^[a-z].*[^.]$')" ''
commands=$(commands)
commands=${commands% help} # it has no options of its own
is 'dump: commands' "$(cut -f1 "$WORK/dump" | uniq | xargs)" "mhpctl $commands"

# The long options that a help text has: "  -s, --size SIZE" and "      --json[=lines]".
help_options() {
	sed -n 's/^\(  -., \|      \)\(--[a-z-]*\).*/\2/p' "$WORK/out" | sort
}

# Bash would merge two tabs into one separator, but not this character.
rows() {
	tr '\t' '\037'
}

# The options of a command in the dump: its own and those of the program.
dumped() {
	awk -F'\t' -v command="$1" '$1 == command || $1 == "mhpctl"' "$WORK/dump" | sort -t$'\t' -uk2,2
}

for command in $commands; do
	wanted=$(dumped "$command" | cut -f2 | sort)
	run "$command" --help
	is "$command: help has the options" "$(help_options)" "$wanted"
	run --complete -- "$command" --
	is "$command: completion has the options" "$(cut -f1 "$WORK/out" | sed '/=/d' | sort)" "$wanted"
	is "$command: completion tells the same help" \
		"$(sed '/^--[a-z]*=/d' "$WORK/out" | sort)" "$(dumped "$command" | cut -f2,5 | sort)"
	run help "$command"
	while IFS=$'\037' read -r _ long short arg _; do
		text="${short:+$short, }$long"
		case $arg in
		'') ;;
		'['*) text+="[=${arg:1}" ;;
		*) text+=" $arg" ;;
		esac
		ok "$command: help spells $text" grep -q "^ *${text//[\[]/\\[}\( \|\$\)" "$WORK/out"
	done < <(dumped "$command" | rows)
done

# Each option is accepted in its long and its short form, or only its value is refused.
value_of() {
	case $1 in
	*'|'*) echo "${1%%|*}" ;;
	SIZE) echo 1G ;;
	TIME) echo 5s ;;
	N) echo 1 ;;
	NAME) echo name ;;
	CONDITION) echo node0.cpus==1 ;;
	FILE) echo file ;;
	DIR) echo "$TREE" ;;
	esac
}

while IFS=$'\037' read -r command long short arg _; do
	[[ $long != --rollback && $command != mhpctl ]] || continue
	base=("$command" --help)
	case $arg in
	'') words=("$long" "$short") ;;
	'[lines]') words=("$long" "$long=lines" '') ;;
	'[data'*) words=("$long" "$long=data" "$long=memory,labels" "$short" "${short}t5s") ;;
	'['*) words=("$long" "$long=5s" "${short}5s") ;;
	*) words=("$long=$(value_of "$arg")" "${short:+$short$(value_of "$arg")}") ;;
	esac
	for word in "${words[@]}"; do
		[[ $word ]] || continue
		run "${base[@]}" "$word"
		is "$command $word is taken" "$status" 0
	done
	if [[ $arg && $arg != '['* ]]; then
		run "${base[@]}" "$long" "$(value_of "$arg")"
		is "$command $long and its value as two words" "$status" 0
		run "${base[@]}" "$long"
		is "$command $long without its value" "$status" 2
	fi
done < <(rows <"$WORK/dump")

done_testing
