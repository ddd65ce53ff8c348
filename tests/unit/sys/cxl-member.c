/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tasks that add members to a CXL region, and remove them. */
#include "lib/base/error.h"
#include "tests/unit/fake/cxltask.h"

#include <errno.h>
#include <string.h>

#define WINDOW "decoder0.0"
#define FREE   "0x0000000000000000"
#define HALF   "0x0000000020000000" /* CAPACITY */

static int add(struct fakesys *fs, const char *memdev, unsigned position, struct mhp_error *err)
{
	const struct cxl_member_change change = task_change(WINDOW, memdev, position);

	return TASK(fs, cxl_add_member, &change, err);
}

static int take(struct fakesys *fs, const char *memdev, unsigned position, struct mhp_error *err)
{
	const struct cxl_member_change change = task_change(WINDOW, memdev, position);

	return TASK(fs, cxl_remove_member, &change, err);
}

static void check(struct fakesys *fs, const char *decoder, const char *bytes, const char *region)
{
	ROOT_PATH(bytes_path, CXL "%s/dpa_size", decoder);
	ROOT_PATH(region_path, CXL "%s/region", decoder);
	assert_string_equal(fakesys_get(fs, bytes_path), bytes);
	assert_string_equal(fakesys_get(fs, region_path), region);
}

/* Gives capacity to a decoder without a region. */
static void leave(struct fakesys *fs, const char *decoder, const char *bytes)
{
	ROOT_PATH(mode, CXL "%s/mode", decoder);
	ROOT_PATH(size, CXL "%s/dpa_size", decoder);
	assert_int_equal(fakecxl_write(fs->tree.fd, mode, "ram"), 0);
	assert_int_equal(fakecxl_write(fs->tree.fd, size, bytes), 0);
}

/* ---- add --------------------------------------------------------------------------------- */

static void a_member(void **state)
{
	cleanup_fakesys struct fakesys *fs = task_machine();
	unsigned writes;

	(void)state;
	task_stage(fs, STAGE_EMPTY);
	assert_int_equal(add(fs, "mem0", 0, NULL), 0);
	check(fs, "decoder5.0", HALF, "region0");
	assert_string_equal(fakesys_get(fs, CXL "region0/target0"), "decoder5.0");
	writes = fakesys_writes(fs, "=");
	assert_int_equal(add(fs, "mem0", 0, NULL), 0); /* it is there already */
	assert_int_equal(fakesys_writes(fs, "="), writes);
}

static void two_members(void **state)
{
	cleanup_fakesys struct fakesys *fs = task_machine();
	struct cxl_member_change far = task_change("decoder0.2", "mem1", 1);
	struct cxl_member_change near = task_change("decoder0.2", "mem0", 0);
	struct cxl_created created;

	(void)state;
	assert_int_equal(task_create(fs, "decoder0.2", 2, &created, NULL), 0);
	str_copy(far.region.name, created.name);
	str_copy(near.region.name, created.name);
	assert_int_equal(TASK(fs, cxl_add_member, &far, NULL), 0);
	assert_int_equal(TASK(fs, cxl_add_member, &near, NULL), 0);
	assert_int_equal(task_run(fs, cxl_commit_region, "region2", "decoder0.2", NULL), 0);
	check(fs, "decoder6.0", HALF, "region2");
	assert_int_equal(task_run(fs, cxl_destroy_region, "region2", "decoder0.2", NULL), 0);
	task_check_bare(fs);
}

/* Each write fails, or does nothing: the capacity is free again. */
static void writes_that_fail(void **state)
{
	static const struct {
		const char *path, *word, *message;
	} writes[] = {
		{ CXL "decoder5.0/mode", "ram", "decoder5.0: cannot get the mode ram" },
		{ CXL "decoder5.0/dpa_size", "0x20000000",
		  "decoder5.0: cannot get 512 MiB of mem0" },
		{ CXL "region0/target0", "decoder5.0",
		  "region0: cannot take decoder5.0 of mem0 at position 0" },
	};

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(writes); i++) {
		cleanup_fakesys struct fakesys *fs = task_machine();
		struct mhp_error err = { 0 };

		task_stage(fs, STAGE_EMPTY);
		fakesys_answer(fs, 1, writes[i / 2].path, writes[i / 2].word,
			       i % 2 ? "ok" : "errno 110");
		assert_int_equal(add(fs, "mem0", 0, &err), i % 2 ? -CXL_NOT_SHOWN : -ETIMEDOUT);
		task_has(err.message, writes[i / 2].message);
		check(fs, "decoder5.0", FREE, "");
		assert_int_equal(add(fs, "mem0", 0, &err), 0);
	}
}

