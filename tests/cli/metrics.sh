#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# mhpctl metrics: its text and its document, what is not known, and the file.

# shellcheck source=tests/cli/lib.bash
. "$(dirname "$0")/lib.bash"

# value NAME [LABELS]: of the metric in the output
value() {
	awk -v series="mhpctl_$1${2:+{$2\}}" '$1 == series { print $2 }' "$WORK/out"
}

# metrics: those of the tree
metrics() {
	run --sysroot "$TREE" metrics "$@"
}

collected() {
	sed -n 's/^mhpctl_collector_success{collector="\([a-z_]*\)"} /\1=/p' "$WORK/out" | xargs
}

# ---- memory ------------------------------------------------------------------------------------

make_tree
metrics
is 'metrics' "$status" 0
is 'memory by node, zone, state and origin' "$(sed -n 's/^mhpctl_memory_bytes//p' "$WORK/out" | sort)" \
	'{node="0",zone="mixed",state="online",origin="unknown"} 134217728
{node="0",zone="normal",state="online",origin="unknown"} 402653184
{node="1",zone="movable",state="online",origin="unknown"} 268435456
{node="1",zone="none",state="offline",origin="unknown"} 268435456'
is 'the size of a block' "$(value memory_block_size_bytes)" 134217728
is 'a value that is not known has no sample' "$(value memory_available_bytes)" ''
is 'nor has lost memory, where devices are not known' "$(value memory_orphaned_bytes)$(value memory_unbacked_bytes)" ''
ok 'and is counted' test "$(value unknown_values 'collector="memory"')" -gt 0
is 'each part' "$(collected)" 'memory=1 cxl_health=1 reporting=1 policy=1 doctor=1 runs=1'
is 'its version' "$(value build_info "version=\"$("$MHPCTL" --version | awk '{ print $2; exit }')\"")" 1
is 'each family has its help and its type once' \
	"$(grep -v '^#' "$WORK/out" | sed 's/[ {].*//' | uniq | sed 'p;p' | sort)" \
	"$({ grep -v '^#' "$WORK/out" | sed 's/[ {].*//' | uniq; awk '/^#/ { print $3 }' "$WORK/out"; } | sort)"
is 'no series twice' "$(grep -v '^#' "$WORK/out" | sed 's/ [^ ]*$//' | sort | uniq -d)" ''

echo rubbish >"$TREE/sys/devices/system/memory/memory3/state"
metrics
is 'a block whose state is not known' \
	"$(value memory_bytes 'node="0",zone="unknown",state="unknown",origin="unknown"')" 134217728
rm -rf "$TREE/sys/devices/system/memory"
metrics
is 'without memory blocks' "$status $(value memory_block_size_bytes)$(grep -c '^mhpctl_memory_bytes' "$WORK/out")" '0 0'

# ---- devices -----------------------------------------------------------------------------------

run --sysroot "$TOP/tests/fixtures/pmem/report.tar.gz" metrics
is 'persistent memory' "$(grep -e dax1.0 -e region1 "$WORK/out")" \
	'mhpctl_dax_device_info{device="dax1.0",mode="system_ram",origin="pmem",node="3"} 1
mhpctl_dax_device_size_bytes{device="dax1.0"} 266338304
mhpctl_dax_device_blocks{device="dax1.0",state="online"} 1
mhpctl_dax_device_blocks{device="dax1.0",state="offline"} 0
mhpctl_dax_device_memmap_bytes{device="dax1.0"} 2097152
mhpctl_nvdimm_region_size_bytes{region="region1"} 536870912
mhpctl_nvdimm_region_available_bytes{region="region1"} 268435456
mhpctl_nvdimm_namespace_info{namespace="namespace1.0",region="region1",mode="devdax",uuid="88ae96fd-6b9c-43c8-8fd6-6014ba8f49d6"} 1'
is 'a namespace of mode fsdax' "$(value nvdimm_namespace_memmap_bytes 'namespace="namespace2.0"')" 8388608
is 'no memory is lost' "$(value memory_orphaned_bytes) $(value memory_unbacked_bytes)" '0 0'
is 'nothing has run' "$(grep -c '^mhpctl_runs_total' "$WORK/out") $(value unknown_values 'collector="runs"')" '0 0'
is 'its memory' "$(value memory_bytes 'node="3",zone="movable",state="online",origin="kmem"')" 134217728
is 'a section that is met' "$(value policy_section_met 'section="fast"') $(value policy_section_targets 'section="fast"')" '1 1'
run --sysroot "$TOP/tests/fixtures/cxl/report.tar.gz" metrics
is 'CXL' "$(grep -e '"mem1",type="ram"' -e 'memdev="mem1",serial' -e '"region2"' "$WORK/out")" \
	'mhpctl_cxl_memdev_info{memdev="mem1",serial="0x2",enabled="true"} 1
