/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libFuzzer targets for every parser of untrusted input. FUZZ_NAME selects one when this file is
 * compiled. Each target also checks invariants of the result.
 */
#include "cmd/job.h"
#include "cmd/out/json/text.h"
#include "cmd/saved.h"
#include "lib/base/cleanup.h"
#include "lib/base/command.h"
#include "lib/base/counts.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/exec/hook-facts.h"
#include "lib/exec/journal.h"
#include "lib/exec/offline-rate.h"
#include "lib/model/condition.h"
#include "lib/model/memmap.h"
#include "lib/model/node.h"
#include "lib/model/page.h"
#include "lib/model/pin-space.h"
#include "lib/model/reporting.h"
#include "lib/model/run-records.h"
#include "lib/model/target.h"
#include "lib/model/topology.h"
#include "lib/plan/policy/policy.h"
#include "lib/sys/buddyinfo.h"
#include "lib/sys/cgroup-tree.h"
#include "lib/sys/cmdline.h"
#include "lib/sys/cgroup.h"
#include "lib/sys/dyndbg.h"
#include "lib/sys/holders/holders.h"
#include "lib/sys/holders/hugetlb.h"
#include "lib/sys/holders/inflight.h"
#include "lib/sys/holders/memlock.h"
#include "lib/sys/holders/numa-maps.h"
#include "lib/sys/holders/rdma.h"
#include "lib/sys/intentdir.h"
#include "lib/sys/iomem.h"
#include "lib/sys/kmsg-refusal.h"
#include "lib/sys/kmsg.h"
#include "lib/sys/meminfo.h"
#include "lib/sys/holders/owners.h"
#include "lib/sys/pagedump.h"
#include "lib/sys/holders/procs.h"
#include "lib/sys/record.h"
#include "lib/sys/statedir.h"
#include "lib/sys/trace-event.h"
#include "lib/sys/visibility.h"
#include "lib/sys/udev/flow.h"
#include "lib/sys/udev/rules.h"
#include "lib/sys/users/users.h"
#include "lib/sys/vmstat.h"
#include "lib/sys/zoneinfo.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* Checks that a failure has a message, and that it is safe on a terminal. */
static void must_explain(int rc, const struct mhp_error *err)
{
	char shown[sizeof(err->message)];

	if (rc == 0)
		return;
	must(err->reason != MHP_REASON_NONE && err->message[0] && err->errnum == -rc);
	must(strcmp(text_escape(err->message, shown, sizeof(shown)), err->message) == 0);
}

/* ---- command line ------------------------------------------------------------------------ */

static void fuzz_target(const char *text)
{
	struct mhp_error err = { 0 };
	struct target target;
	int rc = target_parse(text, &target, &err);

	must_explain(rc, &err);
	if (rc < 0)
		return;
	must(strcmp(target.text, text) == 0);
	must(target.kind == TARGET_NODE || target.kind == TARGET_SERIAL ||
	     target.first <= target.last);
	must(strspn(target.name, "abcdefghijklmnopqrstuvwxyzABCDEF0123456789.-_") ==
	     strlen(target.name));
}

/* A parsed size, formatted again, parses to the same value. */
static void fuzz_size(const char *text)
{
	struct mhp_error err = { 0 };
	uint64_t value, again;
	char plain[32];
	int rc = parse_size(text, &value, &err);

	must_explain(rc, &err);
	if (rc < 0)
		return;
	str_format(plain, "%" PRIu64, value);
	must(parse_size(plain, &again, NULL) == 0 && again == value);
	must(value >= strtoull(text, NULL, 10));
}

