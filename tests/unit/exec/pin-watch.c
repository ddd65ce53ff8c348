/* SPDX-License-Identifier: GPL-2.0-or-later */
/* monitor --pins with a fake tracefs: its events, counters, and every way to end. */
#include "lib/sys/trace-event.h"
#include "lib/sys/tracing.h"
#include "lib/sys/holders/procs.h"
#include "tests/unit/fake/fakesys.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define TRACING "sys/kernel/tracing"
#define EVENT	"events/migrate/mm_migrate_pages"
#define FORMAT                                                                             \
	"name: mm_migrate_pages\nprint fmt: \"nr_succeeded=%lu\", REC->nr_succeeded, "     \
	"__print_symbolic(REC->reason, { 6, \"contig_range\" }, { 7, \"longterm_pin\" }, " \
	"{ 8, \"demotion\" })\n"
#define LINE(task, moved, failed)                                                     \
	"  " task "  [001] .....    12.345678: mm_migrate_pages: nr_succeeded=" moved \
	" nr_failed=" failed " nr_thp_succeeded=2 nr_thp_failed=0 nr_thp_split=1 "    \
	"nr_split=0 mode=MIGRATE_SYNC reason=longterm_pin\n"

static const char *pipe_text; /* what the next instance has in its pipe */
static int pipe_writer = -1;
static bool is_busy; /* the instance cannot be removed */

