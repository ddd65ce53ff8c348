/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/exec/intent-step.h"
#include "lib/base/error.h"
#include "lib/model/dax-region.h"
#include "lib/sys/cxl/bus.h"
#include "lib/sys/dax/dax.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static struct mhp_range range_at(uint64_t start, uint64_t size)
{
	return start == MHP_UNKNOWN ? (struct mhp_range){ 0, 0 }
				    : (struct mhp_range){ start, start + size };
}

static void fill_region(const struct exec *x, const char *name, struct intent_step *out)
{
	const struct mhp_region *region = topology_find_region(x->topo, name);

	str_copy(out->region, name);
	if (region)
		out->range = range_at(region->start, region->size);
}

static void fill_namespace(const struct exec *x, const struct mhp_step *step,
			   struct intent_step *out)
{
	const struct chain *chain = &x->plan->chains[step->chain];
	const char *name = *chain->ns_name ? chain->ns_name : step->object;
	const struct mhp_namespace *ns = topology_find_namespace(x->topo, name);

	if (*chain->id) {
		str_copy(out->uuid, chain->id);
		str_copy(out->region, chain->region);
	} else if (ns) {
		str_copy(out->uuid, *ns->id ? ns->id : ns->uuid);
		str_copy(out->region, ns->region);
		out->range = range_at(ns->start, ns->raw_size);
	} else {
		str_copy(out->uuid, chain->new_id);
		str_copy(out->region, chain->region);
	}
}

static void fill_device(const struct exec *x, const struct mhp_step *step, struct intent_step *out)
{
	const struct chain *chain = &x->plan->chains[step->chain];
	const char *name = *chain->device ? chain->device : step->object;
	const struct mhp_dax *dax = topology_find_dax(x->topo, name);
	struct ranges ranges = { 0 };
	char driver[MHP_NAME_MAX];

	fill_namespace(x, step, out);
	str_copy(out->object, name);
	str_copy(out->want, mhp_dax_mode_name(step->mode));
	if (x->chains[step->chain].is_divided) /* it may be new, or have other ranges */
		ranges = x->chains[step->chain].ranges;
	else if (dax)
		ranges = ranges_of(dax);
	if (*chain->cxl.region)
		str_copy(out->region, chain->cxl.region);
	else if (dax && *dax->cxl_region)
		str_copy(out->region, dax->cxl_region);
	if (ranges.nr) /* else that of its namespace */
		out->range = ranges_around(&ranges);
	if (dax_driver(x->ctx, name, driver, sizeof(driver)) == 0)
		str_copy(out->before, driver);
}

static void fill_blocks(const struct exec *x, const struct mhp_step *step, struct intent_step *out)
{
	const struct chain *chain = &x->plan->chains[step->chain];
	const uint64_t size = x->topo->memory.block_size;

	out->range = (struct mhp_range){ step->first_block * size, (step->last_block + 1) * size };
	str_copy(out->region, chain->region);
	str_copy(out->want, step->type == MHP_STEP_ONLINE_BLOCK ? mhp_zone_request_name(step->zone)
								: "offline");
}

/* Writes down the device of a dax region: its name is all that stays while it has no memory. */
static void fill_part(const struct exec *x, const struct mhp_step *step, struct intent_step *out)
{
	const struct chain *chain = &x->plan->chains[step->chain];
	const struct mhp_dax_region *region = topology_find_dax_region(
		x->topo, *chain->dax_region ? chain->dax_region : step->object);
	const struct mhp_dax *dax = topology_find_dax(x->topo, chain->device);

	if (!region)
		return;
	str_copy(out->region, region->name);
	if (step->type == MHP_STEP_CREATE_DEVICE) {
		dax_region_next_name(x->topo, region, out->want, sizeof(out->want));
		out->range = range_at(region->start, region->size);
		return;
	}
	if (*chain->device)
		str_copy(out->object, chain->device);
	str_format(out->before, "%" PRIu64, dax ? dax->size : 0);
	str_format(out->want, "%" PRIu64, step->size);
	out->range = ranges_around(&chain->ranges);
}

