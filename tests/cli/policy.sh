#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Policies on a machine without matching devices: files, mistakes, saved plans.

# shellcheck source=tests/cli/lib.bash
. "$(dirname "$0")/lib.bash"
make_tree
ETC=$TREE/etc/mhpctl/policy.d
LIB=$TREE/usr/lib/mhpctl/policy.d
mkdir -p "$ETC" "$LIB"

# write FILE LINE...
write() {
	local file=$1
	shift

	printf '%s\n' "$@" >"$file"
}

# policy ARG...: run mhpctl ARG... with the tree as the machine
policy() {
	run --sysroot "$TREE" "$@"
}

# ---- no policy -------------------------------------------------------------------------------

for args in 'plan' 'plan --exit-code' 'apply --dry-run' 'policy check' 'policy show'; do
	# shellcheck disable=SC2086 # several words
	policy $args
	is "no policy, $args: status" "$status" 0
	like "no policy, $args: text" "$(out)" '*no policy*'
	# shellcheck disable=SC2086
	policy $args --json
	valid "no policy, $args: valid"
	is "no policy, $args: sections" "$(json '.sections | length')" 0
done
policy apply
is 'apply below a sysroot: status' "$status" 2

# ---- valid policies --------------------------------------------------------------------------

write "$ETC/10-a.conf" '# mine' '[memory fast]' 'match.region = region0' 'zone = kernel ; really' \
	'first = 1G' 'ratio_limit = 3' 'name = a "b"'
write "$LIB/10-a.conf" '[memory vendor]' 'match.device = *'
write "$LIB/20-b.conf" '[memory early]' 'match.origin = cxl' 'match.size = >=1G <2G' 'order = 1'
: >"$ETC/30-c.conf"
write "$LIB/30-c.conf" '[memory masked]' 'match.device = *'
policy policy check
is 'check: status' "$status" 0
is 'check: text' "$(out)$(err)" 'the policy is valid: 2 sections in 2 files'
policy policy show
is 'show: files' "$(sed -n '/^#/p' "$WORK/out")" "# /etc/mhpctl/policy.d/10-a.conf
# /usr/lib/mhpctl/policy.d/10-a.conf: overridden by /etc/mhpctl/policy.d/10-a.conf
# /usr/lib/mhpctl/policy.d/20-b.conf
# /etc/mhpctl/policy.d/30-c.conf: masked
# /usr/lib/mhpctl/policy.d/30-c.conf: overridden by /etc/mhpctl/policy.d/30-c.conf"
is 'show: order' "$(sed -n 's/^\[memory \(.*\)\].*/\1/p' "$WORK/out" | xargs)" 'early fast'
like 'show: where a line comes from' "$(out)" '*zone = kernel *; /etc/mhpctl/policy.d/10-a.conf:4*'
cp "$WORK/out" "$WORK/again.conf"
run policy check "$WORK/again.conf"
is 'show prints a policy' "$(out)$(err)" 'the policy is valid: 2 sections in 1 file'
policy policy show --json
valid 'show: valid'
is 'show: sections' \
	"$(json '.sections[1] | "\(.section) \(.file) \(.line) \(.mode) \(.zone) \(.first) \(.ratio_limit) \(.order) \(.name)"')" \
	'fast /etc/mhpctl/policy.d/10-a.conf 2 system_ram kernel 1073741824 3:1 500 a "b"'
is 'show: settings' "$(json '.sections[1].settings[1] | "\(.key) \(.value) \(.line)"')" 'zone kernel 4'
is 'show: files that are masked' "$(json '.files[] | select(.state == "masked") | .file')" \
	/etc/mhpctl/policy.d/30-c.conf
is 'show: files that are hidden' \
	"$(json '[.files[] | select(.state == "overridden") | .overridden_by] | first')" /etc/mhpctl/policy.d/10-a.conf
policy policy show --json=lines
valid 'show, lines: valid' --lines
policy plan --exit-code
is 'nothing matches: status' "$status" 0
like 'nothing matches: text' "$(out)" 'early: no device matches it*fast: no device matches it*'
policy plan --json
valid 'nothing matches: valid'
is 'nothing matches: document' "$(json '"\(.event) \(.command) \(.dry_run) \(.status) \(.exit_code)"')" \
	'plan plan true ok 0'
