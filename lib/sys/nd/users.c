/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The users of a namespace: found through the device that its driver created. */
#include "lib/base/error.h"
#include "lib/base/log.h"
#include "lib/sys/dax/dax.h"
#include "lib/sys/nd/nd.h"
#include "lib/sys/users/users.h"

#include <errno.h>
#include <string.h>

#define ND_DEVICES "sys/bus/nd/devices"

/* Logs why the device cannot have users. */
static int log_no_users(const struct mhp_ctx *ctx, const char *name, const char *why)
{
	log_line(&ctx->log, "%s has no users: %s", name, why);
	return 0;
}

static int copy_name(const struct root *sys, const char *name, void *data)
{
	(void)sys;
	str_copy_to(data, MHP_NAME_MAX, name);
	return 0;
}

static int check_dax(const struct mhp_ctx *ctx, const char *region, const char *name,
		     const char *claim, struct users_device *device, struct mhp_error *err)
{
	char driver[MHP_NAME_MAX] = "";
	int rc = dax_under_nd(ctx, region, claim, device->dax, sizeof(device->dax));

	if (rc < 0)
		return users_unknown(name, device->force, err, "the dax device of %s is not found",
				     claim);
	rc = dax_driver(ctx, device->dax, driver, sizeof(driver));
	if (rc < 0)
		return users_unknown(name, device->force, err,
				     "the driver of %s cannot be read: %s", device->dax,
				     strerror(-rc));
	if (strcmp(driver, "kmem") == 0)
		return log_no_users(ctx, device->dax,
				    "it is memory, which is guarded by its blocks");
	if (!*driver)
		return log_no_users(ctx, device->dax, "without a driver there is no /dev node");
	return users_check(ctx, device, err);
}

static int check_block(const struct mhp_ctx *ctx, const char *name, const char *claim,
		       struct users_device *device, struct mhp_error *err)
{
	ROOT_PATH(folder, ND_DEVICES "/%s/block", claim);
	root_each(&ctx->sys, folder, copy_name, device->block);
	if (!*device->block)
		return users_unknown(name, device->force, err,
				     "the block device of %s is not found", claim);
	return users_check(ctx, device, err);
}

int nd_check_users(const struct mhp_ctx *ctx, const char *region, const char *name, bool force,
		   struct mhp_error *err)
{
	struct users_device device = { .force = force };
	char claim[MHP_NAME_MAX], driver[MHP_NAME_MAX];
	int rc;

	ROOT_PATH(holder, ND_DEVICES "/%s/holder", name);
	rc = root_read(&ctx->sys, holder, claim, sizeof(claim));
	if (rc < 0)
		return users_unknown(name, force, err, "its holder cannot be read: %s",
				     strerror(-rc));
	if (!*claim)
		str_copy(claim, name);
	ROOT_PATH(folder, ND_DEVICES "/%s", claim);
	ROOT_PATH(link, ND_DEVICES "/%s/driver", claim);
	rc = root_exists(&ctx->sys, folder)
		     ? root_link_name(&ctx->sys, link, driver, sizeof(driver))
		     : -ENODEV;
	if (rc == -ENOENT)
		return log_no_users(ctx, claim, "without a driver it has no device");
	if (rc < 0)
		return users_unknown(name, force, err, "the driver of %s cannot be read: %s", claim,
				     strerror(-rc));
	if (strncmp(claim, "dax", 3) == 0)
		return check_dax(ctx, region, name, claim, &device, err);
	return check_block(ctx, name, claim, &device, err);
}
