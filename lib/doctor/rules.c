/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Applies all rules, and has those for the kernel's configuration and for rights. */
#include "lib/doctor/doctor.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"

#include <errno.h>
#include <string.h>

/* ---- kernel ------------------------------------------------------------------------------ */

static void check_option(struct doctor *d, enum kconfig_option which, enum mhp_severity severity)
{
	const char *from = d->facts->kconfig.file;
	const char *name = kconfig_names[which];
	struct mhp_finding *finding;

	if (d->facts->kconfig.options[which] == MHP_TRISTATE_UNKNOWN)
		return;
	if (d->facts->kconfig.options[which] == MHP_TRISTATE_YES) {
		finding = doctor_find(d, MHP_SEVERITY_OK, "%s is set%s", name,
				      from[0] ? "" : " (inferred from what the kernel shows)");
	} else {
		finding = doctor_find(d, severity, "%s is not set%s", name,
				      from[0] ? "" : " (inferred from what the kernel shows)");
		str_format(finding->fix, "boot a kernel that is built with %s=y", name);
	}
	str_copy(finding->where, from);
}

static void look_hotplug(struct doctor *d)
{
	check_option(d, CONFIG_HOTPLUG, MHP_SEVERITY_ERROR);
}

/* Reports missing memory blocks, unless the rule for the configuration already does. */
static void look_blocks(struct doctor *d)
{
	struct mhp_finding *finding;

	if (!d->topo->no_blocks || d->facts->kconfig.options[CONFIG_HOTPLUG] == MHP_TRISTATE_NO)
		return;
	finding = doctor_find(d, MHP_SEVERITY_ERROR, "there are no memory blocks");
	str_copy(finding->where, "/" KERNEL_BLOCKS);
	if (d->topo->is_copy)
		str_copy(finding->fix,
			 "copy this directory too; if it did not exist, boot a kernel "
			 "that is built with CONFIG_MEMORY_HOTPLUG=y");
	else
		str_copy(finding->fix, "boot a kernel that is built with CONFIG_MEMORY_HOTPLUG=y, "
				       "and mount /sys");
}

static void look_hotremove(struct doctor *d)
{
	check_option(d, CONFIG_HOTREMOVE, MHP_SEVERITY_ERROR);
}

static void look_kmem(struct doctor *d)
{
	check_option(d, CONFIG_KMEM, MHP_SEVERITY_WARNING);
}

/* Reports the first option that is missing; nothing if that one is not known. */
static void look_devdax(struct doctor *d)
{
	static const enum kconfig_option needed[] = { CONFIG_ZONE_DEVICE, CONFIG_DEV_DAX };

	for (size_t i = 0; i < ARRAY_SIZE(needed); i++) {
		if (d->facts->kconfig.options[needed[i]] == MHP_TRISTATE_YES &&
		    i + 1 < ARRAY_SIZE(needed))
			continue;
		check_option(d, needed[i], MHP_SEVERITY_ERROR);
		return;
	}
}

static void look_config_memmap(struct doctor *d)
{
	check_option(d, CONFIG_MEMMAP_ON_MEMORY, MHP_SEVERITY_NOTE);
}

static void look_page_monitor(struct doctor *d)
{
	check_option(d, CONFIG_PAGE_MONITOR, MHP_SEVERITY_NOTE);
}

static void look_dynamic_debug(struct doctor *d)
{
	check_option(d, CONFIG_DYNAMIC_DEBUG, MHP_SEVERITY_NOTE);
}

static void look_versions(struct doctor *d)
{
	doctor_find(d, MHP_SEVERITY_OK, "Linux %s, libmhp %s%s%s",
		    d->facts->kconfig.release[0] ? d->facts->kconfig.release : "(not known)",
		    PACKAGE_VERSION, d->facts->libraries[0] ? ", " : "", d->facts->libraries);
}

/* ---- rights ------------------------------------------------------------------------------ */

