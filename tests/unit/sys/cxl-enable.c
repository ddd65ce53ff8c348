/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tasks that bind and unbind the drivers of CXL memory devices and regions. */
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "tests/unit/fake/cxltask.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>

#define WINDOW	    "decoder0.0"
#define MEM_BIND    "sys/bus/cxl/drivers/cxl_mem/bind"
#define MEM_UNBIND  "sys/bus/cxl/drivers/cxl_mem/unbind"
#define BIND	    "sys/bus/cxl/drivers/cxl_region/bind"
#define UNBIND	    "sys/bus/cxl/drivers/cxl_region/unbind"
#define MEM0_DRIVER CXL "mem0/driver"

static const struct cxl_memdev_id mem0 = { .name = "mem0", .serial = FAKECXL_NEAR };

/* ---- regions ----------------------------------------------------------------------------- */

static int enable(struct fakesys *fs, struct cxl_enabled *enabled, struct mhp_error *err)
{
	const struct cxl_region_id id = task_id("region0", WINDOW);
	cleanup_reply struct reply reply = { 0 };
	int rc = cxl_enable_region(fs->ctx, &id, &reply, err);

	if (rc < 0)
		return rc;
	assert_int_equal(reply.len, sizeof(*enabled));
	memcpy(enabled, reply.data, sizeof(*enabled));
	return rc;
}

static bool is_bound(struct fakesys *fs)
{
	return root_has_name(&fs->ctx->sys, CXL "region0/driver") > 0;
}

static void a_dax_device(void **state)
{
	cleanup_fakesys struct fakesys *fs = task_machine();
	struct cxl_enabled enabled;

	(void)state;
	task_stage(fs, STAGE_COMMITTED);
	fakesys_put(fs, "sys/bus/dax/drivers_autoprobe", "0\n");
	assert_int_equal(enable(fs, &enabled, NULL), 0);
	assert_string_equal(enabled.device, "dax0.0");
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "");
	assert_int_equal(enable(fs, &enabled, NULL), 0);
	assert_string_equal(enabled.device, "dax0.0");
	assert_int_equal(fakesys_writes(fs, BIND), 1);
}

static void kmem_binds_it(void **state)
{
	cleanup_fakesys struct fakesys *fs = task_machine();
	struct cxl_enabled enabled;

	(void)state;
	task_stage(fs, STAGE_COMMITTED);
	assert_int_equal(enable(fs, &enabled, NULL), 0);
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "kmem");
	fakesys_check_blocks(fs, 4242, 4245, "offline", "Normal Movable");
}

static void refused_by_the_kernel(void **state)
{
	cleanup_fakesys struct fakesys *fs = task_machine();
	struct cxl_enabled enabled;
	struct mhp_error err = { 0 };

	(void)state;
	assert_int_equal(enable(fs, &enabled, &err), -ESTALE);
	task_stage(fs, STAGE_COMPLETE);
	assert_int_equal(enable(fs, &enabled, &err), -ENXIO);
	assert_string_equal(err.message, "region0: is not committed");
	assert_int_equal(task_run(fs, cxl_commit_region, "region0", WINDOW, NULL), 0);
	fakesys_answer(fs, 1, BIND, "region0", "errno 12");
	assert_int_equal(enable(fs, &enabled, &err), -ENOMEM);
	fakesys_answer(fs, 1, BIND, "region0", "ok");
	assert_int_equal(enable(fs, &enabled, &err), -CXL_NOT_SHOWN);
	assert_false(is_bound(fs));
	fakesys_answer(fs, 1, BIND, "region0", "did 12");
	assert_int_equal(enable(fs, &enabled, &err), 0);
}