/* Makes a directory as the kernel does, with files in it. */
static int make_fake(const struct root *sys, const char *path)
{
	char name[256];

	if (mkdirat(sys->root_fd, path, 0700) < 0)
		return -errno;
	snprintf(name, sizeof(name), "%s/" EVENT "/filter", path);
	tree_put(sys->root_fd, name, "none\n");
	snprintf(name, sizeof(name), "%s/" EVENT "/enable", path);
	tree_put(sys->root_fd, name, "0\n");
	snprintf(name, sizeof(name), "%s/buffer_size_kb", path);
	tree_put(sys->root_fd, name, "1408\n");
	snprintf(name, sizeof(name), "%s/trace_pipe", path);
	assert_int_equal(mkfifoat(sys->root_fd, name, 0600), 0);
	pipe_writer = openat(sys->root_fd, name, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	assert_true(pipe_writer >= 0);
	if (strlen(pipe_text) >= 65536)
		assert_true(fcntl(pipe_writer, F_SETPIPE_SZ, 1 << 20) > 0);
	assert_int_equal(write(pipe_writer, pipe_text, strlen(pipe_text)), strlen(pipe_text));
	return 0;
}

static int remove_fake(const struct root *sys, const char *path)
{
	if (is_busy)
		return -EBUSY;
	if (pipe_writer >= 0)
		close(pipe_writer);
	pipe_writer = -1;
	return tree_remove(sys->root_fd, path);
}

static const struct tracing_ops fake_ops = { make_fake, remove_fake };

struct scene {
	struct fakesys *fs;
	char told[1024];
	int nr;
	unsigned nr_sums, nr_sums_early; /* early: before the last pin */
	uint64_t summed_pages;
	int stop_after; /* changes, -1: never */
	bool cancel;
};

static int tell(const struct mhp_change *change, void *data)
{
	struct scene *s = data;
	const struct mhp_pin_change *pin = change->pin;
	size_t len = strlen(s->told);
	char *at = s->told + len;
	size_t size = sizeof(s->told) - len;

	if (change->kind == MHP_CHANGE_PIN)
		s->nr_sums_early = s->nr_sums;
	if (change->kind == MHP_CHANGE_PIN_PROCESS) {
		s->nr_sums++;
		s->summed_pages += pin->moved_pages;
	}
	if (change->kind == MHP_CHANGE_PIN || change->kind == MHP_CHANGE_PIN_PROCESS)
		snprintf(at, size, "%s %s[%d] %d %" PRIu64 "x %" PRIu64 " %" PRIu64 "\n",
			 mhp_change_kind_name(change->kind), pin->comm, pin->pid, pin->tid,
			 pin->calls, pin->moved_pages, pin->failed_pages);
	else if (change->kind == MHP_CHANGE_PIN_LOST)
		snprintf(at, size, "lost %" PRId64 "\n", (int64_t)pin->lost);
	else if (change->kind == MHP_CHANGE_PIN_STAYS)
		snprintf(at, size, "stays node%d %" PRIu64 "\n", pin->node, pin->pins);
	else if (change->kind == MHP_CHANGE_PIN_NODE)
		snprintf(at, size, "node%d +%" PRId64 " -%" PRId64 " %" PRId64 "\n", pin->node,
			 (int64_t)pin->acquired, (int64_t)pin->released, (int64_t)pin->pins);
	if (s->cancel && change->kind == MHP_CHANGE_READY)
		mhp_ctx_cancel(s->fs->ctx);
	return ++s->nr == s->stop_after;
}

static void put_counters(struct fakesys *fs, unsigned acquired, unsigned released)
{
	char text[128];

	snprintf(text, sizeof(text),
		 "nr_free_pages 1\nnr_foll_pin_acquired %u\n"
		 "nr_foll_pin_released %u\n",
		 acquired, released);
	fakesys_put(fs, "sys/devices/system/node/node2/vmstat", text);
}

static void put_born(struct fakesys *fs, int pid, unsigned born)
{
	char path[64], text[128];

	snprintf(path, sizeof(path), "proc/%d/stat", pid);
	snprintf(text, sizeof(text), "%d (a name) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 %u 0 0\n",
		 pid, born);
	fakesys_put(fs, path, text);
}

static void scene_new(struct scene *s, const char *text)
{
	*s = (struct scene){ .fs = fakesys_new(), .stop_after = -1 };
	pipe_text = text;
	is_busy = false;
	s->fs->ctx->tracing = &fake_ops;
	fakesys_put(s->fs, TRACING "/" EVENT "/format", FORMAT);
	assert_int_equal(tree_folder(s->fs->tree.fd, TRACING "/instances"), 0);
	fakesys_put(s->fs, "proc/zoneinfo",
		    "Node 2, zone  Movable\n  pages free     100\n        high     1\n"
		    "        managed  1000\n");
	put_counters(s->fs, 100, 100);
	fakesys_put(s->fs, "proc/4194999/status", "Name:\tdb\nTgid:\t4194998\n");
	fakesys_put(s->fs, "proc/4194998/comm", "database\n");
	put_born(s->fs, 4194998, 777);
	put_born(s->fs, procs_own_pid(), 888);
}

/* Asserts that nothing of the watch is left: no instance, no record. */
static void nothing_is_left(struct fakesys *fs)
{
	unsigned kept = 7;

	assert_int_equal(tree_remove(fs->tree.fd, TRACING "/instances"), 0);
	assert_int_equal(trace_leftovers(fs->ctx, false, &kept), 0);
	assert_int_equal(kept, 0);
}

static int watch(struct scene *s, struct mhp_error *err, uint64_t timeout_ms, uint64_t count)
{
	const struct mhp_pin_watch_options options =
		MHP_PIN_WATCH_OPTIONS_INIT(.stay_ms = 5000, .timeout_ms = timeout_ms,
					   .count = count, .change = tell, .data = s, );

	return mhp_watch_pins(s->fs->ctx, &options, err);
}

/* ---- events ------------------------------------------------------------------------------ */

static void who_pins_is_reported_with_sums(void **state)
{
	struct mhp_error err = { 0 };
	struct scene s;

	scene_new(&s, LINE("worker-4194999", "16384", "0") "# a comment\n" LINE(
			      "worker-4194999", "100", "3") LINE("<...>-4194000", "5", "0"));
	assert_int_equal(watch(&s, &err, 0, 3), 0);
	assert_string_equal(s.told, "pin database[4194998] 4194999 1x 16384 0\n"
				    "pin database[4194998] 4194999 1x 100 3\n"
				    "pin <...>[0] 4194000 1x 5 0\n"
				    "pin_process database[4194998] 0 2x 16484 3\n"
				    "pin_process <...>[0] 4194000 1x 5 0\n"
				    "node2 +0 -0 0\n");
	assert_int_equal(fakesys_writes(s.fs, "/filter=reason == 7"), 1);
	assert_int_equal(fakesys_writes(s.fs, "/enable=1"), 1);
	assert_int_equal(fakesys_writes(s.fs, "/enable=0"), 1);
	nothing_is_left(s.fs);
	fakesys_free(s.fs);
}

/* A watch that runs for long takes no more memory, and loses nothing. */
static void many_processes(void **state)
{
	const unsigned nr = 5000;
	char *text = calloc(nr, 80), *at = text;
	struct mhp_error err = { 0 };
	struct scene s;

	assert_non_null(text);
	for (unsigned i = 0; i < nr; i++)
		at += sprintf(at, " t-%u [0] 1: mm_migrate_pages: nr_succeeded=3 nr_failed=0\n",
			      4100000 + i % (nr - 1)); /* the last is the first again */
	scene_new(&s, text);
	assert_int_equal(watch(&s, &err, 0, nr), 0);
	assert_int_equal(s.nr_sums_early, 2048);
	assert_int_equal(s.nr_sums, nr);
	assert_true(s.summed_pages == 3 * nr);
	nothing_is_left(s.fs);
	fakesys_free(s.fs);
	free(text);
}

/* The last lines belong to the result of a watch that is cancelled. */
static void a_cancelled_watch_reports_what_it_had(void **state)
{
	struct mhp_error err = { 0 };
	struct scene s;

	scene_new(&s, LINE("worker-4194999", "1", "0"));
	s.cancel = true;
	assert_int_equal(watch(&s, &err, 0, 0), -ECANCELED);
	assert_int_equal(err.reason, MHP_REASON_INTERRUPTED);
	assert_non_null(strstr(s.told, "pin_process database[4194998] 0 1x 1 0\n"));
	nothing_is_left(s.fs);
	fakesys_free(s.fs);
}

/* The kernel's number is that of another process there. */
static void a_container_has_other_numbers(void **state)
{
	struct mhp_error err = { 0 };
	struct scene s;

	scene_new(&s, LINE("worker-4194999", "16384", "0"));
	assert_int_equal(tree_folder(s.fs->tree.fd, "proc/self/ns"), 0);
	assert_int_equal(tree_link(s.fs->tree.fd, "proc/self/ns/pid", "pid:[4026532000]"), 0);
	assert_int_equal(watch(&s, &err, 0, 1), 0);
	assert_string_equal(s.told, "pin worker[0] 4194999 1x 16384 0\n"
				    "pin_process worker[0] 4194999 1x 16384 0\n"
				    "node2 +0 -0 0\n");
	fakesys_free(s.fs);
}

static void lost_events_are_told(void **state)
{
	struct mhp_error err = { 0 };
	struct scene s;

	scene_new(&s, "CPU:1 [LOST 12 EVENTS]\nCPU:0 [LOST EVENTS]\n"
		      "broken [001] 1.0: mm_migrate_pages: nr_succeeded=1 nr_failed=0\n"
		      "db-5 [001] 1.0: mm_migrate_pages: nr_succeeded=1 nr_thp_failed=0\n");
	s.cancel = true;
	assert_int_equal(watch(&s, &err, 0, 0), -ECANCELED);
	assert_string_equal(s.told, "lost 12\nlost -1\nlost 1\nlost 1\nnode2 +0 -0 0\n");
	fakesys_free(s.fs);
}

static void the_filter_has_the_number_of_this_kernel(void **state)
{
	uint64_t number = 0;

	assert_int_equal(trace_reason_parse(FORMAT, "longterm_pin", &number), 0);
	assert_int_equal(number, 7);
	assert_int_equal(trace_reason_parse("{ 7, \"demotion\" }", "longterm_pin", &number),
			 -ENOENT);
	assert_int_equal(trace_reason_parse(", \"longterm_pin\"", "longterm_pin", &number),
			 -ENOENT);
}

/* A task may have any name: the number is found from the right. */
static void odd_names_of_tasks(void **state)
{
	static const char *const lines[] = {
		LINE("a-1 [002] b-77", "1", "0"),
		LINE("-77", "1", "0"),
		LINE("x [y-77", "1", "0"),
		LINE("db-77   (     77)", "1", "0"),
	};
	struct trace_event event;
	uint64_t lost;

	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(trace_line_parse(lines[i], &event, &lost), TRACE_LINE_EVENT);
		assert_int_equal(event.tid, 77);
	}
	assert_int_equal(event.moved_huge, 2);
	assert_int_equal(event.split_huge, 1);
	/* with the option record-tgid, which this instance has not */
	assert_int_equal(trace_line_parse(lines[3], &event, &lost), TRACE_LINE_BROKEN);
}

