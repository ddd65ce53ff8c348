/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Log lines of a child reach the log function of the context, whole and in order. */
#include "lib/base/error.h"
#include "lib/base/clock.h"
#include "lib/sys/child.h"
#include "lib/sys/pool.h"
#include "tests/unit/fake/tree.h"
#include "tests/unit/fake/unit.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONG_MS	 60000
#define NR_LINES 2000
#define NR_TASKS 3

struct fixture {
	struct tree tree;
	struct mhp_ctx *ctx;
	char *lines; /* all received lines, each with a newline */
	size_t len;
	size_t size;
};

static void keep(const char *line, void *data)
{
	struct fixture *f = data;
	size_t len = strlen(line);

	if (f->len + len + 2 > f->size) {
		f->size = (f->len + len + 2) * 2;
		f->lines = realloc(f->lines, f->size);
		assert_non_null(f->lines);
	}
	memcpy(f->lines + f->len, line, len);
	strcpy(f->lines + f->len + len, "\n");
	f->len += len + 1;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f || tree_new(&f->tree) < 0 || mhp_ctx_new(&f->ctx, NULL, NULL) < 0)
		return -1;
	close(f->ctx->sys.root_fd);
	f->ctx->sys.root_fd = dup(f->tree.fd);
	mhp_ctx_set_log(f->ctx, keep, f);
	keep("first", f);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	mhp_ctx_free(f->ctx);
	tree_free(&f->tree);
	free(f->lines);
	free(f);
	return 0;
}

static void has(const struct fixture *f, const char *text)
{
	if (!strstr(f->lines, text))
		fail_msg("no \"%s\" in:\n%s", text, f->lines);
}

/* Returns the rest after the text, which must follow. */
static const char *rest_after(const char *lines, const char *text)
{
	const char *at = strstr(lines, text);

	if (!at)
		fail_msg("no \"%s\" in:\n%s", text, lines);
	return at + strlen(text);
}

static int call_child(struct fixture *f, child_fn fn, struct child *child, uint64_t timeout_ms,
		      struct child_result *result)
{
	const struct child_wait wait = { .deadline = clock_deadline(timeout_ms), .watch_fd = -1 };

	return child_call(child, &(struct child_task){ .fn = fn }, &wait, NULL, result, NULL);
}

/* ---- tasks ------------------------------------------------------------------------------- */

static int write_and_miss(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
			  struct mhp_error *err)
{
	char text[16];

	(void)arg;
	(void)reply;
	(void)err;
	root_write(&ctx->sys, "state", "offline");
	root_write(&ctx->sys, "none", "1\n");
	return root_read(&ctx->sys, "absent", text, sizeof(text));
}

static int write_and_hang(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
			  struct mhp_error *err)
{
	write_and_miss(ctx, arg, reply, err);
	fakeclock_hang_forever(); /* ignores the request to stop */
}

static int write_and_die(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
			 struct mhp_error *err)
{
	write_and_miss(ctx, arg, reply, err);
	raise(SIGKILL);
	return 0;
}

static int many(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err)
{
	(void)arg;
	(void)reply;
	(void)err;
	for (int i = 0; i < NR_LINES; i++)
		log_line(&ctx->log, "number %d.", i);
	return 0;
}

/* ---- tests ------------------------------------------------------------------------------- */

static void lines_come_in_order(void **state)
{
	struct fixture *f = *state;
	struct child child = CHILD_INIT(f->ctx);
	struct child_result result;
	char process[32], *at;

	assert_int_equal(tree_put(f->tree.fd, "state", "online"), 0);
	assert_int_equal(call_child(f, write_and_miss, &child, LONG_MS, &result), -ENOENT);
	str_format(process, "(process %d)", (int)child.pid);
	child_stop(&child);
	at = f->lines;
	at = (char *)rest_after(at, "child_start process ");
	at = (char *)rest_after(at, "sys/root.c:root_write ");
	assert_memory_equal(at, process, strlen(process));
	at = (char *)rest_after(at, "state = \"offline\" is written\n");
	at = (char *)rest_after(at, "state = \"offline\": ok\n");
	at = (char *)rest_after(at, "none = \"1\\x0a\" is written\n");
	at = (char *)rest_after(at, "none = \"1\\x0a\": No such file or directory\n");
	at = (char *)rest_after(at, "sys/root.c:root_open ");
	at = (char *)rest_after(at, "absent: No such file or directory\n");
	rest_after(at, " has ended\n");
}

