/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/fake/cxltask.h"
#include "lib/base/error.h"

#include <stdio.h>
#include <string.h>

struct fakesys *task_machine(void)
{
	struct fakesys *fs = fakesys_new();

	fakesys_cxl(fs);
	return fs;
}

struct cxl_region_id task_id(const char *name, const char *window)
{
	struct cxl_region_id id = { .size = MHP_UNKNOWN, .start = MHP_UNKNOWN };

	str_copy(id.name, name);
	str_copy(id.window, window);
	return id;
}

int task_create(struct fakesys *fs, const char *window, unsigned ways, struct cxl_created *created,
		struct mhp_error *err)
{
	cleanup_reply struct reply reply = { 0 };
	struct cxl_create want = { .ways = ways, .granularity = 256, .size = ways * CAPACITY };
	int rc;

	str_copy(want.window, window);
	rc = cxl_create_region(fs->ctx, &want, &reply, err);
	if (rc < 0)
		return rc;
	assert_int_equal(reply.len, sizeof(*created));
	memcpy(created, reply.data, sizeof(*created));
	return rc;
}

int task_run(struct fakesys *fs, child_fn task, const char *name, const char *window,
	     struct mhp_error *err)
{
	const struct cxl_region_id id = task_id(name, window);

	return TASK(fs, task, &id, err);
}

struct cxl_member_change task_change(const char *window, const char *memdev, unsigned position)
{
	struct cxl_member_change change = {
		.region = task_id("region0", window),
		.memdev.serial = strcmp(memdev, "mem0") == 0 ? FAKECXL_NEAR : FAKECXL_FAR,
		.position = position,
		.bytes = CAPACITY,
	};

	str_copy(change.memdev.name, memdev);
	return change;
}

void task_stage(struct fakesys *fs, enum task_stage stage)
{
	const struct cxl_member_change change = task_change("decoder0.0", "mem0", 0);
	struct cxl_created created;

	assert_int_equal(task_create(fs, "decoder0.0", 1, &created, NULL), 0);
	assert_string_equal(created.name, "region0");
	if (stage >= STAGE_COMPLETE)
		assert_int_equal(TASK(fs, cxl_add_member, &change, NULL), 0);
	if (stage >= STAGE_COMMITTED)
		assert_int_equal(task_run(fs, cxl_commit_region, "region0", "decoder0.0", NULL), 0);
	if (stage >= STAGE_ENABLED)
		assert_int_equal(task_run(fs, cxl_enable_region, "region0", "decoder0.0", NULL), 0);
}

void task_check_bare(struct fakesys *fs)
{
	static const char *const ports[] = { "decoder1.0", "decoder2.0" };

	for (unsigned i = 0; i < 8; i++) {
		ROOT_PATH(bytes, CXL "decoder%u.%u/dpa_size", 5 + i / 4, i % 4);
		ROOT_PATH(region, CXL "decoder%u.%u/region", 5 + i / 4, i % 4);
		ROOT_PATH(size, CXL "decoder%u.%u/size", 5 + i / 4, i % 4);
		ROOT_PATH(name, CXL "region%u", i);
		assert_string_equal(fakesys_get(fs, bytes), "0x0000000000000000");
		assert_string_equal(fakesys_get(fs, region), "");
		assert_string_equal(fakesys_get(fs, size), "0x0");
		assert_int_equal(root_has_name(&fs->ctx->sys, name), 0);
	}
	for (unsigned i = 0; i < 2; i++) {
		ROOT_PATH(region, CXL "%s/region", ports[i]);
		assert_string_equal(fakesys_get(fs, region), "");
	}
	assert_null(strstr(fakesys_get(fs, "proc/iomem"), "region"));
}

void task_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in \"%s\"", part, text);
}