policy plan --json=lines
valid 'plan, lines: valid' --lines
is 'plan, lines: events' "$(json .event | xargs)" 'version plan result'

write "$WORK/cards.conf" '[memory cards]' 'match.serial = 0x10f 0x110' 'match.path = */0000:0c:00.0/*' \
	'interleave = yes' 'granularity = 1K' 'window = decoder0.2' 'size = 128G' '[memory named]' \
	'match.region = cxl/region0'
policy policy show --json "$WORK/cards.conf"
valid 'show, CXL: valid'
is 'show, CXL: values' \
	"$(json '[.sections[] | "\(.interleave) \(.granularity) \(.window) \(.size)"] | join(", ")')" \
	'true 1024 decoder0.2 137438953472, false null null null'
policy policy show "$WORK/cards.conf"
like 'show, CXL: text' "$(out)" '*interleave = yes *; *cards.conf:4*granularity = 1K *window = decoder0.2 *'
policy plan --json "$WORK/cards.conf"
valid 'plan, CXL: valid'
is 'plan, CXL: no card matches' "$(json '[.sections[].requests | length | tostring] | join(" ")')" '0 0'

write "$WORK/hooks.conf" '[memory hooked]' 'match.region = region0' 'hook.before = /usr/local/sbin/drain --node 3' \
	'hook.timeout = 5min' '[memory other]' 'match.device = *' 'hook.after = /bin/true'
policy policy show --json "$WORK/hooks.conf"
valid 'show, hooks: valid'
is 'show, hooks: values' \
	"$(json '[.sections[] | "\(.hook_before) \(.hook_after) \(.hook_timeout_ms)"] | join(", ")')" \
	'/usr/local/sbin/drain --node 3 null 300000, null /bin/true null'
policy plan --json "$WORK/hooks.conf"
valid 'plan, hooks: valid'
is 'plan, hooks: none runs for nothing' "$(json '.hooks | length')" 0
policy offline --dry-run --json --hook-before='/no/such/hook now' --hook-timeout=2s memory32
valid 'dry run, hooks: valid'
is 'dry run, hooks: values' "$(json '.hooks[] | "\(.when) \(.command) \(.timeout_ms) \(.status)"')" \
	'before /no/such/hook now 2000 null'
policy offline --dry-run --hook-after=/bin/true memory32
like 'dry run, hooks: text' "$(out)" '*Hooks:*  - after: /bin/true, for at most 30 s*'

# ---- what cannot be seen ---------------------------------------------------------------------

# As without root: the address of a device is hidden, so no step is known.
UNSEEN=$WORK/unseen
mkdir "$UNSEEN"
tar -xzf "$(dirname "$0")/../fixtures/pmem/report.tar.gz" -C "$UNSEEN"
rm "$UNSEEN"/sys/devices/platform/ACPI0012:00/ndbus0/region0/dax0.0/dax0.0/mapping0/start
write "$WORK/unseen.conf" '[memory a]' 'match.region = region0'
run --sysroot "$UNSEEN" plan "$WORK/unseen.conf"
is 'unseen, plan: status' "$status" 0
for args in 'plan --exit-code' 'apply --dry-run'; do
	# shellcheck disable=SC2086 # several words
	run --sysroot "$UNSEEN" $args "$WORK/unseen.conf"
	is "unseen, $args: status" "$status" 6
	like "unseen, $args: why" "$(err)" '*not known: dax0.0: *hint: run it as root*'
	# shellcheck disable=SC2086
	run --sysroot "$UNSEEN" $args --json "$WORK/unseen.conf"
	valid "unseen, $args: valid"
	is "unseen, $args: document" "$(json '"\(.status) \(.exit_code) \(.failures[0].reason) \(.hidden[0].what)"')" \
		'failed 6 not_permitted dax0.0'
done
run --sysroot "$UNSEEN" offline --dry-run dax0.0
is 'unseen, offline: status' "$status" 6

# ---- mistakes --------------------------------------------------------------------------------

