/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/fake/findings.h"

#include <string.h>

struct mhp_doctor_report *findings_of(struct fakesys *fs)
{
	struct mhp_doctor_report *report = NULL;

	assert_int_equal(mhp_doctor(fs->ctx, &report, NULL), 0);
	return report;
}

const struct mhp_finding *findings_get(const struct mhp_doctor_report *report, const char *id)
{
	for (size_t i = 0; i < report->nr_findings; i++)
		if (strcmp(mhp_doctor_report_finding(report, i)->id, id) == 0)
			return mhp_doctor_report_finding(report, i);
	return NULL;
}

bool findings_hide(const struct mhp_doctor_report *report, const char *what)
{
	for (size_t i = 0; i < report->nr_hidden; i++)
		if (strcmp(mhp_doctor_report_hidden(report, i)->what, what) == 0)
			return true;
	return false;
}

struct mhp_topology *scan_of(struct fakesys *fs)
{
	struct mhp_topology *topo = NULL;

	assert_int_equal(mhp_topology_scan(fs->ctx, 0, &topo, NULL), 0);
	return topo;
}