static void capacity_that_stays(void **state)
{
	cleanup_fakesys struct fakesys *fs = task_machine();
	struct mhp_error err = { 0 };

	(void)state;
	task_stage(fs, STAGE_EMPTY);
	fakesys_answer(fs, 1, CXL "region0/target0", "decoder5.0", "errno 110");
	fakesys_answer(fs, 1, CXL "decoder5.0/dpa_size", "0", "errno 5");
	assert_int_equal(add(fs, "mem0", 0, &err), -ETIMEDOUT);
	task_has(err.message, "; decoder5.0 keeps its capacity: Input/output error");
	task_has(err.hint, "mhpctl destroy cxl/region0");
}

/* mem1 is below the host bridge of another window. */
static void a_card_that_the_window_does_not_reach(void **state)
{
	cleanup_fakesys struct fakesys *fs = task_machine();
	struct mhp_error err = { 0 };

	(void)state;
	task_stage(fs, STAGE_EMPTY);
	assert_int_equal(add(fs, "mem1", 0, &err), -ENXIO);
	task_has(err.message, "the kernel log has: cxl_port endpoint6: failed to attach "
			      "decoder6.0 to region0: -6");
	task_has(err.hint, "decoder0.0 may not reach mem1 at position 0");
	check(fs, "decoder6.0", FREE, "");
}

static void a_host_bridge_without_a_free_decoder(void **state)
{
	cleanup_fakesys struct fakesys *fs = task_machine();
	struct mhp_error err = { 0 };
	struct cxl_member_change change = task_change(WINDOW, "mem0", 0);
	struct cxl_created created;

	(void)state;
	task_stage(fs, STAGE_COMMITTED);
	assert_int_equal(task_create(fs, WINDOW, 1, &created, NULL), 0);
	str_copy(change.region.name, created.name);
	assert_int_equal(TASK(fs, cxl_add_member, &change, &err), -EBUSY);
	task_has(err.hint, "the host bridge of mem0 may have no free decoder");
	check(fs, "decoder5.0", HALF, "region0");
	check(fs, "decoder5.1", FREE, "");
}

static void no_capacity(void **state)
{
	cleanup_fakesys struct fakesys *fs = task_machine();
	struct mhp_error err = { 0 };

	(void)state;
	task_stage(fs, STAGE_EMPTY);
	fakesys_put(fs, CXL "mem0/ram/size", "0x10000000\n");
	assert_int_equal(add(fs, "mem0", 0, &err), -ENOSPC);
	assert_int_equal(err.reason, MHP_REASON_NO_SPACE);
	assert_string_equal(err.message, "mem0: has no free range of 512 MiB");
}

static void no_decoder(void **state)
{
	cleanup_fakesys struct fakesys *fs = task_machine();
	struct mhp_error err = { 0 };

	(void)state;
	task_stage(fs, STAGE_EMPTY);
	fakesys_put(fs, CXL "decoder5.3/dpa_size", HALF "\n");
	fakesys_put(fs, CXL "decoder5.3/region", "region9\n");
	assert_int_equal(add(fs, "mem0", 0, &err), -EBUSY);
	assert_string_equal(err.message, "mem0: all its 4 decoders are in use");
}

/* Those of another program stay, and those that nobody uses any more are freed, last first. */
static void decoders_that_were_left(void **state)
{
	cleanup_fakesys struct fakesys *fs = task_machine();

	(void)state;
	task_stage(fs, STAGE_EMPTY);
	leave(fs, "decoder5.0", "0x10000000");
	leave(fs, "decoder5.1", "0x30000000");
	assert_int_equal(add(fs, "mem0", 0, NULL), 0);
	check(fs, "decoder5.0", HALF, "region0");
	check(fs, "decoder5.1", FREE, "");
}

static void decoders_that_are_left_below_others(void **state)
{
	cleanup_fakesys struct fakesys *fs = task_machine();

	(void)state;
	task_stage(fs, STAGE_EMPTY);
	leave(fs, "decoder5.0", "0x10000000");
	leave(fs, "decoder5.1", "0x10000000");
	leave(fs, "decoder5.2", "0x10000000");
	fakesys_put(fs, CXL "decoder5.1/size", "0x10000000\n"); /* committed by the firmware */
	assert_int_equal(add(fs, "mem0", 0, NULL), 0);
	check(fs, "decoder5.0", "0x0000000010000000", "");
	check(fs, "decoder5.1", "0x0000000010000000", "");
	check(fs, "decoder5.2", HALF, "region0");
}