# mistake NAME MESSAGE HINT LINE...: a policy with a mistake in line 2
mistake() {
	local name=$1 message=$2 hint=$3
	shift 3

	write "$WORK/x.conf" '[memory a]' "$@"
	refused "$name" 2 "$WORK/x.conf:$message" "hint: $hint" policy check "$WORK/x.conf"
	refused "$name, plan" 2 "$WORK/x.conf:$message" "hint: $hint" plan "$WORK/x.conf"
	run policy check --json "$WORK/x.conf"
	is "$name, JSON: status" "$status" 2
	valid "$name, JSON: valid"
	is "$name, JSON: line" "$(json '"\(.problems[0].file):\(.problems[0].line)"')" \
		"$WORK/x.conf:${message%%:*}"
	is "$name, JSON: its failure" "$(json '"\(.failures[0].target) \(.failures[0].reason)"')" "$WORK/x.conf usage"
	is "$name, JSON: a failure for each" "$(json '.failures | length')" "$(json '.problems | length')"
	is "$name, JSON: with its line" "$(json '.failures[0].message')" \
		"$WORK/x.conf:${message%%:*}: $(json '.problems[0].message')"
	is "$name, JSON: and hint" "$(json '.failures[0].hint')" "$(json '.problems[0].hint')"
	run apply --json "$WORK/x.conf"
	is "$name, apply: status" "$status" 2
	valid "$name, apply: valid"
	is "$name, apply: nothing was done" "$(json '"\(.changed) \(.failures[0].reason)"')" 'false usage'
}

mistake 'a key with a slip' '2: unknown key "zome"' 'did you mean zone?' 'zome = movable'
mistake 'a key that is none' '2: unknown key "colour"' 'mhpctl-policy(5) *' 'colour = red'
mistake 'a word with a slip' '2: zone: "movabel" is not a valid value' 'did you mean movable?' 'zone = movabel'
mistake 'no key' '2: this is neither KEY = VALUE nor a \[SECTION\]*' '*' 'movable'
mistake 'no device' '1: section \[memory a\] matches nothing*' 'add a match line, *' 'zone = movable'
mistake 'a control character' '2: unknown key "\x1b[2Jx"' '*' $'\e[2Jx = 1'

mistake 'a hook with a slip' '2: unknown key "hook.befor"' 'did you mean hook.before?' 'hook.befor = /bin/true'
mistake 'a hook without its group' '2: unknown key "after"' 'did you mean hook.after?' 'after = /bin/true'
mistake 'a match without its group' '2: unknown key "serial"' 'did you mean match.serial?' 'serial = 1'
mistake 'a relative hook' '2: hook.before: "drain now" is not a valid hook: its path is not absolute' '*' \
	'hook.before = drain now'
mistake 'a hook for a shell' '2: hook.after: "/bin/a | /bin/b" is not a valid hook: operators of a shell*' '*' \
	'hook.after = /bin/a | /bin/b'
mistake 'a hook without a limit' '3: hook.timeout: a hook always has a limit' '*' 'hook.after = /bin/true' \
	'hook.timeout = 0'
mistake 'a limit without a hook' '1: section [memory a]: hook.timeout without a hook' '*' \
	'match.device = *' 'hook.timeout = 2s'
mistake 'a wrong granularity' '3: granularity: "100" is not a granularity of CXL regions' \
	'use a power of two from 256 to 16384' 'match.serial = 0x1f' 'granularity = 100'
mistake 'a card by its node' '1: section [memory a]: interleave applies to CXL memory devices, and it can match none' \
	'match only by match.serial, *' 'match.node = 2' 'interleave = yes'

write "$WORK/x.conf" '[memory a]' 'zome = 1' 'match.node = x' '[disk]' '[memory a]' 'match.node = 1'
run policy check "$WORK/x.conf"
is 'all mistakes are told' "$(grep -c '^mhpctl: ' "$WORK/err")" 4
run plan "$WORK/x.conf"
like 'plan tells the first' "$(err)" "mhpctl: $WORK/x.conf:2: * (and 3 more: mhpctl policy check $WORK/x.conf)*"
write "$ETC/40-d.conf" '[memory bad]' 'zone = x'
policy apply --dry-run
is 'one bad file stops all: status' "$status" 2
like 'one bad file stops all: text' "$(err)" 'mhpctl: /etc/mhpctl/policy.d/40-d.conf:2: *'
rm "$ETC/40-d.conf"

