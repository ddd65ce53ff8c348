/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans the devices of dax regions that can be divided: create, resize, destroy, bring online. */
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/base/range.h"
#include "lib/model/dax-region.h"
#include "lib/model/daxdev.h"
#include "lib/plan/data.h"
#include "lib/plan/part.h"

#include <errno.h>
#include <string.h>

/* ---- create ------------------------------------------------------------------------------ */

static int check_options(const struct planner *p, struct mhp_error *err)
{
	const struct mhp_request *r = p->request;

	if (!r->name && !r->map && !r->init_labels)
		return 0;
	return err_usage(err, "leave out --name, --map and --init-labels",
			 "%s: only namespaces have a name, a map and labels",
			 p->target->target.text);
}

/* Returns a device of the region that has no memory and no driver, or NULL. */
static const struct mhp_dax *without_memory(const struct planner *p,
					    const struct mhp_dax_region *region)
{
	for (size_t i = 0; i < p->topo->nr_dax; i++) {
		const struct mhp_dax *dax = &p->topo->dax[i];

		if (strcmp(dax->dax_region, region->name) == 0 && !dax->size &&
		    dax->mode == MHP_DAX_UNBOUND)
			return dax;
	}
	return NULL;
}

/* Returns the device of the region with the requested size in that mode, or NULL. */
static const struct mhp_dax *of_size(const struct planner *p, const struct part *part,
				     enum mhp_dax_mode mode)
{
	uint64_t size = align_up(p->request->bytes, part_unit(p, part));

	for (size_t i = 0; size && i < p->topo->nr_dax; i++) {
		const struct mhp_dax *dax = &p->topo->dax[i];

		if (strcmp(dax->dax_region, part->region->name) == 0 && dax->mode == mode &&
		    (dax->size == size || dax->size == p->request->bytes) &&
		    (!p->request->align || dax->align == p->request->align))
			return dax;
	}
	return NULL;
}

/*
 * Returns the device whose creation was interrupted before its last step, or NULL: without a size,
 * a device without a driver in a region that has no free space left.
 */
static const struct mhp_dax *half_made(const struct planner *p, const struct part *part)
{
	if (p->request->bytes)
		return of_size(p, part, MHP_DAX_UNBOUND);
	for (size_t i = 0; !part->region->available_bytes && i < p->topo->nr_dax; i++) {
		const struct mhp_dax *dax = &p->topo->dax[i];

		if (strcmp(dax->dax_region, part->region->name) == 0 && dax->size &&
		    dax->mode == MHP_DAX_UNBOUND)
			return dax;
	}
	return NULL;
}

/* Plans a device with memory and without a driver. *name: the name that it has or will have. */
static int add_part(struct planner *p, struct part *part, uint32_t *chain, bool *is_new, char *name,
		    size_t size, struct mhp_error *err)
{
	int rc;

	part->dax = without_memory(p, part->region);
	if (!p->request->bytes && part_is_planned(p, part)) /* an earlier target takes all */
		return part_begin(p, part, chain, is_new);
	rc = part_align(p, part, err);
	if (rc == 0)
		rc = part_choose(p, part, err);
	if (rc == 0)
		rc = part_begin(p, part, chain, is_new);
	if (rc < 0 || !*is_new)
		return rc;
	if (part->dax)
		snprintf(name, size, "%s", part->dax->name);
	else
		dax_region_next_name(p->topo, part->region, name, size);
	if (!part->dax)
		rc = part_add_create(p, *chain, part);
	return rc < 0 ? rc : part_add_resize(p, *chain, part, name);
}

/* Plans the last step of a creation that was interrupted: the device has its size and no driver. */
static int finish_part(struct planner *p, struct part *part)
{
	uint32_t chain;
	bool is_new = false;
	int rc = part_begin(p, part, &chain, &is_new);

	part->bytes = part->dax->size;
	return rc < 0 || !is_new ? rc
				 : part_add_mode(p, chain, part, part->dax->name, MHP_DAX_DEVDAX);
}

int plan_create_part(struct planner *p, struct mhp_error *err)
{
	struct part part = {
		.region = topology_find_dax_region(p->topo, p->target->target.name),
		.align = p->request->align,
	};
	char name[MHP_NAME_MAX];
	uint32_t chain;
	bool is_new = false;
	int rc = check_options(p, err);

	if (rc < 0)
		return rc;
	part.dax = half_made(p, &part);
	if (part.dax)
		return finish_part(p, &part);
	rc = add_part(p, &part, &chain, &is_new, name, sizeof(name), err);
	return rc < 0 || !is_new ? rc : part_add_mode(p, chain, &part, name, MHP_DAX_DEVDAX);
}

