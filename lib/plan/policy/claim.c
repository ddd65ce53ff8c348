/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Each section claims the objects that it matches, in order; its claims for one verb become a job,
 * which is a request with its plan.
 */
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/vec.h"
#include "lib/model/dax-region.h"
#include "lib/plan/policy/policy.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Lives for one call of policy_claim(). */
struct claims {
	const struct mhp_topology *topo;
	struct mhp_policy_plan *plan;
	const struct policy_section *section;
};

int policy_warn(struct mhp_policy_plan *plan, const char *fmt, ...)
{
	char(*text)[384] = VEC_PUSH(plan->warnings, plan->nr_warnings);
	va_list ap;

	if (!text)
		return -ENOMEM;
	va_start(ap, fmt);
	vsnprintf(*text, sizeof(*text), fmt, ap);
	va_end(ap);
	return 0;
}

/* ---- claims ------------------------------------------------------------------------------ */

/* Returns whether the object is in the CXL region, or is the region, or a memory device in it. */
static bool has_part_of(const struct mhp_topology *topo, const char *object,
			const struct mhp_cxl_region *region)
{
	const struct mhp_dax *dax = topology_find_dax(topo, object);

	if (dax)
		return strcmp(dax->cxl_region, region->name) == 0;
	if (strncmp(object, "cxl/", 4) == 0)
		return strcmp(object + 4, region->name) == 0;
	for (unsigned i = 0; i < region->nr_members; i++)
		if (strcmp(region->members[i].memdev, object) == 0)
			return true;
	return false;
}

/* Returns whether two objects have the same memory, of which only one section can decide. */
static bool is_same_memory(const struct mhp_topology *topo, const char *a, const char *b)
{
	const struct mhp_dax *dax_a, *dax_b;

	if (strcmp(a, b) == 0)
		return true;
	if (!topo->nr_cxl_memdevs && !topo->nr_cxl_regions) /* only these share memory */
		return false;
	dax_a = topology_find_dax(topo, a);
	dax_b = topology_find_dax(topo, b);
	if (dax_a && dax_b)
		return false; /* two devices of one region */
	if ((dax_a && topology_dax_has_memdev(topo, dax_a, b)) ||
	    (dax_b && topology_dax_has_memdev(topo, dax_b, a)))
		return true;
	for (size_t i = 0; i < topo->nr_cxl_regions; i++)
		if (has_part_of(topo, a, &topo->cxl_regions[i]) &&
		    has_part_of(topo, b, &topo->cxl_regions[i]))
			return true;
	return false;
}

/*
 * Finds the job of an earlier section, and its target, with memory of the object; or returns NULL.
 * Interleaved memory devices may be targets of one section.
 */
static const struct policy_job *owner_of(const struct claims *c, const char *object,
					 const char **target)
{
	for (size_t i = 0; i < c->plan->nr_jobs; i++) {
		const struct policy_job *job = &c->plan->jobs[i];

		if (job->pub.section == &c->section->pub)
			continue;
		for (size_t k = 0; k < job->pub.nr_targets; k++) {
			*target = job->targets[k].device;
			if (is_same_memory(c->topo, *target, object))
				return job;
		}
	}
	return NULL;
}

static int warn_of_owner(const struct claims *c, const char *object,
			 const struct mhp_policy_section *a, const char *target)
{
	const struct mhp_policy_section *b = &c->section->pub;

	if (strcmp(object, target) == 0)
		return policy_warn(c->plan,
				   "%s: sections %s (%s:%u) and %s (%s:%u) match it; %s "
				   "applies",
				   object, a->name, a->file, a->line, b->name, b->file, b->line,
				   a->name);
	return policy_warn(c->plan,
			   "%s: it shares memory with %s, to which section %s (%s:%u) applies; "
			   "section %s (%s:%u) does not apply",
			   object, target, a->name, a->file, a->line, b->name, b->file, b->line);
}

/* Finds or adds the job; memory devices have one of their own, as only they get CXL regions. */
static struct policy_job *job_of(struct claims *c, enum mhp_verb verb, bool is_memdev)
{
	struct mhp_policy_plan *plan = c->plan;
	struct policy_job *job;

	for (size_t i = 0; i < plan->nr_jobs; i++)
		if (plan->jobs[i].pub.section == &c->section->pub &&
		    plan->jobs[i].pub.verb == verb && plan->jobs[i].has_memdevs == is_memdev)
			return &plan->jobs[i];
	job = VEC_PUSH(plan->jobs, plan->nr_jobs);
	if (!job)
		return NULL;
	job->pub.section = &c->section->pub;
	job->pub.verb = verb;
	job->has_memdevs = is_memdev;
	return job;
}

