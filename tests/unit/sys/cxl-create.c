/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tasks that create a CXL region, and commit and reset its decoders. */
#include "lib/base/error.h"
#include "tests/unit/fake/cxltask.h"

#include <errno.h>
#include <string.h>

#define WINDOW "decoder0.0"
#define OFFER  CXL WINDOW "/create_ram_region"
#define DELETE CXL WINDOW "/delete_region"

/* ---- create ------------------------------------------------------------------------------ */

static void a_region(void **state)
{
	cleanup_fakesys struct fakesys *fs = task_machine();
	struct cxl_created created;

	(void)state;
	assert_int_equal(task_create(fs, WINDOW, 1, &created, NULL), 0);
	assert_string_equal(created.name, "region0");
	assert_true(created.start == FAKECXL_WINDOW);
	assert_string_equal(fakesys_get(fs, CXL "region0/size"), "0x20000000");
	assert_string_equal(fakesys_get(fs, CXL "region0/interleave_granularity"), "256");
	assert_int_equal(task_create(fs, "decoder0.2", 2, &created, NULL), 0);
	assert_string_equal(created.name, "region2");
	assert_string_equal(fakesys_get(fs, CXL "region2/interleave_ways"), "2");
	assert_string_equal(fakesys_get(fs, CXL "region2/size"), "0x40000000");
}

/* Each write fails, or does nothing: no region is left. */
static void creations_that_fail(void **state)
{
	static const struct {
		const char *path;
		const char *word;
	} writes[] = {
		{ OFFER, "region0" },
		{ CXL "region0/interleave_granularity", "256" },
		{ CXL "region0/interleave_ways", "1" },
		{ CXL "region0/size", "0x20000000" },
	};

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(writes); i++) {
		cleanup_fakesys struct fakesys *fs = task_machine();
		struct cxl_created created;
		struct mhp_error err = { 0 };
		const int rc = i % 2 ? -CXL_NOT_SHOWN : -EINVAL;

		fakesys_answer(fs, 1, writes[i / 2].path, writes[i / 2].word,
			       i % 2 ? "ok" : "errno 22");
		assert_int_equal(task_create(fs, WINDOW, 1, &created, &err), rc);
		assert_int_equal(err.errnum, i % 2 ? EIO : EINVAL);
		if (i % 2)
			task_has(err.message, "the kernel reports success, and does not show it");
		task_check_bare(fs);
		assert_string_equal(fakesys_get(fs, OFFER), "region0");
	}
}

/* The machine counts, not the answer to the write. */
static void answers_that_are_wrong(void **state)
{
	cleanup_fakesys struct fakesys *fs = task_machine();
	struct cxl_created created;

	(void)state;
	fakesys_answer(fs, 1, OFFER, "region0", "did 5");
	fakesys_answer(fs, 1, CXL "region0/size", "0x20000000", "did 5");
	assert_int_equal(task_create(fs, WINDOW, 1, &created, NULL), 0);
	assert_string_equal(created.name, "region0");
}

static void a_region_that_stays(void **state)
{
	cleanup_fakesys struct fakesys *fs = task_machine();
	struct cxl_created created;
	struct mhp_error err = { 0 };

	(void)state;
	fakesys_answer(fs, 1, CXL "region0/interleave_ways", "1", "errno 5");
	fakesys_answer(fs, 1, DELETE, "region0", "errno 12");
	assert_int_equal(task_create(fs, WINDOW, 1, &created, &err), -EIO);
	task_has(err.message, "region0: cannot get 1 ways in decoder0.0: Input/output error; "
			      "region0 cannot be deleted again: Cannot allocate memory");
	task_has(err.hint, "mhpctl destroy cxl/region0");
}

/* Another program creates a region between our look at the name and our write. */
static int faster_write(const struct root *sys, const char *path, const char *text)
{
	if (strcmp(path, OFFER) == 0 && root_has_name(sys, "rival") == 0) {
		tree_put(sys->root_fd, "rival", "%s", "");
		fakecxl_write(sys->root_fd, path, text);
	}
	return fake_root_ops.write(sys, path, text);
}

