/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel's log says of a refusal becomes the reason, on whatever command it was. */
#include "tests/unit/trial.h"

#include <errno.h>
#include <string.h>

#define BIND "sys/bus/dax/drivers/kmem/bind"

static const struct mhp_failure *first(const struct trial *t)
{
	assert_int_equal(t->result->nr_failures, 1);
	return &t->result->failures[0];
}

static void offline_40(struct trial *t, struct fakesys *fs, const char *what, const char *log)
{
	fakesys_online_dax0(fs);
	fakesys_answer_log(fs, FAKE_ALWAYS, 40, "offline", what, log);
	trial_begin(t, fs, MHP_VERB_OFFLINE, "memory40");
	trial_run(t);
}

static void memory_of_the_boot(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	offline_40(&t, fs, "errno 1", "kmsg-boot-memory-arm64.txt");
	trial_check(&t, MHP_STATUS_FAILED, 7);
	assert_int_equal(first(&t)->error.reason, MHP_REASON_BOOT_MEMORY);
	assert_int_equal(first(&t)->error.errnum, EPERM);
	assert_string_equal(first(&t)->kernel_reason, "Boot memory offlining attempted");
	assert_non_null(strstr(first(&t)->error.message, "memory40: offline failed: it was there"));
	assert_non_null(strstr(first(&t)->error.hint, "added after the boot"));
}

static void a_mapping_that_is_not_split(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	offline_40(&t, fs, "errno 1", "kmsg-leaf-vmemmap-arm64.txt");
	trial_check(&t, MHP_STATUS_FAILED, 7);
	assert_int_equal(first(&t)->error.reason, MHP_REASON_LEAF_MAPPING);
	assert_non_null(strstr(first(&t)->error.message, "memmap"));
	assert_non_null(strstr(first(&t)->error.hint, "map=mem"));
}

/* The log is of all blocks; one that it does not name keeps what its errno says. */
static void of_another_block(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_online_dax0(fs);
	fakesys_answer_log(fs, FAKE_ALWAYS, 41, "offline", "errno 1", "kmsg-boot-memory-arm64.txt");
	trial_begin(&t, fs, MHP_VERB_OFFLINE, "memory41");
	trial_run(&t);
	assert_int_equal(first(&t)->error.reason, MHP_REASON_NOTIFIER);
	assert_string_equal(first(&t)->kernel_reason, "");
}

/* The first try says why; the second fails because of what the first has left. */
static void a_device_that_the_kernel_does_not_add(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "device_dax");
	fakesys_answer(fs, FAKE_ALWAYS, "sys/bus/dax/drivers/kmem/new_id", "dax0.0", "errno 17");
	fakesys_answer_path_log(fs, FAKE_ALWAYS, BIND, "dax0.0", "errno 16",
				"kmsg-kmem-add-failed.txt");
	trial_begin(&t, fs, MHP_VERB_ONLINE, "dax0.0");
	trial_run(&t);
	trial_check(&t, MHP_STATUS_FAILED, 1);
	assert_int_equal(first(&t)->error.reason, MHP_REASON_ADD_FAILED);
	assert_int_equal(first(&t)->step, MHP_STEP_SET_MODE);
	assert_string_equal(first(&t)->kernel_reason, "memory add failed");
	assert_non_null(strstr(first(&t)->error.message, "did not add its memory"));
}

/* ---- what held it has let go ------------------------------------------------------------- */

static void offline_slowly(struct trial *t, struct fakesys *fs, const char *log)
{
	fakesys_online_dax0(fs);
	fakesys_answer_log(fs, 1, 33, "offline", "slow 1100", log);
	trial_begin(t, fs, MHP_VERB_OFFLINE, "memory33");
	t->options.timeout_ms = 8000;
	trial_run(t);
	trial_check(t, MHP_STATUS_OK, 0);
}

/* A full block takes its time: nothing has held it. */
static void slow_is_not_held(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	offline_slowly(&t, fs, "");
	assert_string_equal(t.warnings, "");
}

static void what_held_it_is_named(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	offline_slowly(&t, fs, "kmsg-vmsplice-6.1.txt");
	assert_non_null(strstr(t.warnings, "what held it has let go"));
}

UNIT_TESTS(cmocka_unit_test(memory_of_the_boot), cmocka_unit_test(a_mapping_that_is_not_split),
	   cmocka_unit_test(of_another_block),
	   cmocka_unit_test(a_device_that_the_kernel_does_not_add),
	   cmocka_unit_test(slow_is_not_held), cmocka_unit_test(what_held_it_is_named))