/* The words of a hook are those of the text, and its output is safe on a terminal. */
static void fuzz_command(const char *text)
{
	struct mhp_error err = { 0 };
	char shown[64];
	struct command command;
	int rc = command_parse(text, &command, &err);
	const char *at = text;

	must_explain(rc, &err);
	for (size_t i = 0; rc == 0 && i < command.nr; i++) {
		size_t len = strlen(command.words[i]);

		at += strspn(at, " \t");
		must(len && strncmp(at, command.words[i], len) == 0);
		must(!strpbrk(command.words[i], " \t\"'\\"));
		at += len;
	}
	must(rc < 0 || (command.nr && !command.words[command.nr] && *command.words[0] == '/' &&
			!at[strspn(at, " \t")]));
	hook_output_text(text, strlen(text) + 1, shown, sizeof(shown));
	must(strlen(shown) < sizeof(shown));
	for (at = shown; *at; at++)
		must((unsigned char)*at >= 0x20 || *at == '\n' || *at == '\t');
}

/* 0 means no limit: no other time may become 0. */
static void fuzz_time(const char *text)
{
	struct mhp_error err = { 0 };
	uint64_t value, again;
	char plain[32];
	int rc = parse_msec(text, &value, &err);

	must_explain(rc, &err);
	if (rc < 0)
		return;
	must((value == 0) == (strpbrk(text, "123456789") == NULL));
	must(value >= strtoull(text, NULL, 10));
	str_format(plain, "%" PRIu64 "ms", value);
	must(parse_msec(plain, &again, NULL) == 0 && again == value);
}

/* A condition of monitor; one about an object does not hold without that object. */
static void fuzz_condition(const char *text)
{
	const struct mhp_topology topo = { 0 };
	const struct run_records runs = { 0 };
	struct mhp_error err = { 0 };
	struct condition condition;
	int rc = condition_parse(text, &condition, &err);

	must_explain(rc, &err);
	if (rc < 0)
		return;
	must(condition.field && memchr(condition.word, '\0', sizeof(condition.word)));
	must(condition.op <= CONDITION_LESS);
	if (condition.object != CONDITION_MEMORY && condition.object != CONDITION_POLICY)
		must(!condition_holds(&condition, &topo, &runs));
}

/* ---- kernel output ----------------------------------------------------------------------- */

/* Lines of the log, one after the other. */
static void fuzz_kmsg(const char *text)
{
	struct dump_parser parser = { 0 };
	struct kmsg_record record;
	struct mhp_range range;
	struct page_dump dump;
	struct mhp_page page;
	char reason[16];
	uint64_t count;

	for (; *text; text += *text == '\n') {
		if (kmsg_parse(text, &record) == 0) {
			must(record.prio < 8 && !strchr(record.text, '\n'));
			if (kmsg_offline_reason(record.text, &range, reason, sizeof(reason)))
				must(range.start < range.end || range.end == 0);
			pagedump_suppressed(record.text, &count);
			if (pagedump_feed(&parser, record.text, &dump)) {
				page = page_judge(&dump);
				must(page.verdict > MHP_REASON_NONE);
				must(page.verdict < NR_REASONS && page.kind < NR_PAGE_KINDS);
				must(page.extra_references >= 0);
			}
		}
		text += strcspn(text, "\n");
	}
}

/* Texts of the log about memory that is not added or not removed, one a line. */
static void fuzz_refusal(const char *text)
{
	struct refusal refusal;
	char line[1024];

	for (; *text; text += *text == '\n') {
		size_t len = strcspn(text, "\n");

		str_format(line, "%.*s", (int)len, text);
		text += len;
		if (!kmsg_refusal(line, &refusal))
			continue;
		must(refusal.weight > 0 && refusal.reason < NR_REASONS);
		must(refusal.range.start <= refusal.range.end);
		must(memchr(refusal.device, '\0', sizeof(refusal.device)));
		must(memchr(refusal.words, '\0', sizeof(refusal.words)));
	}
}

static void fuzz_dyndbg(const char *text)
{
	unsigned line;

	dyndbg_parse_line(text, &line);
}

static void fuzz_lists(const char *text)
{
	struct mhp_range range;
	unsigned count;

	cpulist_count(text, &count);
	if (holders_parse_buffer(text, &range))
		must(range.start <= range.end);
}

/* ---- policy files ------------------------------------------------------------------------- */

