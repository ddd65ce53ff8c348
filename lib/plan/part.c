/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/plan/part.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/model/dax-region.h"

#include <errno.h>
#include <string.h>

#define LEAST_SIZE (2ULL << 20) /* drivers/dax: memremap_compat_align() */

/* ---- sizes ------------------------------------------------------------------------------- */

uint64_t part_unit(const struct planner *p, const struct part *part)
{
	uint64_t unit = p->topo->memory.block_size;

	unit = part->align > unit ? part->align : unit;
	return unit > LEAST_SIZE ? unit : LEAST_SIZE;
}

static const char *name_of(const struct part *part)
{
	return part->dax ? part->dax->name : part->region->name;
}

static int fail_no_space(const struct planner *p, const struct part *part, uint64_t most,
			 struct mhp_error *err)
{
	uint64_t unit = part_unit(p, part);
	char want[24], have[24], each[24];

	format_size(p->request->bytes ? p->request->bytes : unit, want, sizeof(want));
	err_set(err, -ENOSPC, MHP_REASON_NO_SPACE,
		"%s: no space for %s, %s has no more than %s for it, in pieces of %s",
		name_of(part), want, part->region->name,
		format_size(align_down(most, unit), have, sizeof(have)),
		format_size(unit, each, sizeof(each)));
	return err_hint(err, -ENOSPC,
			"mhpctl list shows the devices of the region; mhpctl remove --destroy or "
			"mhpctl resize takes memory from one");
}

/*
 * Takes a size where the kernel does not show where devices and free space lie: the present size,
 * or that of the whole region, which need no cut.
 */
static int choose_unseen(struct planner *p, struct part *part, struct mhp_error *err)
{
	uint64_t has = part->dax ? part->dax->size : 0, free_bytes = part->region->available_bytes;

	if (free_bytes == MHP_UNKNOWN)
		return err_set(err, -EIO, MHP_REASON_KERNEL, "%s: its free space cannot be read",
			       part->region->name);
	part->bytes = align_up(p->request->bytes, part_unit(p, part));
	if (!p->request->bytes)
		part->bytes = has + free_bytes;
	if (!part->bytes || (part->bytes > has && part->bytes - has > free_bytes))
		return fail_no_space(p, part, has + free_bytes, err);
	part->is_same = part->bytes == has;
	if (part->region->align == MHP_UNKNOWN) /* readable by root only, like the addresses */
		return plan_unseen(p, part->region->name, PLAN_ADDRESSES, err);
	if (part->is_same || part->bytes == part->region->size)
		return 0;
	return err_hint(err,
			err_set(err, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED,
				"%s: the kernel does not show where its devices and its free space "
				"lie, so it cannot be cut at the borders of memory blocks",
				part->region->name),
			"without --size, and without other devices, the whole region becomes one "
			"device");
}

/* Warns if the size that was asked for is rounded up to whole pieces. */
static int warn_of_size(struct planner *p, const struct part *part)
{
	char asked[24], given[24];

	if (!p->request->bytes || part->bytes == p->request->bytes)
		return 0;
	return plan_warn(p, "%s: %s is rounded to %s, which ends at the border of a memory block",
			 name_of(part), format_size(p->request->bytes, asked, sizeof(asked)),
			 format_size(part->bytes, given, sizeof(given)));
}

static int choose_seen(struct planner *p, struct part *part, const struct ranges *holes,
		       struct mhp_error *err)
{
	uint64_t most;
	int rc = plan_divide(&part->now, holes, p->request->bytes, part_unit(p, part), &part->then,
			     &most);

	if (rc < 0)
		return fail_no_space(p, part, most, err);
	part->bytes = ranges_bytes(&part->then);
	part->is_same = ranges_equal(&part->now, &part->then);
	return 0;
}

static void subtract(struct ranges *holes, struct mhp_range taken)
{
	struct ranges rest = { 0 };

	for (unsigned i = 0; i < holes->nr; i++) {
		struct mhp_range below = holes->at[i], above = holes->at[i];

		if (!range_overlaps(holes->at[i], taken)) {
			ranges_add(&rest, holes->at[i]);
			continue;
		}
		below.end = taken.start;
		above.start = taken.end;
		ranges_add(&rest, below);
		ranges_add(&rest, above);
	}
	*holes = rest;
}

/* Takes away what devices of earlier targets get. */
static void subtract_planned(const struct planner *p, const struct part *part, struct ranges *holes)
{
	for (size_t i = 0; i < p->plan->nr_chains; i++) {
		const struct chain *chain = &p->plan->chains[i];

		if (strcmp(chain->dax_region, part->region->name) != 0)
			continue;
		for (unsigned k = 0; k < chain->ranges.nr; k++)
			subtract(holes, chain->ranges.at[k]);
	}
}

