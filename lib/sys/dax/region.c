/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/dax/region.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/vec.h"
#include "lib/sys/cxl/bus.h"
#include "lib/sys/dax/dax.h"
#include "lib/sys/iomem.h"
#include "lib/sys/kernel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- its address ------------------------------------------------------------------------- */

/* A search for the soft-reserved range of a region. */
struct reserved {
	uint64_t size;
	uint64_t inside; /* an address of one of its devices, or MHP_UNKNOWN */
	uint64_t start;
	unsigned nr;
};

static int match_reserved(const struct mhp_range *range, const char *name, unsigned line,
			  void *data)
{
	struct reserved *r = data;

	(void)line;
	if (strcmp(name, IOMEM_SOFT_RESERVED) != 0 || range->end - range->start != r->size)
		return 0;
	if (r->inside != MHP_UNKNOWN && (r->inside < range->start || r->inside >= range->end))
		return 0;
	r->start = range->start;
	r->nr++;
	return 0;
}

/* Returns the start of the only soft-reserved range that it can be, or MHP_UNKNOWN. */
static uint64_t find_reserved(const struct root *sys, uint64_t size, uint64_t inside)
{
	struct reserved r = { .size = size, .inside = inside };

	if (iomem_each(sys, match_reserved, &r) < 0 || r.nr != 1)
		return MHP_UNKNOWN;
	return r.start;
}

static uint64_t find_cxl(const struct root *sys, const char *region, uint64_t size)
{
	if (cxl_number(sys, region, "size", 16) != size)
		return MHP_UNKNOWN;
	return cxl_number(sys, region, "resource", 16);
}

/* ---- regions ----------------------------------------------------------------------------- */

struct dax_list {
	struct mhp_ctx *ctx;
	struct mhp_dax *at;
	size_t nr;
};

static int add_divided(const struct root *sys, const char *name, void *data)
{
	struct dax_list *list = data;
	struct mhp_dax dax, *added;
	int rc = strlen(name) < sizeof(dax.name) ? dax_read(list->ctx, name, &dax) : -ENOENT;

	(void)sys;
	if (rc < 0 || !*dax.dax_region)
		return 0; /* a device that cannot be read is reported by dax_scan() */
	added = VEC_PUSH(list->at, list->nr);
	if (!added)
		return -ENOMEM;
	*added = dax;
	return 0;
}

/* Returns an address in the region that belongs to one of its devices, or MHP_UNKNOWN. */
static uint64_t address_inside(const struct dax_list *list, const char *region)
{
	for (size_t i = 0; i < list->nr; i++)
		if (strcmp(list->at[i].dax_region, region) == 0 && list->at[i].has_ranges &&
		    list->at[i].nr_ranges)
			return list->at[i].ranges[0].start;
	return MHP_UNKNOWN;
}

static void read_number(const struct root *sys, const char *region, const char *file,
			uint64_t *value)
{
	ROOT_PATH(path, "%s/dax_region/%s", region, file);
	if (root_read_u64(sys, path, 10, value) < 0)
		*value = MHP_UNKNOWN;
}

/* Reads the region of its first device. Returns 0, or a negative errno without its size. */
static int read_region(const struct dax_list *list, const struct mhp_dax *first,
		       struct mhp_dax_region *region)
{
	const struct root *sys = &list->ctx->sys;
	char path[MHP_PATH_MAX];

	*region = (struct mhp_dax_region){
		.origin = first->origin,
		.numa_node = first->numa_node,
		.target_node = first->target_node,
		.start = MHP_UNKNOWN,
	};
	if (!dax_path_above(first, path, sizeof(path)))
		return -ENOENT;
	str_format(region->path, "/%s", path);
	str_copy(region->device, strrchr(region->path, '/') + 1);
	str_copy(region->name, first->dax_region);
	str_copy(region->cxl_region, first->cxl_region);
	read_number(sys, path, "size", &region->size);
	read_number(sys, path, "available_size", &region->available_bytes);
	read_number(sys, path, "align", &region->align);
	if (region->size == MHP_UNKNOWN)
		return -ENOENT;
	region->start = *region->cxl_region ? find_cxl(sys, region->cxl_region, region->size)
					    : find_reserved(sys, region->size,
							    address_inside(list, region->name));
	return 0;
}

static bool is_known(const struct dax_list *list, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (strcmp(list->at[i].dax_region, list->at[index].dax_region) == 0)
			return true;
	return false;
}

int dax_region_scan(struct mhp_ctx *ctx, const void *unused, struct reply *reply,
		    struct mhp_error *err)
{
	struct dax_list list = { .ctx = ctx };
	struct mhp_dax_region region;
	int rc = root_each(&ctx->sys, KERNEL_DAX_BUS "/devices", add_divided, &list);

	(void)unused;
	for (size_t i = 0; i < list.nr && rc == 0; i++)
		if (!is_known(&list, i) && read_region(&list, &list.at[i], &region) == 0)
			rc = reply_add(reply, &region, sizeof(region));
	free(list.at);
	if (rc == -ENOENT) /* no dax bus, so no regions */
		rc = 0;
	if (rc == 0)
		rc = root_lack(&ctx->sys);
	return rc < 0 ? err_errno(err, rc, "cannot read the dax regions") : rc;
}
