/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tasks that undo CXL regions. */
#include "lib/base/error.h"
#include "tests/unit/fake/cxltask.h"

static void each_stage(void **state)
{
	(void)state;
	for (int stage = STAGE_EMPTY; stage <= STAGE_ENABLED; stage++) {
		cleanup_fakesys struct fakesys *fs = task_machine();
		struct mhp_error err = { 0 };

		fakesys_put(fs, "sys/bus/dax/drivers_autoprobe", "0\n");
		task_stage(fs, (enum task_stage)stage);
		assert_int_equal(task_run(fs, cxl_destroy_region, "region0", "decoder0.0", &err),
				 0);
		task_check_bare(fs);
	}
}

UNIT_TESTS(cmocka_unit_test(each_stage))
