#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Colours, the progress line and questions, which only a terminal gets. script(1) provides one.

# shellcheck source=tests/cli/lib.bash
. "$(dirname "$0")/lib.bash"
make_tree
make_fake
export TERM=xterm

# on_terminal COMMAND [ANSWER]: the output to a terminal 80 columns wide, control characters as \e
on_terminal() {
	command_line="$1 # on a terminal"
	printf '%s' "${2-}" | script -qec "stty cols 80 -echo; $1" "$WORK/typescript" >"$WORK/raw"
	status=$?
	sed 's/\x1b/\\e/g; s/\r$//; s/\r/\\r/g' "$WORK/raw" >"$WORK/out"
}

program=${MHPCTL@Q}
list="$program --sysroot ${TREE@Q} list"
faked="env ${fake[*]@Q} FAKE_RUN"

# ---- colours ---------------------------------------------------------------------------------

on_terminal "$list"
like 'colours on a terminal' "$(out)" '*\\e\[1mBLOCKS*\\e\[32monline\\e\[0m*'
on_terminal "NO_COLOR=1 $list"
unlike 'NO_COLOR' "$(out)" '*\\e*'
on_terminal "NO_COLOR= $list"
like 'NO_COLOR without a value does not count' "$(out)" '*\\e\[*'
on_terminal "TERM=dumb $list"
unlike 'a terminal without colours' "$(out)" '*\\e*'
on_terminal "$list --color never"
unlike '--color never' "$(out)" '*\\e*'
on_terminal "$list | cat"
unlike 'no colours in a pipe' "$(out)" '*\\e*'
run list --sysroot "$TREE"
plain=$(out)
run list --sysroot "$TREE" --color=always
like '--color always' "$(out)" $'*\e[*'
is 'colours change nothing else' "$(sed 's/\x1b\[[0-9;]*m//g' "$WORK/out")" "$plain"
on_terminal "$list --json"
unlike 'no colours in JSON' "$(out)" '*\\e*'
on_terminal "$program frob"
like 'colours in a message' "$(out)" '\\e\[1;31mmhpctl:\\e\[0m unknown command*\\e\[36mhint:\\e\[0m *'

LC_ALL=C run list --sysroot "$TREE"
is 'a locale without UTF-8: status' "$status" 0
is 'a locale without UTF-8: ASCII only' "$(LC_ALL=C grep -c '[^ -~]' "$WORK/out")" 0

# ---- progress --------------------------------------------------------------------------------

on_terminal "$faked='' $program offline dax999.0 --color=never"
like 'progress: the step' "$(out)" '*\\r\\e\[Koffline-block memory33-95\\r\\e\[K*'
like 'progress: how far' "$(out)" \
	'*offline-block memory33-95  42/63 blocks  ETA 0:21  5.25 GiB of 7.88 GiB\\r*'
like 'progress: retrying' "$(out)" '*\\r\\e\[Kmemory40: offline has not succeeded for 3 s\\r\\e\[K*'
like 'progress: cleared before other text' "$(out)" '*\\r\\e\[Kmhpctl: warning: a udev rule*'
is 'progress: the result stands alone' "$(tail -n 1 "$WORK/out")" 'dax999.0: 63 of 63 blocks offline'
on_terminal "stty cols 120; $faked=fail $program offline dax999.0 --color=never"
like 'progress: who holds it, made safe' "$(out)" \
	'*memory40: 10 pages stuck for 3 s, pinned by fi\\x1b\[2J\\xc2\\x9b\\xffo\[412\] (io_uring)\\r*'
on_terminal "stty cols 40; $faked='' $program offline dax999.0 --color=never"
is 'progress: fits a narrow terminal' \
	"$(tr '\r' '\n' <"$WORK/raw" | sed 's/\x1b\[K//g' | grep -v 'mhpctl\|dax999' | awk 'length > 39')" ''
on_terminal "$faked='' $program offline dax999.0 --progress never"
unlike 'progress: never' "$(out)" '*42/63*'
run_fake '' offline dax999.0
unlike 'progress: not without a terminal' "$(err)" '*42/63*'
run_fake '' offline dax999.0 --progress=always
like 'progress: always' "$(err)" '*42/63*'
unlike 'progress: never on standard output' "$(out)" '*42/63*'
on_terminal "$faked='' $program offline --json=lines dax999.0"
unlike 'progress: not between lines of JSON' "$(out)" '*42/63 blocks*'
on_terminal "$faked='' $program offline --json=lines dax999.0 >/dev/null"
like 'progress: but beside JSON that goes elsewhere' "$(out)" '*42/63 blocks*'

# ---- questions -------------------------------------------------------------------------------

for answer in y Y yes; do
	on_terminal "$faked=consent $program destroy dax999.0 --color=never" "$answer"$'\n'
	is "answer $answer: status" "$status" 0
	like "answer $answer: what is lost, made safe" "$(out)" \
		'*This would:*  - destroy namespace0.0 ("\\x1b\[2Jprecious")*Continue? \[y/N\]*destroyed*'
done
for answer in n '' no yep; do
	on_terminal "$faked=consent $program destroy dax999.0 --color=never" "$answer"$'\n'
	is "answer '$answer': status" "$status" 2
	like "answer '$answer': nothing is done" "$(out)" '*Continue? \[y/N\]*mhpctl: data would be lost*'
done
on_terminal "$faked=consent $program destroy dax999.0 --color=never" $'\x04'
is 'end of input: status' "$status" 2
on_terminal "$faked=consent $program destroy dax999.0 --yes"
unlike '--yes asks nothing' "$(out)" '*Go on?*'
is '--yes: status' "$status" 0
on_terminal "$faked=consent $program destroy dax999.0 --color=never </dev/null"
unlike 'nobody is asked who cannot answer' "$(out)" '*Go on?*'

done_testing
