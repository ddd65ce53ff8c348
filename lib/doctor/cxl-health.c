/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rule for the health of CXL memory devices. */
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/doctor/doctor.h"
#include "lib/tool.h"

#include <string.h>

/* Returns whether data is lost, or will be lost soon, or cannot be reached. */
static bool is_unusable(const struct mhp_cxl_health *health)
{
	static const char *const unusable[] = { "not_ready", "persistence_lost", "data_lost",
						"persistence_loss_imminent", "data_loss_imminent" };

	for (size_t i = 0; i < ARRAY_SIZE(unusable); i++)
		if (strcmp(health->media_status, unusable[i]) == 0)
			return true;
	return false;
}

static void report_health(struct doctor *d, const struct mhp_cxl_memdev *memdev, const char *text)
{
	const struct mhp_cxl_health *health = &memdev->health;
	bool must_go = health->hw_replacement_needed == MHP_TRISTATE_YES || is_unusable(health);
	struct mhp_finding *finding;

	finding = doctor_find(d, must_go ? MHP_SEVERITY_ERROR : MHP_SEVERITY_WARNING,
			      "%s: the CXL device reports: %s", memdev->name, text);
	str_copy(finding->where, memdev->name);
	if (must_go)
		str_format(finding->fix, "mhpctl remove --destroy %s, and replace the device",
			   memdev->name);
	else if (health->maintenance_needed == MHP_TRISTATE_YES)
		str_format(finding->fix,
			   "maintain the device as its vendor says; mhpctl remove %s takes its "
			   "memory out of use before",
			   memdev->name);
	else
		str_format(finding->fix, "watch it: cxl list -m %s -H shows all its values",
			   memdev->name);
}

void doctor_look_cxl_health(struct doctor *d)
{
	char text[160];

	for (size_t i = 0; i < d->topo->nr_cxl_memdevs; i++) {
		const struct mhp_cxl_memdev *memdev = &d->topo->cxl_memdevs[i];

		if (*mhp_cxl_health_text(&memdev->health, text, sizeof(text)))
			report_health(d, memdev, text);
	}
}
