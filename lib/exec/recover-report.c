/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The report of mhp_recover(). */
#include "lib/base/cleanup.h"
#include "lib/base/export.h"
#include "lib/base/item.h"
#include "lib/libmhp.h"

#include <stdlib.h>

MHP_EXPORT const struct mhp_interrupted *mhp_recovery_run(const struct mhp_recovery_report *report,
							  size_t index)
{
	return item_get(struct mhp_interrupted, report->runs, report->nr_runs, index);
}

MHP_EXPORT const struct mhp_leftover *mhp_interrupted_leftover(const struct mhp_interrupted *run,
							       size_t index)
{
	return item_get(struct mhp_leftover, run->leftovers, run->nr_leftovers, index);
}

MHP_EXPORT void mhp_recovery_report_free(struct mhp_recovery_report *report)
{
	const struct mhp_interrupted *runs = report ? report->runs : NULL;

	if (!report)
		return;
	for (size_t i = 0; i < report->nr_runs; i++)
		free_const(runs[i].leftovers);
	free_const(report->runs);
	free(report);
}

MHP_EXPORT const char *mhp_recovery_name(enum mhp_recovery recovery)
{
	static const char *const names[] = { "finished", "continue", "undo", "leave", "cannot" };

	return (size_t)recovery < ARRAY_SIZE(names) ? names[recovery] : "cannot";
}
