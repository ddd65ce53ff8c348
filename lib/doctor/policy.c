/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sections of the policy that failed and are not tried again by themselves. */
#include "lib/base/error.h"
#include "lib/doctor/doctor.h"
#include "lib/sys/statedir.h"

#include <errno.h>

int facts_read_failed_sections(struct mhp_ctx *ctx, struct facts *facts)
{
	int rc = failed_sections_read(&ctx->sys, &facts->failed_sections);

	if (rc < 0 && rc != -ENOMEM)
		facts_unread(facts, STATE_POLICY_FAILED);
	return rc == -ENOMEM ? rc : 0;
}

void doctor_look_section_failed(struct doctor *d)
{
	const struct failed_sections *failed = &d->facts->failed_sections;

	for (size_t i = 0; d->facts->has_policy && i < failed->nr; i++) {
		struct mhp_finding *finding =
			doctor_find(d, MHP_SEVERITY_WARNING, "section %s of the policy failed: %s",
				    failed->at[i].section, failed->at[i].error.message);

		str_copy(finding->where, "/" STATE_POLICY_FAILED);
		str_copy(finding->fix, "mhpctl apply");
	}
}
