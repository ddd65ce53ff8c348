/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Adds a finding of the current rule. */
#include "lib/doctor/doctor.h"
#include "lib/base/vec.h"

#include <stdarg.h>
#include <stdio.h>

struct mhp_finding *doctor_find(struct doctor *d, enum mhp_severity severity, const char *fmt, ...)
{
	struct mhp_finding *finding = VEC_PUSH(d->findings, d->nr);
	va_list args;

	if (!finding) {
		d->failed = true;
		d->nr = 0; /* the first is overwritten; doctor_judge() discards all */
		return d->findings;
	}
	*finding = (struct mhp_finding){
		.id = d->rule->id,
		.group = d->rule->group,
		.why = d->rule->why,
		.severity = severity,
	};
	va_start(args, fmt);
	vsnprintf(finding->found, sizeof(finding->found), fmt, args);
	va_end(args);
	return finding;
}
