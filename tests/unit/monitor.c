/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A monitor on a fake machine, with a source of events that a script drives. */
#include "lib/sys/uevent.h"
#include "tests/unit/fakesys.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>

/* What the machine does while events are taken, one step a call. */
struct uevents {
	int fd;
};

struct scene {
	struct fakesys *fs;
	struct mhp_monitor_options options;
	struct mhp_error err;
	enum mhp_monitor_end end;
	char told[512];
	int stop_after; /* changes, then nobody listens */
	int nr;
};

static int open_fake(const struct mhp_ctx *ctx, struct uevents **source)
{
	(void)ctx;
	*source = calloc(1, sizeof(**source));
	assert_non_null(*source);
	(*source)->fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
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

/* 2,000 events of one block, and then quiet. */
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

#define SOURCE(name, next_)                                                               \
	static const struct uevent_ops name = {                                           \
		.open = open_fake, .close = close_fake, .fd = fd_of_fake, .next = (next_) \
	}

SOURCE(many, next_of_many);
SOURCE(lossy, next_is_lost);
static const struct uevent_ops forbidden = { .open = refuse };

/* The machine changes the moment it is known that somebody listens. */
static int on_change(const struct mhp_change *change, void *data)
{
	struct scene *s = data;
	size_t len = strlen(s->told);

	snprintf(s->told + len, sizeof(s->told) - len, "%s ", mhp_change_kind_name(change->kind));
	if (change->kind == MHP_CHANGE_READY)
		fakesys_blocks(s->fs, 33, 34, "online", "Movable", 1);
	return ++s->nr == s->stop_after;
}

static void scene_run(struct scene *s, const struct uevent_ops *source, int rc)
{
	s->fs->ctx->uevent = source;
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
	assert_int_equal(s.end, MHP_MONITOR_REACHED);
	assert_string_equal(s.told, "ready blocks node ");
}

static void what_was_lost_is_read_again(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct scene s = { .fs = fs, .options = { .count = 2 } };

	scene_run(&s, &lossy, 0);
	assert_int_equal(s.end, MHP_MONITOR_COUNTED);
	assert_string_equal(s.told, "ready overflow blocks ");
}

static void what_is_so_already_ends_it(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct scene s = { .fs = fs, .options = { .until = "memory0.state==online" } };

	scene_run(&s, &many, 0);
	assert_int_equal(s.end, MHP_MONITOR_REACHED);
	assert_string_equal(s.told, "ready ");
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

static void a_cancel_ends_it(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	struct scene s = { .fs = fs };

	mhp_ctx_cancel(fs->ctx);
	scene_run(&s, &many, -ECANCELED);
	assert_int_equal(s.err.reason, MHP_REASON_INTERRUPTED);
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
	   cmocka_unit_test(what_is_so_already_ends_it),
	   cmocka_unit_test(a_reader_that_goes_ends_it), cmocka_unit_test(a_deadline_ends_it),
	   cmocka_unit_test(a_cancel_ends_it), cmocka_unit_test(what_cannot_begin_says_why), )