mhpctl_cxl_memdev_size_bytes{memdev="mem1",type="ram"} 1073741824
mhpctl_cxl_memdev_used_bytes{memdev="mem1",type="ram"} 536870912
mhpctl_cxl_region_info{region="region2",type="ram",state="enabled"} 1
mhpctl_cxl_region_size_bytes{region="region2"} 1073741824
mhpctl_cxl_region_online_bytes{region="region2"} 1073741824'
run --sysroot "$TOP/tests/fixtures/virtio-mem/report.tar.gz" metrics
is 'virtio-mem' "$(value memory_bytes 'node="1",zone="movable",state="online",origin="virtio_mem"')" 805306368

# ---- the policy --------------------------------------------------------------------------------

make_tree
policy=$TREE/etc/mhpctl/policy.d/1.conf
mkdir -p "$(dirname "$policy")"
printf '[memory far]\nmatch.node = 1\n[memory none]\nmatch.device = dax9.9\n' >"$policy"
metrics
is 'a section that matches nothing here, where devices are not known' "$(grep -c 'section="none"' "$WORK/out")" 0
ok 'is counted as unknown' test "$(value unknown_values 'collector="policy"')" -gt 0
printf '[memory far]\nmatch.node = 1\n[memory wrong]\nmode = nonsense\n' >"$policy"
metrics
ok 'a policy that is wrong' test "$(value policy_problems)" -gt 0
is 'no section of it is met' "$status $(value policy_section_met 'section="far"')" '0 0'
is 'and why' "$(value policy_section_unmet_info 'section="far",reason="usage"')" 1
printf '[reporting]\norder = 9\n' >"$policy"
metrics
is 'settings of a machine without them' "$(value policy_section_met 'section="reporting"')" 0
rm "$policy"
metrics
is 'no policy' "$(value policy_problems) $(grep -c '^mhpctl_policy_section' "$WORK/out")" '0 0'

# ---- runs --------------------------------------------------------------------------------------

is 'a copy may lack the file of the runs' "$(grep -c '^mhpctl_run' "$WORK/out") $(value unknown_values 'collector="runs"')" '0 1'
totals=$TREE/run/mhpctl/total.runs
mkdir -p "$TREE/run/mhpctl"
printf 'offline 5 1 0 2 0 0 0 0 0 1700000000123456 1500 3 4\nfailures 7 pinned\n' >"$totals"
metrics
is 'runs' "$(value runs_total 'command="offline",status="ok"') $(value runs_total 'command="offline",status="blocked"')" '5 2'
is 'failures' "$(value run_failures_total 'reason="pinned"') $(value run_failures_total 'reason="unmovable"')" '7 0'
is 'the last one' "$(value last_run_timestamp_seconds 'command="offline"') $(value last_run_duration_seconds 'command="offline"') $(
	value last_run_exit_code 'command="offline"') $(value last_run_success 'command="offline"')" '1700000000.123456 1.500 4 0'
