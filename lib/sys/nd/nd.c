/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/base/counts.h"
#include "lib/sys/nd/nd.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/sys/devnode.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uuid/uuid.h>

int nd_open(struct ndctl_ctx **ndctl, struct mhp_error *err)
{
	int rc = libndctl_load();

	if (rc == -EOPNOTSUPP)
		return err_set(err, rc, MHP_REASON_UNSUPPORTED, "libndctl is not installed");
	if (rc == 0)
		rc = ndctl_new(ndctl);
	if (rc < 0)
		return err_errno(err, rc, "libndctl");
	ndctl_set_log_priority(*ndctl, 0); /* errors are returned as errno and go into *err */
	return 0;
}

int nd_log(const struct mhp_ctx *ctx, int rc, const char *does, const char *name)
{
	log_done(&ctx->log, rc, "libndctl %s %s", does, name);
	return rc;
}

struct ndctl_region *nd_find_region(struct ndctl_ctx *ndctl, const char *name)
{
	struct ndctl_bus *bus;
	struct ndctl_region *region;

	ndctl_bus_foreach(ndctl, bus)
		ndctl_region_foreach(bus, region)
			if (strcmp(ndctl_region_get_devname(region), name) == 0)
				return region;
	return NULL;
}

struct ndctl_namespace *nd_find_namespace(struct ndctl_ctx *ndctl, const char *name)
{
	struct ndctl_bus *bus;
	struct ndctl_region *region;
	struct ndctl_namespace *ndns;

	ndctl_bus_foreach(ndctl, bus)
		ndctl_region_foreach(bus, region)
			ndctl_namespace_foreach(region, ndns)
				if (strcmp(ndctl_namespace_get_devname(ndns), name) == 0)
					return ndns;
	return NULL;
}

int nd_leave_raw_mode(const struct mhp_ctx *ctx, struct ndctl_namespace *ndns,
		      struct mhp_error *err)
{
	const char *name = ndctl_namespace_get_devname(ndns);
	int rc;

	if (ndctl_namespace_get_raw_mode(ndns) <= 0)
		return 0;
	rc = nd_log(ctx, ndctl_namespace_set_raw_mode(ndns, 0), "ends the raw mode of", name);
	return rc < 0 ? err_errno(err, rc, "%s: its raw mode cannot be ended", name) : 0;
}

bool nd_has_labels(struct ndctl_region *region)
{
	return ndctl_region_get_nstype(region) == ND_DEVICE_NAMESPACE_PMEM;
}

static bool can_label(struct ndctl_region *region)
{
	struct ndctl_dimm *dimm;
	bool any = false;

	ndctl_dimm_foreach_in_region(region, dimm) {
		any = true;
		if (!ndctl_dimm_is_cmd_supported(dimm, ND_CMD_GET_CONFIG_SIZE) ||
		    !ndctl_dimm_is_cmd_supported(dimm, ND_CMD_SET_CONFIG_DATA))
			return false;
	}
	return any;
}