/* ---- counters ---------------------------------------------------------------------------- */

static void pins_that_stay_are_reported_once(void **state)
{
	struct mhp_error err = { 0 };
	struct scene s;

	scene_new(&s, "");
	put_counters(s.fs, 164, 100);
	assert_int_equal(watch(&s, &err, 20000, 0), -ETIMEDOUT);
	assert_string_equal(s.told, "stays node2 64\nnode2 +0 -0 64\n");
	nothing_is_left(s.fs);
	fakesys_free(s.fs);
}

static void short_pins_and_kernel_zones_are_no_news(void **state)
{
	struct mhp_error err = { 0 };
	struct scene s;

	scene_new(&s, "");
	put_counters(s.fs, 164, 100);
	assert_int_equal(watch(&s, &err, 3000, 0), -ETIMEDOUT);
	assert_string_equal(s.told, "node2 +0 -0 64\n");
	fakesys_put(s.fs, "proc/zoneinfo", "Node 2, zone  Normal\n  pages free     100\n");
	s.told[0] = '\0';
	assert_int_equal(watch(&s, &err, 20000, 0), -ETIMEDOUT);
	assert_string_equal(s.told, "node2 +0 -0 64\n");
	fakesys_free(s.fs);
}

static void unknown_counters_are_not_zero(void **state)
{
	struct mhp_error err = { 0 };
	struct scene s;

	scene_new(&s, "");
	fakesys_put(s.fs, "sys/devices/system/node/node2/vmstat", "nr_free_pages 1\n");
	assert_int_equal(watch(&s, &err, 3000, 0), -ETIMEDOUT);
	assert_string_equal(s.told, "node2 +-1 --1 -1\n");
	fakesys_free(s.fs);
}

