/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every call that a run makes, times every way in which it can end wrong. The calls are recorded
 * from an undisturbed run of each scene, so a new step joins by itself.
 */
#include "lib/base/error.h"
#include "tests/unit/fake/calls.h"
#include "tests/unit/fake/cells.h"
#include "tests/unit/fake/scene.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHARES 427 /* odd, so that a share has cells of every scene and way */
#define SHARE  7

#define ERRNO_SHARES 199
#define ERRNO_SHARE  11
#define ERRNO_LAST   EHWPOISON
#define KINDS_MAX    256

/* ---- ways to end wrong ------------------------------------------------------------------- */

/* Those that the kernel returns for files of /sys and /proc, and for devices of memory. */
static const int errnos[] = {
	EPERM,	EACCES,	   ENOENT, EINTR,  EIO,	   ENXIO,  ENOMEM,    EBUSY,	 EEXIST,
	ENODEV, EINVAL,	   ENOSPC, EROFS,  EMFILE, ENFILE, ERANGE,    EOVERFLOW, EOPNOTSUPP,
	EAGAIN, ETIMEDOUT, ENOTTY, EFAULT, ELOOP,  ESTALE, EHWPOISON,
};

/* "deaf" hangs until it is killed, "stuck" even longer; "did N" is done and says errno N. */
static const char *const ways[] = { "ok", "die", "deaf", "stuck", "did 5", "did 4", "did 16" };

static bool is_unclear(const char *way)
{
	return strcmp(way, "ok") == 0 || strcmp(way, "die") == 0 || strcmp(way, "deaf") == 0 ||
	       strcmp(way, "stuck") == 0;
}

static bool is_setting(const struct call *call)
{
	return strstr(call->path, "drivers_autoprobe") ||
	       strstr(call->path, "auto_online_blocks") || strstr(call->path, "demotion_enabled");
}

static void run_cell(struct cells *cells, const struct scene *scene, bool rollback,
		     const struct call *call, const char *way, int times)
{
	struct disturbance disturbance = {
		.errnum = strncmp(way, "errno ", 6) == 0 ? atoi(way + 6) : 0,
		.is_stuck = strcmp(way, "stuck") == 0,
		.is_unclear = is_unclear(way),
		.is_setting = is_setting(call),
	};
	struct fake_answer answer = { .skip = call->before, .times = times };
	struct play play;
	const char *why;
	char name[512], text[1200] = "";
	size_t len = strcspn(way, " ");

	str_format(name, "%s%s|%s=%s #%d|%s%s", scene->name, rollback ? ", rollback" : "",
		   call->path, call->word, call->before, way, times > 1 ? " always" : "");
	if (!cells_take(cells, name))
		return;
	str_format(answer.verb, "%.*s", (int)len, way);
	str_copy(answer.arg, way[len] ? way + len + 1 : "");
	play_begin(&play, scene, rollback);
	assert_int_equal(fake_answer_put(play.fs->tree.fd, call->path, call->word, &answer), 0);
	play_run(&play);
	why = play_judge(&play, &disturbance);
	str_copy(text, why);
	if (*why && cells->only)
		play_show(&play);
	if (!*why) {
		why = play_judge_again(&play);
		if (*why)
			str_format(text, "again: %s: %s", why, play.t.err.message);
		if (*why && cells->only)
			play_show(&play);
	}
	cells_told(cells, name, text);
	play_end(&play);
}

static void run_call(struct cells *cells, const struct scene *scene, bool rollback,
		     const struct call *call)
{
	char way[32];

	for (size_t i = 0; i < ARRAY_SIZE(errnos); i++) {
		str_format(way, "errno %d", errnos[i]);
		run_cell(cells, scene, rollback, call, way, 1);
		run_cell(cells, scene, rollback, call, way, FAKE_ALWAYS);
	}
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
		run_cell(cells, scene, rollback, call, ways[i], 1);
	run_cell(cells, scene, rollback, call, "ok", FAKE_ALWAYS);
	run_cell(cells, scene, rollback, call, "did 5", FAKE_ALWAYS);
}

