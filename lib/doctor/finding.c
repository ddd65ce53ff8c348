/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One more finding of the rule at work. */
#include "lib/doctor/doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct mhp_finding *doctor_find(struct doctor *d, enum mhp_severity severity, const char *fmt, ...)
{
	struct mhp_finding *grown = reallocarray(d->findings, d->nr + 1, sizeof(*grown)), *finding;
	va_list args;

	if (!grown) {
		d->failed = true;
		d->nr = 0; /* the first is written over; all are thrown away in the end */
		return d->findings;
	}
	d->findings = grown;
	finding = &grown[d->nr++];
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