is 'others have not run' "$(grep -c 'command="online"' "$WORK/out")" 0
while IFS= read -r line; do
	printf '%b' "$line" >"$totals"
	metrics
	is "damaged: ${line:0:40}" "$status $(value collector_success 'collector="runs"') $(grep -c '^mhpctl_runs_total' "$WORK/out")" '1 0 0'
	ok "damaged: ${line:0:40}: it is told" grep -q '/run/mhpctl/total.runs' "$WORK/err"
	is "damaged: ${line:0:40}: the rest is there" "$(value memory_block_size_bytes)" 134217728
done <<'END'
rubbish
offline 5 1
offline 5 1 0 2 0 0 0 0 0 1700000000123456 1500 3
offline 5 1 0 2 0 0 0 0 0 1700000000123456 1500 3 0
offline 5 1 0 2 0 0 0 0 0 1700000000123456 1500 9 4
offline 5 1 0 2 0 0 0 0 -1 1700000000123456 1500 3 4
offline 5 1 0 2 0 0 0 0 0 1700000000123456 1500 3 4 1
offline 99999999999999999999 1 0 2 0 0 0 0 0 1 1500 3 4
\noffline 5 1 0 2 0 0 0 0 0 1700000000123456 1500 3 4
failures 7
failures 7 nonsense
failures x pinned
somewhat 5 1 0 2 0 0 0 0 0 1 1500 3 4
END
rm "$totals"
mkdir "$totals"
metrics
is 'a directory in its place' "$status $(value collector_success 'collector="runs"')" '1 0'
rmdir "$totals"

# ---- the document ------------------------------------------------------------------------------

metrics
grep -v '^#' "$WORK/out" | sed 's/duration_seconds .*/duration_seconds/' | sort >"$WORK/text"
metrics --json
valid 'the document'
# shellcheck disable=SC2016 # variables of jq
json '.metrics[] | .name as $name | .samples[] |
	$name + (if .labels == {} then "" else "{" + ([.labels | to_entries[] | "\(.key)=\(.value | tojson)"] | join(",")) + "}" end) + " \(.value)"' |
	sed 's/duration_seconds .*/duration_seconds/' | sort >"$WORK/document"
is 'the same values' "$(diff "$WORK/text" "$WORK/document")" ''
is 'no file' "$(json .file)" null
printf 'offline 5 1 0 2 0 0 0 0 0 1700000000123456 1500 3 4\n' >"$totals"
metrics --json
valid 'runs'
is 'parts of a second' "$(grep -o '"value": *17[0-9.]*' "$WORK/out" | tr -d ' ')" '"value":1700000000.123456'
echo rubbish >"$totals"
metrics --json
valid 'a part that fails'
is 'a part that fails: why' "$(json '.collectors[] | select(.reason) | .collector') $(json '.status, .exit_code' | xargs)" 'runs failed 1'
rm "$totals"

# ---- the file ----------------------------------------------------------------------------------

metrics "$WORK/mhpctl.prom"
is 'a file' "$status $(out)" '0 '
is 'others may read it' "$(stat -c %a "$WORK/mhpctl.prom")" 644
is 'it has the values' "$(grep -v '^#' "$WORK/mhpctl.prom" | sed 's/duration_seconds .*/duration_seconds/' | sort | diff "$WORK/text" -)" ''
inode=$(stat -c %i "$WORK/mhpctl.prom")
metrics "$WORK/mhpctl.prom" --json
valid 'a file, and its document'
is 'its name' "$(json .file)" "$WORK/mhpctl.prom"
ok 'it is replaced as a whole' test "$(stat -c %i "$WORK/mhpctl.prom")" != "$inode"
is 'nothing else is left there' "$(find "$WORK" -maxdepth 1 -name '.*' -type f)" ''
refused 'no such directory' 1 "cannot write $WORK/none/x.prom: No such file or directory" '*' --sysroot "$TREE" metrics "$WORK/none/x.prom"
refused 'a directory' 1 "cannot write $WORK: Is a directory" '*' --sysroot "$TREE" metrics "$WORK"
refused 'two files' 2 '*' '*' metrics a b
metrics -
is 'standard output by name' "$(collected)" 'memory=1 cxl_health=1 reporting=1 policy=1 doctor=1 runs=1'

done_testing