static void look_at_reporting(const struct mhp_policy_reporting *reporting)
{
	if (!reporting)
		return;
	must(reporting->line > 0 && strcmp(reporting->file, "fuzz") == 0);
	must(reporting->has_order ? reporting->order < 64 : reporting->order == 0);
	must(reporting->has_delay || reporting->delay_ms == 0);
}

/* A valid policy, printed again, parses to the same; a problem has its line. */
static void fuzz_policy(const char *text)
{
	cleanup_policy struct mhp_policy *policy = NULL;
	const struct mhp_policy_section *section;
	const struct mhp_policy_problem *problem;
	const struct mhp_policy_section *before = NULL;
	struct mhp_topology topo = { 0 };
	struct mhp_policy_plan *plan = NULL;
	struct mhp_error err = { 0 };
	bool is_good;

	must(mhp_policy_parse(text, "fuzz", &policy, NULL) == 0);
	for (size_t i = 0; (problem = mhp_policy_problem(policy, i)); i++) {
		must_explain(-problem->error.errnum, &problem->error);
		must(problem->line > 0 && strcmp(problem->file, "fuzz") == 0);
	}
	for (size_t i = 0; (section = mhp_policy_section(policy, i)); i++) {
		must(*section->name && strpbrk(section->name, " \t\"[]") == NULL);
		must(section->nr_settings > 0);
		must(!before || before->order <= section->order);
		must(section->mode == MHP_DAX_SYSTEM_RAM || section->mode == MHP_DAX_DEVDAX);
		must(!section->ratio_movable == !section->ratio_kernel);
		must(!section->hook_before || strchr(section->hook_before, '/'));
		must(!section->hook_timeout_ms || section->hook_before || section->hook_after);
		for (size_t k = 0; k < section->nr_settings; k++)
			must(mhp_policy_section_setting(section, k)->line > section->line);
		before = section;
	}
	look_at_reporting(mhp_policy_reporting(policy));
	is_good = !mhp_policy_problem(policy, 0);
	must(mhp_policy_check(policy, &err) == (is_good ? 0 : -EINVAL));
	must((mhp_policy_plan_new(&topo, policy, false, &plan, NULL) == 0) == is_good);
	mhp_policy_plan_free(plan);
}

/* ---- terminal output --------------------------------------------------------------------- */

static void fuzz_escape(const char *text)
{
	char small[7], large[4096], again[4096];

	text_escape(text, small, sizeof(small));
	text_escape(text, large, sizeof(large));
	must(strlen(small) < sizeof(small));
	must(strncmp(small, large, strlen(small)) == 0);
	for (const char *at = large; *at; at++)
		must((unsigned char)*at >= 0x20 && *at != 0x7f);
	/* safe text is unchanged */
	must(strcmp(text_escape(large, again, sizeof(again)), large) == 0);
}

/* ---- other files ------------------------------------------------------------------------- */

/* Opens a directory that stands in for /, with one file that has the text. */
static int tree_with(const char *folder, const char *path, const char *text)
{
	cleanup_close int file = -1;
	char part[128];
	int root;

	mkdir(folder, 0755);
	root = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	must(root >= 0);
	for (const char *at = strchr(path, '/'); at; at = strchr(at + 1, '/')) {
		str_format(part, "%.*s", (int)(at - path), path);
		mkdirat(root, part, 0755);
	}
	file = openat(root, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	must(file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text));
	return root;
}

#include "tests/fuzz/archive.h"

/* A file of udev rules: lines are continued and refer to each other. */
static void fuzz_udev(const char *text)
{
	cleanup_close int root = tree_with("tree.udev", "etc/udev/rules.d/50-x.rules", text);
	struct mhp_ctx ctx = { .sys = { .root_fd = root, .ops = &root_kernel_ops } };
	struct onliners found = { 0 };
	struct udev_unread unread;

	udev_rule_onlines(&ctx, text);
	must(udev_rules_scan(&ctx, &found, &unread) == 0);
	free(found.at);
}