/* ---- resize ------------------------------------------------------------------------------ */

static int fail_unread(const struct mhp_dax *dax, struct mhp_error *err)
{
	return err_set(err, -EIO, MHP_REASON_KERNEL, "%s: cannot be read", dax->dax_region);
}

static int check_idle(const struct mhp_dax *dax, struct mhp_error *err)
{
	if (!*dax->dax_region)
		return err_hint(err,
				err_set(err, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED,
					"%s: is in no dax region that can be divided", dax->name),
				*dax->ns_name ? "a namespace keeps its size; destroy it, and "
						"create another one"
					      : "mhpctl list shows the dax regions");
	if (dax->mode == MHP_DAX_SYSTEM_RAM)
		return err_hint(
			err,
			err_set(err, -EBUSY, MHP_REASON_IN_USE, "%s: is system memory", dax->name),
			"mhpctl remove %s takes it offline, then --size resizes the device; "
			"--to is how much of its memory is online: mhpctl resize --to 4G "
			"%s",
			dax->name, dax->name);
	return plan_check_driver(dax, err);
}

/* Asks for consent to shrink: the first bytes keep their content, the others are lost. */
static int ask_shrink(struct planner *p, const struct part *part)
{
	char what[64];

	if (part->bytes >= part->dax->size)
		return 0;
	str_format(what, "shrink %s and lose data", part->dax->name);
	return plan_ask_data(p, DATA_USE_DESTROY, NULL, part->dax, what);
}

static int add_change(struct planner *p, uint32_t chain, const struct part *part)
{
	const char *name = part->dax->name;
	bool same_align = !p->request->align || part->align == part->dax->align;
	int rc = ask_shrink(p, part);

	if (part->is_same && same_align && part->dax->mode == MHP_DAX_DEVDAX)
		return rc;
	if (rc == 0 && part->dax->mode == MHP_DAX_DEVDAX)
		rc = part_add_mode(p, chain, part, name, MHP_DAX_UNBOUND);
	if (rc == 0 && !(part->is_same && same_align))
		rc = part_add_resize(p, chain, part, name);
	return rc < 0 ? rc : part_add_mode(p, chain, part, name, MHP_DAX_DEVDAX);
}

int plan_resize_target(struct planner *p, struct mhp_error *err)
{
	const struct target *target = &p->target->target;
	struct part part = { .dax = topology_find_dax(p->topo, target->name) };
	uint32_t chain;
	bool is_new = false;
	int rc;

	if (target->kind == TARGET_NODE)
		return err_usage(err,
				 "--to is how much of its memory is online: mhpctl resize --to 4G "
				 "node1; --size is the size of a dax device: mhpctl resize --size "
				 "4G dax0.1",
				 "%s: is not a dax device", target->text);
	if (target->kind != TARGET_DAX)
		return err_usage(err, "name a device of a dax region, such as dax0.1",
				 "%s: is not a dax device", target->text);
	rc = check_idle(part.dax, err);
	if (rc < 0)
		return rc;
	part.region = topology_find_dax_region(p->topo, part.dax->dax_region);
	if (!part.region)
		return fail_unread(part.dax, err);
	rc = part_align(p, &part, err);
	if (rc == 0 && p->request->bytes) {
		rc = part_choose(p, &part, err);
	} else if (rc == 0) { /* only the alignment */
		part.now = part.then = ranges_of(part.dax);
		part.bytes = part.dax->size;
		part.is_same = true;
	}
	if (rc == 0)
		rc = part_begin(p, &part, &chain, &is_new);
	return rc < 0 || !is_new ? rc : add_change(p, chain, &part);
}

/* ---- destroy ----------------------------------------------------------------------------- */

int plan_undivide(struct planner *p, uint32_t chain, const struct mhp_dax *dax,
		  struct mhp_error *err)
{
	const struct part part = {
		.region = topology_find_dax_region(p->topo, dax->dax_region),
		.dax = dax,
	};
	struct mhp_step *step;
	char what[64];
	int rc;

