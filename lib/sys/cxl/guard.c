/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/cxl/guard.h"
#include "lib/base/error.h"
#include "lib/base/range.h"
#include "lib/sys/cxl/bus.h"
#include "lib/sys/cxl/parts.h"
#include "lib/sys/dax/dax.h"
#include "lib/sys/kernel.h"
#include "lib/sys/users/users.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int fail_stale(const char *name, const char *what, struct mhp_error *err)
{
	err_set(err, -ESTALE, MHP_REASON_STALE_PLAN, "%s: %s", name, what);
	return err_hint(err, -ESTALE, "check with mhpctl list, then run the command again");
}

/* ---- identity ---------------------------------------------------------------------------- */

int cxl_find_region(const struct mhp_ctx *ctx, const struct cxl_region_id *id,
		    struct mhp_cxl_region *region, struct mhp_error *err)
{
	int rc = cxl_exists(&ctx->sys, id->name);

	if (rc < 0)
		return err_errno(err, rc, "%s: cannot be read", id->name);
	if (rc == 0)
		return 0;
	rc = cxl_read_region(&ctx->sys, id->name, region);
	if (rc == 0)
		rc = root_lack(&ctx->sys);
	if (rc < 0)
		return err_errno(err, rc, "%s: cannot be read", id->name);
	if (strcmp(region->window, id->window) != 0 ||
	    (id->size != MHP_UNKNOWN && region->size != id->size) ||
	    (id->start != MHP_UNKNOWN && region->start != id->start))
		return fail_stale(id->name, "is now a different CXL region", err);
	return 1;
}

int cxl_need_region(const struct mhp_ctx *ctx, const struct cxl_region_id *id,
		    struct mhp_cxl_region *region, struct mhp_error *err)
{
	int rc = cxl_find_region(ctx, id, region, err);

	return rc ? rc : fail_stale(id->name, "does not exist any more", err);
}

int cxl_check_memdev(const struct mhp_ctx *ctx, const struct cxl_memdev_id *id,
		     struct mhp_error *err)
{
	uint64_t serial;
	int rc = cxl_exists(&ctx->sys, id->name);

	if (rc < 0)
		return err_errno(err, rc, "%s: cannot be read", id->name);
	if (rc == 0)
		return err_set(err, -ENODEV, MHP_REASON_NO_SUCH_TARGET, "%s: does not exist",
			       id->name);
	if (id->serial == MHP_UNKNOWN)
		return 0;
	rc = cxl_serial(&ctx->sys, id->name, &serial);
	if (rc < 0 && rc != -ENODATA)
		return err_errno(err, rc, "%s: its serial number cannot be read", id->name);
	return rc == 0 && serial == id->serial
		       ? 0
		       : fail_stale(id->name, "is now a different memory device", err);
}

/* ---- what may be undone ------------------------------------------------------------------ */

int cxl_may_undo(const struct mhp_cxl_region *region, struct mhp_error *err)
{
	if (strcmp(region->type, "ram") != 0)
		return err_set(err, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED,
			       *region->type ? "%s: is persistent memory, which is not changed"
					     : "%s: its type cannot be read",
			       region->name);
	if (region->is_locked == MHP_TRISTATE_NO)
		return 0;
	if (region->is_locked == MHP_TRISTATE_UNKNOWN)
		return err_set(err, -EIO, MHP_REASON_KERNEL,
			       "%s: whether it is locked cannot be read", region->name);
	err_set(err, -EPERM, MHP_REASON_UNSUPPORTED, "%s: is locked by the firmware", region->name);
	return err_hint(err, -EPERM,
			"its memory can be offlined; the region stays until the firmware is set "
			"up differently");
}

/* ---- memory ------------------------------------------------------------------------------ */

struct block_search {
	uint64_t first, last;
	char found[MHP_NAME_MAX];
};