static void must_be_zone(const struct zoneinfo *zone, void *data)
{
	(void)data;
	must(zone->node >= 0 && *zone->name && memchr(zone->name, '\0', sizeof(zone->name)));
}

static void must_be_blocks(const struct buddyinfo *zone, void *data)
{
	(void)data;
	must(zone->node >= 0 && *zone->name && memchr(zone->name, '\0', sizeof(zone->name)));
	must(zone->nr_orders > 0 && zone->nr_orders <= BUDDY_ORDERS_MAX);
	for (size_t i = zone->nr_orders; i < BUDDY_ORDERS_MAX; i++)
		must(zone->blocks[i] == 0);
}

/* Both files of free blocks, and the sums of the model. */
static void fuzz_buddyinfo(const char *text)
{
	cleanup_close int root = tree_with("tree.buddyinfo", "proc/buddyinfo", text);
	cleanup_close int again = tree_with("tree.buddyinfo", "proc/pagetypeinfo", text);
	const struct root sys = { .root_fd = root, .ops = &root_kernel_ops };
	struct mhp_reporting reporting = {
		.page_size = 4096, .delay_ms = 2000, .order = 9, .is_active = MHP_TRISTATE_YES
	};
	int rc = buddyinfo_each(&sys, must_be_blocks, NULL);

	must(rc == 0 || rc == -EPROTO);
	rc = buddyinfo_each_isolated(&sys, must_be_blocks, NULL);
	must(rc == 0 || rc == -EPROTO);
	must(reporting_read_zones(&sys, &reporting) == 0);
	must(reporting.nr_hidden > 0); /* without zoneinfo nothing is reportable for certain */
	must(reporting.reportable_bytes == MHP_UNKNOWN);
	free_const(reporting.zones);
}

/* Parameters of the command line. */
static void fuzz_cmdline(const char *text)
{
	char value[8] = "";

	cmdline_value(text, "init_on_free", value, sizeof(value));
	must(memchr(value, '\0', sizeof(value)) != NULL);
	must(!*value || strstr(text, value));
	must(cmdline_bool(text) <= MHP_TRISTATE_YES);
}

static int must_be_line(const struct mhp_range *range, const char *name, unsigned line, void *data)
{
	unsigned *last = data;

	must(line > *last && !strchr(name, '\n'));
	must(range->start < range->end || (!range->start && !range->end));
	*last = line;
	return 0;
}

static void fuzz_zoneinfo(const char *text)
{
	cleanup_close int root = tree_with("tree.zoneinfo", "proc/zoneinfo", text);
	const struct root sys = { .root_fd = root, .ops = &root_kernel_ops };

	struct pin_space space = { 0 };
	int rc;

	must(zoneinfo_each(&sys, must_be_zone, NULL) == 0);
	rc = pin_space_read(&sys, &space);
	must(rc == 0 || (rc == -ENODATA && !space.nr_zones));
	for (size_t i = 0; i < space.nr_zones; i++) {
		const struct mhp_pin_zone *zone = &space.zones[i];

		must(pin_space_node(&space, zone->node));
		must(zone->space_bytes == 0 || zone->space_bytes == MHP_UNKNOWN ||
		     zone->space_bytes <= zone->free_bytes + zone->reclaimable_bytes);
	}
	pin_space_free(&space);
}

/* A line of a trace, and the format of its event. */
static void fuzz_trace(const char *text)
{
	struct trace_event event;
	uint64_t lost, number;
	enum trace_line line = trace_line_parse(text, &event, &lost);

	must(memchr(event.comm, '\0', sizeof(event.comm)));
	must(line != TRACE_LINE_EVENT || (event.tid >= 0 && strstr(text, TRACE_EVENT)));
	must(lost == 0 || line == TRACE_LINE_LOST);
	must(trace_reason_parse(text, "longterm_pin", &number) < 0 || strstr(text, "longterm_pin"));
}

