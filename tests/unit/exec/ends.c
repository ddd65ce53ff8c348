/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every way in which a run can end, times every kind of run: only the needs of the next run are
 * left, and nothing after it.
 */
#include "cmd/interrupt.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/sys/lock.h"
#include "tests/unit/fake/calls.h"
#include "tests/unit/fake/cells.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define SHARES 7
#define SHARE  2

#define PATIENCE 1000 /* times 10 ms until a process has ended */

enum end {
	END_SUCCESS,
	END_FAILURE,
	END_DEADLINE,
	END_CANCEL,
	END_NO_MEMORY,
	END_SIGINT,
	END_SIGTERM,
	END_SIGHUP,
	END_SIGKILL,
	NR_ENDS,
};

static const char *const names[NR_ENDS] = {
	[END_SUCCESS] = "success",     [END_FAILURE] = "failure",
	[END_DEADLINE] = "deadline",   [END_CANCEL] = "mhp_ctx_cancel()",
	[END_NO_MEMORY] = "no memory", [END_SIGINT] = "SIGINT",
	[END_SIGTERM] = "SIGTERM",     [END_SIGHUP] = "SIGHUP",
	[END_SIGKILL] = "SIGKILL",
};

/* ---- memory ------------------------------------------------------------------------------ */

void *__real_malloc(size_t size);
void *__real_calloc(size_t nr, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t nr, size_t size);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t nr, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_reallocarray(void *old, size_t nr, size_t size);

static pid_t without_memory; /* that process gets none */