static int claim_device(struct claims *c, enum mhp_verb verb, const char *device, const char *name)
{
	const char *its = NULL;
	const struct policy_job *owner = owner_of(c, device, &its);
	struct policy_target *target;
	struct policy_job *job;

	log_line(&c->topo->log, "%s: section %s (%s:%u) %s", device, c->section->pub.name,
		 c->section->pub.file, c->section->pub.line,
		 owner ? "matches and does not count" : mhp_verb_name(verb));
	if (owner)
		return warn_of_owner(c, device, owner->pub.section, its);
	job = job_of(c, verb, topology_find_cxl_memdev(c->topo, device) != NULL);
	target = job ? VEC_PUSH(job->targets, job->pub.nr_targets) : NULL;
	if (!target)
		return -ENOMEM;
	str_copy(target->device, device);
	str_copy(target->name, name);
	return 0;
}

/* ---- CXL --------------------------------------------------------------------------------- */

/* Returns whether a dax device with memory belongs to the region or memory device. */
static bool has_dax(const struct mhp_topology *topo, const char *object)
{
	for (size_t i = 0; i < topo->nr_dax; i++)
		if (!dax_has_no_memory(&topo->dax[i]) &&
		    is_same_memory(topo, topo->dax[i].name, object))
			return true;
	return false;
}

/*
 * Returns whether the firmware reported the whole region as ordinary memory: the kernel makes no
 * dax device of it, and nothing is left to do (drivers/cxl/core/region.c:cxl_region_probe).
 */
static bool is_boot_memory(const struct mhp_topology *topo, const struct mhp_cxl_region *region)
{
	char object[MHP_NAME_MAX + 4];

	str_format(object, "cxl/%s", region->name);
	return region->state == MHP_CXL_STATE_ENABLED &&
	       region->is_from_firmware == MHP_TRISTATE_YES && region->size &&
	       region->online_bytes == region->size && !has_dax(topo, object);
}

static bool is_in_boot_memory(const struct mhp_topology *topo, const struct mhp_cxl_memdev *memdev)
{
	bool any = false;

	for (size_t i = 0; i < topo->nr_cxl_regions; i++) {
		if (!has_part_of(topo, memdev->name, &topo->cxl_regions[i]))
			continue;
		if (!is_boot_memory(topo, &topo->cxl_regions[i]))
			return false;
		any = true;
	}
	return any;
}

/* Returns the verb that gives a region or memory device the mode of the section. */
static enum mhp_verb cxl_verb(const struct claims *c, const char *object)
{
	if (c->section->pub.mode == MHP_DAX_SYSTEM_RAM)
		return MHP_VERB_ONLINE;
	return has_dax(c->topo, object) ? MHP_VERB_REMOVE : MHP_VERB_CREATE;
}

/* Names a memory device by its serial number, as its name may change; unless another has it too. */
static void name_memdev(const struct mhp_topology *topo, const struct mhp_cxl_memdev *memdev,
			char *name, size_t size)
{
	size_t nr = 0;

	for (size_t i = 0; i < topo->nr_cxl_memdevs; i++)
		nr += topo->cxl_memdevs[i].serial == memdev->serial;
	if (memdev->serial == MHP_UNKNOWN || nr > 1)
		str_copy_to(name, size, memdev->name);
	else
		snprintf(name, size, "0x%" PRIx64, memdev->serial);
}

static int claim_memdev(struct claims *c, const struct mhp_cxl_memdev *memdev)
{
	char name[MHP_NAME_MAX];

	if (!policy_matches_memdev(c->section, memdev) || is_in_boot_memory(c->topo, memdev))
		return 0;
	name_memdev(c->topo, memdev, name, sizeof(name));
	return claim_device(c, cxl_verb(c, memdev->name), memdev->name, name);
}

/* Returns whether the section means the volatile region as a whole, with all its devices. */
static bool means_cxl_region(const struct policy_section *section,
			     const struct mhp_cxl_region *region)
{
	return strcmp(region->type, "pmem") != 0 && policy_matches_cxl_region(section, region);
}

static int claim_cxl_region(struct claims *c, const struct mhp_cxl_region *region)
{
	char name[MHP_NAME_MAX + 4];

	if (!means_cxl_region(c->section, region) || is_boot_memory(c->topo, region))
		return 0;
	str_format(name, "cxl/%s", region->name);
	return claim_device(c, cxl_verb(c, name), name, name);
}

/* Returns whether the section has a target that means the dax device with others. */
static bool is_in_target(const struct claims *c, const struct mhp_dax *dax)
{
	for (size_t i = 0; i < c->topo->nr_cxl_memdevs; i++)
		if (policy_matches_memdev(c->section, &c->topo->cxl_memdevs[i]) &&
		    topology_dax_has_memdev(c->topo, dax, c->topo->cxl_memdevs[i].name))
			return true;
	for (size_t i = 0; i < c->topo->nr_cxl_regions; i++)
		if (means_cxl_region(c->section, &c->topo->cxl_regions[i]) &&
		    strcmp(dax->cxl_region, c->topo->cxl_regions[i].name) == 0)
			return true;
	return false;
}