/* ---- no tracing -------------------------------------------------------------------------- */

static void refuses(struct scene *s, enum mhp_reason reason, const char *message)
{
	struct mhp_error err = { 0 };

	assert_true(watch(s, &err, 0, 0) < 0);
	assert_int_equal(err.reason, reason);
	assert_non_null(strstr(err.message, message));
	assert_string_equal(s->told, "");
	fakesys_free(s->fs);
}

static void kernels_without_tracing(void **state)
{
	struct scene s;

	scene_new(&s, "");
	assert_int_equal(tree_remove(s.fs->tree.fd, TRACING), 0);
	refuses(&s, MHP_REASON_UNSUPPORTED, "tracefs is not mounted");
	scene_new(&s, "");
	assert_int_equal(tree_remove(s.fs->tree.fd, TRACING "/" EVENT), 0);
	refuses(&s, MHP_REASON_UNSUPPORTED, "no event mm_migrate_pages");
	scene_new(&s, "");
	fakesys_put(s.fs, TRACING "/" EVENT "/format", "{ 7, \"demotion\" }\n");
	refuses(&s, MHP_REASON_UNSUPPORTED, "does not tell them from other reasons");
}

static int no_right(const struct root *sys, const char *path)
{
	(void)sys;
	(void)path;
	return -EPERM;
}

static void no_right_to_trace(void **state)
{
	static const struct tracing_ops ops = { no_right, remove_fake };
	unsigned kept;
	struct scene s;

	scene_new(&s, "");
	s.fs->ctx->tracing = &ops;
	assert_int_equal(trace_leftovers(s.fs->ctx, false, &kept), 0);
	refuses(&s, MHP_REASON_NOT_PERMITTED, "cannot be made");
}