static bool fails(void)
{
	return without_memory && without_memory == getpid();
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t nr, size_t size)
{
	return fails() ? NULL : __real_calloc(nr, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return fails() ? NULL : __real_realloc(old, size);
}

void *__wrap_reallocarray(void *old, size_t nr, size_t size)
{
	return fails() ? NULL : __real_reallocarray(old, nr, size);
}

/* ---- ways to end ------------------------------------------------------------------------- */

static void cancel(struct trial *t)
{
	mhp_ctx_cancel(t->fs->ctx);
}

static void lose_memory(struct trial *t)
{
	(void)t;
	without_memory = getpid();
}

static int signal_of(enum end end)
{
	return end == END_SIGINT    ? SIGINT
	       : end == END_SIGTERM ? SIGTERM
	       : end == END_SIGHUP  ? SIGHUP
	       : end == END_SIGKILL ? SIGKILL
				    : 0;
}

static int number; /* of the signal */

static void send_signal(struct trial *t)
{
	(void)t;
	kill(getpid(), number);
}

static void put_answer(struct play *play, const struct call *call, const char *verb,
		       const char *arg)
{
	struct fake_answer answer = { .skip = call->before, .times = 1 };

	str_copy(answer.verb, verb);
	str_copy(answer.arg, arg);
	assert_int_equal(fake_answer_put(play->fs->tree.fd, call->path, call->word, &answer), 0);
}

/* Runs it as the program does, in a process that the signal ends or cancels. */
static void run_in_child(struct play *play, int which)
{
	int status;
	pid_t pid;

	number = which;
	play->act = send_signal;
	pid = fork();
	if (pid == 0) {
		interrupt_setup();
		interrupt_watch(play->fs->ctx);
		play_run(play);
		_exit(0);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (which == SIGKILL)
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	else
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void end_run(struct play *play, enum end end, const struct call *call)
{
	switch (end) {
	case END_FAILURE:
		put_answer(play, call, "errno", "5");
		break;
	case END_DEADLINE:
		put_answer(play, call, "deaf", "");
		break;
	case END_CANCEL:
		play->act = cancel;
		break;
	case END_NO_MEMORY:
		play->act = lose_memory;
		break;
	default:
		break;
	}
	if (signal_of(end))
		run_in_child(play, signal_of(end));
	else
		play_run(play);
	without_memory = 0;
}

/* ---- what is left ------------------------------------------------------------------------ */

/* Processes of a killed one become ours. Returns true when all have ended. */
static bool reap_orphans(void)
{
	for (int i = 0; i < PATIENCE; i++) {
		pid_t pid;

		while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
			;
		if (pid < 0)
			return true;
		fakeclock_wait();
	}
	return false;
}

static const char *judge_locks(const struct play *play)
{
	static const char *const locks[] = { LOCK_MEMORY, LOCK_SETTINGS, LOCK_WRITERS, LOCK_POLICY,
					     LOCK_RECOVER };
	const struct mhp_range all = { 0, UINT64_MAX };

	for (size_t i = 0; i < ARRAY_SIZE(locks); i++) {
		cleanup_close int fd = openat(play->fs->tree.fd, locks[i], O_RDWR | O_CLOEXEC);
		pid_t holder;

		if (fd >= 0 && lock_is_held(fd, all, &holder) != 0)
			return "a lock is still held";
	}
	return lock_any_writer(play->fs->ctx) ? "a writer is still marked" : "";
}

static bool has_state(const struct remains *remains)
{
	return strstr(remains->files, "/intent/") || strstr(remains->files, "/restore.");
}

/* Returns whether a CXL region has lost its member: only the record shows whose region it was. */
static bool has_bare_region(const struct play *play)
{
	char member[64];

	return tree_get(play->fs->tree.fd, "sys/bus/cxl/devices/region0/target0", member,
			sizeof(member)) >= 0 &&
	       strspn(member, "\n") == strlen(member);
}

/* Only a killed run may leave what it was doing, and one that has left a region half destroyed. */
static const char *judge_remains(struct play *play, enum end end)
{
	static char text[1024];
	struct remains after;

	if (signal_of(end) && !reap_orphans())
		return "a process still runs";
	remains_read(&after, play->fs->tree.fd);
	remains_compare(&play->remains, &after, text, sizeof(text));
	if (*text)
		return text;
	if (end != END_SIGKILL && has_state(&after) && !has_bare_region(play))
		return "an intent or a journal is left";
	return judge_locks(play);
}

static const char *judge_again(struct play *play)
{
	struct remains after;
	eventfd_t count;
	const char *why;

	play->act = NULL;
	eventfd_read(play->fs->ctx->cancel_fd, &count); /* the next run has another context */
	why = play_judge_again(play);
	if (*why)
		return why;
	remains_read(&after, play->fs->tree.fd);
	if (has_state(&after))
		return "the next run leaves an intent or a journal";
	return judge_locks(play);
}

/* ---- the matrix -------------------------------------------------------------------------- */

static void run_cell(struct cells *cells, const struct scene *scene, enum end end,
		     const struct call *call, unsigned at)
{
	char name[320], text[1200];
	struct play play;
	const char *why;

	str_format(name, "%s|%s at event %u", scene->name, names[end], at);
	if (!cells_take(cells, name))
		return;
	play_begin(&play, scene, false);
	play.act_at = at;
	end_run(&play, end, call);
	why = judge_remains(&play, end);
	str_copy(text, why);
	if (!*why) {
		play_look(&play);
		why = judge_again(&play);
		str_format(text, "%s%s", *why ? "again: " : "", why);
	}
	if (*text && cells->only)
		play_show(&play);
	cells_told(cells, name, text);
	play_end(&play);
}

static void run_scene(struct cells *cells, const struct scene *scene)
{
	static struct call calls[CALLS_MAX];
	struct play play;
	unsigned events;
	size_t nr;

	play_begin(&play, scene, false);
	play_run(&play);
	assert_int_equal(play.t.rc, 0);
	nr = calls_of(&play, calls);
	events = play.t.nr_events;
	play_end(&play);
	assert_true(nr > 1 && events > 1);
	for (enum end end = 0; end < NR_ENDS; end++) {
		run_cell(cells, scene, end, &calls[0], 1);
		run_cell(cells, scene, end, &calls[nr / 2], events / 2 + 1);
		run_cell(cells, scene, end, &calls[nr - 1], events);
	}
}

static void nothing_is_left(void **state)
{
	struct cells cells;

	(void)state;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	cells_begin(&cells, "every kind of run x every way to end", "BUILD/tests/unit/exec/ends",
		    SHARES, SHARE);
	for (size_t i = 0; i < scene_count(); i++)
		run_scene(&cells, scene_get(i));
	assert_true(cells_end(&cells));
}

UNIT_TESTS(cmocka_unit_test(nothing_is_left))
