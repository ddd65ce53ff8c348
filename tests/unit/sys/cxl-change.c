/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tasks that make and undo CXL regions. */
#include "lib/sys/cxl/change.h"
#include "lib/base/error.h"
#include "tests/unit/fake/fakesys.h"

#include <errno.h>
#include <string.h>

#define CXL "sys/bus/cxl/devices/"

static struct fakesys *with_cards(void)
{
	struct fakesys *fs = fakesys_new();

	fakesys_cxl(fs);
	return fs;
}

/* ---- the fake itself --------------------------------------------------------------------- */

static int put(struct fakesys *fs, const char *path, const char *text)
{
	return root_write(&fs->ctx->sys, path, text);
}

static void regions_of_another_program(void **state)
{
	cleanup_fakesys struct fakesys *fs = with_cards();

	(void)state;
	fakesys_cxl_region(fs, GIB / 2, "mem0");
	assert_string_equal(fakesys_get(fs, CXL "region0/commit"), "1");
	assert_string_equal(fakesys_get(fs, CXL "region0/target0"), "decoder5.0");
	assert_string_equal(fakesys_get(fs, CXL "decoder5.0/start"), "0x8490000000");
	assert_string_equal(fakesys_get(fs, CXL "endpoint5/decoders_committed"), "1");
	assert_string_equal(fakesys_driver(fs, "dax0.0"), "kmem");
	fakesys_check_blocks(fs, 4242, 4245, "offline", "Normal Movable");
	assert_non_null(strstr(fakesys_get(fs, "proc/iomem"), "84afffffff : System RAM (kmem)"));
	assert_string_equal(fakesys_get(fs, CXL "decoder0.0/create_ram_region"), "region3");
	assert_int_equal(put(fs, CXL "decoder0.0/delete_region", "region0"), 0);
	fakesys_check_no_blocks(fs, 4242, 4245);
	assert_null(strstr(fakesys_get(fs, "proc/iomem"), "region0"));
	assert_string_equal(fakesys_get(fs, CXL "decoder0.0/create_ram_region"), "region0");
	assert_string_equal(fakesys_get(fs, CXL "decoder5.0/dpa_size"), "0x0000000020000000");
	assert_string_equal(fakesys_get(fs, CXL "decoder5.0/region"), "");
	assert_int_equal(put(fs, CXL "decoder5.0/dpa_size", "0"), 0);
	fakesys_cxl_region(fs, GIB, "both");
	assert_string_equal(fakesys_get(fs, CXL "region2/target1"), "decoder6.0");
}

UNIT_TESTS(cmocka_unit_test(regions_of_another_program))
