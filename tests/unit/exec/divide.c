/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices of a dax region that can be divided: create, resize, destroy, online of a part. */
#include "lib/base/error.h"
#include "tests/unit/fake/killed.h"
#include "tests/unit/fake/trial.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define REGION	  "sys/devices/platform/hmem.0/dax_region"
#define DEVICES	  "sys/bus/dax/devices"
#define BLOCKS(n) ((n)*FAKE_BLOCK_SIZE)

static void run_sized(struct trial *t, struct fakesys *fs, enum mhp_verb verb, const char *target,
		      uint64_t blocks)
{
	trial_begin(t, fs, verb, target);
	t->request.bytes = BLOCKS(blocks);
	trial_run(t);
}

/* Asserts the driver of a device and its ranges in blocks of the region: "7-14", "4-5 0-3", "". */
static void check_part(struct fakesys *fs, const char *name, const char *driver, const char *ranges)
{
	char text[128] = "";

	for (unsigned i = 0; i < 8; i++) {
		size_t len = strlen(text);
		uint64_t start, last;

		ROOT_PATH(start_path, DEVICES "/%s/mapping%u/start", name, i);
		ROOT_PATH(end_path, DEVICES "/%s/mapping%u/end", name, i);
		if (sscanf(fakesys_get(fs, start_path), "0x%" SCNx64, &start) != 1 ||
		    sscanf(fakesys_get(fs, end_path), "0x%" SCNx64, &last) != 1)
			break;
		assert_int_equal((start - REGION_START) % FAKE_BLOCK_SIZE, 0);
		snprintf(text + len, sizeof(text) - len, "%s%llu-%llu", len ? " " : "",
			 (start - REGION_START) / FAKE_BLOCK_SIZE,
			 (last - REGION_START) / FAKE_BLOCK_SIZE);
	}
	assert_string_equal(text, ranges);
	assert_string_equal(fakesys_driver(fs, name), driver);
}

static bool has_device(struct fakesys *fs, const char *name)
{
	ROOT_PATH(path, DEVICES "/%s", name);
	return root_seems(&fs->ctx->sys, path);
}

static void check_free(struct fakesys *fs, uint64_t blocks)
{
	char text[32];

	str_format(text, "%llu", BLOCKS(blocks));
	assert_string_equal(fakesys_get(fs, REGION "/available_size"), text);
}

/* ---- create ------------------------------------------------------------------------------ */

static void two_devices(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 }, again = { 0 };

	fakesys_dax_region0(fs, 0, "");
	run_sized(&t, fs, MHP_VERB_CREATE, "dax_region0", 4);
	trial_check(&t, MHP_STATUS_OK, 0);
	check_part(fs, "dax0.0", "device_dax", "0-3");
	assert_int_equal(fakesys_writes(fs, "create=1"), 0); /* the first device existed */
	run_sized(&again, fs, MHP_VERB_CREATE, "hmem.0", 8);
	trial_check(&again, MHP_STATUS_OK, 0);
	check_part(fs, "dax0.1", "device_dax", "4-11");
	assert_string_equal(mhp_result_target(again.result, 0)->device, "dax0.1");
	check_free(fs, 3);
}

static void all_that_is_free(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 }, again = { 0 };

	fakesys_dax_region0(fs, BLOCKS(2), "device_dax");
	fakesys_dax_part(fs, "dax0.1", 6, 2, "device_dax");
	run_sized(&t, fs, MHP_VERB_CREATE, "dax_region0", 0);
	trial_check(&t, MHP_STATUS_OK, 0);
	check_part(fs, "dax0.2", "device_dax", "2-5 8-14");
	check_free(fs, 0);
	run_sized(&again, fs, MHP_VERB_CREATE, "dax_region0", 0);
	trial_check_refused(&again, -ENOSPC, MHP_REASON_NO_SPACE);
}

/* The size is rounded up, as each cut is at the border of a block. */
static void odd_sizes(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax_region0(fs, BLOCKS(4), "device_dax");
	trial_begin(&t, fs, MHP_VERB_CREATE, "dax_region0");
	t.request.bytes = BLOCKS(2) + 12345;
	trial_run(&t);
	trial_check(&t, MHP_STATUS_OK, 0);
	check_part(fs, "dax0.1", "device_dax", "4-6");
}