static void decoders_that_cannot_be_freed(void **state)
{
	cleanup_fakesys struct fakesys *fs = task_machine();
	struct mhp_error err = { 0 };

	(void)state;
	task_stage(fs, STAGE_EMPTY);
	leave(fs, "decoder5.0", "0x10000000");
	fakesys_answer(fs, 1, CXL "decoder5.0/dpa_size", "0", "errno 16");
	assert_int_equal(add(fs, "mem0", 0, &err), -EBUSY);
	task_has(err.message, "decoder5.0: its capacity cannot be freed");
	fakesys_put(fs, CXL "decoder5.2/dpa_size", "much\n");
	assert_int_equal(add(fs, "mem0", 0, &err), -EINVAL);
	assert_string_equal(fakesys_get(fs, CXL "region0/target0"), "");
}

/* Another program attaches decoder5.0 to its region right before our write. */
static int faster_write(const struct root *sys, const char *path, const char *text)
{
	const int fd = sys->root_fd;

	if (strcmp(path, CXL "decoder5.0/dpa_size") == 0 && root_has_name(sys, "rival") == 0) {
		tree_put(fd, "rival", "%s", "");
		fakecxl_write(fd, CXL "decoder5.0/dpa_size", "0x20000000");
		fakecxl_write(fd, CXL "region3/target0", "decoder5.0");
	}
	return fake_root_ops.write(sys, path, text);
}

static void a_decoder_that_a_rival_takes(void **state)
{
	static const struct root_ops ops = { .write = faster_write };
	cleanup_fakesys struct fakesys *fs = task_machine();
	struct cxl_member_change change = task_change("decoder0.3", "mem0", 0);
	const struct fakecxl_window window = { 3, 0x9000000000, GIB, 1, 256, { 20 } };
	const struct fakecxl_card card = { 0, FAKECXL_NEAR, 20, GIB, 4 };
	struct cxl_created created;

	(void)state;
	assert_int_equal(fakecxl_pull_card(fs->tree.fd, "mem0"), 0);
	assert_int_equal(fakecxl_add_bridge(fs->tree.fd, 20, 4), 0);
	assert_int_equal(fakecxl_add_window(fs->tree.fd, &window), 0);
	assert_int_equal(fakecxl_add_card(fs->tree.fd, &card), 0);
	assert_int_equal(task_create(fs, "decoder0.3", 1, &created, NULL), 0);
	assert_int_equal(task_create(fs, "decoder0.3", 1, &created, NULL), 0);
	str_copy(change.region.name, created.name);
	fs->ctx->sys.ops = &ops;
	assert_int_equal(TASK(fs, cxl_add_member, &change, NULL), 0);
	check(fs, "decoder5.0", HALF, "region3");
	check(fs, "decoder5.1", HALF, created.name);
}

/* ---- what is meant ----------------------------------------------------------------------- */

static void other_objects(void **state)
{
	cleanup_fakesys struct fakesys *fs = task_machine();
	struct cxl_member_change change = task_change(WINDOW, "mem0", 0), other;
	struct mhp_error err = { 0 };
	unsigned writes;

	(void)state;
	assert_int_equal(add(fs, "mem0", 0, &err), -ESTALE);
	assert_string_equal(err.message, "region0: does not exist any more");
	task_stage(fs, STAGE_EMPTY);
	writes = fakesys_writes(fs, "=");
	assert_int_equal(add(fs, "mem0", 1, &err), -EINVAL);
	assert_string_equal(err.message, "region0: has no position 1");
	other = change;
	str_copy(other.region.window, "decoder0.1");
	assert_int_equal(TASK(fs, cxl_add_member, &other, &err), -ESTALE);
	other = change;
	other.region.size = CAPACITY / 2;
	assert_int_equal(TASK(fs, cxl_add_member, &other, &err), -ESTALE);
	assert_int_equal(TASK(fs, cxl_remove_member, &other, &err), -ESTALE);
	other = change;
	other.region.start = FAKECXL_WINDOW + CAPACITY;
	assert_int_equal(TASK(fs, cxl_add_member, &other, &err), -ESTALE);
	assert_string_equal(err.message, "region0: is now a different CXL region");
	other = change;
	other.memdev.serial = FAKECXL_FAR;
	assert_int_equal(TASK(fs, cxl_add_member, &other, &err), -ESTALE);
	assert_int_equal(TASK(fs, cxl_remove_member, &other, &err), -ESTALE);
	assert_int_equal(fakesys_writes(fs, "="), writes);
	change.region.size = CAPACITY;
	change.region.start = FAKECXL_WINDOW;
	assert_int_equal(TASK(fs, cxl_add_member, &change, &err), 0);
	change.bytes *= 2;
	assert_int_equal(TASK(fs, cxl_add_member, &change, &err), -EBUSY);
	task_has(err.message, "its position 0 already has decoder5.0, and not 1 GiB of mem0");
}