static void what_a_killed_child_wrote_is_there(void **state)
{
	struct fixture *f = *state;
	struct child child = CHILD_INIT(f->ctx);
	struct child_result result;

	assert_int_equal(tree_put(f->tree.fd, "state", "online"), 0);
	assert_int_equal(call_child(f, write_and_hang, &child, 100, &result), -ETIMEDOUT);
	assert_int_equal(result.end, CHILD_KILLED);
	has(f, "state = \"offline\": ok\n");
	has(f, "absent: No such file or directory\n");
	has(f, " has ended\n");
}

static void what_a_dead_child_wrote_is_there(void **state)
{
	struct fixture *f = *state;
	struct child child = CHILD_INIT(f->ctx);
	struct child_result result;

	assert_int_equal(call_child(f, write_and_die, &child, LONG_MS, &result), -EPIPE);
	assert_int_equal(result.end, CHILD_DIED);
	has(f, "state = \"offline\": No such file or directory\n");
	has(f, "absent: No such file or directory\n");
}

/* Asserts that all lines are whole and their numbers ascend in each of the runs. */
static void check_numbers(const struct fixture *f, unsigned times)
{
	const char *at = f->lines;
	unsigned nr = 0;

	for (const char *line = at; *line; line = strchr(line, '\n') + 1) {
		const char *number = strstr(line, "many (process ");
		unsigned got;

		if (!number || number > strchr(line, '\n'))
			continue;
		assert_int_equal(sscanf(number, "many (process %*d) number %u.\n", &got), 1);
		assert_int_equal(got, nr % NR_LINES);
		nr++;
	}
	assert_int_equal(nr, times * NR_LINES);
}

/* More lines than fit a pipe or a socket, twice through the same child. */
static void none_is_lost_or_torn(void **state)
{
	struct fixture *f = *state;
	struct child child = CHILD_INIT(f->ctx);
	struct child_result result;

	assert_int_equal(call_child(f, many, &child, LONG_MS, &result), 0);
	check_numbers(f, 1);
	assert_int_equal(call_child(f, many, &child, LONG_MS, &result), 0);
	check_numbers(f, 2);
	assert_int_equal(child.lines.at, 0); /* forwarded lines are freed */
	child_stop(&child);
	check_numbers(f, 2);
}

static void children_side_by_side(void **state)
{
	const struct task_pool_watch watch = { 0 };
	struct task_pool_task tasks[NR_TASKS] = { { 0 } };
	struct fixture *f = *state;
	size_t nr = 0;

	for (size_t i = 0; i < NR_TASKS; i++)
		tasks[i] = (struct task_pool_task){ .fn = many, .timeout_ms = LONG_MS };
	assert_int_equal(task_pool_run(f->ctx, tasks, NR_TASKS, 0, &watch), 0);
	for (const char *at = f->lines; (at = strstr(at, " number ")); at++)
		nr++;
	assert_int_equal(nr, NR_TASKS * NR_LINES);
}

static void nobody_listens(void **state)
{
	struct fixture *f = *state;
	struct child child = CHILD_INIT(f->ctx);
	struct child_result result;

	mhp_ctx_set_log(f->ctx, NULL, NULL);
	assert_int_equal(call_child(f, many, &child, LONG_MS, &result), 0);
	assert_int_equal(child.lines.fd, -1);
	child_stop(&child);
	assert_string_equal(f->lines, "first\n");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

UNIT_TESTS(TEST(lines_come_in_order), TEST(what_a_killed_child_wrote_is_there),
	   TEST(what_a_dead_child_wrote_is_there), TEST(none_is_lost_or_torn),
	   TEST(children_side_by_side), TEST(nobody_listens))
