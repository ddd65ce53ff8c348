/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/out/reporting.h"
#include "lib/base/error.h"
#include "lib/libmhp.h"
#include "lib/tool.h"

#include <inttypes.h>
#include <string.h>

static void keep_parameter(const char *path, uint64_t value, struct out_keep *keep)
{
	*keep = (struct out_keep){ 0 };
	if (value == MHP_UNKNOWN)
		return;
	str_format(keep->boot, "page_reporting.%s=%" PRIu64, strrchr(path, '/') + 1, value);
	str_format(keep->tmpfiles, "w %s - - - - %" PRIu64, path, value);
}

void out_keep_order(uint64_t order, struct out_keep *keep)
{
	keep_parameter(mhp_reporting_order_path(), order, keep);
}

void out_keep_delay(uint64_t delay_ms, struct out_keep *keep)
{
	keep_parameter(mhp_reporting_delay_path(), delay_ms, keep);
}
