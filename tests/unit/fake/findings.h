/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The findings of the doctor about a fake machine. */
#pragma once

#include "lib/model/topology.h"
#include "tests/unit/fake/fakesys.h"

static inline void findings_free(struct mhp_doctor_report **report)
{
	mhp_doctor_report_free(*report);
}

#define cleanup_findings __attribute__((cleanup(findings_free)))

struct mhp_doctor_report *findings_of(struct fakesys *fs);

/* Returns the first finding with that id, or NULL. */
const struct mhp_finding *findings_get(const struct mhp_doctor_report *report, const char *id);

/* Returns whether the report names an item as hidden. */
bool findings_hide(const struct mhp_doctor_report *report, const char *what);

struct mhp_topology *scan_of(struct fakesys *fs);
