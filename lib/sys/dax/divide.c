/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/dax/divide.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/base/vec.h"
#include "lib/sys/dax/dax.h"
#include "lib/sys/kernel.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail_stale(const char *name, const char *what, struct mhp_error *err)
{
	err_set(err, -ESTALE, MHP_REASON_STALE_PLAN, "%s: %s", name, what);
	return err_hint(err, -ESTALE, "check with mhpctl list, then run the command again");
}

/* ---- regions ----------------------------------------------------------------------------- */

static const char *device_of(const struct dax_region_id *region)
{
	const char *last = strrchr(region->path, '/');

	return last ? last + 1 : region->path;
}

static int check_region(const struct mhp_ctx *ctx, const struct dax_region_id *region,
			struct mhp_error *err)
{
	uint64_t size;
	int rc;

	ROOT_PATH(path, "%s/dax_region/size", region->path + 1);
	rc = root_read_u64(&ctx->sys, path, 10, &size);
	if (rc == 0 && size == region->size)
		return 0;
	if (rc < 0 && rc != -ENOENT && rc != -ENODEV)
		return err_errno(err, rc, "%s: its size cannot be read", device_of(region));
	return fail_stale(device_of(region), "is now a different dax region", err);
}

static int write_region(const struct mhp_ctx *ctx, const struct dax_region_id *region,
			const char *file, const char *text)
{
	ROOT_PATH(path, "%s/dax_region/%s", region->path + 1, file);
	return root_write(&ctx->sys, path, text);
}

/* ---- create ------------------------------------------------------------------------------ */

struct names {
	char (*at)[MHP_NAME_MAX];
	size_t nr;
};

static int add_name(const struct root *sys, const char *name, void *data)
{
	struct names *names = data;
	char(*added)[MHP_NAME_MAX];
	unsigned number, part;

	(void)sys;
	if (sscanf(name, "dax%u.%u", &number, &part) != 2)
		return 0;
	added = VEC_PUSH(names->at, names->nr);
	if (!added)
		return -ENOMEM;
	str_copy(*added, name);
	return 0;
}

static bool has_name(const struct names *names, const char *name)
{
	for (size_t i = 0; i < names->nr; i++)
		if (strcmp(names->at[i], name) == 0)
			return true;
	return false;
}

/*
 * Reads the name of the youngest device, which is in `create`: `seed` shows the first one that has
 * not been bound yet. Returns 0 if it is new, without memory and without a driver.
 */
static int find_created(const struct mhp_ctx *ctx, const struct dax_region_id *region,
			const struct names *before, char *name, size_t size)
{
	struct mhp_dax dax;
	int rc;

	ROOT_PATH(path, "%s/dax_region/create", region->path + 1);
	rc = root_read(&ctx->sys, path, name, size);
	if (rc < 0)
		return rc;
	if (!*name || has_name(before, name))
		return -ENODEV;
	rc = dax_read(ctx, name, &dax);
	if (rc < 0)
		return rc;
	return dax.size || *dax.driver ? -EBUSY : 0;
}

static bool is_same_set(const struct names *a, const struct names *b)
{
	for (size_t i = 0; i < a->nr; i++)
		if (!has_name(b, a->at[i]))
			return false;
	return a->nr == b->nr;
}

/* Returns whether the region may have other devices than before. */
static bool may_differ(const struct mhp_ctx *ctx, const struct dax_region_id *region,
		       const struct names *before)
{
	struct names now = { 0 };
	bool differs = root_each(&ctx->sys, region->path + 1, add_name, &now) < 0 ||
		       !is_same_set(before, &now);

	free(now.at);
	return differs;
}

static int fail_create(const struct dax_region_id *region, int rc, int rc_found,
		       struct mhp_error *err)
{
	const char *name = device_of(region);

	if (rc == -ENOSPC)
		return err_set(err, rc, MHP_REASON_NO_SPACE, "%s: has no free space", name);
	if (rc < 0)
		return err_errno(err, rc, "%s: cannot create a device", name);
	if (rc_found == -ENODEV)
		return err_set(err, -EIO, MHP_REASON_KERNEL,
			       "%s: the kernel reports success, and there is no new device", name);
	return err_errno(err, rc_found, "%s: its new device cannot be found", name);
}