/* ---- instances that were left ------------------------------------------------------------ */

#define LEFT	    TRACING "/instances/mhpctl-00000000000000aa"
#define LEFT_RECORD "run/mhpctl/trace.00000000000000aa"

/* Puts an instance of a process that has ended. */
static void leave(struct scene *s, uint64_t inode_more)
{
	struct stat st;
	char text[256];

	pipe_text = "";
	assert_int_equal(make_fake(&s->fs->ctx->sys, LEFT), 0);
	close(pipe_writer);
	pipe_writer = -1;
	assert_int_equal(fstatat(s->fs->tree.fd, LEFT, &st, 0), 0);
	snprintf(text, sizeof(text), LEFT " 4194990 5 %" PRIu64 "\n",
		 (uint64_t)st.st_ino + inode_more);
	fakesys_put(s->fs, LEFT_RECORD, text);
}

static void a_killed_watch_is_cleaned_up(void **state)
{
	struct mhp_error err = { 0 };
	unsigned kept;
	struct scene s;

	scene_new(&s, "");
	leave(&s, 0);
	assert_int_equal(trace_leftovers(s.fs->ctx, false, &kept), 1);
	assert_int_equal(watch(&s, &err, 1000, 0), -ETIMEDOUT);
	assert_int_equal(trace_leftovers(s.fs->ctx, false, &kept), 0);
	assert_int_not_equal(faccessat(s.fs->tree.fd, LEFT, F_OK, 0), 0);
	nothing_is_left(s.fs);
	fakesys_free(s.fs);
}

static void recover_removes_what_a_killed_watch_left(void **state)
{
	const struct mhp_recover_options look = MHP_RECOVER_OPTIONS_INIT(.dry_run = true);
	struct mhp_recovery_report *report = NULL;
	struct mhp_error err = { 0 };
	struct scene s;

	scene_new(&s, "");
	leave(&s, 0);
	assert_int_equal(mhp_recover(s.fs->ctx, &look, &report, &err), 0);
	assert_int_equal(report->nr_settings, 1);
	assert_false(report->has_changes);
	mhp_recovery_report_free(report);
	assert_int_equal(faccessat(s.fs->tree.fd, LEFT, F_OK, 0), 0);
	assert_int_equal(mhp_recover(s.fs->ctx, NULL, &report, &err), 0);
	assert_int_equal(report->nr_settings, 1);
	assert_true(report->has_changes);
	mhp_recovery_report_free(report);
	assert_int_not_equal(faccessat(s.fs->tree.fd, LEFT, F_OK, 0), 0);
	assert_int_equal(mhp_recover(s.fs->ctx, NULL, &report, &err), 0);
	assert_int_equal(report->nr_settings, 0);
	mhp_recovery_report_free(report);
	fakesys_free(s.fs);
}

/* The finding stands until the instance is gone. */
static void doctor_finds_what_a_killed_watch_left(void **state)
{
	const struct mhp_finding *finding, *left = NULL;
	struct mhp_doctor_report *report = NULL;
	struct mhp_error err = { 0 };
	struct scene s;

	scene_new(&s, "");
	leave(&s, 0);
	assert_int_equal(mhp_doctor(s.fs->ctx, &report, &err), 0);
	for (size_t i = 0; (finding = mhp_doctor_report_finding(report, i)); i++)
		if (strcmp(finding->id, "tracing_left") == 0)
			left = finding;
	assert_non_null(left);
	assert_string_equal(left->found, "1 tracing instance of killed mhpctl monitor --pins");
	assert_string_equal(left->fix, "mhpctl recover");
	mhp_doctor_report_free(report);
	assert_int_equal(faccessat(s.fs->tree.fd, LEFT, F_OK, 0), 0);
	fakesys_free(s.fs);
}

/* An instance of that name with another inode is somebody else's. */
static void an_instance_of_another_is_kept(void **state)
{
	unsigned kept;
	struct scene s;

	scene_new(&s, "");
	leave(&s, 1);
	assert_int_equal(trace_leftovers(s.fs->ctx, true, &kept), 1);
	assert_int_equal(kept, 0);
	assert_int_equal(faccessat(s.fs->tree.fd, LEFT, F_OK, 0), 0);
	assert_int_equal(trace_leftovers(s.fs->ctx, true, &kept), 0);
	fakesys_free(s.fs);
}