int part_choose(struct planner *p, struct part *part, struct mhp_error *err)
{
	struct ranges holes;
	int rc;

	if (part->dax)
		part->now = ranges_of(part->dax);
	if (dax_region_holes(p->topo, part->region, &holes)) {
		subtract_planned(p, part, &holes);
		rc = choose_seen(p, part, &holes, err);
	} else {
		rc = choose_unseen(p, part, err);
	}
	return rc < 0 ? rc : warn_of_size(p, part);
}

/* ---- steps ------------------------------------------------------------------------------- */

int plan_lock_dax_region(struct planner *p, const struct mhp_dax_region *region)
{
	if (region->start == MHP_UNKNOWN) /* unknown range: lock all memory */
		return plan_lock(p, (struct mhp_range){ 0, UINT64_MAX });
	return plan_lock(p, (struct mhp_range){ region->start, region->start + region->size });
}

bool part_is_planned(const struct planner *p, const struct part *part)
{
	for (size_t i = 0; i < p->plan->nr_chains; i++)
		if (strcmp(p->plan->chains[i].key, name_of(part)) == 0)
			return true;
	return false;
}

int part_begin(struct planner *p, const struct part *part, uint32_t *chain, bool *is_new)
{
	int rc = plan_chain(p, name_of(part), chain, is_new);

	if (rc < 0 || !*is_new)
		return rc;
	if (part->dax)
		str_copy(p->plan->chains[*chain].device, part->dax->name);
	return plan_lock_dax_region(p, part->region);
}

int part_add_create(struct planner *p, uint32_t chain, const struct part *part)
{
	struct mhp_step *step =
		plan_step(p, MHP_STEP_CREATE_DEVICE, chain, "%s", part->region->name);

	if (!step)
		return -ENOMEM;
	str_format(step->why, "each device of %s has memory", part->region->name);
	str_copy(step->undo, "destroy the device");
	return 0;
}

/* Adds the resize of the device, which has that name then. */
int part_add_resize(struct planner *p, uint32_t chain, const struct part *part, const char *name)
{
	struct mhp_step *step = plan_step(p, MHP_STEP_RESIZE_DEVICE, chain, "%s", name);
	uint64_t has = part->dax ? part->dax->size : 0;
	char size[24];

	if (!step)
		return -ENOMEM;
	str_copy(p->plan->chains[chain].dax_region, part->region->name);
	p->plan->chains[chain].ranges = part->then;
	step->is_predicted = !part->dax;
	step->size = part->bytes;
	step->align = part->align;
	str_format(step->why, has ? "it has %s" : "it has no memory",
		   format_size(has, size, sizeof(size)));
	str_copy(step->needs, "it is bound to no driver");
	str_copy(step->undo, "give it the ranges that it had");
	return 0;
}

int part_add_mode(struct planner *p, uint32_t chain, const struct part *part, const char *name,
		  enum mhp_dax_mode mode)
{
	struct mhp_step *step;
	int rc = 0;

	if (mode == MHP_DAX_DEVDAX)
		rc = plan_module(p, "device_dax", p->topo->has_device_dax,
				 "it is the driver of mode devdax");
	step = rc == 0 ? plan_step(p, MHP_STEP_SET_MODE, chain, "%s", name) : NULL;
	if (!step)
		return -ENOMEM;
	step->is_predicted = !part->dax;
	step->mode = mode;
	step->size = mode == MHP_DAX_DEVDAX ? part->bytes : part->dax->size;
	step->align = part->align;
	str_copy(step->why, mode == MHP_DAX_DEVDAX ? "the device is bound to no driver"
						   : "a bound device cannot be resized");
	str_copy(step->needs, mode == MHP_DAX_DEVDAX ? "" : "nobody has the device open");
	str_copy(step->undo, mode == MHP_DAX_DEVDAX ? "unbind it" : "bind it to device_dax");
	return 0;
}

/*
 * Refuses an alignment of devices that the kernel never offers (drivers/dax: dax_align_valid()). It
 * may still refuse others.
 */
int part_align(const struct planner *p, struct part *part, struct mhp_error *err)
{
	uint64_t align = p->request->align;
	char text[24];

	part->align = align ? align : part->dax ? part->dax->align : part->region->align;
	if (part->align == MHP_UNKNOWN)
		part->align = 0;
	for (unsigned i = 0; align && part->dax && i < part->dax->nr_ranges; i++)
		if ((part->dax->ranges[i].end - part->dax->ranges[i].start) % align)
			return err_hint(err,
					err_set(err, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED,
						"%s: its ranges are not multiples of %s",
						part->dax->name,
						format_size(align, text, sizeof(text))),
					"destroy it, and create it with that alignment");
	return 0;
}