int dax_create_device(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		      struct mhp_error *err)
{
	const struct dax_region_id *region = arg;
	struct names before = { 0 };
	struct dax_created created = { 0 };
	int rc = check_region(ctx, region, err), rc_found;

	if (rc < 0)
		return rc;
	rc = root_each(&ctx->sys, region->path + 1, add_name, &before);
	if (rc < 0) {
		free(before.at);
		return err_errno(err, rc, "%s: its devices cannot be read", device_of(region));
	}
	rc = write_region(ctx, region, "create", "1");
	rc_found = find_created(ctx, region, &before, created.name, sizeof(created.name));
	created.may_exist = rc_found == 0 || may_differ(ctx, region, &before);
	if (rc_found == -ENODEV && created.may_exist)
		rc_found = -EIO; /* its name is not known */
	free(before.at);
	if (reply_add(reply, &created, sizeof(created)) < 0)
		return err_errno(err, -ENOMEM, "%s", device_of(region));
	if (rc_found < 0) /* else it exists, whatever the kernel has answered */
		return fail_create(region, rc, rc_found, err);
	return 0;
}

/* ---- resize ------------------------------------------------------------------------------ */

struct resize {
	const struct mhp_ctx *ctx;
	const struct dax_resize *want;
	struct mhp_dax dax; /* as it is now */
	struct ranges now;
};

/* Reads the device, which has to be the expected one without a driver, right before a write. */
static int look(struct resize *r, struct mhp_error *err)
{
	const char *name = r->want->name;
	int rc = dax_read(r->ctx, name, &r->dax);

	if (rc < 0)
		return err_errno(err, rc, "%s", name);
	if (*r->want->path && strcmp(r->want->path, r->dax.path) != 0)
		return fail_stale(name, "is now a different device", err);
	if (*r->dax.driver)
		return err_set(err, -EBUSY, MHP_REASON_IN_USE, "%s: is bound to %s", name,
			       r->dax.driver);
	if (!r->dax.has_ranges)
		return err_set(err, -EIO, MHP_REASON_KERNEL,
			       "%s: its address ranges cannot be read", name);
	r->now = ranges_of(&r->dax);
	return 0;
}

static int write_file(const struct resize *r, const char *file, const char *text)
{
	ROOT_PATH(path, KERNEL_DAX_BUS "/devices/%s/%s", r->want->name, file);
	return root_write(&r->ctx->sys, path, text);
}

static int write_size(struct resize *r, uint64_t size, struct mhp_error *err)
{
	char text[32];
	int rc, rc_look;

	str_format(text, "%" PRIu64, size);
	rc = write_file(r, "size", text);
	rc_look = look(r, err);
	return rc_look < 0 ? rc_look : rc;
}

/* Reports that a write had another result than was asked for. rc: the answer of the kernel. */
static int fail_result(const struct resize *r, int rc, struct mhp_error *err)
{
	const char *name = r->want->name;
	char has[24];

	if (rc == -ENOSPC || rc == -ENOMEM)
		return err_set(err, rc == -ENOMEM ? -ENOSPC : rc, MHP_REASON_NO_SPACE,
			       "%s: the space that it should get is taken", name);
	if (rc < 0)
		return err_errno(err, rc, "%s: cannot be resized", name);
	return err_set(err, -EIO, MHP_REASON_KERNEL,
		       "%s: the kernel reports success, and it has %s in other ranges than wanted",
		       name, format_size(r->dax.size, has, sizeof(has)));
}

static int set_align(struct resize *r, struct mhp_error *err)
{
	char text[32];
	int rc;

	if (!r->want->align || r->want->align == r->dax.align)
		return 0;
	str_format(text, "%" PRIu64, r->want->align);
	rc = write_file(r, "align", text);
	if (look(r, err) < 0)
		return -err->errnum;
	if (r->dax.align == r->want->align)
		return 0;
	if (rc == -EINVAL)
		return err_hint(err,
				err_set(err, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED,
					"%s: the kernel supports no alignment of %s here",
					r->want->name,
					format_size(r->want->align, text, sizeof(text))),
				"it may be 4K, 2M or 1G, and its size a multiple of it");
	return err_errno(err, rc < 0 ? rc : -EIO, "%s: its alignment cannot be set", r->want->name);
}

/* Shrinks the device to its first bytes; the kernel cuts from the end. */
static int shrink(struct resize *r, const struct ranges *to, struct mhp_error *err)
{
	int rc = write_size(r, ranges_bytes(to), err);

	if (ranges_equal(&r->now, to))
		return 0;
	return err->reason ? rc : fail_result(r, rc, err);
}

/* Adds one range to the device. */
static int add_range(struct resize *r, struct mhp_range range, struct mhp_error *err)
{
	struct ranges wanted = r->now;
	char text[64];
	int rc;

	if (!ranges_add(&wanted, range))
		return err_set(err, -ENOSPC, MHP_REASON_NO_SPACE, "%s: has too many ranges",
			       r->want->name);
	str_format(text, "%" PRIx64 "-%" PRIx64, range.start, range.end - 1);
	rc = write_file(r, "mapping", text);
	if (look(r, err) < 0)
		return -err->errnum;
	return ranges_equal(&r->now, &wanted) ? 0 : fail_result(r, rc, err);
}