/* Returns how many calls an undisturbed run makes. */
static size_t record_calls(const struct scene *scene, bool rollback, struct call *calls)
{
	const struct disturbance none = { 0 };
	struct play play;
	size_t nr;

	play_begin(&play, scene, rollback);
	play_run(&play);
	assert_string_equal(play_judge(&play, &none), "");
	assert_int_equal(play.t.rc, 0);
	if (play.t.result->exit_code != 0)
		fail_msg("%s: %s", scene->name,
			 play.t.result->nr_failures
				 ? mhp_result_failure(play.t.result, 0)->error.message
				 : mhp_status_name(play.t.result->status));
	nr = calls_of(&play, calls);
	play_end(&play);
	assert_true(nr > 1);
	return nr;
}

static void run_scene(struct cells *cells, const struct scene *scene, bool rollback)
{
	static struct call calls[CALLS_MAX];
	size_t nr;

	if (cells->only && strchr(cells->only, '|') && !strstr(cells->only, scene->name))
		return;
	nr = record_calls(scene, rollback, calls);
	for (size_t i = 0; i < nr; i++)
		run_call(cells, scene, rollback, &calls[i]);
}

static void every_call_that_fails_is_told(void **state)
{
	struct cells cells;

	assert_int_equal(ARRAY_SIZE(errnos), 25); /* as the name of the proof says */
	cells_begin(&cells, "every step x 25 errnos of /sys, /proc and devices",
		    "BUILD/tests/unit/exec/every-step", SHARES, SHARE);
	for (size_t i = 0; i < scene_count(); i++) {
		run_scene(&cells, scene_get(i), false);
		if (scene_get(i)->can_undo)
			run_scene(&cells, scene_get(i), true);
	}
	assert_true(cells_end(&cells));
}

/* ---- every errno ------------------------------------------------------------------------- */

/* Kinds of calls: path and word, without their numbers. */
struct kinds {
	char names[KINDS_MAX][256];
	size_t nr;
};

static bool is_new_kind(struct kinds *kinds, const struct call *call)
{
	char name[256];
	size_t len = 0;

	str_format(name, "%s=%s", call->path, call->word);
	for (const char *at = name; *at; at++)
		if (*at < '0' || *at > '9')
			name[len++] = *at;
	name[len] = '\0';
	for (size_t i = 0; i < kinds->nr; i++)
		if (strcmp(kinds->names[i], name) == 0)
			return false;
	assert_true(kinds->nr < KINDS_MAX);
	str_copy(kinds->names[kinds->nr++], name);
	return true;
}

static void every_errno_is_told(void **state)
{
	static struct call calls[CALLS_MAX];
	static struct kinds kinds;
	struct cells cells;

	assert_int_equal(ERRNO_LAST, 133); /* as the name of the proof says */
	cells_begin(&cells, "every kind of step x every errno up to 133",
		    "BUILD/tests/unit/exec/every-step", ERRNO_SHARES, ERRNO_SHARE);
	for (size_t i = 0; i < scene_count(); i++) {
		const struct scene *scene = scene_get(i);
		size_t nr = record_calls(scene, false, calls);

		for (size_t k = 0; k < nr; k++) {
			if (!is_new_kind(&kinds, &calls[k]))
				continue;
			for (int errnum = 1; errnum <= ERRNO_LAST; errnum++) {
				char way[32];

				str_format(way, "errno %d", errnum);
				run_cell(&cells, scene, false, &calls[k], way, 1);
			}
		}
	}
	assert_true(kinds.nr > 20);
	assert_true(cells_end(&cells));
}

UNIT_TESTS(cmocka_unit_test(every_call_that_fails_is_told), cmocka_unit_test(every_errno_is_told))