printf '[memory a]\nmatch.node = 1\nfirst = 1' >"$WORK/x.conf"
policy plan "$WORK/x.conf"
is 'no newline at the end: status' "$status" 0
like 'no newline at the end: a warning' "$(err)" \
	"*warning: $WORK/x.conf:3: the last line has no newline: the file may be incomplete*"
run policy check "$WORK/x.conf"
is 'no newline at the end: check' "$status" 0

refused 'a file that is not there' 2 'policy /nonexistent: No such file or directory' 'hint: *' \
	plan /nonexistent
refused 'no action' 2 'ACTION is missing' 'hint: use policy check, policy show or policy import' policy
refused 'an action with a slip' 2 'unknown action "chekc"' 'hint: did you mean check?' policy chekc
refused 'an unknown action' 2 'unknown action "edit"' 'hint: use policy check*' policy edit
refused 'two files to import' 2 'one file at a time can be imported' 'hint: *' policy import a b
mkdir -p "$WORK/d"
write "$WORK/d/1.conf" '[memory one]' 'match.node = 1'
write "$WORK/d/2.conf" '[memory two]' 'match.node = 1'
write "$WORK/d/3.txt" 'nonsense'
run policy check "$WORK/d"
is 'a folder' "$(out)$(err)" 'the policy is valid: 2 sections in 2 files'

# ---- daxctl ----------------------------------------------------------------------------------

uuid=ed93e918-e165-49d8-921d-383d7b9660c5
mkdir -p "$TREE/etc/daxctl.conf.d"
write "$TREE/etc/daxctl.conf.d/x.conf" '[core]' 'x = y' '[reconfigure-device x]' "nvdimm.uuid = $uuid" \
	'mode = system-ram' 'online = true' 'movable = false' '[reconfigure-device y]' \
	"nvdimm.uuid = $uuid" 'online = false'
policy policy import
is 'import: status' "$status" 0
is 'import: text' "$(sed '/^#/d' "$WORK/out")" "
[memory daxctl-x]
match.namespace = $uuid
mode = system_ram
zone = kernel"
like 'import: what is left out' "$(err)" \
	'mhpctl: warning: /etc/daxctl.conf.d/x.conf:10: online = false: *ignored*hint: *'
policy policy import --json
valid 'import: valid'
is 'import: sections' "$(json '[.sections[].section] | join(" ")')" daxctl-x
run policy import "$TREE/etc/daxctl.conf.d/x.conf"
cp "$WORK/out" "$WORK/imported.conf"
run policy check "$WORK/imported.conf"
is 'import prints a policy' "$(out)$(err)" 'the policy is valid: 1 section in 1 file'
policy policy show
like 'show: daxctl comes last' "$(out)" '*memory fast*memory daxctl-x*'
policy plan
like 'plan: a warning' "$(err)" 'mhpctl: warning: /etc/daxctl.conf.d/x.conf:10: *'

# ---- saved plans -----------------------------------------------------------------------------

policy plan --out "$WORK/plan"
is 'save: status' "$status" 0
ok 'save: valid' "$TOP/tests/lib/validate-json" "$WORK/plan"
policy apply --dry-run "$WORK/plan"
is 'saved plan: status' "$status" 0
like 'saved plan: its sections' "$(out)" '*early: no device*fast: no device*daxctl-x: no device*'
refused 'save where nothing can be' 1 "cannot write /nonexistent/x: No such file or directory" '*' \
	plan --out /nonexistent/x "$WORK/d/1.conf" --sysroot "$TREE"
refused 'save to a full disk' 7 "cannot write /dev/full: No space left on device" '*' \
	plan --out /dev/full "$WORK/d/1.conf" --sysroot "$TREE"
refused 'a plan and a policy' 2 'a saved plan and other operands cannot be combined' 'hint: apply it alone' \
	apply "$WORK/plan" "$WORK/d"
echo '{' >"$WORK/json"
refused 'half a plan' 2 "$WORK/json: is not a saved plan: it is not JSON" 'hint: plans are saved by *' \
	apply "$WORK/json"
run list --sysroot "$TREE" --json
cp "$WORK/out" "$WORK/json"
refused 'JSON of another kind' 2 "$WORK/json: is not a saved plan: it is JSON of another kind" 'hint: *' \
	apply "$WORK/json"