static void a_name_that_a_rival_takes(void **state)
{
	static const struct root_ops ops = { .write = faster_write };
	cleanup_fakesys struct fakesys *fs = task_machine();
	struct cxl_created created;

	(void)state;
	fs->ctx->sys.ops = &ops;
	assert_int_equal(task_create(fs, WINDOW, 1, &created, NULL), 0);
	assert_string_equal(created.name, "region3");
	assert_string_equal(fakesys_get(fs, CXL "region0/size"), "0"); /* untouched */
	assert_int_equal(fakesys_writes(fs, CXL "region0/"), 0);
}

static void names_that_rivals_always_take(void **state)
{
	cleanup_fakesys struct fakesys *fs = task_machine();
	struct cxl_created created;
	struct mhp_error err = { 0 };

	(void)state;
	fakesys_answer(fs, FAKE_ALWAYS, OFFER, "region0", "errno 16");
	assert_int_equal(task_create(fs, WINDOW, 1, &created, &err), -EBUSY);
	task_has(err.hint, "other programs create regions at the same time");
	task_check_bare(fs);
}

static void no_space(void **state)
{
	cleanup_fakesys struct fakesys *fs = task_machine();
	struct cxl_created created;
	struct mhp_error err = { 0 };
	struct cxl_create want = {
		.window = WINDOW, .ways = 1, .granularity = 256, .size = 4 * GIB + 256 * MIB
	};

	(void)state;
	assert_int_equal(TASK(fs, cxl_create_region, &want, &err), -ENOSPC);
	assert_int_equal(err.reason, MHP_REASON_NO_SPACE);
	task_has(err.message, "decoder0.0: has no free range of 4.25 GiB");
	task_check_bare(fs);
	fakesys_put(fs, CXL WINDOW "/size", "0x20000000\n");
	assert_int_equal(task_create(fs, WINDOW, 1, &created, NULL), 0);
	assert_int_equal(task_create(fs, WINDOW, 1, &created, NULL), -ENOSPC);
}

static void wrong_requests(void **state)
{
	cleanup_fakesys struct fakesys *fs = task_machine();
	struct cxl_created created;
	struct mhp_error err = { 0 };
	struct cxl_create want = {
		.window = "decoder0.2", .ways = 2, .granularity = 512, .size = GIB
	};

	(void)state;
	assert_int_equal(TASK(fs, cxl_create_region, &want, &err), -EINVAL);
	task_has(err.message, "region2: cannot get a granularity of 512");
	assert_int_equal(task_create(fs, "decoder0.2", 1, &created, NULL), -EINVAL);
	task_check_bare(fs);
	assert_int_equal(tree_remove(fs->tree.fd, OFFER), 0);
	assert_int_equal(task_create(fs, WINDOW, 1, &created, &err), -EOPNOTSUPP);
	assert_int_equal(err.reason, MHP_REASON_UNSUPPORTED);
	fakesys_put(fs, OFFER, "later\n");
	assert_int_equal(task_create(fs, WINDOW, 1, &created, &err), -EINVAL);
}

/* ---- commit ------------------------------------------------------------------------------ */

static void committed(void **state)
{
	cleanup_fakesys struct fakesys *fs = task_machine();

	(void)state;
	task_stage(fs, STAGE_COMMITTED);
	assert_string_equal(fakesys_get(fs, CXL "decoder5.0/size"), "0x20000000");
	assert_int_equal(task_run(fs, cxl_commit_region, "region0", WINDOW, NULL), 0);
	assert_int_equal(fakesys_writes(fs, CXL "region0/commit=1"), 1);
}

static void commits_that_fail(void **state)
{
	cleanup_fakesys struct fakesys *fs = task_machine();
	struct mhp_error err = { 0 };

	(void)state;
	task_stage(fs, STAGE_EMPTY);
	assert_int_equal(task_run(fs, cxl_commit_region, "region0", WINDOW, &err), -ENXIO);
	assert_string_equal(err.message, "region0: its position 0 has no decoder");
	assert_int_equal(task_run(fs, cxl_commit_region, "region7", WINDOW, &err), -ESTALE);
	assert_int_equal(task_run(fs, cxl_commit_region, "region0", "decoder0.1", &err), -ESTALE);
	fakesys_answer(fs, 1, CXL "region0/commit", "1", "ok");
	assert_int_equal(task_run(fs, cxl_commit_region, "region0", WINDOW, &err), -CXL_NOT_SHOWN);
	fakesys_answer(fs, 1, CXL "region0/commit", "1", "errno 110");
	assert_int_equal(task_run(fs, cxl_commit_region, "region0", WINDOW, &err), -ETIMEDOUT);
	assert_string_equal(fakesys_get(fs, CXL "region0/commit"), "0");
}