/* Ends the walk at a block of the range. */
static int find_block(const struct root *sys, const char *name, void *data)
{
	struct block_search *search = data;
	uint64_t id;

	(void)sys;
	if (root_name_id(name, "memory", &id) < 0 || id < search->first || id > search->last)
		return 0;
	str_copy(search->found, name);
	return -EEXIST;
}

static int fail_block(const struct mhp_ctx *ctx, const char *region, const char *block,
		      struct mhp_error *err)
{
	char state[32];

	ROOT_PATH(path, KERNEL_BLOCKS "/%s/state", block);
	if (root_read(&ctx->sys, path, state, sizeof(state)) < 0)
		str_copy(state, "in an unknown state");
	err_set(err, -EBUSY, MHP_REASON_IN_USE, "%s: its %s is %s", region, block, state);
	return err_hint(err, -EBUSY,
			"the kernel would take the memory away beneath its users; remove the "
			"memory first: mhpctl remove cxl/%s",
			region);
}

static int check_blocks(const struct mhp_ctx *ctx, const struct mhp_cxl_region *region,
			struct mhp_error *err)
{
	struct block_search search = { 0 };
	uint64_t block_size;
	int rc;

	if (!region->size)
		return 0;
	if (region->size == MHP_UNKNOWN || region->start == MHP_UNKNOWN ||
	    region->size - 1 > UINT64_MAX - region->start)
		return err_set(err, -EIO, MHP_REASON_KERNEL,
			       "%s: its addresses cannot be read, so its memory may be in use",
			       region->name);
	rc = root_read_u64(&ctx->sys, KERNEL_BLOCK_SIZE, 16, &block_size);
	if (rc == -ENOENT && root_has_name(&ctx->sys, KERNEL_BLOCKS) == 0)
		return 0; /* this kernel has no memory blocks at all */
	if (rc < 0 || !kernel_is_block_size(block_size))
		return err_errno(err, rc < 0 ? rc : -EIO, "the size of memory blocks");
	search.first = region->start / block_size;
	search.last = (region->start + region->size - 1) / block_size;
	rc = root_each(&ctx->sys, KERNEL_BLOCKS, find_block, &search);
	if (rc == -EEXIST)
		return fail_block(ctx, region->name, search.found, err);
	return rc < 0 ? err_errno(err, rc, "memory blocks cannot be read") : 0;
}

struct device_check {
	const struct mhp_ctx *ctx;
	struct mhp_error *err;
};

/* Checks for users of a device; the memory of kmem is protected by its blocks. */
static int check_device(const struct root *sys, const char *name, void *data)
{
	const struct device_check *check = data;
	struct users_device device = { 0 };
	char driver[MHP_NAME_MAX];
	unsigned number, part;
	int rc;

	(void)sys;
	if (sscanf(name, "dax%u.%u", &number, &part) != 2)
		return 0;
	rc = dax_driver(check->ctx, name, driver, sizeof(driver));
	if (rc == -ENOENT)
		return 0;
	if (rc < 0)
		return err_errno(check->err, rc, "%s: its driver cannot be read", name);
	if (strcmp(driver, "kmem") == 0)
		return 0;
	str_copy(device.dax, name);
	return users_check(check->ctx, &device, check->err);
}

int cxl_guard(const struct mhp_ctx *ctx, const struct mhp_cxl_region *region, struct mhp_error *err)
{
	struct mhp_error own = { 0 };
	const struct device_check check = { .ctx = ctx, .err = &own };
	int rc = check_blocks(ctx, region, err);

	if (rc < 0)
		return rc;
	ROOT_PATH(path, CXL_DEVICES "/dax_%s", region->name);
	rc = root_each(&ctx->sys, path, check_device, (void *)&check);
	if (rc >= 0 || (rc == -ENOENT && !own.reason))
		return 0;
	if (!own.reason)
		return err_errno(err, rc, "%s: its dax devices cannot be read", region->name);
	if (err)
		*err = own;
	return rc;
}
