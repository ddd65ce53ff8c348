#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# mhpctl recover on copied trees: what killed runs have left is shown, with and without damage.

# shellcheck source=tests/cli/lib.bash
. "$(dirname "$0")/lib.bash"
make_tree
RUN=$TREE/run/mhpctl/intent LASTING=$TREE/var/lib/mhpctl/intent
UUID=5a4f3e2d-0000-4000-8000-000000000001
mkdir -p "$RUN" "$LASTING"

# sums: add the checksum to each line (FNV-1a with the NUL, as lib/base/hash.h)
sums() {
	python3 -c '
import sys
for line in sys.stdin.read().splitlines():
    h = 0xCBF29CE484222325
    for b in line.encode() + b"\0":
        h = ((h ^ b) * 0x100000001B3) & (2**64 - 1)
    print(f"{line} sum={h:016x}")'
}

# intent FILE STEP...: write the file of a run of online region0
intent() {
	local file=$1
	shift

	{
		echo 'mhpctl-intent version=1'
		echo 'run pid=412 start=99 boot=unknown time=1764364355000000 verb=online'
		echo 'target name=region0'
		printf '%s\n' "$@"
	} | sums >"$file"
}

recover() {
	run --sysroot "$TREE" recover --dry-run --json
	valid "$1: valid"
}

recover 'nothing'
is 'nothing: status' "$status $(json .exit_code)" '0 0'
is 'nothing: no run' "$(json '.interrupted_runs | length')" 0
run --sysroot "$TREE" recover --dry-run
is 'nothing: text' "$(out)" 'nothing is left by killed runs'

intent "$LASTING/1" \
	"step number=1 kind=create_namespace object=region0 region=region0 uuid=$UUID"
intent "$RUN/1" 'step number=2 kind=online_block object=memory32 from=4294967296 to=4429185024' \
	'done number=2'
recover 'a creation'
is 'a creation: one run' "$(json '.interrupted_runs | length')" 1
is 'a creation: what is known' \
	"$(json '.interrupted_runs[0] | "\(.verb) \(.targets) \(.pid) \(.recovered)"')" \
	'online region0 412 false'
is 'a creation: file' "$(json '.interrupted_runs[0].file')" /var/lib/mhpctl/intent/1
like 'a creation: description' "$(json '.interrupted_runs[0].description')" \
	"a run of 'online region0' that began * ended in the middle: namespace $UUID was being created"
is 'a creation: what is not seen is not over' \
	"$(json '.interrupted_runs[0].leftovers[] | "\(.step) \(.uuid) \(.recovery) \(.done) \(.error.reason)"')" \
	"create_namespace $UUID cannot false kernel"
is 'a creation: status' "$status $(json .exit_code) $(json .status)" '1 1 failed'
run --sysroot "$TREE" recover --dry-run
like 'a creation: text' "$(out)" "a run of 'online region0' *create-namespace region0: cannot be recovered: *hint: *"
run --sysroot "$TREE" doctor --json
is 'a creation: doctor names it' \
	"$(json '.findings[] | select(.id == "interrupted_run") | "\(.severity) \(.where) \(.fix)"')" \
	'warning /var/lib/mhpctl/intent/1 mhpctl recover'
run --sysroot "$TREE" recover --dry-run --json=lines
is 'a creation: lines' "$(jq -r .event "$WORK/out" | paste -sd ' ')" 'version result'

# each damage is reported, and none stops the others
mkdir "$LASTING/2"
ln -s /etc/passwd "$LASTING/3"
echo 'mhpctl-intent version=2' | sums >"$LASTING/4"
head -c 100 "$LASTING/1" >"$LASTING/5"
head -c 300000 /dev/zero >"$LASTING/6"
head -c -1 "$LASTING/1" >"$LASTING/7"
recover 'damage'
is 'damage: all are named' "$(json '.interrupted_runs | length')" 7
is 'damage: the reasons' \
	"$(json '.interrupted_runs[] | select(.error) | .description' | sed 's/.*read: //' | sort)" \
	"$(printf '%s\n' 'another version of mhpctl wrote it' 'it is a directory' 'it is a symbolic link' \
		'it is too large' 'its content is damaged' | sort)"