/* Another tool has cut inside of a block: what is left of the block stays free. */
static void a_hole_inside_of_a_block(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax_region0(fs, BLOCKS(4), "");
	assert_int_equal(fake_dax_divide(fs->tree.fd, "dax0.0", "size", "538968064"), 0);
	run_sized(&t, fs, MHP_VERB_CREATE, "dax_region0", 2);
	trial_check(&t, MHP_STATUS_OK, 0);
	check_part(fs, "dax0.1", "device_dax", "5-6");
	assert_int_equal(fakesys_writes(fs, "dax0.1/mapping="), 1);
}

static void what_the_kernel_does_not_do(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax_region0(fs, BLOCKS(4), "device_dax");
	fakesys_answer(fs, FAKE_ALWAYS, REGION "/create", "1", "ok");
	run_sized(&t, fs, MHP_VERB_CREATE, "dax_region0", 2);
	trial_check(&t, MHP_STATUS_FAILED, 1);
	assert_non_null(strstr(t.first.message, "there is no new device"));
	assert_false(t.result->has_changes);
}

static void a_mapping_that_is_ignored(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax_region0(fs, BLOCKS(4), "device_dax");
	fakesys_answer(fs, FAKE_ALWAYS, DEVICES "/dax0.1/size", "268435456", "ok");
	fakesys_answer(fs, FAKE_ALWAYS, DEVICES "/dax0.1/mapping", "128000000-137ffffff", "ok");
	run_sized(&t, fs, MHP_VERB_CREATE, "dax_region0", 2);
	trial_check(&t, MHP_STATUS_FAILED, 1);
	assert_non_null(strstr(t.first.message, "reports success"));
	assert_true(t.result->has_changes); /* the device exists */
	check_part(fs, "dax0.1", "", "");
}

/* Another tool, right after the last step. */
static void take_away(struct trial *t)
{
	assert_non_null(strstr(t->events, "done set_mode dax0.1 changed"));
	assert_int_equal(tree_remove(t->fs->tree.fd, DEVICES "/dax0.1/driver"), 0);
	assert_int_equal(fake_dax_divide(t->fs->tree.fd, "dax0.1", "size", "0"), 0);
}

static void what_does_not_last(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax_region0(fs, BLOCKS(4), "device_dax");
	trial_begin(&t, fs, MHP_VERB_CREATE, "dax_region0");
	t.act = take_away;
	t.act_at = 7;
	trial_run(&t);
	trial_check(&t, MHP_STATUS_FAILED, 1);
	assert_int_equal(t.first.reason, MHP_REASON_WENT_AWAY);
}

static void wrong_options(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax_region0(fs, BLOCKS(4), "device_dax");
	trial_begin(&t, fs, MHP_VERB_CREATE, "dax_region0");
	t.request.name = "scratch";
	trial_run(&t);
	trial_check_refused(&t, -EINVAL, MHP_REASON_USAGE);
}

/* ---- resize ------------------------------------------------------------------------------ */

static void grow_and_shrink(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 }, down = { 0 }, same = { 0 };

	fakesys_dax_region0(fs, BLOCKS(4), "device_dax");
	run_sized(&t, fs, MHP_VERB_RESIZE, "dax0.0", 12);
	trial_check(&t, MHP_STATUS_OK, 0);
	check_part(fs, "dax0.0", "device_dax", "0-11");
	run_sized(&down, fs, MHP_VERB_RESIZE, "dax0.0", 1);
	trial_check(&down, MHP_STATUS_OK, 0);
	check_part(fs, "dax0.0", "device_dax", "0-0");
	run_sized(&same, fs, MHP_VERB_RESIZE, "dax0.0", 1);
	trial_check(&same, MHP_STATUS_OK, 0);
	assert_false(same.result->has_changes);
}

