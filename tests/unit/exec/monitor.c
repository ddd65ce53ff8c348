/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A monitor on a fake machine, with a source of events that a script drives. */
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/exec/recording.h"
#include "lib/sys/uevent.h"
#include "tests/unit/fake/fakesys.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>

/* The fake source of events: changes the machine by one step a call. */
struct uevents {
	int fd;
	bool is_first; /* first source opened in this tree */
};

struct scene {
	struct fakesys *fs;
	struct mhp_monitor_options options;
	struct mhp_error err;
	enum mhp_monitor_end end;
	char told[512];
	int stop_after; /* stop after that many changes */
	int nr;
	struct recording recording;
	/* Called once the monitor listens; NULL: adds blocks. */
	void (*act)(struct scene *s);
	const struct mhp_result *result; /* of a policy run */
};

static int open_fake(const struct mhp_ctx *ctx, struct uevents **source)
{
	*source = calloc(1, sizeof(**source));
	assert_non_null(*source);
	(*source)->fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
	(*source)->is_first = !root_exists(&ctx->sys, "opened");
	assert_int_equal(tree_put(ctx->sys.root_fd, "opened", "1"), 0);
	return 0;
}

static void close_fake(struct uevents *source)
{
	close(source->fd);
	free(source);
}

static int fd_of_fake(const struct uevents *source)
{
	return source->fd;
}

/* Gives 2,000 events of one block, then none. */
static int next_of_many(struct uevents *source, struct uevent *event)
{
	uint64_t left;

	if (read(source->fd, &left, sizeof(left)) != sizeof(left) || left > 2000)
		return 0;
	if (eventfd_write(source->fd, left + 1) < 0)
		return -EBADMSG;
	*event = (struct uevent){ .action = "change", .subsystem = "memory", .name = "memory33" };
	return 1;
}

static int next_is_lost(struct uevents *source, struct uevent *event)
{
	uint64_t left;

	(void)event;
	return read(source->fd, &left, sizeof(left)) == sizeof(left) && left == 1 ? -ENOBUFS : 0;
}

static int refuse(const struct mhp_ctx *ctx, struct uevents **source)
{
	(void)ctx;
	(void)source;
	return -EPERM;
}

static int next_is_none(struct uevents *source, struct uevent *event)
{
	uint64_t left;

	(void)event;
	if (read(source->fd, &left, sizeof(left)) < 0)
		return 0;
	return 0;
}

/* Fails like a closed socket. */
static int next_is_broken(struct uevents *source, struct uevent *event)
{
	(void)source;
	(void)event;
	return -EIO;
}

/* Fails for the first source, not for its replacement. */
static int next_is_broken_once(struct uevents *source, struct uevent *event)
{
	return source->is_first ? -EIO : next_is_none(source, event);
}

static int next_cannot_be_read(struct uevents *source, struct uevent *event)
{
	(void)source;
	(void)event;
	return -EBADMSG;
}

#define SOURCE(name, next_)                                                               \
	static const struct uevent_ops name = {                                           \
		.open = open_fake, .close = close_fake, .fd = fd_of_fake, .next = (next_) \
	}

SOURCE(many, next_of_many);
SOURCE(lossy, next_is_lost);
SOURCE(silent, next_is_none);
SOURCE(broken, next_is_broken);
SOURCE(breaks_once, next_is_broken_once);
SOURCE(garbled, next_cannot_be_read);
static const struct uevent_ops forbidden = { .open = refuse };

/* Changes the machine as soon as the monitor listens. */
static int on_change(const struct mhp_change *change, void *data)
{
	struct scene *s = data;
	size_t len = strlen(s->told);

	if (change->kind == MHP_CHANGE_RUN)
		snprintf(s->told + len, sizeof(s->told) - len, "%s:%s ",
			 mhp_change_action_name(change->action),
			 mhp_run_state_name(change->run->state));
	else
		snprintf(s->told + len, sizeof(s->told) - len, "%s ",
			 mhp_change_kind_name(change->kind));
	if (change->kind == MHP_CHANGE_READY && s->act)
		s->act(s);
	else if (change->kind == MHP_CHANGE_READY)
		fakesys_blocks(s->fs, 33, 34, "online", "Movable", 1);
	return ++s->nr == s->stop_after;
}

static void scene_run(struct scene *s, const struct uevent_ops *source, int rc)
{
	s->fs->ctx->uevent = source;
	s->options.size = sizeof(s->options);
	s->options.change = on_change;
	s->options.data = s;
	s->options.reader_fd = -1;
	assert_int_equal(mhp_monitor(s->fs->ctx, &s->options, &s->end, &s->err), rc);
}

static void many_events_are_one_line(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct scene s = { .fs = fs, .options = { .until = "memory33-34.state==online" } };

	scene_run(&s, &many, 0);
	assert_int_equal(s.end, MHP_MONITOR_CONDITION_MET);
	assert_string_equal(s.told, "ready blocks node ");
}