static void fuzz_iomem(const char *text)
{
	cleanup_close int root = tree_with("tree.iomem", "proc/iomem", text);
	const struct root sys = { .root_fd = root, .ops = &root_kernel_ops };
	unsigned last = 0;
	int rc = iomem_each(&sys, must_be_line, &last);

	must(rc == 0 || rc == -EACCES);
	must(rc < 0 || last > 0);
}

#define NODE_PATH "sys/devices/system/node/node2/"

static void fuzz_meminfo(const char *text)
{
	cleanup_close int root = tree_with("tree.meminfo", NODE_PATH "meminfo", text);
	const struct root sys = { .root_fd = root, .ops = &root_kernel_ops };

	uint64_t available = meminfo_available(&sys, 2);

	must(available == MHP_UNKNOWN || available % 1024 == 0);
	must(available != MHP_UNKNOWN || strncmp(text, "Node 2 MemFree: 1 kB\n", 21) != 0);
}

/* /proc/meminfo of the machine, and the pressure of a cgroup. */
static void fuzz_pressure(const char *text)
{
	cleanup_close int root = tree_with("tree.pressure", "proc/meminfo", text);
	const struct root sys = { .root_fd = root, .ops = &root_kernel_ops };
	uint64_t hundredths = 0;
	struct meminfo info;

	must(meminfo_read(&sys, &info) == 0);
	must(info.swap_free == MHP_UNKNOWN || info.swap_free % 1024 == 0);
	if (pressure_parse(text, &hundredths) == 0)
		must(hundredths < 101 * 100 && strstr(text, "full avg10="));
}

static void fuzz_vmstat(const char *text)
{
	cleanup_close int root = tree_with("tree.vmstat", NODE_PATH "vmstat", text);
	const struct root sys = { .root_fd = root, .ops = &root_kernel_ops };
	uint64_t acquired = 0, pins = 0;
	int rc = vmstat_read(&sys, NODE_PATH "vmstat", "nr_foll_pin_acquired", &acquired);

	must(rc == 0 || strncmp(text, "nr_foll_pin_acquired 1\n", 23) != 0);
	if (vmstat_node_pins(&sys, 2, &pins) == 0)
		must(rc == 0 && pins <= acquired);
}

/* The rate of an earlier run: it is unknown or one that a machine can have. */
static void fuzz_rate(const char *text)
{
	cleanup_close int root = tree_with("tree.rate", STATE_MEMMAP_RATE, text);
	const struct root sys = { .root_fd = root, .ops = &root_kernel_ops };
	uint64_t rate = memmap_rate_read(&sys);

	must(rate == MHP_UNKNOWN || (rate >= 10000 && rate <= 1000000000));
}

/* The times of earlier offlines: not known, or what a machine can have. */
static void fuzz_offline_rate(const char *text)
{
	cleanup_close int root = tree_with("tree.offline-rate", STATE_OFFLINE_RATE, text);
	const struct root sys = { .root_fd = root, .ops = &root_kernel_ops };
	struct offline_rate rate;

	offline_rate_read(&sys, &rate);
	must(rate.block_us <= 600000000);
	must(!rate.bytes_per_s || (rate.bytes_per_s >= 4096 && rate.bytes_per_s <= 1000000000000));
	must(offline_rate_estimate(&rate, 0) >= rate.block_us / 1000);
	must(offline_rate_estimate(&rate, UINT64_C(1) << 40) >=
	     offline_rate_estimate(&rate, 1 << 20));
}

/* A datagram of the kernel about RDMA devices, as hexadecimal digits. */
static void fuzz_rdma(const char *text)
{
	struct rdma_regions regions = { .pid = 412, .address = 0x7f2c6b200000 };
	size_t size = strlen(text) / 2;
	char *data = malloc(size + 1);
	int rc;

	for (size_t i = 0; data && i < size; i++) {
		const char digits[] = { text[2 * i], text[2 * i + 1], '\0' };

		data[i] = (char)strtoul(digits, NULL, 16);
	}
	rc = data ? rdma_take_regions(data, size, &regions) : 0;
	must(rc <= 1);
	must(!regions.covers || regions.nr);
	must(!regions.bytes || regions.nr);
	free(data);
}