sed 's/"match.origin"/"match.orign"/' "$WORK/plan" >"$WORK/json"
damaged="$WORK/json: is not a saved plan: it is damaged, or was edited"
refused 'a plan that somebody has changed' 2 "$damaged" 'hint: *' apply "$WORK/json"
sed 's/"sections"/"sektions"/' "$WORK/plan" >"$WORK/json"
refused 'a plan without sections' 2 "$WORK/json: is not a saved plan: it has no sections" 'hint: *' \
	apply "$WORK/json"
jq 'del(.checksum)' "$WORK/plan" >"$WORK/json"
refused 'a plan without a checksum' 2 "$WORK/json: is not a saved plan: it has no checksum" 'hint: *' \
	apply "$WORK/json"
: >"$WORK/json"
refused 'a plan of which nothing is left' 2 "$WORK/json: is empty" 'hint: *' apply "$WORK/json"

# reseal FILE: its checksum for the sections that it has now (lib/base/hash.h)
reseal() {
	local sum

	sum=$(jq -c .sections "$1" | python3 -c 'import sys
sum = 0xcbf29ce484222325
for byte in sys.stdin.buffer.read() + b"\0":
    sum = (sum ^ byte) * 0x100000001b3 % 2**64
print(hex(sum))')
	jq --arg sum "$sum" '.checksum = $sum' "$1" >"$1.new"
	mv "$1.new" "$1"
}

cp "$WORK/plan" "$WORK/json"
reseal "$WORK/json"
ok 'a checksum is that of the sections' diff "$WORK/plan" "$WORK/json"
jq '.sections[0].settings[0].key = "match.orign"' "$WORK/plan" >"$WORK/json"
reseal "$WORK/json"
refused 'a plan with an unknown key' 2 "$WORK/json:2: unknown key \"match.orign\"" 'hint: *' \
	apply "$WORK/json"
jq '.sections[0].requests = [{"verb": "online", "targets": ["x"], "steps": 1, "fingerprint": "0x1"}]' \
	"$WORK/plan" >"$WORK/json"
reseal "$WORK/json"
policy apply --dry-run --json "$WORK/json"
is 'a plan of another machine: status' "$status" 1
valid 'a plan of another machine: valid'
is 'a plan of another machine: reason' "$(json '"\(.changed) \(.failures[0].reason)"')" 'false stale_plan'

# ---- free page reporting -----------------------------------------------------------------------

rm -rf "$ETC" "$LIB"
mkdir -p "$ETC" "$TREE/sys/module/page_reporting/parameters" "$TREE/proc"
echo 9 >"$TREE/sys/module/page_reporting/parameters/page_reporting_order"
echo 'Node 0, zone   Normal      5      4      0      0      0      0      0      0      0      3     50' \
	>"$TREE/proc/buddyinfo"
write "$ETC/10-reporting.conf" '[reporting]' 'order = 7'
policy plan
like 'reporting: the plan' "$(out)" '*[[]reporting] (*10-reporting.conf:1): free page reporting*set the order to 7, now 9*'
policy plan --exit-code --json
valid 'reporting: valid'
is 'reporting: something would change' "$status" 10
is 'reporting: what' "$(json '.reporting | "\(.line) \(.order) \(.old_order) \(.delay_ms)"')" '1 7 9 null'
policy policy show --json
valid 'reporting: the policy is valid'
is 'reporting: the policy' "$(json '.reporting.order')" 7
policy policy show
like 'reporting: the policy as text' "$(out)" '*[[]reporting]*order = 7*'
refused 'reporting: no saved plan' 2 'a plan with the section [reporting] cannot be saved' 'hint: *' \
	--sysroot "$TREE" plan --out "$WORK/saved"
write "$ETC/10-reporting.conf" '[reporting]' 'order = 9'
policy plan --exit-code
is 'reporting: already done' "$status" 0
like 'reporting: already done, text' "$(out)" '*already done*There is nothing to do*'
write "$ETC/10-reporting.conf" '[reporting]' 'order = 11'
policy plan --json
valid 'reporting: an order above the largest: valid'
is 'reporting: an order above the largest' "$status $(json '.failures[0].section')" '2 [reporting]'
policy plan
like 'reporting: an order above the largest, text' "$(out)" '*cannot be set: order 11 is above the largest*'

done_testing