static void a_device_in_use(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial memory = { 0 }, used = { 0 };

	fakesys_dax_region0(fs, BLOCKS(4), "device_dax");
	fakesys_put(fs, "users/dax0.0", "fio[412]\n");
	run_sized(&used, fs, MHP_VERB_RESIZE, "dax0.0", 2);
	trial_check(&used, MHP_STATUS_FAILED, 1);
	assert_int_equal(used.first.reason, MHP_REASON_IN_USE);
	check_part(fs, "dax0.0", "device_dax", "0-3");
	fakesys_dax_part(fs, "dax0.1", 4, 2, "kmem");
	run_sized(&memory, fs, MHP_VERB_RESIZE, "dax0.1", 4);
	trial_check_refused(&memory, -EBUSY, MHP_REASON_IN_USE);
}

static void a_device_that_somebody_binds(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax_region0(fs, BLOCKS(4), "");
	fakesys_answer(fs, FAKE_ALWAYS, DEVICES "/dax0.0/size", "805306368", "errno 16");
	run_sized(&t, fs, MHP_VERB_RESIZE, "dax0.0", 6);
	trial_check(&t, MHP_STATUS_FAILED, 1);
	assert_false(t.result->has_changes);
	check_part(fs, "dax0.0", "", "0-3");
}

static void a_new_alignment(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 }, wrong = { 0 };

	fakesys_dax_region0(fs, BLOCKS(4), "device_dax");
	trial_begin(&t, fs, MHP_VERB_RESIZE, "dax0.0");
	t.request.align = 4096;
	trial_run(&t);
	trial_check(&t, MHP_STATUS_OK, 0);
	assert_string_equal(fakesys_get(fs, DEVICES "/dax0.0/align"), "4096");
	check_part(fs, "dax0.0", "device_dax", "0-3");
	trial_begin(&wrong, fs, MHP_VERB_RESIZE, "dax0.0");
	wrong.request.align = 8192;
	trial_run(&wrong);
	trial_check(&wrong, MHP_STATUS_FAILED, 7);
	assert_string_equal(fakesys_get(fs, DEVICES "/dax0.0/align"), "4096");
}

static void a_namespace(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax0(fs, "device_dax");
	run_sized(&t, fs, MHP_VERB_RESIZE, "dax0.0", 4);
	trial_check_refused(&t, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED);
}

/* ---- destroy ----------------------------------------------------------------------------- */

/* The kernel never deletes the first device of a region. */
static void destroy_of_all(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 }, again = { 0 };

	fakesys_dax_region0(fs, BLOCKS(4), "device_dax");
	fakesys_dax_part(fs, "dax0.1", 4, 2, "");
	trial_begin(&t, fs, MHP_VERB_DESTROY, "dax_region0");
	trial_run(&t);
	trial_check(&t, MHP_STATUS_OK, 0);
	assert_false(has_device(fs, "dax0.1"));
	check_part(fs, "dax0.0", "", "");
	check_free(fs, NR_BLOCKS);
	trial_begin(&again, fs, MHP_VERB_DESTROY, "dax0.0");
	trial_run(&again);
	trial_check(&again, MHP_STATUS_OK, 0);
	assert_false(again.result->has_changes);
}

static void destroy_of_memory(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 }, removed = { 0 };

	fakesys_dax_region0(fs, BLOCKS(4), "device_dax");
	fakesys_dax_part(fs, "dax0.1", 4, 2, "kmem");
	trial_begin(&t, fs, MHP_VERB_DESTROY, "dax0.1");
	trial_run(&t);
	trial_check_refused(&t, -EBUSY, MHP_REASON_IN_USE);
	trial_begin(&removed, fs, MHP_VERB_REMOVE, "dax0.1");
	removed.request.destroy = true;
	trial_run(&removed);
	trial_check(&removed, MHP_STATUS_OK, 0);
	assert_false(has_device(fs, "dax0.1"));
	check_part(fs, "dax0.0", "device_dax", "0-3");
}