static void add_member(const struct cxl_setup *cxl, unsigned at, char *text, size_t size)
{
	size_t len = strlen(text);

	if (cxl->members[at].serial == MHP_UNKNOWN)
		snprintf(text + len, size - len, "%s%s", at ? "," : "", cxl->members[at].memdev);
	else
		snprintf(text + len, size - len, "%s0x%" PRIx64, at ? "," : "",
			 cxl->members[at].serial);
}

/*
 * Writes down a CXL region. Its name alone is not enough: the kernel gives it to the next region
 * that any program creates.
 */
static void fill_cxl(const struct exec *x, const struct mhp_step *step, struct intent_step *out)
{
	const struct cxl_setup *cxl = &x->plan->chains[step->chain].cxl;
	const struct cxl_made *made = &x->chains[step->chain].cxl;
	const struct mhp_cxl_region *known = topology_find_cxl_region(x->topo, cxl->region);

	str_copy(out->region, cxl->region);
	str_copy(out->window, cxl->window);
	out->size = cxl->size;
	if (step->type == MHP_STEP_CREATE_CXL_REGION)
		cxl_text(&x->ctx->sys, cxl->window, "create_ram_region", out->region,
			 sizeof(out->region));
	for (unsigned i = 0; i < cxl->ways && i < MHP_CXL_WAYS_MAX; i++)
		add_member(cxl, i, out->members, sizeof(out->members));
	if (made->is_made && made->size == cxl->size)
		out->range = range_at(made->start, made->size);
	else if (!made->is_made && known && known->size && known->size != MHP_UNKNOWN)
		out->range = range_at(known->start, known->size);
}

/* Writes down the serial number of a memory device: its name is another one after a hot-plug. */
static void fill_memdev(const struct exec *x, const struct mhp_step *step, struct intent_step *out)
{
	const struct mhp_cxl_memdev *memdev = topology_find_cxl_memdev(x->topo, step->object);

	if (memdev && memdev->serial != MHP_UNKNOWN)
		str_format(out->members, "0x%" PRIx64, memdev->serial);
	else
		str_copy(out->members, step->object);
}

void intent_step_fill(const struct exec *x, const struct mhp_step *step, uint64_t number,
		      struct intent_step *out)
{
	*out = (struct intent_step){ .number = number };
	str_copy(out->kind, mhp_step_type_name(step->type));
	str_copy(out->object, step->object);
	switch (step->type) {
	case MHP_STEP_CREATE_NAMESPACE:
		str_copy(out->uuid, x->plan->chains[step->chain].new_id);
		fill_region(x, step->object, out);
		break;
	case MHP_STEP_ENABLE_REGION:
	case MHP_STEP_INIT_LABELS:
		fill_region(x, step->object, out);
		break;
	case MHP_STEP_ENABLE_NAMESPACE:
	case MHP_STEP_DESTROY_NAMESPACE:
		fill_namespace(x, step, out);
		break;
	case MHP_STEP_SET_MODE:
		fill_device(x, step, out);
		break;
	case MHP_STEP_CREATE_DEVICE:
	case MHP_STEP_RESIZE_DEVICE:
	case MHP_STEP_DESTROY_DEVICE:
		fill_part(x, step, out);
		break;
	case MHP_STEP_ENABLE_MEMDEV:
		fill_memdev(x, step, out);
		break;
	case MHP_STEP_ONLINE_BLOCK:
	case MHP_STEP_OFFLINE_BLOCK:
		fill_blocks(x, step, out);
		break;
	default:
		if (step->chain != MHP_NO_CHAIN && *x->plan->chains[step->chain].cxl.window)
			fill_cxl(x, step, out);
		break;
	}
}