static void what_was_lost_is_read_again(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct scene s = { .fs = fs, .options = { .count = 2 } };

	scene_run(&s, &lossy, 0);
	assert_int_equal(s.end, MHP_MONITOR_COUNT_REACHED);
	assert_string_equal(s.told, "ready overflow blocks ");
}

static void what_is_so_already_ends_it(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct scene s = { .fs = fs, .options = { .until = "memory0.state==online" } };

	scene_run(&s, &many, 0);
	assert_int_equal(s.end, MHP_MONITOR_CONDITION_MET);
	assert_string_equal(s.told, "ready ");
}

static void region_is_made(struct scene *s)
{
	fakesys_cxl_region(s->fs, 1ULL << 30, "mem0");
}

static void a_cxl_region_is_told(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct scene s = { .fs = fs, .act = region_is_made };

	fakesys_cxl(fs);
	s.options.until = "cxl/region0.state==enabled";
	scene_run(&s, &many, 0);
	assert_int_equal(s.end, MHP_MONITOR_CONDITION_MET);
	assert_non_null(strstr(s.told, "ready cxl_memdev cxl_region device "));
}

static void a_reader_that_goes_ends_it(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct scene s = { .fs = fs, .stop_after = 1 };

	scene_run(&s, &many, 0);
	assert_int_equal(s.end, MHP_MONITOR_READER_GONE);
}

static void a_deadline_ends_it(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct scene s = {
		.fs = fs,
		.options = { .timeout_ms = 1, .until = "memory99.state==online" },
	};

	scene_run(&s, &many, -ETIMEDOUT);
	assert_int_equal(s.err.reason, MHP_REASON_DEADLINE);
}

static void come_and_cancel(struct scene *s)
{
	fakesys_blocks(s->fs, 33, 34, "online", "Movable", 1);
	mhp_ctx_cancel(s->fs->ctx);
}

/* A change right before a cancel is reported without waiting for quiet. */
static void a_cancel_ends_it(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct scene s = { .fs = fs, .act = come_and_cancel };

	scene_run(&s, &silent, -ECANCELED);
	assert_int_equal(s.err.reason, MHP_REASON_INTERRUPTED);
	assert_string_equal(s.told, "ready blocks node ");
}

/* A change is reported at the deadline even without an event. */
static void what_came_before_the_deadline_is_told(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct scene s = { .fs = fs, .options = { .timeout_ms = 1 } };

	scene_run(&s, &silent, -ETIMEDOUT);
	assert_string_equal(s.told, "ready blocks node ");
}

/* ---- a source that breaks ------------------------------------------------------------------- */

static void a_source_that_is_broken_ends_it(void **state)
{
	static const struct uevent_ops *const sources[] = { &broken, &garbled };

	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		cleanup_fakesys struct fakesys *fs = fakesys_new();
		struct scene s = { .fs = fs };

		scene_run(&s, sources[i], -EIO);
		assert_int_equal(s.err.reason, MHP_REASON_KERNEL);
		assert_true(*s.err.hint);
	}
}

static void a_source_that_breaks_is_opened_again(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct scene s = { .fs = fs, .options = { .count = 2 } };

	scene_run(&s, &breaks_once, 0);
	assert_int_equal(s.end, MHP_MONITOR_COUNT_REACHED);
	assert_string_equal(s.told, "ready overflow blocks ");
}

/* ---- runs of a policy ----------------------------------------------------------------------- */

static void start_run(struct scene *s)
{
	recording_begin(&s->recording, s->fs->ctx, RUN_KIND_POLICY);
	recording_begin_work(&s->recording);
}

static void run_whole(struct scene *s)
{
	const struct mhp_error err = { .reason = MHP_REASON_USAGE, .message = "wrong" };

	recording_begin(&s->recording, s->fs->ctx, RUN_KIND_POLICY);
	recording_begin_work(&s->recording);
	fakesys_blocks(s->fs, 33, 34, "online", "Movable", 1);
	recording_end(&s->recording, s->result, &err);
}

static void a_run_is_told(void **state)
{
	const struct mhp_result good = { .has_changes = true };
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct scene s = {
		.fs = fs,
		.act = run_whole,
		.result = &good,
		.options = { .until = "policy.state==converged" },
	};

	scene_run(&s, &silent, 0);
	assert_int_equal(s.end, MHP_MONITOR_CONDITION_MET);
	assert_string_equal(s.told, "ready started:running ended:converged ");
}

static void recover_something(struct scene *s)
{
	const struct mhp_recovery_report report = { .has_changes = true };

	recording_begin(&s->recording, s->fs->ctx, RUN_KIND_RECOVER);
	recording_begin_work(&s->recording);
	recording_end_recovery(&s->recording, &report, NULL);
}