/* ---- dax devices, namespaces and NVDIMM regions ------------------------------------------ */

/* Claims a dax device; by its namespace if the section declares properties of that. */
static int claim_dax(struct claims *c, const struct mhp_dax *dax)
{
	const struct mhp_policy_section *s = &c->section->pub;
	bool compares = *dax->ns_name && (s->size || s->align || s->map || *s->label);

	if (dax_has_no_memory(dax) || !policy_matches_dax(c->section, c->topo, dax) ||
	    is_in_target(c, dax))
		return 0;
	if (s->mode == MHP_DAX_DEVDAX)
		return claim_device(c, MHP_VERB_REMOVE, dax->name, dax->name);
	return claim_device(c, MHP_VERB_ONLINE, dax->name, compares ? dax->ns_name : dax->name);
}

static int claim_namespace(struct claims *c, const struct mhp_namespace *ns)
{
	bool is_devdax = c->section->pub.mode == MHP_DAX_DEVDAX;

	if (ns->mode != MHP_NAMESPACE_DEVDAX ||
	    !policy_matches_namespace(c->section, c->topo, ns) ||
	    topology_find_dax(c->topo, ns->device))
		return 0;
	return claim_device(c, is_devdax ? MHP_VERB_INIT : MHP_VERB_ONLINE, ns->name, ns->name);
}

static bool has_devdax(const struct mhp_topology *topo, const struct mhp_region *region)
{
	for (size_t i = 0; i < topo->nr_namespaces; i++)
		if (strcmp(topo->namespaces[i].region, region->name) == 0 &&
		    topo->namespaces[i].mode == MHP_NAMESPACE_DEVDAX)
			return true;
	return false;
}

/* Returns the disabled namespace of a label-less region, whose mode is unknown; or NULL. */
static const struct mhp_namespace *hidden_namespace(const struct mhp_topology *topo,
						    const struct mhp_region *region)
{
	for (size_t i = 0; !region->has_labels && i < topo->nr_namespaces; i++)
		if (strcmp(topo->namespaces[i].region, region->name) == 0 &&
		    !topo->namespaces[i].is_enabled)
			return &topo->namespaces[i];
	return NULL;
}

static int claim_region(struct claims *c, const struct mhp_region *region)
{
	const struct mhp_namespace *hidden;

	if (strcmp(region->type, "pmem") != 0 || !policy_matches_region(c->section, region) ||
	    has_devdax(c->topo, region))
		return 0;
	hidden = hidden_namespace(c->topo, region);
	if (c->section->pub.mode == MHP_DAX_SYSTEM_RAM)
		return claim_device(c, MHP_VERB_ONLINE, region->name, region->name);
	if (hidden)
		return claim_device(c, MHP_VERB_INIT, region->name, hidden->name);
	return claim_device(c, MHP_VERB_CREATE, region->name, region->name);
}

static bool has_job(const struct claims *c)
{
	for (size_t i = 0; i < c->plan->nr_jobs; i++)
		if (c->plan->jobs[i].pub.section == &c->section->pub)
			return true;
	return false;
}

/*
 * Adds a job without targets, which fails, if nothing matches the section and a part of the machine
 * could not be read: its device may exist.
 */
static int claim_unknown(struct claims *c)
{
	const char *part;

	if (c->topo->is_copy || has_job(c) || !topology_why_part_hidden(c->topo, &part))
		return 0;
	return job_of(c, c->section->pub.mode == MHP_DAX_DEVDAX ? MHP_VERB_INIT : MHP_VERB_ONLINE,
		      false)
		       ? 0
		       : -ENOMEM;
}

int policy_claim(struct mhp_policy_plan *plan, const struct mhp_topology *topo,
		 const struct policy_section *section)
{
	struct claims c = { .topo = topo, .plan = plan, .section = section };
	int rc = 0;

	for (size_t i = 0; i < topo->nr_cxl_memdevs && rc == 0; i++)
		rc = claim_memdev(&c, &topo->cxl_memdevs[i]);
	for (size_t i = 0; i < topo->nr_cxl_regions && rc == 0; i++)
		rc = claim_cxl_region(&c, &topo->cxl_regions[i]);
	for (size_t i = 0; i < topo->nr_dax && rc == 0; i++)
		rc = claim_dax(&c, &topo->dax[i]);
	for (size_t i = 0; i < topo->nr_namespaces && rc == 0; i++)
		rc = claim_namespace(&c, &topo->namespaces[i]);
	for (size_t i = 0; i < topo->nr_regions && rc == 0; i++)
		rc = claim_region(&c, &topo->regions[i]);
	return rc == 0 ? claim_unknown(&c) : rc;
}