static int compare_sizes(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void fill_aligns(struct ndctl_dax *dax, struct mhp_region *out)
{
	int nr = ndctl_dax_get_num_alignments(dax);

	for (int i = 0; i < nr && out->nr_aligns < ALIGNS_MAX; i++) {
		unsigned long align = ndctl_dax_get_supported_alignment(dax, i);

		if (align && align != ULONG_MAX)
			out->aligns[out->nr_aligns++] = align;
	}
	qsort(out->aligns, out->nr_aligns, sizeof(out->aligns[0]), compare_sizes);
}

static void fill_seeds(struct ndctl_region *region, struct mhp_region *out)
{
	struct ndctl_namespace *seed = ndctl_region_get_namespace_seed(region);
	struct ndctl_dax *dax = ndctl_region_get_dax_seed(region);

	if (seed)
		str_copy(out->seed, ndctl_namespace_get_devname(seed));
	if (!dax)
		return;
	str_copy(out->dax_seed, ndctl_dax_get_devname(dax));
	fill_aligns(dax, out);
}

static uint64_t convert_unknown(unsigned long long value)
{
	return value == ULLONG_MAX ? MHP_UNKNOWN : value;
}

/*
 * Reads serial numbers: on a CXL bus a DIMM's id is its serial number, signed
 * (drivers/cxl/pmem.c:id_show).
 */
static void fill_serials(struct ndctl_region *region, struct mhp_serials *out)
{
	struct ndctl_dimm *dimm;

	ndctl_dimm_foreach_in_region(region, dimm) {
		const char *id = ndctl_dimm_get_unique_id(dimm);
		unsigned long long serial;
		char *end;

		if (!id || out->nr == SERIALS_MAX)
			continue;
		serial = strtoull(id, &end, 10);
		if (end > id && !*end)
			out->numbers[out->nr++] = serial;
	}
}

static void fill_region(struct ndctl_region *region, struct mhp_region *out)
{
	str_copy(out->name, ndctl_region_get_devname(region));
	str_copy(out->type, ndctl_region_get_type_name(region));
	str_copy(out->bus, ndctl_bus_get_devname(ndctl_region_get_bus(region)));
	out->start = convert_unknown(ndctl_region_get_resource(region));
	out->size = ndctl_region_get_size(region);
	out->available_bytes = convert_unknown(ndctl_region_get_available_size(region));
	out->max_extent_bytes = convert_unknown(ndctl_region_get_max_available_extent(region));
	if (out->max_extent_bytes == MHP_UNKNOWN) /* before 4.20 */
		out->max_extent_bytes = out->available_bytes;
	out->align = ndctl_region_get_align(region);
	if (!out->align || out->align == ULONG_MAX)
		out->align = (uint64_t)sysconf(_SC_PAGESIZE);
	out->nr_mappings = ndctl_region_get_mappings(region);
	out->has_labels = nd_has_labels(region);
	out->can_label = can_label(region);
	out->is_enabled = ndctl_region_is_enabled(region) > 0;
	out->is_read_only = ndctl_region_get_ro(region) > 0;
	out->numa_node = ndctl_region_get_numa_node(region);
	out->target_node = ndctl_region_get_target_node(region);
	if (ndctl_bus_has_cxl(ndctl_region_get_bus(region)))
		fill_serials(region, &out->serials);
	if (out->is_enabled)
		fill_seeds(region, out);
}

static int copy_name(const struct root *sys, const char *name, void *data)
{
	(void)sys;
	str_copy_to(data, MHP_NAME_MAX, name);
	return 0;
}

void nd_raw_device(const struct mhp_ctx *ctx, const char *name, char *bdev, size_t size)
{
	char found[MHP_NAME_MAX] = "";

	ROOT_PATH(folder, "sys/bus/nd/devices/%s/block", name);
	root_each(&ctx->sys, folder, copy_name, found);
	str_copy_to(bdev, size, found);
}

/* Does not use libndctl, which caches the answer from before the block device appeared. */
int nd_open_raw(const struct mhp_ctx *ctx, const char *name, int flags)
{
	char bdev[MHP_NAME_MAX] = "";
	dev_t number;
	int rc;

	nd_raw_device(ctx, name, bdev, sizeof(bdev));
	if (!*bdev)
		return -ENODEV;
	ROOT_PATH(path, "sys/class/block/%s/dev", bdev);
	rc = devnode_number(&ctx->sys, path, &number);
	return rc < 0 ? rc : devnode_open(&ctx->sys, S_IFBLK, bdev, number, flags);
}

static enum mhp_memmap_location map_of(enum ndctl_pfn_loc loc)
{
	return loc == NDCTL_PFN_LOC_RAM	   ? MHP_MEMMAP_MEM
	       : loc == NDCTL_PFN_LOC_PMEM ? MHP_MEMMAP_DEV
					   : MHP_MEMMAP_NONE;
}

static void fill_uuid(uuid_t uuid, struct mhp_namespace *out)
{
	if (!uuid_is_null(uuid))
		uuid_unparse_lower(uuid, out->uuid);
}

static void fill_claim(struct ndctl_namespace *ndns, struct mhp_namespace *out)
{
	struct ndctl_btt *btt = ndctl_namespace_get_btt(ndns);
	struct ndctl_pfn *pfn = ndctl_namespace_get_pfn(ndns);
	struct ndctl_dax *dax = ndctl_namespace_get_dax(ndns);
	const char *bdev = ndctl_namespace_get_block_device(ndns);
	uuid_t uuid;

	ndctl_namespace_get_uuid(ndns, uuid);
	if (dax) {
		out->mode = MHP_NAMESPACE_DEVDAX;
		out->map = map_of(ndctl_dax_get_location(dax));
		out->align = ndctl_dax_get_align(dax);
		out->size = ndctl_dax_get_size(dax);
		ndctl_dax_get_uuid(dax, uuid);
		bdev = NULL;
	} else if (pfn) {
		out->mode = MHP_NAMESPACE_FSDAX;
		out->map = map_of(ndctl_pfn_get_location(pfn));
		out->align = ndctl_pfn_get_align(pfn);
		out->size = ndctl_pfn_get_size(pfn);
		ndctl_pfn_get_uuid(pfn, uuid);
		bdev = ndctl_pfn_get_block_device(pfn);
	} else if (btt) {
		out->mode = MHP_NAMESPACE_SECTOR;
		out->size = ndctl_btt_get_size(btt);
		ndctl_btt_get_uuid(btt, uuid);
		bdev = ndctl_btt_get_block_device(btt);
	}
	fill_uuid(uuid, out);
	if (bdev)
		str_copy(out->blockdev, bdev);
}

/* Returns the mode for which a disabled namespace was created, from its label (holder_class). */
static enum mhp_namespace_mode mode_of_label(struct ndctl_namespace *ndns)
{
	switch (ndctl_namespace_get_enforce_mode(ndns)) {
	case NDCTL_NS_MODE_DEVDAX:
		return MHP_NAMESPACE_DEVDAX;
	case NDCTL_NS_MODE_FSDAX:
		return MHP_NAMESPACE_FSDAX;
	case NDCTL_NS_MODE_SECTOR:
		return MHP_NAMESPACE_SECTOR;
	default:
		return MHP_NAMESPACE_RAW;
	}
}

static bool is_active(struct ndctl_namespace *ndns)
{
	struct ndctl_btt *btt = ndctl_namespace_get_btt(ndns);
	struct ndctl_pfn *pfn = ndctl_namespace_get_pfn(ndns);
	struct ndctl_dax *dax = ndctl_namespace_get_dax(ndns);

	if (dax)
		return ndctl_dax_is_enabled(dax) > 0;
	if (pfn)
		return ndctl_pfn_is_enabled(pfn) > 0;
	if (btt)
		return ndctl_btt_is_enabled(btt) > 0;
	return ndctl_namespace_is_enabled(ndns) > 0;
}

/* Fills in the label's UUID, which stays the same under any claim; without a label, the claim's. */
static void fill_id(struct ndctl_namespace *ndns, struct mhp_namespace *out)
{
	uuid_t uuid;

	ndctl_namespace_get_uuid(ndns, uuid);
	if (uuid_is_null(uuid))
		str_copy(out->id, out->uuid);
	else
		uuid_unparse_lower(uuid, out->id);
}

void nd_read_namespace(struct ndctl_namespace *ndns, struct mhp_namespace *out)
{
	const char *label = ndctl_namespace_get_alt_name(ndns);

	*out = (struct mhp_namespace){ 0 };
	str_copy(out->name, ndctl_namespace_get_devname(ndns));
	str_copy(out->region, ndctl_region_get_devname(ndctl_namespace_get_region(ndns)));
	if (label)
		str_copy(out->label, label);
	out->raw_size = ndctl_namespace_get_size(ndns);
	out->start = convert_unknown(ndctl_namespace_get_resource(ndns));
	out->size = out->raw_size;
	out->mode = mode_of_label(ndns);
	out->is_enabled = is_active(ndns);
	out->is_forced_raw = ndctl_namespace_get_raw_mode(ndns) > 0;
	fill_claim(ndns, out);
	fill_id(ndns, out);
	if (out->size == 0 || out->size == ULLONG_MAX)
		out->size = out->raw_size;
}

static int scan_regions(struct ndctl_ctx *ndctl, struct reply *reply, size_t *nr)
{
	struct ndctl_bus *bus;
	struct ndctl_region *region;
	int rc;

	ndctl_bus_foreach(ndctl, bus)
		ndctl_region_foreach(bus, region) {
			struct mhp_region out = { 0 };

			fill_region(region, &out);
			rc = reply_add(reply, &out, sizeof(out));
			if (rc < 0)
				return rc;
			(*nr)++;
		}
	return 0;
}

static int scan_namespaces(struct ndctl_region *region, struct reply *reply, size_t *nr)
{
	struct ndctl_namespace *ndns;
	int rc;

	ndctl_namespace_foreach(region, ndns) {
		struct mhp_namespace out;

		if (ndctl_namespace_get_size(ndns) == 0) /* the seed */
			continue;
		nd_read_namespace(ndns, &out);
		rc = reply_add(reply, &out, sizeof(out));
		if (rc < 0)
			return rc;
		(*nr)++;
	}
	return 0;
}

int nd_scan(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err)
{
	cleanup_ndctl struct ndctl_ctx *ndctl = NULL;
	struct nd_scan_head head = { 0 };
	struct ndctl_bus *bus;
	struct ndctl_region *region;
	int rc = nd_open(&ndctl, err);

	(void)arg;
	if (rc < 0)
		return rc;
	rc = reply_add(reply, &head, sizeof(head));
	if (rc == 0)
		rc = scan_regions(ndctl, reply, &head.nr_regions);
	ndctl_bus_foreach(ndctl, bus)
		ndctl_region_foreach(bus, region)
			if (rc == 0)
				rc = scan_namespaces(region, reply, &head.nr_namespaces);
	if (rc < 0 || (rc = root_lack(&ctx->sys)) < 0)
		return err_errno(err, rc, "cannot read the nvdimm bus");
	memcpy(reply->data, &head, sizeof(head));
	return 0;
}