static void remove_of_nothing(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 }, destroyed = { 0 };

	fakesys_dax_region0(fs, 0, "");
	trial_begin(&t, fs, MHP_VERB_REMOVE, "dax0.0");
	trial_run(&t);
	trial_check(&t, MHP_STATUS_OK, 0);
	trial_begin(&destroyed, fs, MHP_VERB_REMOVE, "dax_region0");
	destroyed.request.destroy = true;
	trial_run(&destroyed);
	trial_check(&destroyed, MHP_STATUS_OK, 0);
	assert_false(destroyed.result->has_changes);
}

/* "all" means namespaces: devices of dax regions come back at the next boot. */
static void destroy_all_leaves_them(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 };

	fakesys_dax_region0(fs, BLOCKS(4), "device_dax");
	trial_begin(&t, fs, MHP_VERB_DESTROY, "all");
	trial_run(&t);
	trial_check(&t, MHP_STATUS_OK, 0);
	check_part(fs, "dax0.0", "device_dax", "0-3");
}

/* ---- online ------------------------------------------------------------------------------ */

static void a_part_online(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial t = { 0 }, again = { 0 };

	fakesys_dax_region0(fs, BLOCKS(4), "device_dax");
	run_sized(&t, fs, MHP_VERB_ONLINE, "dax_region0", 6);
	trial_check(&t, MHP_STATUS_OK, 0);
	trial_check_target(&t, MHP_STATUS_OK, true, 6, 6);
	check_part(fs, "dax0.1", "kmem", "4-9");
	fakesys_check_blocks(fs, 37, 42, "online", "Movable");
	run_sized(&again, fs, MHP_VERB_ONLINE, "dax_region0", 6);
	trial_check(&again, MHP_STATUS_OK, 0);
	assert_false(again.result->has_changes);
}

static void a_device_without_memory(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	cleanup_trial struct trial all = { 0 }, named = { 0 };

	fakesys_dax_region0(fs, 0, "");
	trial_begin(&all, fs, MHP_VERB_ONLINE, "all");
	trial_run(&all);
	trial_check(&all, MHP_STATUS_OK, 0);
	trial_begin(&named, fs, MHP_VERB_ONLINE, "dax0.0");
	trial_run(&named);
	trial_check_refused(&named, -ENOSPC, MHP_REASON_NO_SPACE);
}

/* ---- killed ------------------------------------------------------------------------------ */

static const enum mhp_step_type kinds[] = {
	MHP_STEP_CREATE_DEVICE,
	MHP_STEP_RESIZE_DEVICE,
	MHP_STEP_DESTROY_DEVICE,
	MHP_STEP_SET_MODE,
};

struct killed_run {
	enum mhp_verb verb;
	const char *target;
	uint64_t blocks; /* of dax0.0 before */
	bool has_second;
	unsigned kinds; /* bits: those of its steps */
};

static const struct killed_run killed_runs[] = {
	{ MHP_VERB_CREATE, "dax_region0", 4, false, 1 | 2 | 8 },
	{ MHP_VERB_ONLINE, "dax_region0", 0, false, 2 | 8 },
	{ MHP_VERB_DESTROY, "dax0.1", 4, true, 2 | 4 | 8 },
	{ MHP_VERB_REMOVE, "dax0.1", 4, true, 2 | 4 | 8 },
};

static void check_end(struct fakesys *fs, const struct killed_run *run)
{
	if (run->has_second) {
		assert_false(has_device(fs, "dax0.1"));
		check_free(fs, NR_BLOCKS - 4);
		return;
	}
	if (run->verb == MHP_VERB_ONLINE) {
		check_part(fs, "dax0.0", "kmem", "0-14");
		fakesys_check_blocks(fs, FIRST_BLOCK, LAST_BLOCK, "online", "Movable");
		return;
	}
	assert_false(has_device(fs, "dax0.2"));
	check_part(fs, "dax0.1", "device_dax", "4-14");
}

static struct fakesys *kill_one(const struct killed_run *run, enum mhp_step_type kind,
				enum mhp_event_type event)
{
	struct fakesys *fs = fakesys_new();

	fakesys_dax_region0(fs, BLOCKS(run->blocks), run->blocks ? "device_dax" : "");
	if (run->has_second)
		fakesys_dax_part(fs, "dax0.1", 4, 2, "device_dax");
	run_killed(fs, run->verb, run->target, event, kind, false);
	return fs;
}