#define SETTING_PATH "sys/devices/system/memory/auto_online_blocks"
#define JOURNAL	     "run/mhpctl/restore.auto-online"

/* Runs in a process that the library forks, so it reports through a file. */
static int guarded_write(const struct root *sys, const char *path, const char *text)
{
	bool is_setting = strcmp(path, SETTING_PATH) == 0;
	cleanup_close int file = openat(sys->root_fd, is_setting ? path : "violated",
					O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	must(file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text));
	return 0;
}

/* With any journal only its own setting is written, and the journal is removed. */
static void fuzz_journal(const char *text)
{
	static const struct root_ops ops = { .write = guarded_write };
	cleanup_close int setting = tree_with("tree.journal", SETTING_PATH, "online_kernel\n");
	cleanup_close int root = tree_with("tree.journal", JOURNAL, text);
	struct mhp_ctx ctx = { .sys = { .root_fd = root, .ops = &ops }, .stop_fd = -1 };
	struct settings settings;

	must(setting >= 0);
	settings_init(&settings, &ctx);
	must(settings_recover(&settings, NULL) <= 1);
	settings_free(&settings);
	must(!root_exists(&ctx.sys, "violated"));
	if (strlen(text) < 100)
		must(!root_exists(&ctx.sys, JOURNAL));
}

/* Policy runs recorded by other programs: numbers ascend and texts are safe to print. */
static void fuzz_runs(const char *text)
{
	cleanup_close int root = tree_with("tree.runs", STATE_POLICY_RUNS, text);
	const struct root sys = { .root_fd = root, .ops = &root_kernel_ops };
	struct run_records records;
	char shown[sizeof(records.runs[0].pub.message)], again[RUN_RECORDS_TEXT];

	must(run_records_read(&sys, RUN_KIND_POLICY, &records) == 0 &&
	     records.nr <= RUN_RECORDS_MAX);
	for (size_t i = 0; i < records.nr; i++) {
		const struct mhp_run_record *run = &records.runs[i].pub;

		must(!i || run->run > records.runs[i - 1].pub.run);
		must(run->pid > 0 && run->state < NR_RUN_STATES && run->reason < NR_REASONS);
		must(run->exit_code >= -1 && run->exit_code <= 255);
		must(strcmp(text_escape(run->message, shown, sizeof(shown)), run->message) == 0);
	}
	run_records_format(&records, again, sizeof(again));
	must(strlen(again) < sizeof(again) - 1);
}

#define UUID	    "ed93e918-e165-49d8-921d-383d7b9660c5"
#define RECORD_FILE "var/lib/mhpctl/namespaces/" UUID

/* Records of namespaces: invalid without a size; a written record reads back the same. */
static void fuzz_record(const char *text)
{
	cleanup_close int root = tree_with("tree.record", RECORD_FILE, text);
	const struct mhp_ctx ctx = { .sys = { .root_fd = root, .ops = &root_kernel_ops } };
	struct content content = { .has_seal = true };
	struct record record, again;

	if (record_read(&ctx, UUID, &record) < 0)
		return;
	must(record.size > 0);
	must(record_judge(&record, record.size + 1, &content) == MHP_RECORD_STALE);
	must(!record.is_sealed || record_judge(&record, record.size, NULL) == MHP_RECORD_STALE);
	must(record_write(&ctx, UUID, &record) == 0);
	must(record_read(&ctx, UUID, &again) == 0 && again.size == record.size);
	must(again.is_sealed == record.is_sealed);
	must(!record.is_sealed || again.seal == record.seal);
}

#define PID	 5000412 /* larger than any pid of a kernel */
#define PID_TEXT "5000412"