	if (!part.region)
		return fail_unread(dax, err);
	str_format(what, "destroy %s and its data", dax->name);
	rc = dax->size ? plan_ask_data(p, DATA_USE_DESTROY, NULL, dax, what) : 0;
	if (rc == 0)
		rc = plan_lock_dax_region(p, part.region);
	if (rc == 0 && (dax->mode == MHP_DAX_DEVDAX || dax_is_foreign(dax)))
		rc = part_add_mode(p, chain, &part, dax->name, MHP_DAX_UNBOUND);
	if (rc == 0 && dax->size)
		rc = part_add_resize(p, chain, &part, dax->name);
	if (rc < 0 || dax_is_first(dax))
		return rc;
	step = plan_step(p, MHP_STEP_DESTROY_DEVICE, chain, "%s", dax->name);
	if (!step)
		return -ENOMEM;
	str_copy(p->plan->chains[chain].dax_region, part.region->name);
	str_copy(step->why, "asked for");
	str_copy(step->needs, "it has no memory");
	return 0;
}

/* ---- online ------------------------------------------------------------------------------ */

static int check_node(struct planner *p, const struct part *part, struct mhp_error *err)
{
	int rc = plan_check_node(p, part->region->name, part->region->target_node, err);

	if (rc == 0 && part->region->target_node < 0)
		return err_hint(err,
				err_set(err, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED,
					"%s: the firmware gives no node for its memory",
					part->region->name),
				"the kernel needs one for system memory (target_node is -1)");
	for (unsigned i = 0; i < part->then.nr && rc == 0; i++)
		rc = plan_check_orphans(p, part->region->name, part->then.at[i], err);
	return rc;
}

static int online_new(struct planner *p, struct part *part, struct mhp_error *err)
{
	char name[MHP_NAME_MAX];
	uint32_t chain;
	bool is_new = false;
	int rc = add_part(p, part, &chain, &is_new, name, sizeof(name), err);

	if (rc < 0 || !is_new)
		return rc;
	if (!part->then.nr) /* the blocks cannot be planned before the device exists */
		return err_hint(err,
				err_set(err, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED,
					"%s: the kernel does not show its address",
					part->region->name),
				"create the device first: mhpctl create %s; then bring %s online",
				part->region->name, name);
	rc = check_node(p, part, err);
	return rc < 0 ? rc
		      : plan_to_kmem(p, chain, name, !part->dax, part->then.at, part->then.nr,
				     part->bytes);
}

/* Warns about space that an online of the region leaves alone. */
static int warn_of_rest(struct planner *p, const struct part *part)
{
	char size[24];

	if (part->region->available_bytes == MHP_UNKNOWN ||
	    part->region->available_bytes < part_unit(p, part))
		return 0;
	return plan_warn(p, "%s: %s of it are in no device; mhpctl create %s makes one",
			 part->region->name,
			 format_size(part->region->available_bytes, size, sizeof(size)),
			 part->region->name);
}

/* Plans all devices of the region that have memory. Returns their number. */
static int online_existing(struct planner *p, const struct part *part, struct mhp_error *err)
{
	int nr = 0, rc;

	for (size_t i = 0; i < p->topo->nr_dax; i++) {
		const struct mhp_dax *dax = &p->topo->dax[i];

		if (strcmp(dax->dax_region, part->region->name) != 0 || !dax->size)
			continue;
		rc = plan_online_dax(p, dax, err);
		if (rc < 0)
			return rc;
		nr++;
	}
	return nr;
}

int plan_online_whole(struct planner *p, const struct mhp_dax_region *region, struct mhp_error *err)
{
	struct part part = { .region = region, .align = p->request->align };
	int rc = online_existing(p, &part, err);

	if (rc > 0)
		return warn_of_rest(p, &part);
	return rc < 0 ? rc : online_new(p, &part, err);
}

int plan_online_parts(struct planner *p, struct mhp_error *err)
{
	static const enum mhp_dax_mode modes[] = { MHP_DAX_SYSTEM_RAM, MHP_DAX_UNBOUND,
						   MHP_DAX_DEVDAX };
	struct part part = {
		.region = topology_find_dax_region(p->topo, p->target->target.name),
		.align = p->request->align,
	};
	int rc = check_options(p, err);

	for (size_t i = 0; rc == 0 && i < sizeof(modes) / sizeof(modes[0]); i++) {
		const struct mhp_dax *dax = of_size(p, &part, modes[i]);

		if (dax)
			return plan_online_dax(p, dax, err);
	}
	if (rc == 0 && !p->request->bytes)
		return plan_online_whole(p, part.region, err);
	return rc < 0 ? rc : online_new(p, &part, err);
}
