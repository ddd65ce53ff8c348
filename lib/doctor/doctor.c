/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the facts and applies the rules to them. */
#include "lib/doctor/doctor.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/export.h"
#include "lib/base/item.h"

#include <errno.h>
#include <string.h>

static int copy_hidden(struct mhp_doctor_report *report, const struct mhp_topology *topo,
		       const struct facts *facts)
{
	struct mhp_hidden *all = calloc(topo->nr_hidden + facts->nr_hidden + 1, sizeof(*all));

	if (!all)
		return -ENOMEM;
	for (size_t i = 0; i < topo->nr_hidden; i++)
		all[report->nr_hidden++] = topo->hidden[i];
	for (size_t i = 0; i < facts->nr_hidden; i++)
		all[report->nr_hidden++] = facts->hidden[i];
	report->hidden = all;
	return 0;
}

static int fill_report(struct mhp_ctx *ctx, const struct mhp_topology *topo,
		       struct mhp_doctor_report *report)
{
	cleanup_facts struct facts facts = { 0 };
	struct mhp_finding *findings = NULL;
	int rc = facts_read(ctx, &facts);

	if (rc == 0)
		rc = doctor_judge(&facts, topo, &findings, &report->nr_findings);
	report->findings = findings;
	return rc == 0 ? copy_hidden(report, topo, &facts) : rc;
}

MHP_EXPORT int mhp_doctor(struct mhp_ctx *ctx, struct mhp_doctor_report **ret,
			  struct mhp_error *err)
{
	cleanup_topology struct mhp_topology *topo = NULL;
	struct mhp_doctor_report *report;
	/* a kernel without memory blocks is a finding too, not an error */
	int rc = mhp_topology_scan(ctx, MHP_SCAN_WITHOUT_BLOCKS | MHP_SCAN_CXL_HEALTH, &topo, err);

	if (rc < 0)
		return rc;
	report = calloc(1, sizeof(*report));
	rc = report ? fill_report(ctx, topo, report) : -ENOMEM;
	if (rc < 0) {
		mhp_doctor_report_free(report);
		return err_errno(err, rc, "doctor");
	}
	*ret = report;
	return 0;
}

MHP_EXPORT void mhp_doctor_report_free(struct mhp_doctor_report *report)
{
	if (!report)
		return;
	free_const(report->findings);
	free_const(report->hidden);
	free(report);
}

MHP_EXPORT const char *mhp_severity_name(enum mhp_severity severity)
{
	static const char *const names[] = { "ok", "note", "warning", "error" };

	return (size_t)severity < ARRAY_SIZE(names) ? names[severity] : "error";
}

MHP_EXPORT const struct mhp_finding *mhp_doctor_report_finding(
	const struct mhp_doctor_report *report, size_t index)
{
	return item_get(struct mhp_finding, report->findings, report->nr_findings, index);
}

MHP_EXPORT const struct mhp_hidden *mhp_doctor_report_hidden(const struct mhp_doctor_report *report,
							     size_t index)
{
	return item_get(struct mhp_hidden, report->hidden, report->nr_hidden, index);
}