static void a_card_without_a_driver(void **state)
{
	cleanup_fakesys struct fakesys *fs = task_machine();
	struct mhp_error err = { 0 };

	(void)state;
	task_stage(fs, STAGE_COMPLETE);
	assert_int_equal(fakecxl_write(fs->tree.fd, "sys/bus/cxl/drivers/cxl_mem/unbind", "mem0"),
			 0);
	assert_int_equal(add(fs, "mem0", 0, &err), -ENXIO);
	task_has(err.message, "mem0: has no endpoint");
	assert_int_equal(take(fs, "mem0", 0, &err), 0); /* the kernel has removed it */
	assert_int_equal(fakecxl_pull_card(fs->tree.fd, "mem0"), 0);
	assert_int_equal(add(fs, "mem0", 0, &err), -ENODEV);
	assert_int_equal(take(fs, "mem0", 0, &err), 0);
}

/* ---- remove ------------------------------------------------------------------------------ */

static void removed(void **state)
{
	cleanup_fakesys struct fakesys *fs = task_machine();

	(void)state;
	task_stage(fs, STAGE_COMPLETE);
	assert_int_equal(take(fs, "mem0", 0, NULL), 0);
	check(fs, "decoder5.0", FREE, "");
	assert_string_equal(fakesys_get(fs, CXL "region0/target0"), "");
	assert_int_equal(take(fs, "mem0", 0, NULL), 0);
	assert_int_equal(take(fs, "mem0", 3, NULL), 0);
	leave(fs, "decoder5.0", "0x20000000"); /* half of it */
	assert_int_equal(take(fs, "mem0", 0, NULL), 0);
	check(fs, "decoder5.0", FREE, "");
	leave(fs, "decoder5.0", "0x20000000");
	assert_int_equal(fakecxl_write(fs->tree.fd, CXL WINDOW "/delete_region", "region0"), 0);
	assert_int_equal(take(fs, "mem0", 0, NULL), 0);
	check(fs, "decoder5.0", FREE, "");
}

static void removals_that_are_refused(void **state)
{
	cleanup_fakesys struct fakesys *fs = task_machine();
	struct mhp_error err = { 0 };

	(void)state;
	task_stage(fs, STAGE_COMMITTED);
	assert_int_equal(take(fs, "mem0", 0, &err), -EBUSY);
	assert_string_equal(err.message, "region0: is committed");
	assert_int_equal(take(fs, "mem1", 0, &err), -ESTALE);
	task_has(err.message, "its position 0 has decoder5.0, which is not of mem1");
	fakesys_put(fs, CXL "region0/commit", "perhaps\n");
	assert_int_equal(take(fs, "mem0", 0, &err), -EBUSY);
	assert_string_equal(err.message, "region0: whether it is committed cannot be read");
	fakesys_put(fs, CXL "region0/commit", "0\n");
	fakesys_blocks(fs, 4245, 4245, "offline", "Normal Movable", 2);
	assert_int_equal(take(fs, "mem0", 0, &err), -EBUSY);
	assert_string_equal(err.message, "region0: its memory4245 is offline");
	assert_int_equal(fakesys_writes(fs, CXL "region0/target0=\n"), 0);
}

static void removals_that_fail(void **state)
{
	cleanup_fakesys struct fakesys *fs = task_machine();
	struct mhp_error err = { 0 };

	(void)state;
	task_stage(fs, STAGE_COMPLETE);
	fakesys_answer(fs, 1, CXL "region0/target0", "\n", "errno 4");
	assert_int_equal(take(fs, "mem0", 0, &err), -EINTR);
	fakesys_answer(fs, 1, CXL "decoder5.0/dpa_size", "0", "ok");
	assert_int_equal(take(fs, "mem0", 0, &err), -CXL_NOT_SHOWN);
	assert_int_equal(take(fs, "mem0", 0, &err), 0);
	check(fs, "decoder5.0", FREE, "");
}

UNIT_TESTS(cmocka_unit_test(a_member), cmocka_unit_test(two_members),
	   cmocka_unit_test(writes_that_fail), cmocka_unit_test(capacity_that_stays),
	   cmocka_unit_test(a_card_that_the_window_does_not_reach),
	   cmocka_unit_test(a_host_bridge_without_a_free_decoder), cmocka_unit_test(no_capacity),
	   cmocka_unit_test(no_decoder), cmocka_unit_test(decoders_that_were_left),
	   cmocka_unit_test(decoders_that_are_left_below_others),
	   cmocka_unit_test(decoders_that_cannot_be_freed),
	   cmocka_unit_test(a_decoder_that_a_rival_takes), cmocka_unit_test(other_objects),
	   cmocka_unit_test(a_card_without_a_driver), cmocka_unit_test(removed),
	   cmocka_unit_test(removals_that_are_refused), cmocka_unit_test(removals_that_fail))