is 'damage: an incomplete last line is a step that was not begun' \
	"$(json '.interrupted_runs[] | select(.file | endswith("/7")) | .leftovers | length')" 0
rm -r "$LASTING"/[2-7]

# cut at every byte: no step that was not written, no crash
whole=$(stat -c %s "$LASTING/1")
bad=''
mv "$LASTING/1" "$WORK/whole"
rm "$RUN/1"
for ((cut = 0; cut < whole; cut += 13)); do
	head -c "$cut" "$WORK/whole" >"$LASTING/1"
	run --sysroot "$TREE" recover --dry-run --json
	[[ $status == [013] && $(json '.interrupted_runs | length') == 1 &&
		$(json '.interrupted_runs[0].leftovers | length') == 0 ]] || bad+=" $cut"
done
is 'cut: each end is told' "$bad" ''
cp "$WORK/whole" "$LASTING/1"

# ---- commands that only read -----------------------------------------------------------------

LEFT="a run of 'online region0' that began * ended in the middle: namespace $UUID was being created"
printf '[memory m]\nmatch.node = 1\n' >"$WORK/policy.conf"
READERS=('list' 'check node1' 'online --dry-run memory34' "plan $WORK/policy.conf"
	"apply --dry-run $WORK/policy.conf" 'list node7')

# warned NAME TEXT: each of them has one warning, in text and in JSON
warned() {
	local words

	for words in "${READERS[@]}"; do
		# shellcheck disable=SC2086 # words on purpose
		run --sysroot "$TREE" $words
		is "$1: ${words%% *}: one line" "$(err | grep -c 'warning:')" 1
		like "$1: ${words%% *}: text" "$(err)" "*mhpctl: warning: $2*"
		# shellcheck disable=SC2086
		run --sysroot "$TREE" $words --json
		valid "$1: ${words%% *}: valid"
		like "$1: ${words%% *}: JSON" "$(json '[.warnings[] | select(test("in the middle"))] | join("|")')" "$2"
		# shellcheck disable=SC2086
		run --sysroot "$TREE" $words --json=lines
		valid "$1: ${words%% *}: valid lines" --lines
		like "$1: ${words%% *}: the last line" \
			"$(tail -n 1 "$WORK/out" | jq -r '[.warnings[] | select(test("in the middle"))] | join("|")')" "$2"
	done
}

warned 'one run' "$LEFT; mhpctl recover shows and ends what it has left"
cp "$LASTING/1" "$LASTING/2"
warned 'two runs' '2 earlier runs ended in the middle; mhpctl recover shows and ends what they have left'
rm "$LASTING/2"

# Root can read everything, but for the capability.
cat >"$WORK/unprivileged" <<-END
	#!/bin/bash
	((UID)) || exec setpriv --bounding-set=-all --inh-caps=-all "$MHPCTL" "\$@"
	exec "$MHPCTL" "\$@"
END
chmod +x "$WORK/unprivileged"
privileged=$MHPCTL
MHPCTL=$WORK/unprivileged
chmod 0 "$LASTING/1"
warned 'not readable' \
	'it is unknown whether an earlier run ended in the middle: only root can read /var/lib/mhpctl/intent/1'
chmod 600 "$LASTING/1"
chmod 0 "$LASTING"
warned 'directory not readable' \
	'it is unknown whether an earlier run ended in the middle: only root can read /var/lib/mhpctl/intent'
chmod 755 "$LASTING"
MHPCTL=$privileged
mv "$LASTING" "$LASTING.away"
run --sysroot "$TREE" list
is 'no run: no word' "$(err)" ''
run --sysroot "$TREE" list --json
is 'no run: JSON' "$(json '.warnings | length')" 0
mv "$LASTING.away" "$LASTING"

# ---- only for reading ------------------------------------------------------------------------

refused 'a copy is not changed' 2 '*' '*' --sysroot "$TREE" recover
refused 'no operand' 2 'unexpected operand "region0"' '*' recover region0
is 'the files are as before' "$(cmp "$WORK/whole" "$LASTING/1" && ls "$LASTING")" 1

done_testing