typedef void (*killed_fn)(struct fakesys *fs, const struct killed_run *run);

static void kill_each(killed_fn fn)
{
	static const enum mhp_event_type events[] = { MHP_EVENT_STEP_STARTED, MHP_EVENT_STEP_DONE };

	for (size_t i = 0; i < ARRAY_SIZE(killed_runs); i++)
		for (size_t k = 0; k < ARRAY_SIZE(kinds); k++)
			for (size_t e = 0; e < ARRAY_SIZE(events); e++) {
				cleanup_fakesys struct fakesys *fs = NULL;

				if (!(killed_runs[i].kinds & 1U << k))
					continue;
				fs = kill_one(&killed_runs[i], kinds[k], events[e]);
				fn(fs, &killed_runs[i]);
			}
}

/* Returns whether the run was killed behind its last step. */
static bool has_ended(struct fakesys *fs, const struct killed_run *run)
{
	if (run->has_second)
		return !has_device(fs, "dax0.1");
	return run->verb == MHP_VERB_CREATE &&
	       strcmp(fakesys_driver(fs, "dax0.1"), "device_dax") == 0;
}

static void run_again(struct fakesys *fs, const struct killed_run *run)
{
	cleanup_trial struct trial t = { 0 };

	if (!has_ended(fs, run)) {
		trial_begin(&t, fs, run->verb, run->target);
		t.request.destroy = true;
		trial_run(&t);
		trial_check(&t, MHP_STATUS_OK, 0);
	}
	check_end(fs, run);
}

static void the_same_command_ends_it(void **state)
{
	kill_each(run_again);
}

/* Asserts that a device with memory has a driver, and one without is the first of its region. */
static void check_whole(struct fakesys *fs, const char *name)
{
	ROOT_PATH(path, DEVICES "/%s/size", name);
	if (strcmp(fakesys_get(fs, path), "0") != 0)
		assert_string_not_equal(fakesys_driver(fs, name), "");
	else
		assert_string_equal(name, "dax0.0");
}

/* Recovers, which continues or undoes it: no device is left without a driver. */
static void recover_run(struct fakesys *fs, const struct killed_run *run)
{
	const struct mhp_run_options run_options = MHP_RUN_OPTIONS_INIT(.timeout_ms = 1000);
	const struct mhp_recover_options options =
		MHP_RECOVER_OPTIONS_INIT(.agreed = MHP_CONSENT_ALL, .run = &run_options);
	struct mhp_recovery_report *report = NULL;
	struct mhp_error err = { 0 };

	(void)run;
	assert_int_equal(mhp_recover(fs->ctx, &options, &report, &err), 0);
	assert_int_equal(report->exit_code, 0);
	assert_int_equal(report->nr_runs, 1);
	mhp_recovery_report_free(report);
	check_whole(fs, "dax0.0");
	if (has_device(fs, "dax0.1"))
		check_whole(fs, "dax0.1");
}

static void recover_ends_it(void **state)
{
	kill_each(recover_run);
}

UNIT_TESTS(cmocka_unit_test(two_devices), cmocka_unit_test(all_that_is_free),
	   cmocka_unit_test(odd_sizes), cmocka_unit_test(a_hole_inside_of_a_block),
	   cmocka_unit_test(what_the_kernel_does_not_do),
	   cmocka_unit_test(a_mapping_that_is_ignored), cmocka_unit_test(what_does_not_last),
	   cmocka_unit_test(wrong_options), cmocka_unit_test(grow_and_shrink),
	   cmocka_unit_test(a_device_in_use), cmocka_unit_test(a_device_that_somebody_binds),
	   cmocka_unit_test(a_new_alignment), cmocka_unit_test(a_namespace),
	   cmocka_unit_test(destroy_of_all), cmocka_unit_test(destroy_of_memory),
	   cmocka_unit_test(remove_of_nothing), cmocka_unit_test(destroy_all_leaves_them),
	   cmocka_unit_test(a_part_online), cmocka_unit_test(a_device_without_memory),
	   cmocka_unit_test(the_same_command_ends_it), cmocka_unit_test(recover_ends_it))