/* It is no run of a policy: a condition about that does not hold. */
static void a_recovery_is_told(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct scene s = {
		.fs = fs,
		.act = recover_something,
		.options = { .until = "policy.state==converged", .timeout_ms = 1 },
	};

	scene_run(&s, &silent, -ETIMEDOUT);
	assert_string_equal(s.told, "ready recover_run recover_run ");
	assert_string_equal(mhp_change_kind_name(MHP_CHANGE_RECOVERY), "recover_run");
}

static void a_run_without_result_is_told(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct scene s = {
		.fs = fs,
		.act = run_whole,
		.options = { .until = "policy.state==failed" },
	};

	scene_run(&s, &silent, 0);
	assert_string_equal(s.told, "ready started:running ended:failed ");
}

static void a_run_that_goes_on_has_started(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct scene s = { .fs = fs, .act = start_run, .options = { .count = 1 } };

	scene_run(&s, &silent, 0);
	assert_string_equal(s.told, "ready started:running ");
}

/* Writes a pid that cannot exist. */
static void die(struct scene *s)
{
	fakesys_put(s->fs, "run/mhpctl/policy.runs",
		    "7 99999999 5 1700000000000000 0 running -1 0 none \n");
}

static void a_run_that_died_is_told(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct scene s = { .fs = fs, .act = die, .options = { .count = 2, .timeout_ms = 1 } };

	scene_run(&s, &silent, 0);
	assert_string_equal(s.told, "ready started:running ended:died ");
}

static void the_last_runs_are_kept(void **state)
{
	const struct mhp_result good = { 0 };
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct run_records records;
	struct recording recording;

	for (int i = 0; i < RUN_RECORDS_MAX + 3; i++) {
		recording_begin(&recording, fs->ctx, RUN_KIND_POLICY);
		recording_begin_work(&recording);
		recording_end(&recording, &good, NULL);
	}
	assert_int_equal(run_records_read(&fs->ctx->sys, RUN_KIND_POLICY, &records), 0);
	assert_int_equal(records.nr, RUN_RECORDS_MAX);
	assert_int_equal(records.runs[0].pub.run, 4);
	assert_int_equal(run_records_last(&records)->run, RUN_RECORDS_MAX + 3);
}

/* Impossible values in the file are ignored. */
static void garbage_is_no_run(void **state)
{
	static const char text[] =
		"x\n\n1 0 0 0 0 converged 0 0 none \n2 5 0 0 0 done 0 0 none \n"
		"3 5 0 0 0 converged 999 0 none \n9 5 0 1 2 failed 1 0 newer_word a\x1b[31mb\n"
		"8 5 0 1 2 converged 0 0 none \n9 5 0 1 2 converged 0 0 none \n10";
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct run_records records;

	fakesys_put(fs, "run/mhpctl/policy.runs", text);
	assert_int_equal(run_records_read(&fs->ctx->sys, RUN_KIND_POLICY, &records), 0);
	assert_int_equal(records.nr, 1);
	assert_int_equal(records.runs[0].pub.run, 9);
	assert_int_equal(records.runs[0].pub.reason, MHP_REASON_KERNEL);
	assert_string_equal(records.runs[0].pub.message, "a\\x1b[31mb");
}

static void what_cannot_begin_says_why(void **state)
{
	static const char *const bad_target[] = { "bogus" };
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct scene s = { .fs = fs };

	scene_run(&s, &forbidden, -EPERM);
	assert_int_equal(s.err.reason, MHP_REASON_NOT_PERMITTED);
	s.options.until = "memory0.state";
	scene_run(&s, &many, -EINVAL);
	s.options = (struct mhp_monitor_options){ .targets = bad_target, .nr_targets = 1 };
	scene_run(&s, &many, -EINVAL);
	assert_string_equal(s.told, "");
}

UNIT_TESTS(cmocka_unit_test(many_events_are_one_line),
	   cmocka_unit_test(what_was_lost_is_read_again),
	   cmocka_unit_test(what_is_so_already_ends_it), cmocka_unit_test(a_cxl_region_is_told),
	   cmocka_unit_test(a_reader_that_goes_ends_it), cmocka_unit_test(a_deadline_ends_it),
	   cmocka_unit_test(a_cancel_ends_it),
	   cmocka_unit_test(what_came_before_the_deadline_is_told),
	   cmocka_unit_test(a_source_that_is_broken_ends_it),
	   cmocka_unit_test(a_source_that_breaks_is_opened_again), cmocka_unit_test(a_run_is_told),
	   cmocka_unit_test(a_recovery_is_told), cmocka_unit_test(a_run_without_result_is_told),
	   cmocka_unit_test(a_run_that_goes_on_has_started),
	   cmocka_unit_test(a_run_that_died_is_told), cmocka_unit_test(the_last_runs_are_kept),
	   cmocka_unit_test(garbage_is_no_run), cmocka_unit_test(what_cannot_begin_says_why), )