/* Only an instance of such a name is ever touched, whatever a record says. */
static void a_damaged_record_removes_nothing(void **state)
{
	static const char *const texts[] = {
		"",
		"run/mhpctl 4194990 5 0\n",
		TRACING "/instances/other 4194990 5 0\n",
		TRACING "/instances/mhpctl-1/../other 4194990 5 0\n",
		TRACING "/instances/mhpctl-1/events 4194990 5 0\n",
		"etc/instances/mhpctl-1 4194990 5 0\n",
		TRACING "/instances/mhpctl-1 0 5 0\n",
		TRACING "/instances/mhpctl-1 4194990 0 0\n",
	};
	unsigned kept;
	struct scene s;

	scene_new(&s, "");
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		assert_int_equal(tree_folder(s.fs->tree.fd, TRACING "/instances/other"), 0);
		fakesys_put(s.fs, LEFT_RECORD, texts[i]);
		assert_int_equal(trace_leftovers(s.fs->ctx, true, &kept), 1);
		assert_int_equal(kept, 1);
		assert_int_equal(faccessat(s.fs->tree.fd, TRACING "/instances/other", F_OK, 0), 0);
	}
	fakesys_free(s.fs);
}

static void an_instance_of_a_running_watch_is_kept(void **state)
{
	unsigned kept;
	struct scene s;

	scene_new(&s, "");
	leave(&s, 0);
	put_born(s.fs, 4194990, 5);
	assert_int_equal(trace_leftovers(s.fs->ctx, true, &kept), 0);
	assert_int_equal(faccessat(s.fs->tree.fd, LEFT, F_OK, 0), 0);
	/* a later process has the same number */
	put_born(s.fs, 4194990, 6);
	assert_int_equal(trace_leftovers(s.fs->ctx, true, &kept), 1);
	assert_int_equal(kept, 0);
	fakesys_free(s.fs);
}

static void an_instance_that_cannot_be_removed_is_told(void **state)
{
	struct mhp_error err = { 0 };
	unsigned kept;
	struct scene s;

	scene_new(&s, "");
	is_busy = true;
	assert_int_equal(watch(&s, &err, 1000, 0), -EBUSY);
	assert_non_null(strstr(err.message, "cannot be removed"));
	assert_string_equal(err.hint, "mhpctl recover removes it");
	/* this process still runs */
	assert_int_equal(trace_leftovers(s.fs->ctx, true, &kept), 0);
	close(pipe_writer);
	fakesys_free(s.fs);
}

UNIT_TESTS(cmocka_unit_test(many_processes), cmocka_unit_test(who_pins_is_reported_with_sums),
	   cmocka_unit_test(a_cancelled_watch_reports_what_it_had),
	   cmocka_unit_test(a_container_has_other_numbers), cmocka_unit_test(lost_events_are_told),
	   cmocka_unit_test(the_filter_has_the_number_of_this_kernel),
	   cmocka_unit_test(odd_names_of_tasks), cmocka_unit_test(pins_that_stay_are_reported_once),
	   cmocka_unit_test(short_pins_and_kernel_zones_are_no_news),
	   cmocka_unit_test(unknown_counters_are_not_zero),
	   cmocka_unit_test(kernels_without_tracing), cmocka_unit_test(no_right_to_trace),
	   cmocka_unit_test(a_killed_watch_is_cleaned_up),
	   cmocka_unit_test(recover_removes_what_a_killed_watch_left),
	   cmocka_unit_test(doctor_finds_what_a_killed_watch_left),
	   cmocka_unit_test(an_instance_of_another_is_kept),
	   cmocka_unit_test(a_damaged_record_removes_nothing),
	   cmocka_unit_test(an_instance_of_a_running_watch_is_kept),
	   cmocka_unit_test(an_instance_that_cannot_be_removed_is_told))
