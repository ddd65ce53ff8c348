/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/out/reporting.h"
#include "lib/base/error.h"
#include "lib/libmhp.h"

#include <inttypes.h>

static void keep_parameter(const char *name, uint64_t value, struct out_keep *keep)
{
	*keep = (struct out_keep){ 0 };
	if (value == MHP_UNKNOWN)
		return;
	str_format(keep->boot, "page_reporting.%s=%" PRIu64, name, value);
	str_format(keep->tmpfiles, "w /sys/module/page_reporting/parameters/%s - - - - %" PRIu64,
		   name, value);
}

void out_keep_order(uint64_t order, struct out_keep *keep)
{
	keep_parameter("page_reporting_order", order, keep);
}

void out_keep_delay(uint64_t delay_ms, struct out_keep *keep)
{
	keep_parameter("page_reporting_delay_ms", delay_ms, keep);
}