/* Waits ten seconds, says what is missing, and unbinds again. */
static void no_dax_device(void **state)
{
	static const struct {
		const char *knob, *message, *hint;
	} cases[] = {
		{ "cxl/no-dax", "region0: no dax_region0 appeared within 10 s",
		  "CONFIG_DEV_DAX_CXL" },
		{ "cxl/no-dax_cxl", "region0: dax_region0 has no driver after 10 s",
		  "modprobe dax_cxl" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_fakesys struct fakesys *fs = task_machine();
		struct cxl_enabled enabled;
		struct mhp_error err = { 0 };
		uint64_t start = clock_msec();

		fakesys_put(fs, cases[i].knob, "");
		task_stage(fs, STAGE_COMMITTED);
		assert_int_equal(enable(fs, &enabled, &err), -ENODEV);
		assert_string_equal(err.message, cases[i].message);
		task_has(err.hint, cases[i].hint);
		assert_true(clock_msec() - start >= 10000);
		assert_false(is_bound(fs));
		assert_int_equal(root_has_name(&fs->ctx->sys, CXL "dax_region0"), 0);
	}
}

static void a_module_that_is_loaded_later(void **state)
{
	cleanup_fakesys struct fakesys *fs = task_machine();
	struct cxl_enabled enabled;

	(void)state;
	fakesys_put(fs, "cxl/no-dax_cxl", "");
	task_stage(fs, STAGE_COMMITTED);
	assert_int_equal(enable(fs, &enabled, NULL), -ENODEV);
	assert_int_equal(fs->ctx->module->load(fs->ctx, "dax_cxl", NULL), 0);
	assert_int_equal(enable(fs, &enabled, NULL), 0);
}

static void one_that_stays_enabled(void **state)
{
	cleanup_fakesys struct fakesys *fs = task_machine();
	struct cxl_enabled enabled;
	struct mhp_error err = { 0 };

	(void)state;
	fakesys_put(fs, "cxl/no-dax", "");
	fakesys_answer(fs, 1, UNBIND, "region0", "errno 5");
	task_stage(fs, STAGE_COMMITTED);
	assert_int_equal(enable(fs, &enabled, &err), -ENODEV);
	task_has(err.message, "; it stays enabled: region0: cannot be disabled");
}

/* The driver core probes dax regions in the background. */
static void a_device_that_comes_late(void **state)
{
	cleanup_fakesys struct fakesys *fs = task_machine();
	int fd = fs->tree.fd, status;
	struct cxl_enabled enabled;
	pid_t child;

	(void)state;
	task_stage(fs, STAGE_ENABLED);
	assert_int_equal(renameat(fd, CXL "dax_region0", fd, "late"), 0);
	child = fork();
	if (child == 0) {
		poll(NULL, 0, 20);
		_exit(renameat(fd, "late", fd, CXL "dax_region0") < 0);
	}
	assert_true(child > 0);
	assert_int_equal(enable(fs, &enabled, NULL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_string_equal(enabled.device, "dax0.0");
}

static void disabled(void **state)
{
	cleanup_fakesys struct fakesys *fs = task_machine();
	struct mhp_error err = { 0 };

	(void)state;
	fakesys_put(fs, "sys/bus/dax/drivers_autoprobe", "0\n");
	assert_int_equal(task_run(fs, cxl_disable_region, "region0", WINDOW, NULL), 0); /* none */
	task_stage(fs, STAGE_ENABLED);
	fakesys_answer(fs, 1, UNBIND, "region0", "ok");
	assert_int_equal(task_run(fs, cxl_disable_region, "region0", WINDOW, &err), -CXL_NOT_SHOWN);
	assert_int_equal(task_run(fs, cxl_disable_region, "region0", "decoder0.1", &err), -ESTALE);
	assert_int_equal(task_run(fs, cxl_disable_region, "region0", WINDOW, NULL), 0);
	assert_false(is_bound(fs));
	assert_int_equal(root_has_name(&fs->ctx->sys, "sys/bus/dax/devices/dax0.0"), 0);
	assert_string_equal(fakesys_get(fs, CXL "region0/commit"), "1");
	assert_int_equal(task_run(fs, cxl_disable_region, "region0", WINDOW, NULL), 0);
	assert_int_equal(fakesys_writes(fs, UNBIND), 2);
}

/* ---- memory devices ---------------------------------------------------------------------- */

static void a_memory_device(void **state)
{
	cleanup_fakesys struct fakesys *fs = task_machine();

	(void)state;
	assert_int_equal(TASK(fs, cxl_enable_memdev, &mem0, NULL), 0);
	assert_int_equal(fakesys_writes(fs, MEM_BIND), 0);
	assert_int_equal(TASK(fs, cxl_disable_memdev, &mem0, NULL), 0);
	assert_int_equal(root_has_name(&fs->ctx->sys, MEM0_DRIVER), 0);
	assert_int_equal(TASK(fs, cxl_disable_memdev, &mem0, NULL), 0);
	assert_int_equal(fakesys_writes(fs, MEM_UNBIND), 1);
	assert_int_equal(TASK(fs, cxl_enable_memdev, &mem0, NULL), 0);
	assert_int_equal(root_has_name(&fs->ctx->sys, CXL "endpoint5"), 1);
	assert_int_equal(fakesys_writes(fs, MEM_BIND), 1);
}

static void another_memory_device(void **state)
{
	cleanup_fakesys struct fakesys *fs = task_machine();
	const struct cxl_memdev_id other = { .name = "mem1", .serial = FAKECXL_NEAR };
	const struct cxl_memdev_id gone = { .name = "mem7", .serial = MHP_UNKNOWN };
	const struct cxl_memdev_id any = { .name = "mem1", .serial = MHP_UNKNOWN };
	struct mhp_error err = { 0 };

	(void)state;
	assert_int_equal(TASK(fs, cxl_disable_memdev, &other, &err), -ESTALE);
	assert_int_equal(err.reason, MHP_REASON_STALE_PLAN);
	assert_int_equal(TASK(fs, cxl_enable_memdev, &gone, &err), -ENODEV);
	assert_int_equal(err.reason, MHP_REASON_NO_SUCH_TARGET);
	assert_int_equal(fakesys_writes(fs, "cxl_mem"), 0);
	assert_int_equal(TASK(fs, cxl_disable_memdev, &any, &err), 0);
	fakesys_put(fs, CXL "mem1/serial", "0x0\n"); /* it has none any more */
	assert_int_equal(TASK(fs, cxl_enable_memdev, &other, &err), -ESTALE);
	fakesys_put(fs, CXL "mem1/serial", "none\n");
	assert_int_equal(TASK(fs, cxl_enable_memdev, &other, &err), -EINVAL);
}

static void memory_devices_that_cannot_be_bound(void **state)
{
	cleanup_fakesys struct fakesys *fs = task_machine();
	struct mhp_error err = { 0 };

	(void)state;
	assert_int_equal(TASK(fs, cxl_disable_memdev, &mem0, NULL), 0);
	fakesys_put(fs, CXL "mem0/security/state", "sanitize\n");
	fakesys_answer(fs, 1, MEM_BIND, "mem0", "errno 16");
	assert_int_equal(TASK(fs, cxl_enable_memdev, &mem0, &err), -EBUSY);
	task_has(err.hint, "its data is being erased");
	fakesys_answer(fs, 1, MEM_BIND, "mem0", "ok");
	assert_int_equal(TASK(fs, cxl_enable_memdev, &mem0, &err), -CXL_NOT_SHOWN);
	assert_int_equal(tree_remove(fs->tree.fd, MEM_BIND), 0);
	assert_int_equal(TASK(fs, cxl_enable_memdev, &mem0, &err), -ENOENT);
	assert_string_equal(err.hint, "load it: modprobe cxl_mem");
}

static void no_endpoint(void **state)
{
	cleanup_fakesys struct fakesys *fs = task_machine();
	struct mhp_error err = { 0 };

	(void)state;
	assert_int_equal(tree_remove(fs->tree.fd, CXL "endpoint5/driver"), 0);
	assert_int_equal(TASK(fs, cxl_enable_memdev, &mem0, &err), -ENXIO);
	task_has(err.message, "has no endpoint after 10 s");
	assert_int_equal(tree_remove(fs->tree.fd, CXL "endpoint5"), 0);
	assert_int_equal(TASK(fs, cxl_enable_memdev, &mem0, &err), -ENXIO);
	assert_int_equal(TASK(fs, cxl_disable_memdev, &mem0, &err), 0);
}

static void memory_devices_in_use(void **state)
{
	cleanup_fakesys struct fakesys *fs = task_machine();
	struct mhp_error err = { 0 };

	(void)state;
	task_stage(fs, STAGE_COMPLETE);
	assert_int_equal(TASK(fs, cxl_disable_memdev, &mem0, &err), -EBUSY);
	assert_string_equal(err.message, "mem0: is a member of region0");
	fakesys_put(fs, CXL "decoder5.0/region", "\n");
	fakesys_put(fs, CXL "decoder5.0/size", "0x20000000\n"); /* by the firmware */
	assert_int_equal(TASK(fs, cxl_disable_memdev, &mem0, &err), -EBUSY);
	assert_string_equal(err.message, "mem0: its decoder5.0 is committed");
	fakesys_put(fs, CXL "decoder5.0/size", "0x0\n");
	fakesys_put(fs, CXL "decoder5.3/dpa_size", "much\n");
	assert_int_equal(TASK(fs, cxl_disable_memdev, &mem0, &err), -EINVAL);
	assert_int_equal(fakesys_writes(fs, MEM_UNBIND), 0);
	fakesys_put(fs, CXL "decoder5.3/dpa_size", "0x0\n");
	fakesys_answer(fs, 1, MEM_UNBIND, "mem0", "errno 5");
	assert_int_equal(TASK(fs, cxl_disable_memdev, &mem0, &err), -EIO);
}

UNIT_TESTS(cmocka_unit_test(a_dax_device), cmocka_unit_test(kmem_binds_it),
	   cmocka_unit_test(refused_by_the_kernel), cmocka_unit_test(no_dax_device),
	   cmocka_unit_test(a_module_that_is_loaded_later),
	   cmocka_unit_test(one_that_stays_enabled), cmocka_unit_test(a_device_that_comes_late),
	   cmocka_unit_test(disabled), cmocka_unit_test(a_memory_device),
	   cmocka_unit_test(another_memory_device),
	   cmocka_unit_test(memory_devices_that_cannot_be_bound), cmocka_unit_test(no_endpoint),
	   cmocka_unit_test(memory_devices_in_use))
