/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The task that destroys a CXL region in whatever state, and what it refuses. */
#include "lib/base/error.h"
#include "tests/unit/fake/cxltask.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>

#define WINDOW	"decoder0.0"
#define MEMORY	"sys/devices/system/memory/"
#define DRIVERS "sys/bus/cxl/drivers/"
#define FIRST	(FAKECXL_WINDOW / FAKE_BLOCK_SIZE)

static int destroy(struct fakesys *fs, struct mhp_error *err)
{
	return task_run(fs, cxl_destroy_region, "region0", WINDOW, err);
}

/* Returns a machine with region0 so far, whose dax device has no driver. */
static struct fakesys *machine(enum task_stage stage)
{
	struct fakesys *fs = task_machine();

	fakesys_put(fs, "sys/bus/dax/drivers_autoprobe", "0\n");
	task_stage(fs, stage);
	return fs;
}

static void put(struct fakesys *fs, const char *path, const char *text)
{
	assert_int_equal(fakecxl_write(fs->tree.fd, path, text), 0);
}

/* Asserts that a call is refused before it writes anything. */
static void refused(struct fakesys *fs, child_fn task, int rc, const char *message)
{
	const unsigned writes = fakesys_writes(fs, "=");
	struct mhp_error err = { 0 };

	assert_int_equal(task_run(fs, task, "region0", WINDOW, &err), rc);
	assert_int_equal(err.errnum, -rc);
	task_has(err.message, message);
	assert_int_equal(fakesys_writes(fs, "="), writes);
}

/* Does so for each task that takes memory away. */
static void all_refused(struct fakesys *fs, int rc, const char *message)
{
	refused(fs, cxl_destroy_region, rc, message);
	refused(fs, cxl_disable_region, rc, message);
	refused(fs, cxl_reset_region, rc, message);
}

/* ---- states ------------------------------------------------------------------------------ */

static void each_stage(void **state)
{
	(void)state;
	for (int stage = STAGE_EMPTY; stage <= STAGE_ENABLED; stage++) {
		cleanup_fakesys struct fakesys *fs = machine((enum task_stage)stage);

		assert_int_equal(destroy(fs, NULL), 0);
		task_check_bare(fs);
		assert_int_equal(destroy(fs, NULL), 0); /* it does not exist */
	}
}

