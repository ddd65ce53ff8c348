/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Allocations of the library fail, one at a time: changes must still be reported, and correctly.
 * The linker prefers these functions to those of libc.
 */
#include "lib/base/error.h"
#include "tests/unit/fake/trial.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t nr, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t nr, size_t size);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t nr, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_reallocarray(void *old, size_t nr, size_t size);

static struct {
	pid_t pid; /* not in its children */
	unsigned count;
	unsigned fails_at;
	bool fails_all;
} memory;

static bool fails(void)
{
	if (memory.pid != getpid() || ++memory.count < memory.fails_at)
		return false;
	return memory.count == memory.fails_at || memory.fails_all;
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

/* ---- trials ------------------------------------------------------------------------------ */

typedef void (*prepare_fn)(struct trial *t, struct fakesys *fs);

static unsigned run_trial(struct trial *t, unsigned fails_at, bool fails_all)
{
	memory.count = 0;
	memory.fails_at = fails_at;
	memory.fails_all = fails_all;
	memory.pid = getpid();
	trial_run(t);
	memory.pid = 0;
	return memory.count;
}

static unsigned count_online(struct fakesys *fs)
{
	unsigned nr = 0;

	for (unsigned id = FIRST_BLOCK; id <= LAST_BLOCK; id++) {
		char path[64];

		str_format(path, "sys/devices/system/memory/memory%u/state", id);
		nr += strncmp(fakesys_get(fs, path), "online", 6) == 0;
	}
	return nr;
}

static void check_told(struct trial *t, struct fakesys *fs, const char *driver, unsigned online)
{
	bool changed = strcmp(fakesys_driver(fs, "dax0.0"), driver) != 0 ||
		       count_online(fs) != online || fakesys_writes(fs, "create");

	fakesys_check_settings(fs);
	if (t->rc < 0) {
		assert_false(changed);
		if (t->err.reason != MHP_REASON_OUT_OF_MEMORY)
			fail_msg("allocation %u%s: %s (%s)", memory.fails_at,
				 memory.fails_all ? " and all behind it" : "", t->err.message,
				 t->err.hint);
		return;
	}
	if (t->result->has_changes != changed)
		fail_msg("allocation %u%s: changed is %d", memory.fails_at,
			 memory.fails_all ? " and all behind it" : "", changed);
	if (t->result->exit_code == 0)
		assert_int_equal(mhp_result_target(t->result, 0)->blocks_done, NR_BLOCKS);
	else
		assert_int_not_equal(t->result->nr_failures, 0);
}

/* Fails each allocation, alone and together with all later ones. */
static void try_all(prepare_fn prepare, const char *driver, unsigned online)
{
	unsigned last = 1;

	for (unsigned at = 0; at <= 2 * last + 1; at++) {
		cleanup_fakesys struct fakesys *fs = fakesys_new();
		cleanup_trial struct trial t = { 0 };
		unsigned count;

		prepare(&t, fs);
		count = run_trial(&t, at / 2, at % 2);
		last = at == 0 ? count : last;
		if (at)
			check_told(&t, fs, driver, online);
		else
			assert_int_equal(t.result->exit_code, 0);
	}
}

static void going_online(struct trial *t, struct fakesys *fs)
{
	fakesys_dax0(fs, "device_dax");
	trial_begin(t, fs, MHP_VERB_ONLINE, "dax0.0");
	t->agrees = true;
}

static void going_online_with_rollback(struct trial *t, struct fakesys *fs)
{
	going_online(t, fs);
	t->options.roll_back = true;
}

static void going_online_in_a_new_namespace(struct trial *t, struct fakesys *fs)
{
	const struct mhp_region region = fakesys_region0();

	fakesys_region(fs, &region);
	trial_begin(t, fs, MHP_VERB_ONLINE, "region0");
}

static void going_offline(struct trial *t, struct fakesys *fs)
{
	fakesys_online_dax0(fs);
	trial_begin(t, fs, MHP_VERB_OFFLINE, "dax0.0");
}

static void an_online_tells_what_it_changed(void **state)
{
	try_all(going_online, "device_dax", 0);
}

static void an_online_with_rollback_does_too(void **state)
{
	try_all(going_online_with_rollback, "device_dax", 0);
}

static void an_online_from_nothing_does_too(void **state)
{
	try_all(going_online_in_a_new_namespace, "", 0);
}

static void an_offline_does_too(void **state)
{
	try_all(going_offline, "kmem", NR_BLOCKS);
}

UNIT_TESTS(cmocka_unit_test(an_online_tells_what_it_changed),
	   cmocka_unit_test(an_online_with_rollback_does_too),
	   cmocka_unit_test(an_online_from_nothing_does_too), cmocka_unit_test(an_offline_does_too))