static void caches_that_cannot_be_flushed(void **state)
{
	cleanup_fakesys struct fakesys *fs = task_machine();
	struct mhp_error err = { 0 };

	(void)state;
	task_stage(fs, STAGE_COMPLETE);
	fakesys_put(fs, "cxl/no-flush", "");
	assert_int_equal(task_run(fs, cxl_commit_region, "region0", WINDOW, &err), -ENXIO);
	assert_int_equal(err.reason, MHP_REASON_UNSUPPORTED);
	task_has(err.message, "the kernel log has: cxl region0: Failed to synchronize CPU cache "
			      "state");
	task_has(err.hint, "hypervisor=off");
}

/* decoder5.0 has capacity, and its region is not committed. */
static void decoders_out_of_order(void **state)
{
	cleanup_fakesys struct fakesys *fs = task_machine();
	const int fd = fs->tree.fd;
	struct mhp_error err = { 0 };

	(void)state;
	task_stage(fs, STAGE_EMPTY);
	assert_int_equal(fakecxl_write(fd, CXL "decoder5.0/mode", "ram"), 0);
	assert_int_equal(fakecxl_write(fd, CXL "decoder5.0/dpa_size", "0x10000000"), 0);
	assert_int_equal(fakecxl_write(fd, CXL "decoder5.1/mode", "ram"), 0);
	assert_int_equal(fakecxl_write(fd, CXL "decoder5.1/dpa_size", "0x20000000"), 0);
	assert_int_equal(fakecxl_write(fd, CXL "region0/target0", "decoder5.1"), 0);
	assert_int_equal(task_run(fs, cxl_commit_region, "region0", WINDOW, &err), -EBUSY);
	task_has(err.hint, "an earlier region of them is not committed");
}

/* ---- reset ------------------------------------------------------------------------------- */

static void reset(void **state)
{
	cleanup_fakesys struct fakesys *fs = task_machine();
	struct mhp_error err = { 0 };

	(void)state;
	assert_int_equal(task_run(fs, cxl_reset_region, "region0", WINDOW, NULL), 0); /* none */
	task_stage(fs, STAGE_COMMITTED);
	assert_int_equal(task_run(fs, cxl_reset_region, "region0", "decoder0.1", &err), -ESTALE);
	fakesys_answer(fs, 1, CXL "region0/commit", "0", "errno 5");
	assert_int_equal(task_run(fs, cxl_reset_region, "region0", WINDOW, &err), -EIO);
	fakesys_answer(fs, 1, CXL "region0/commit", "0", "errno 1");
	assert_int_equal(task_run(fs, cxl_reset_region, "region0", WINDOW, &err), -EPERM);
	assert_string_equal(err.hint, "the firmware has locked it");
	assert_int_equal(task_run(fs, cxl_reset_region, "region0", WINDOW, NULL), 0);
	assert_string_equal(fakesys_get(fs, CXL "region0/commit"), "0");
	assert_string_equal(fakesys_get(fs, CXL "region0/target0"), "decoder5.0");
	assert_int_equal(task_run(fs, cxl_reset_region, "region0", WINDOW, NULL), 0);
	assert_int_equal(fakesys_writes(fs, CXL "region0/commit=0"), 3);
}

UNIT_TESTS(cmocka_unit_test(a_region), cmocka_unit_test(creations_that_fail),
	   cmocka_unit_test(answers_that_are_wrong), cmocka_unit_test(a_region_that_stays),
	   cmocka_unit_test(a_name_that_a_rival_takes),
	   cmocka_unit_test(names_that_rivals_always_take), cmocka_unit_test(no_space),
	   cmocka_unit_test(wrong_requests), cmocka_unit_test(committed),
	   cmocka_unit_test(commits_that_fail), cmocka_unit_test(caches_that_cannot_be_flushed),
	   cmocka_unit_test(decoders_out_of_order), cmocka_unit_test(reset))