/* Adds every file of a process with the same text, which must not break any parser. */
static int process_with(const char *text)
{
	static const char *const files[] = {
		"proc/" PID_TEXT "/maps",
		"proc/" PID_TEXT "/smaps",
		"proc/" PID_TEXT "/status",
		"proc/" PID_TEXT "/stat",
		"proc/" PID_TEXT "/cgroup",
		"proc/" PID_TEXT "/numa_maps",
		"proc/" PID_TEXT "/limits",
		"proc/" PID_TEXT "/comm",
		"proc/" PID_TEXT "/mountinfo",
		"proc/" PID_TEXT "/fdinfo/3",
		"proc/" PID_TEXT "/fdinfo/4",
		"proc/" PID_TEXT "/task/" PID_TEXT "/stat",
		"proc/" PID_TEXT "/task/" PID_TEXT "/fdinfo/3",
	};
	int root = tree_with("tree.proc", "proc/" PID_TEXT "/pagemap", text);

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		close(tree_with("tree.proc", files[i], text));
	mkdirat(root, "proc/" PID_TEXT "/fd", 0755);
	mkdirat(root, "proc/" PID_TEXT "/task/" PID_TEXT "/fd", 0755);
	mknodat(root, "socket", S_IFSOCK | 0600, 0);
	symlinkat(PID_TEXT, root, "proc/self");
	symlinkat("anon_inode:[io_uring]", root, "proc/" PID_TEXT "/fd/3");
	symlinkat("/dev/vfio/12", root, "proc/" PID_TEXT "/fd/4");
	symlinkat("../../../../../socket", root, "proc/" PID_TEXT "/task/" PID_TEXT "/fd/3");
	return root;
}

static bool is_mapping(struct mhp_range range, void *data)
{
	(void)data;
	must(range.start <= range.end);
	return false;
}

/* Files of a process in /proc, with any text. */
/* The memory and the limits of a process that is to pin memory. */
static void must_limit(const struct root *sys)
{
	struct numa_maps *maps = calloc(1, sizeof(*maps));
	struct cgroup_space space = { 0 };
	struct memlock memlock;
	int rc;

	must(!maps || numa_maps_read(sys, PID, maps) <= 0);
	free(maps);
	rc = memlock_read(sys, PID, &memlock);
	must(rc < 0 || memlock.is_limited != MHP_TRISTATE_UNKNOWN);
	must(cgroup_space_read(sys, PID, &space) <= 1);
	must(memchr(space.path, '\0', sizeof(space.path)));
}

static void fuzz_proc(const char *text)
{
	cleanup_close int root = process_with(text);
	struct mhp_ctx ctx = { .sys = { .root_fd = root, .ops = &root_kernel_ops } };
	struct mhp_owner owner = { .pid = PID, .address = 0x7f2c6b200000 };
	struct visibility visibility = { 0 };
	struct mhp_error err = { 0 };

	ctx.stop_fd = -1;
	procs_describe(&ctx.sys, &owner);
	must(memchr(owner.comm, '\0', sizeof(owner.comm)));
	must(memchr(owner.cgroup, '\0', sizeof(owner.cgroup)));
	procs_born(&ctx.sys, PID);
	procs_locked_bytes(&ctx.sys, PID);
	procs_each_mapping(&ctx.sys, PID, is_mapping, NULL);
	holders_find(&ctx.sys, PID, true, &owner);
	holders_any(&ctx.sys, PID, false);
	huge_look(&ctx.sys, &owner, is_mapping, NULL);
	inflight_find(&ctx.sys, PID, &owner);
	must_limit(&ctx.sys);
	visibility_read(&ctx.sys, &visibility);
	must(visibility.nr <= HIDDEN_MAX);
	/* no text leads to a device of that number */
	must_explain(users_check_number(&ctx, S_IFCHR, PID, "dax0.0", true, &err), &err);
	must(err.reason == MHP_REASON_NONE);
}

/* ---- files of the program ---------------------------------------------------------------- */

