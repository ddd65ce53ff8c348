/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks free page reporting of a virtual machine: whether the host gets free memory back. */
#include "lib/base/error.h"
#include "lib/doctor/doctor.h"
#include "lib/sys/cmdline.h"

#include <inttypes.h>

#define DEFAULT_ORDER 9
#define LOW_ORDER     5 /* blocks of 128 KiB with pages of 4 KiB */

/* Suggests another value of a boot parameter that makes the driver drop the feature. */
static void fix_parameter(const struct doctor *d, struct mhp_finding *finding, const char *key,
			  const char *value, bool by_default)
{
	bool is_set = cmdline_bool(value) == MHP_TRISTATE_YES;
	char parameter[32], off[32];

	str_format(parameter, "%s=%s", key, value);
	str_format(off, "%s=0", key);
	doctor_fix_boot(d, finding, is_set ? parameter : NULL, by_default ? off : NULL);
}

static enum mhp_severity severity_of(const struct mhp_balloon *balloon)
{
	switch (balloon->cause) {
	case MHP_REPORTING_CAUSE_NONE:
		return balloon->is_futile == MHP_TRISTATE_YES	    ? MHP_SEVERITY_WARNING
		       : balloon->is_futile == MHP_TRISTATE_UNKNOWN ? MHP_SEVERITY_NOTE
								    : MHP_SEVERITY_OK;
	case MHP_REPORTING_CAUSE_INIT_ON_FREE:
	case MHP_REPORTING_CAUSE_PAGE_POISON:
	case MHP_REPORTING_CAUSE_NO_DRIVER:
		return MHP_SEVERITY_WARNING;
	default: /* only the host or another kernel can change it */
		return MHP_SEVERITY_NOTE;
	}
}

static void fix_balloon(const struct doctor *d, const struct mhp_balloon *balloon,
			struct mhp_finding *finding)
{
	bool by_default = d->facts->kconfig.options[CONFIG_INIT_ON_FREE] == MHP_TRISTATE_YES;

	if (balloon->is_futile == MHP_TRISTATE_YES ||
	    balloon->cause == MHP_REPORTING_CAUSE_PAGE_POISON)
		fix_parameter(d, finding, "page_poison", d->facts->page_poison, false);
	else if (balloon->cause == MHP_REPORTING_CAUSE_INIT_ON_FREE)
		fix_parameter(d, finding, "init_on_free", d->facts->init_on_free, by_default);
	else if (balloon->cause == MHP_REPORTING_CAUSE_NO_DRIVER)
		str_format(finding->fix, "modprobe %s",
			   balloon->kind == MHP_BALLOON_HYPERV ? "hv_balloon" : "virtio_balloon");
	else if (balloon->cause == MHP_REPORTING_CAUSE_NOT_OFFERED)
		str_copy(finding->fix, "on the host, give the balloon device of this virtual "
				       "machine free-page-reporting=on");
}

void doctor_look_reporting(struct doctor *d)
{
	const struct mhp_balloon *balloon;

	for (size_t i = 0;
	     d->facts->reporting && (balloon = mhp_reporting_balloon(d->facts->reporting, i));
	     i++) {
		bool reports = balloon->reporting == MHP_TRISTATE_YES;
		struct mhp_finding *finding =
			doctor_find(d, severity_of(balloon), "%s %s%s%s", balloon->name,
				    reports ? "reports free pages to the host"
				    : balloon->reporting == MHP_TRISTATE_NO
					    ? "does not report free pages to the host"
					    : "may report free pages to the host or not",
				    *balloon->why ? ": " : "", balloon->why);

		str_copy(finding->where, balloon->name);
		fix_balloon(d, balloon, finding);
	}
}

void doctor_look_reporting_order(struct doctor *d)
{
	const struct mhp_reporting *reporting = d->facts->reporting;
	struct mhp_finding *finding;

	if (!reporting || reporting->is_active != MHP_TRISTATE_YES ||
	    reporting->order == MHP_UNKNOWN || reporting->max_order == MHP_UNKNOWN)
		return;
	if (reporting->order > reporting->max_order)
		finding = doctor_find(d, MHP_SEVERITY_WARNING,
				      "the order of free page reporting is %" PRIu64
				      ", above the largest one, %" PRIu64 ": nothing is reported",
				      reporting->order, reporting->max_order);
	else if (reporting->order < LOW_ORDER)
		finding = doctor_find(d, MHP_SEVERITY_NOTE,
				      "the order of free page reporting is %" PRIu64
				      ": small blocks are reported, for which the host splits its "
				      "huge pages",
				      reporting->order);
	else
		finding = doctor_find(d, MHP_SEVERITY_OK,
				      "the order of free page reporting is %" PRIu64,
				      reporting->order);
	str_copy(finding->where, "/" KERNEL_REPORTING_ORDER);
	if (finding->severity != MHP_SEVERITY_OK)
		str_format(finding->fix, "mhpctl reporting --order %d", DEFAULT_ORDER);
}
