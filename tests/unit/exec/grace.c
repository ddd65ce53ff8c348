/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One call after the other hangs, in each kind of run: the run ends before the deadline of that
 * step and the grace that mhpctl(1) documents.
 */
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "tests/unit/fake/calls.h"
#include "tests/unit/fake/cells.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHARES 83 /* odd: a share has both ways */
#define SHARE  3

/* mhpctl(1), DEADLINES, for the device of 2 GiB of the scenes */
#define BLOCK_MS 5000 /* --timeout of trial.c */
#define STEP_MS	 62000
#define GRACE_MS 3000  /* 0.8 s of the step, 0.7 s to find users, 1.2 s to restore a setting */
#define BACK_MS	 12000 /* a state of a whole device undoes its changes */

static bool is_block(const struct call *call)
{
	return strstr(call->path, "/memory") && strstr(call->path, "/state");
}

static bool is_whole_device(const struct call *call)
{
	return strstr(call->path, "bus/dax") && strstr(call->path, "/state");
}

static uint64_t limit_of(const struct call *call)
{
	return (is_block(call) ? BLOCK_MS : STEP_MS) + GRACE_MS +
	       (is_whole_device(call) ? BACK_MS : 0);
}

static void run_cell(struct cells *cells, const struct scene *scene, bool rollback,
		     const struct call *call, const char *way)
{
	struct fake_answer answer = { .skip = call->before, .times = 1 };
	const uint64_t limit_ms = limit_of(call);
	char name[512], why[128] = "";
	uint64_t start_ms, took_ms;
	struct play play;

	str_format(name, "%s%s|%s=%s #%d|%s", scene->name, rollback ? ", rollback" : "", call->path,
		   call->word, call->before, way);
	if (!cells_take(cells, name))
		return;
	str_copy(answer.verb, way);
	play_begin(&play, scene, rollback);
	assert_int_equal(fake_answer_put(play.fs->tree.fd, call->path, call->word, &answer), 0);
	start_ms = clock_msec();
	play_run(&play);
	took_ms = clock_msec() - start_ms;
	if (took_ms > limit_ms)
		str_format(why, "ends after %.1f s, not %.1f s", (double)took_ms / 1e3,
			   (double)limit_ms / 1e3);
	if (*why && cells->only)
		play_show(&play);
	cells_told(cells, name, why);
	play_end(&play);
}

static void run_scene(struct cells *cells, const struct scene *scene, bool rollback)
{
	static struct call calls[CALLS_MAX];
	struct play play;
	size_t nr;

	play_begin(&play, scene, rollback);
	play_run(&play);
	assert_int_equal(play.t.rc, 0);
	nr = calls_of(&play, calls);
	play_end(&play);
	assert_true(nr > 1);
	for (size_t i = 0; i < nr; i++) {
		run_cell(cells, scene, rollback, &calls[i], "deaf");
		run_cell(cells, scene, rollback, &calls[i], "stuck");
	}
}

static void no_run_is_late(void **state)
{
	struct cells cells;

	(void)state;
	cells_begin(&cells, "every step that hangs ends before its deadline and the grace",
		    "BUILD/tests/unit/exec/grace", SHARES, SHARE);
	for (size_t i = 0; i < scene_count(); i++) {
		run_scene(&cells, scene_get(i), false);
		if (scene_get(i)->can_undo)
			run_scene(&cells, scene_get(i), true);
	}
	assert_true(cells_end(&cells));
}

UNIT_TESTS(cmocka_unit_test(no_run_is_late))