static void look_rights(struct doctor *d)
{
	bool admin = d->facts->cap_sys_admin == MHP_TRISTATE_YES;
	bool syslog = d->facts->cap_syslog == MHP_TRISTATE_YES;
	struct mhp_finding *finding;

	if (d->facts->cap_sys_admin == MHP_TRISTATE_UNKNOWN)
		return;
	if (admin && syslog) {
		doctor_find(d, MHP_SEVERITY_OK, "CAP_SYS_ADMIN and CAP_SYSLOG are held");
		return;
	}
	finding = doctor_find(d, MHP_SEVERITY_NOTE, "this process lacks %s%s%s",
			      admin ? "" : "CAP_SYS_ADMIN", admin || syslog ? "" : " and ",
			      syslog ? "" : "CAP_SYSLOG");
	str_copy(finding->fix, "sudo mhpctl doctor");
}

static void look_container(struct doctor *d)
{
	if (d->facts->in_container == MHP_TRISTATE_YES) {
		struct mhp_finding *finding =
			doctor_find(d, MHP_SEVERITY_NOTE,
				    "this process runs in a container (other namespaces "
				    "of users or processes than the first)");

		str_copy(finding->fix, "run mhpctl on the host");
	} else if (d->facts->in_container == MHP_TRISTATE_NO) {
		doctor_find(d, MHP_SEVERITY_OK, "not in a container");
	}
}

static void look_dmesg(struct doctor *d)
{
	bool is_kept = d->facts->dmesg_restrict > 0 && d->facts->cap_syslog == MHP_TRISTATE_NO;
	struct mhp_finding *finding;

	if (d->facts->dmesg_restrict < 0)
		return;
	finding = doctor_find(d, is_kept ? MHP_SEVERITY_NOTE : MHP_SEVERITY_OK,
			      "kernel.dmesg_restrict is %d", d->facts->dmesg_restrict);
	str_copy(finding->where, "/" KERNEL_DMESG_RESTRICT);
	if (is_kept)
		str_copy(finding->fix, "sysctl -w kernel.dmesg_restrict=0");
}

/* ---- the rules --------------------------------------------------------------------------- */

static const struct doctor_rule rules[] = {
	{ "kernel_hotplug", "kernel", "without it no memory can be added", look_hotplug },
	{ "memory_blocks", "kernel", "without them there is nothing to take online or offline",
	  look_blocks },
	{ "kernel_hotremove", "kernel", "without it no memory can be taken offline",
	  look_hotremove },
	{ "kernel_devdax", "kernel", "without it there are no dax devices", look_devdax },
	{ "kernel_kmem", "kernel", "without it a dax device cannot become memory", look_kmem },
	{ "kernel_memmap_on_memory", "kernel",
	  "without it the memmap of added memory takes ordinary memory", look_config_memmap },
	{ "kernel_page_monitor", "kernel",
	  "without it nobody can tell which pages keep a block online", look_page_monitor },
	{ "kernel_dynamic_debug", "kernel",
	  "without it the kernel does not say why an offline failed", look_dynamic_debug },
	{ "versions", "kernel", "what the kernel and libraries can do depends on them",
	  look_versions },
	{ "capabilities", "rights",
	  "changes need CAP_SYS_ADMIN, and kernel messages about failures need CAP_SYSLOG",
	  look_rights },
	{ "container", "rights",
	  "processes outside the container that hold pages are not "
	  "visible",
	  look_container },
	{ "dmesg_restrict", "rights",
	  "the reason of a failed offline is in the kernel log, which this user cannot read",
	  look_dmesg },
	{ 0 },
};

static void apply_rules(struct doctor *d, const struct doctor_rule *rule)
{
	for (; rule->id; rule++) {
		d->rule = rule;
		rule->look(d);
	}
}

int doctor_judge(const struct facts *facts, const struct mhp_topology *topo,
		 struct mhp_finding **findings, size_t *nr)
{
	struct doctor d = { .facts = facts, .topo = topo };

	/* so that doctor_find() can always return one */
	d.findings = calloc(1, sizeof(*d.findings));
	if (!d.findings)
		return -ENOMEM;
	apply_rules(&d, rules);
	apply_rules(&d, doctor_onlining_rules);
	apply_rules(&d, doctor_machine_rules);
	if (d.failed) {
		free(d.findings);
		return -ENOMEM;
	}
	*findings = d.findings;
	*nr = d.nr;
	return 0;
}