/* Returns the ranges that @to has after its first bytes. */
static struct ranges ranges_after(const struct ranges *to, uint64_t bytes)
{
	struct ranges after = { 0 };

	for (unsigned i = 0; i < to->nr; i++) {
		struct mhp_range range = to->at[i];
		uint64_t size = range.end - range.start, skip = bytes < size ? bytes : size;

		bytes -= skip;
		range.start += skip;
		ranges_add(&after, range);
	}
	return after;
}

/*
 * Adds what is missing. A size is tried first, for which the kernel takes the lowest holes: that
 * needs one write and joins ranges. Where it takes other ranges, they go back, and each wanted
 * range is added by itself.
 */
static int grow(struct resize *r, const struct ranges *to, struct mhp_error *err)
{
	const struct ranges from = r->now, more = ranges_after(to, ranges_bytes(&from));
	int rc = write_size(r, ranges_bytes(to), err);

	if (err->reason)
		return rc;
	if (ranges_equal(&r->now, to))
		return 0;
	if (!ranges_equal(&r->now, &from))
		rc = shrink(r, &from, err);
	else if (rc < 0 && rc != -ENOSPC)
		return fail_result(r, rc, err);
	else
		rc = 0;
	for (unsigned i = 0; i < more.nr && rc == 0; i++)
		rc = add_range(r, more.at[i], err);
	return rc;
}

/* Lets the kernel choose the ranges. */
static int set_size(struct resize *r, struct mhp_error *err)
{
	int rc = write_size(r, r->want->size, err);

	if (err->reason)
		return rc;
	return r->dax.size == r->want->size ? 0 : fail_result(r, rc, err);
}

static int change(struct resize *r, struct mhp_error *err)
{
	const struct ranges *to = &r->want->to, from = r->now;
	bool chosen = to->nr || !r->want->size;
	int rc = 0;

	if (chosen && !ranges_begin(&from, to)) /* it keeps no more than its first bytes */
		rc = shrink(r, ranges_begin(to, &from) ? to : &(struct ranges){ 0 }, err);
	if (rc == 0)
		rc = set_align(r, err);
	if (rc == 0 && !chosen)
		return set_size(r, err);
	return rc < 0 || ranges_equal(&r->now, to) ? rc : grow(r, to, err);
}

/* Takes back what a failed task has added. */
static void give_back(struct resize *r)
{
	const struct ranges *from = &r->want->from;
	struct mhp_error ignored = { 0 };

	if (look(r, &ignored) == 0 && ranges_begin(from, &r->now) && !ranges_equal(from, &r->now))
		shrink(r, from, &ignored);
}

int dax_resize_device(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		      struct mhp_error *err)
{
	struct resize r = { .ctx = ctx, .want = arg };
	struct mhp_error own = { 0 };
	int rc;

	(void)reply;
	err = err ? err : &own;
	rc = look(&r, err);
	if (rc < 0)
		return rc;
	if (!ranges_equal(&r.now, &r.want->from))
		return fail_stale(r.want->name, "has other ranges than expected", err);
	rc = change(&r, err);
	if (rc < 0)
		give_back(&r);
	return rc;
}

/* ---- delete ------------------------------------------------------------------------------ */

int dax_delete_device(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		      struct mhp_error *err)
{
	const struct dax_delete *want = arg;
	struct mhp_dax dax;
	int rc = check_region(ctx, &want->region, err), rc_read;

	(void)reply;
	if (rc < 0)
		return rc;
	rc_read = dax_read(ctx, want->name, &dax);
	if (rc_read == -ENOENT)
		return 0;
	if (rc_read < 0)
		return err_errno(err, rc_read, "%s", want->name);
	if (dax.size || *dax.driver)
		return err_set(err, -EBUSY, MHP_REASON_IN_USE, "%s: %s", want->name,
			       dax.size ? "still has memory" : "is bound to a driver");
	rc = write_region(ctx, &want->region, "delete", want->name);
	ROOT_PATH(path, KERNEL_DAX_BUS "/devices/%s", want->name);
	rc_read = root_has_name(&ctx->sys, path);
	if (rc_read == 0)
		return 0;
	if (rc_read < 0)
		return err_errno(err, rc_read, "%s: whether it is gone cannot be read", want->name);
	if (rc < 0)
		return err_errno(err, rc, "%s: cannot be deleted", want->name);
	return err_set(err, -EIO, MHP_REASON_KERNEL,
		       "%s: the kernel reports success, and it still exists", want->name);
}