/* Killed runs and other programs leave such regions. */
static void half_of_a_region(void **state)
{
	static const struct {
		enum task_stage stage;
		const char *path, *text;
	} cases[] = {
		{ STAGE_COMPLETE, CXL "region0/target0", "\n" }, /* decoder5.0 has its capacity */
		{ STAGE_EMPTY, CXL "region0/size", "0" },
		{ STAGE_ENABLED, CXL "region0/commit", "0" },
		{ STAGE_ENABLED, DRIVERS "cxl_region/unbind", "region0" },
		{ STAGE_ENABLED, DRIVERS "cxl_mem/unbind", "mem0" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_fakesys struct fakesys *fs = machine(cases[i].stage);

		put(fs, cases[i].path, cases[i].text);
		assert_int_equal(destroy(fs, NULL), 0);
		if (strstr(cases[i].path, "cxl_mem"))
			put(fs, DRIVERS "cxl_mem/bind", "mem0");
		task_check_bare(fs);
	}
}

static void a_region_without_a_shape(void **state)
{
	cleanup_fakesys struct fakesys *fs = task_machine();

	(void)state;
	put(fs, CXL WINDOW "/create_ram_region", "region0");
	assert_int_equal(destroy(fs, NULL), 0);
	task_check_bare(fs);
}

/* One of two members is gone already, but for its capacity. */
static void half_of_two_members(void **state)
{
	cleanup_fakesys struct fakesys *fs = task_machine();

	(void)state;
	fakesys_put(fs, "sys/bus/dax/drivers_autoprobe", "0\n");
	fakesys_cxl_region(fs, GIB, "both");
	put(fs, CXL "region2/commit", "0");
	put(fs, CXL "region2/target1", "\n");
	assert_int_equal(task_run(fs, cxl_destroy_region, "region2", "decoder0.2", NULL), 0);
	task_check_bare(fs);
}

/* Another program has just given that capacity to a decoder, and attaches it a moment later. */
static void capacity_of_a_rival(void **state)
{
	cleanup_fakesys struct fakesys *fs = task_machine();
	int status;
	pid_t child;

	(void)state;
	fakesys_put(fs, "sys/bus/dax/drivers_autoprobe", "0\n");
	fakesys_cxl_region(fs, GIB, "both");
	put(fs, CXL "region2/commit", "0");
	put(fs, CXL "region2/target1", "\n");
	child = fork();
	if (child == 0) {
		poll(NULL, 0, 20);
		_exit(tree_put(fs->tree.fd, CXL "decoder6.0/region", "region9\n") < 0);
	}
	assert_true(child > 0);
	assert_int_equal(task_run(fs, cxl_destroy_region, "region2", "decoder0.2", NULL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_string_equal(fakesys_get(fs, CXL "decoder6.0/dpa_size"), "0x0000000020000000");
	assert_string_equal(fakesys_get(fs, CXL "decoder5.0/dpa_size"), "0x0000000000000000");
}

static void a_card_that_was_pulled(void **state)
{
	cleanup_fakesys struct fakesys *fs = task_machine();
	const struct fakecxl_card card = { 1, FAKECXL_FAR, 44, GIB, 4 };

	(void)state;
	fakesys_cxl_region(fs, GIB, "both"); /* and kmem is bound, with all blocks offline */
	assert_int_equal(fakecxl_pull_card(fs->tree.fd, "mem1"), 0);
	assert_int_equal(task_run(fs, cxl_destroy_region, "region2", "decoder0.2", NULL), 0);
	assert_int_equal(fakecxl_add_card(fs->tree.fd, &card), 0);
	task_check_bare(fs);
}

/* ---- each write fails -------------------------------------------------------------------- */

static void writes_that_fail(void **state)
{
	static const struct {
		const char *path, *word, *message;
	} writes[] = {
		{ DRIVERS "cxl_region/unbind", "region0", "region0: cannot be disabled" },
		{ CXL "region0/commit", "0", "region0: its decoders cannot be reset" },
		{ CXL "region0/target0", "\n", "region0: cannot free decoder5.0 at position 0" },
		{ CXL "decoder5.0/dpa_size", "0", "decoder5.0: its capacity cannot be freed" },
		{ CXL "region0/size", "0", "region0: its addresses cannot be freed" },
		{ CXL WINDOW "/delete_region", "region0", "region0: cannot be deleted" },
	};

	(void)state;
	for (size_t i = 0; i < 3 * ARRAY_SIZE(writes); i++) {
		cleanup_fakesys struct fakesys *fs = machine(STAGE_ENABLED);
		static const char *const answers[] = { "errno 110", "ok", "did 110" };
		const int rcs[] = { -ETIMEDOUT, -CXL_NOT_SHOWN, 0 };
		struct mhp_error err = { 0 };

		fakesys_answer(fs, 1, writes[i / 3].path, writes[i / 3].word, answers[i % 3]);
		assert_int_equal(destroy(fs, &err), rcs[i % 3]);
		if (i % 3 < 2) {
			task_has(err.message, writes[i / 3].message);
			assert_int_equal(destroy(fs, NULL), 0); /* continues */
		}
		task_check_bare(fs);
	}
}

static void caches_that_cannot_be_flushed(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine(STAGE_ENABLED);
	struct mhp_error err = { 0 };

	(void)state;
	fakesys_put(fs, "cxl/no-flush", "");
	assert_int_equal(destroy(fs, &err), -ENXIO);
	task_has(err.message, "Failed to synchronize CPU cache state");
	assert_string_equal(fakesys_get(fs, CXL "region0/commit"), "1");
}

/* ---- memory ------------------------------------------------------------------------------ */

static void memory_blocks(void **state)
{
	cleanup_fakesys struct fakesys *fs = task_machine();

	(void)state;
	task_stage(fs, STAGE_ENABLED); /* kmem has added its blocks */
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "kmem");
	all_refused(fs, -EBUSY, "is offline");
	assert_int_equal(fake_block_set(fs->tree.fd, FIRST + 3, "online", "Movable"), 0);
	for (uint64_t id = FIRST; id < FIRST + 3; id++)
		assert_int_equal(fake_block_remove(fs->tree.fd, id), 0);
	all_refused(fs, -EBUSY, "region0: its memory4245 is online");
	assert_int_equal(tree_remove(fs->tree.fd, MEMORY "memory4245/state"), 0);
	all_refused(fs, -EBUSY, "region0: its memory4245 is in an unknown state");
	assert_int_equal(fake_block_remove(fs->tree.fd, FIRST + 3), 0);
	fakesys_blocks(fs, FIRST - 1, FIRST - 1, "online", "Movable", 2); /* its neighbours */
	fakesys_blocks(fs, FIRST + 4, FIRST + 4, "online", "Movable", 2);
	assert_int_equal(destroy(fs, NULL), 0);
	task_check_bare(fs);
}

/* Unreadable is unknown: memory may be in use. */
static void memory_that_is_not_known(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine(STAGE_ENABLED);
	char size[64];

	(void)state;
	fakesys_put(fs, CXL "region0/size", "much\n");
	all_refused(fs, -EIO, "region0: its addresses cannot be read");
	fakesys_put(fs, CXL "region0/size", "0x20000000\n");
	fakesys_put(fs, CXL "region0/resource", "0xffffffffffffffff\n");
	all_refused(fs, -EIO, "region0: its addresses cannot be read");
	fakesys_put(fs, CXL "region0/resource", "0xfffffffff0000000\n");
	all_refused(fs, -EIO, "region0: its addresses cannot be read");
	fakesys_put(fs, CXL "region0/resource", "0x8490000000\n");
	str_copy(size, fakesys_get(fs, MEMORY "block_size_bytes"));
	fakesys_put(fs, MEMORY "block_size_bytes", "big\n");
	all_refused(fs, -EINVAL, "the size of memory blocks");
	assert_int_equal(tree_remove(fs->tree.fd, MEMORY "block_size_bytes"), 0);
	all_refused(fs, -ENOENT, "the size of memory blocks");
	fakesys_put(fs, MEMORY "block_size_bytes", size);
	assert_int_equal(destroy(fs, NULL), 0);
}

static void a_kernel_without_memory_blocks(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine(STAGE_ENABLED);

	(void)state;
	assert_int_equal(tree_remove(fs->tree.fd, "sys/devices/system/memory"), 0);
	assert_int_equal(destroy(fs, NULL), 0);
	task_check_bare(fs);
}

/* A block appears right after the driver is unbound: the decoders stay. */
static int racing_write(const struct root *sys, const char *path, const char *text)
{
	int rc = fake_root_ops.write(sys, path, text);

	if (strcmp(path, DRIVERS "cxl_region/unbind") == 0)
		fake_block_add(sys->root_fd, FIRST, "online", "Movable", 2);
	return rc;
}

static void memory_that_comes_in_between(void **state)
{
	static const struct root_ops ops = { .write = racing_write };
	cleanup_fakesys struct fakesys *fs = machine(STAGE_ENABLED);
	struct mhp_error err = { 0 };

	(void)state;
	fs->ctx->sys.ops = &ops;
	assert_int_equal(destroy(fs, &err), -EBUSY);
	assert_string_equal(err.message, "region0: its memory4242 is online");
	assert_string_equal(fakesys_get(fs, CXL "region0/commit"), "1");
	assert_string_equal(fakesys_get(fs, CXL "decoder5.0/size"), "0x20000000");
}

static void users_of_the_dax_device(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine(STAGE_ENABLED);

	(void)state;
	fakesys_put(fs, "users/dax0.0", "is open in cache (pid 7)\n");
	all_refused(fs, -EBUSY, "dax0.0: is open in cache (pid 7)");
	assert_int_equal(tree_remove(fs->tree.fd, "users/dax0.0"), 0);
	fakesys_put(fs, "users/hidden", "another pid namespace\n");
	all_refused(fs, -EACCES, "another pid namespace");
	assert_int_equal(tree_remove(fs->tree.fd, "users/hidden"), 0);
	assert_int_equal(destroy(fs, NULL), 0);
}

/* ---- regions that are not ours to destroy -------------------------------------------------- */

static void locked_regions(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine(STAGE_ENABLED);

	(void)state;
	fakesys_put(fs, CXL "region0/locked", "1\n");
	all_refused(fs, -EPERM, "region0: is locked by the firmware");
	assert_int_equal(tree_remove(fs->tree.fd, CXL "region0/locked"), 0);
	fakesys_put(fs, CXL "decoder5.0/locked", "1\n"); /* as kernels before 7.1 show it */
	all_refused(fs, -EPERM, "region0: is locked by the firmware");
	assert_int_equal(tree_remove(fs->tree.fd, CXL "decoder5.0/locked"), 0);
	all_refused(fs, -EIO, "region0: whether it is locked cannot be read");
	fakesys_put(fs, CXL "decoder5.0/locked", "0\n");
	assert_int_equal(destroy(fs, NULL), 0);
	task_check_bare(fs);
}

/* Before 7.1 nothing shows a lock of a region without members. */
static void regions_whose_lock_is_not_shown(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine(STAGE_EMPTY);

	(void)state;
	assert_int_equal(tree_remove(fs->tree.fd, CXL "region0/locked"), 0);
	assert_int_equal(destroy(fs, NULL), 0);
	task_check_bare(fs);
}

static void persistent_regions(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine(STAGE_ENABLED);

	(void)state;
	fakesys_put(fs, CXL "region0/mode", "pmem\n");
	all_refused(fs, -EOPNOTSUPP, "region0: is persistent memory");
	assert_int_equal(tree_remove(fs->tree.fd, CXL "region0/mode"), 0);
	all_refused(fs, -EOPNOTSUPP, "region0: its type cannot be read");
}

static void other_regions(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine(STAGE_ENABLED);
	struct cxl_region_id id = task_id("region0", "decoder0.1");
	unsigned writes = fakesys_writes(fs, "=");
	struct mhp_error err = { 0 };

	(void)state;
	assert_int_equal(TASK(fs, cxl_destroy_region, &id, &err), -ESTALE);
	id = task_id("region0", WINDOW);
	id.size = 2 * CAPACITY;
	assert_int_equal(TASK(fs, cxl_destroy_region, &id, &err), -ESTALE);
	id.size = CAPACITY;
	id.start = FAKECXL_WINDOW + CAPACITY;
	assert_int_equal(TASK(fs, cxl_destroy_region, &id, &err), -ESTALE);
	assert_int_equal(err.reason, MHP_REASON_STALE_PLAN);
	assert_int_equal(fakesys_writes(fs, "="), writes);
	id.start = FAKECXL_WINDOW;
	assert_int_equal(TASK(fs, cxl_destroy_region, &id, &err), 0);
	task_check_bare(fs);
}

static void decoders_that_cannot_be_read(void **state)
{
	cleanup_fakesys struct fakesys *fs = machine(STAGE_ENABLED);

	(void)state;
	fakesys_put(fs, CXL "decoder5.1/dpa_size", "much\n");
	refused(fs, cxl_destroy_region, -EINVAL, "region0: its decoders cannot be read");
}

/* ---- capacity of the same card ------------------------------------------------------------- */

/* Returns a card with region3 at decoder5.0 and region4 at decoder5.1, in decoder0.3. */
static struct fakesys *two_regions(void)
{
	static const struct fakecxl_window window = { 3, 0x9000000000, GIB, 1, 256, { 20 } };
	static const struct fakecxl_card card = { 0, FAKECXL_NEAR, 20, GIB, 4 };
	struct fakesys *fs = task_machine();
	const char *memdev = "mem0";

	fakesys_put(fs, "sys/bus/dax/drivers_autoprobe", "0\n");
	assert_int_equal(fakecxl_pull_card(fs->tree.fd, "mem0"), 0);
	assert_int_equal(fakecxl_add_bridge(fs->tree.fd, 20, 4), 0);
	assert_int_equal(fakecxl_add_window(fs->tree.fd, &window), 0);
	assert_int_equal(fakecxl_add_card(fs->tree.fd, &card), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(fakecxl_region(fs->tree.fd, "decoder0.3", CAPACITY, &memdev, 1),
				 0);
	assert_string_equal(fakesys_get(fs, CXL "decoder5.1/region"), "region4");
	return fs;
}

static int destroy_one(struct fakesys *fs, const char *name)
{
	return task_run(fs, cxl_destroy_region, name, "decoder0.3", NULL);
}

static void regions_in_the_order_of_the_kernel(void **state)
{
	cleanup_fakesys struct fakesys *fs = two_regions();

	(void)state;
	assert_int_equal(destroy_one(fs, "region4"), 0);
	assert_string_equal(fakesys_get(fs, CXL "decoder5.1/dpa_size"), "0x0000000000000000");
	assert_string_equal(fakesys_get(fs, CXL "decoder5.0/region"), "region3");
	assert_int_equal(destroy_one(fs, "region3"), 0);
	task_check_bare(fs);
}

/* The kernel keeps the capacity of the first one until the second is gone. */
static void regions_in_the_other_order(void **state)
{
	cleanup_fakesys struct fakesys *fs = two_regions();

	(void)state;
	assert_int_equal(destroy_one(fs, "region3"), 0);
	assert_string_equal(fakesys_get(fs, CXL "decoder5.0/dpa_size"), "0x0000000020000000");
	assert_string_equal(fakesys_get(fs, CXL "decoder5.1/region"), "region4");
	assert_int_equal(destroy_one(fs, "region4"), 0);
	task_check_bare(fs);
}

/* cxl deletes a region and keeps its capacity: that lies above ours. */
static void capacity_that_was_left_above(void **state)
{
	cleanup_fakesys struct fakesys *fs = two_regions();

	(void)state;
	put(fs, CXL "decoder0.3/delete_region", "region4");
	assert_string_equal(fakesys_get(fs, CXL "decoder5.1/dpa_size"), "0x0000000020000000");
	assert_int_equal(destroy_one(fs, "region3"), 0);
	task_check_bare(fs);
}

UNIT_TESTS(cmocka_unit_test(each_stage), cmocka_unit_test(half_of_a_region),
	   cmocka_unit_test(a_region_without_a_shape), cmocka_unit_test(half_of_two_members),
	   cmocka_unit_test(capacity_of_a_rival), cmocka_unit_test(a_card_that_was_pulled),
	   cmocka_unit_test(writes_that_fail), cmocka_unit_test(caches_that_cannot_be_flushed),
	   cmocka_unit_test(memory_blocks), cmocka_unit_test(memory_that_is_not_known),
	   cmocka_unit_test(a_kernel_without_memory_blocks),
	   cmocka_unit_test(memory_that_comes_in_between),
	   cmocka_unit_test(users_of_the_dax_device), cmocka_unit_test(locked_regions),
	   cmocka_unit_test(regions_whose_lock_is_not_shown), cmocka_unit_test(persistent_regions),
	   cmocka_unit_test(other_regions), cmocka_unit_test(decoders_that_cannot_be_read),
	   cmocka_unit_test(regions_in_the_order_of_the_kernel),
	   cmocka_unit_test(regions_in_the_other_order),
	   cmocka_unit_test(capacity_that_was_left_above))
