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
	N | PID) echo 1 ;;
	NAME) echo name ;;
	WINDOW) echo decoder0.0 ;;
	DEVICE) echo dax0.0 ;;
	COLUMNS | COLUMN) echo SIZE ;;
	CONDITION) echo node0.cpus==1 ;;
	COMMAND) echo /bin/true ;;
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

# ---- wrong values ------------------------------------------------------------------------------

# The hint of a wrong value, by the kind of the value.
hint_of() {
	case $1 in
	SIZE) echo 'hint: *a size is a whole number*' ;;
	ALIGN) echo 'hint: *a size is a whole number*' ;;
	TIME) echo 'hint: a time is a number and a unit*' ;;
	N | PID) echo 'hint: *number is *' ;;
	*'|'*) echo "hint: use *--*${1%%|*}*${1##*|}*" ;;
	[a-z]*) echo "hint: use *--*$1*" ;;
	*) echo "hint: write --* $1" ;;
	esac
}

# Values that no option of that kind takes, one a line. The last but one is not ASCII.
wrong_values() {
	printf '\n'
	case $1 in
	SIZE | ALIGN | TIME | N | PID)
		printf '%s\n' -1 99999999999999999999 99999999999999999999999999h junk 0x10 ' 1' '1 ' é $'\e[2J'
		[[ $1 == N || $1 == PID ]] && printf '%s\n' 2147483648 1.5 1G
		[[ $1 == TIME ]] && printf '%s\n' 18446744073709551615s 1.s 1.5.5s infinity
		[[ $1 == SIZE || $1 == ALIGN ]] && printf '%s\n' 0 1.5G 99999999999P 16EiB
		;;
	[a-z]*) printf '%s\n' -1 99999999999999999999 junk "${1^^}" "${1%%|*} " é $'\e[2J' ;;
	esac
}

# refuses COMMAND OPTION ARG VALUE: a wrong value is named, with what is allowed, and nothing is done
refuses() {
	local what="$1 $2 ${4@Q}" shown

	run "$1" --help "$2=$4"
	shown=$(sed -n 1p "$WORK/err")
	is "$what: status" "$status" 2
	like "$what: message" "$shown" "mhpctl: *"
	if [[ $3 == [a-z]* ]]; then
		like "$what: it says what is unknown" "$shown" 'mhpctl: unknown * "*"'
	else
		like "$what: it names the option" "$shown" "mhpctl: $2: *"
	fi
	unlike "$what: it has no control characters" "$shown" $'*\e*'
	# shellcheck disable=SC2053 # the right side is a pattern
	[[ $3 == SIZE && $4 == 0 ]] || like "$what: hint" "$(sed -n '2,$p' "$WORK/err")" "$(hint_of "$3")"
	is "$what: nothing on standard output" "$(out)" ''
}

# An option means the same in each command: all values in the first command that has it, and one in
# each of the others.
declare -A seen=()
while IFS=$'\037' read -r command long _ arg _; do
	[[ $arg && $command != mhpctl ]] || continue
	arg=${arg#'['}
	arg=${arg%']'}
	[[ $long != --align ]] || arg=ALIGN
	if [[ ${seen[$long $arg]-} ]]; then
		refuses "$command" "$long" "$arg" ''
		continue
	fi
	seen[$long $arg]=1
	while IFS= read -r value; do
		refuses "$command" "$long" "$arg" "$value"
	done < <(wrong_values "$arg")
done < <(rows <"$WORK/dump")

# Those of the program, with any command.
while IFS=$'\037' read -r command long _ arg _; do
	[[ $arg && $command == mhpctl ]] || continue
	arg=${arg#'['}
	while IFS= read -r value; do
		refuses list "$long" "${arg%']'}" "$value"
	done < <(wrong_values "${arg%']'}")
done < <(rows <"$WORK/dump")

# Texts that only the command itself understands.
for value in junk -1 'node0' 'node0.cpus' 'node0.cpus==' 'node0.cpus>=x' 'node0.junk==1' \
	'node99999999999.cpus==1' $'node0.cpus==1\e[2J'; do
	refused "a condition ${value@Q}" 2 '*' 'hint: *' monitor --timeout 1ms --until "$value"
done
for value in $'a\nb' $'\e[2J' $'\x7f' "$(printf '%064d' 0)"; do
	refused "a name ${value@Q}" 2 'the name *' 'hint: *' \
		create --sysroot "$TREE" --dry-run --name "$value" region0
done
printf '[memory m]\nmatch.node = 1\n' >"$WORK/m.conf"
for value in /nonexistent/plan.json / $'/nonexistent/\e[2J'; do
	run plan --sysroot "$TREE" --out "$value" "$WORK/m.conf"
	ok "a file for the plan ${value@Q}: status" test "$status" != 0
	like "a file for the plan ${value@Q}: it is named" "$(err)" 'mhpctl: cannot write /*'
done

done_testing