/* The text of an intent: a step has a number and a kind, and no step appears twice. */
static void fuzz_intent(const char *text)
{
	cleanup_close int root = tree_with("tree.intent", STATE_INTENTS_LASTING "/1", text);
	struct mhp_ctx ctx = { .sys = { .root_fd = root, .ops = &root_kernel_ops } };
	cleanup_intents struct intents found = { 0 };
	cleanup_intent struct intent intent = { 0 };

	if (intent_parse(text, strlen(text), &intent) == 0)
		for (size_t i = 0; i < intent.nr_steps; i++) {
			must(intent.steps[i].number > 0 && *intent.steps[i].kind);
			must(intent.steps[i].range.start <= intent.steps[i].range.end);
			for (size_t k = 0; k < i; k++)
				must(intent.steps[k].number != intent.steps[i].number);
		}
	must(intentdir_read(&ctx, &found) == 0);
}

/* The files of a job: none of them makes a command line that can be run. */
static void fuzz_jobs(const char *text)
{
	cleanup_close int root = tree_with("tree.jobs", STATE_JOBS "/7/job", text);
	struct mhp_ctx ctx = { .sys = { .root_fd = root, .ops = &root_kernel_ops } };
	cleanup_close int command = -1;
	struct mhp_jobs *jobs = NULL;
	const struct mhp_job *job;

	close(tree_with("tree.jobs", STATE_JOBS "/7/unit", text));
	close(tree_with("tree.jobs", STATE_JOBS "/7/command", "online"));
	command = openat(root, STATE_JOBS "/7/command", O_WRONLY | O_CLOEXEC);
	must(ftruncate(command, sizeof("online")) == 0);
	must(mhp_jobs_read(&ctx, &jobs, NULL) == 0);
	job = mhp_jobs_get(jobs, 0);
	must(job && job->nr_words == 1 && !job->is_whole);
	mhp_jobs_free(jobs);
}

/* The output of a job: a success has no failures. */
static void fuzz_events(const char *text)
{
	struct job_seen seen = { 0 };
	cleanup_free char *copy = strdup(text);
	char *rest = copy, *line;

	while ((line = strsep(&rest, "\n")))
		must(out_json_read_event(line, &seen) == 0);
	if (seen.document) {
		must((seen.result.status == MHP_STATUS_OK) == (seen.result.exit_code == 0));
		must(seen.result.exit_code || !seen.nr_failures);
	}
	out_json_forget(&seen);
}

/* A saved plan without its checksum is refused in any case. */
static void fuzz_saved(const char *text)
{
	const struct mhp_named_file file = { .text = (char *)text, .len = strlen(text) };
	cleanup_policy struct mhp_policy *policy = NULL;
	struct mhp_error err = { 0 };
	int rc = saved_parse("tree.saved/plan", &file, &policy, &err);

	must_explain(rc, &err);
	must(rc < 0 || !policy || strstr(text, "checksum"));
	if (policy)
		must(mhp_policy_check(policy, NULL) == 0);
}

/* ---- libFuzzer --------------------------------------------------------------------------- */

#define JOIN(a, b)    a##b
#define FUZZ_FN(name) JOIN(fuzz_, name)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const all[])(const char *) = {
		fuzz_target,	   fuzz_size,	   fuzz_time,	   fuzz_kmsg,	 fuzz_dyndbg,
		fuzz_lists,	   fuzz_escape,	   fuzz_udev,	   fuzz_journal, fuzz_policy,
		fuzz_runs,	   fuzz_record,	   fuzz_proc,	   fuzz_intent,	 fuzz_jobs,
		fuzz_events,	   fuzz_saved,	   fuzz_condition, fuzz_refusal, fuzz_zoneinfo,
		fuzz_iomem,	   fuzz_meminfo,   fuzz_vmstat,	   fuzz_rate,	 fuzz_rdma,
		fuzz_offline_rate, fuzz_buddyinfo, fuzz_cmdline,   fuzz_command, fuzz_trace,
		fuzz_pressure,	   fuzz_archive,
	};
	char *text = malloc(size + 1);

	(void)all;
	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	FUZZ_FN(FUZZ_NAME)(text);
	free(text);
	return 0;
}
