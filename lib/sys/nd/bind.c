/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/nd/bind.h"
#include "lib/base/error.h"
#include "lib/sys/dax/dax.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#define ND_DEVICES    "sys/bus/nd/devices"
#define ND_DRIVERS    "sys/bus/nd/drivers"
#define APPEARS_MS    10000
#define RETRY_MS      2000
#define RETRY_STEP_MS 10
#define EARLY_TRIES   20

bool nd_is_bound(const struct root *sys, const char *nd_name)
{
	ROOT_PATH(path, ND_DEVICES "/%s/driver", nd_name);
	char driver[MHP_NAME_MAX];

	return root_link_name(sys, path, driver, sizeof(driver)) == 0;
}

static int read_holder(const struct root *sys, const char *name, char *holder, size_t size)
{
	int rc;

	ROOT_PATH(path, ND_DEVICES "/%s/holder", name);
	rc = root_read(sys, path, holder, size);
	return rc == -ENOENT ? 0 : rc;
}

/* Waits for a claim's device: the kernel shows the name before it registers the device. */
static int await_claim(const struct root *sys, const char *claim, struct mhp_error *err)
{
	int rc;

	ROOT_PATH(path, ND_DEVICES "/%s", claim);
	for (int i = 0; i < APPEARS_MS; i++) {
		rc = root_exists(sys, path);
		if (rc < 0)
			return err_errno(err, rc, "%s", claim);
		if (rc)
			return 0;
		poll(NULL, 0, 1);
	}
	return err_set(err, -ENODEV, MHP_REASON_KERNEL,
		       "%s: the kernel announced it, but it never appeared", claim);
}

/* Returns whether a device is still being registered: it has a link, but is not on the bus yet. */
static bool is_being_registered(const struct root *sys, int rc, const char *name)
{
	ROOT_PATH(path, ND_DEVICES "/%s", name);
	return rc == -ENODEV && root_exists(sys, path) != 0;
}

/*
 * Writes a name to a driver's bind file, again after errors that pass. The driver core returns
 * -EAGAIN for a deferred probe (drivers/base/dd.c:device_driver_attach), sometimes right after the
 * namespace was disabled; it returns -ENODEV right after a claim was announced
 * (drivers/base/bus.c:bus_add_device).
 */
static int write_bind(const struct root *sys, const char *driver, const char *name)
{
	int rc = -EAGAIN;

	ROOT_PATH(path, ND_DRIVERS "/%s/bind", driver);
	for (int i = 0; i < RETRY_MS / RETRY_STEP_MS; i++) {
		rc = root_write(sys, path, name);
		if (rc != -EAGAIN && !(i < EARLY_TRIES && is_being_registered(sys, rc, name)))
			break;
		poll(NULL, 0, RETRY_STEP_MS);
	}
	return rc;
}

static int bind_refused(struct mhp_error *err, int rc, const char *name)
{
	err_set(err, rc, rc == -ENODEV ? MHP_REASON_NO_SUCH_TARGET : MHP_REASON_KERNEL,
		"%s: cannot be enabled: %s", name, strerror(-rc));
	if (rc == -EOPNOTSUPP || rc == -ENXIO || rc == -EINVAL)
		return err_hint(err, rc,
				"its info block does not match this machine: size, alignment "
				"or page size; the kernel log says which");
	return rc;
}

/* Creates daxX.Y for the claim; with autoprobe of the dax bus off it stays unbound. */
static int create_dax_device(struct mhp_ctx *ctx, const struct nd_claim_args *args,
			     struct nd_claimed *claimed, struct mhp_error *err)
{
	char driver[MHP_NAME_MAX];
	int rc = 0;

	if (!nd_is_bound(&ctx->sys, claimed->claim)) {
		rc = write_bind(&ctx->sys, "dax_pmem", claimed->claim);
		if (!nd_is_bound(&ctx->sys, claimed->claim))
			return bind_refused(err, rc < 0 ? rc : -ENXIO, args->ns_name);
		claimed->changed = true;
	}
	rc = dax_under_nd(ctx, args->region, claimed->claim, claimed->device,
			  sizeof(claimed->device));
	if (rc < 0)
		return err_set(err, -ENODEV, MHP_REASON_KERNEL, "%s: no dax device appeared",
			       args->ns_name);
	claimed->bound = dax_driver(ctx, claimed->device, driver, sizeof(driver)) == 0 && *driver;
	return 0;
}

/*
 * Reads the attributes that decide how much memmap has to be initialised. The size of a claim that
 * has no driver is an error (drivers/nvdimm/pfn_devs.c:size_show).
 */
static void read_shape(const struct root *sys, struct nd_claimed *claimed)
{
	char mode[16] = "";

	ROOT_PATH(align_path, ND_DEVICES "/%s/align", claimed->claim);
	if (root_read_u64(sys, align_path, 10, &claimed->align) < 0)
		claimed->align = 0;
	ROOT_PATH(size_path, ND_DEVICES "/%s/size", claimed->claim);
	if (root_read_u64(sys, size_path, 10, &claimed->size) < 0)
		claimed->size = 0;
	ROOT_PATH(mode_path, ND_DEVICES "/%s/mode", claimed->claim);
	claimed->map_mem =
		root_read(sys, mode_path, mode, sizeof(mode)) == 0 && strcmp(mode, "ram") == 0;
}

/* Returns 1 if the namespace has a claim or a driver, else 0, or a negative errno. */
static int read_claim(const struct root *sys, const char *name, struct nd_claimed *claimed)
{
	int rc = read_holder(sys, name, claimed->claim, sizeof(claimed->claim));

	if (rc < 0)
		return rc;
	claimed->bound = !*claimed->claim && nd_is_bound(sys, name);
	return *claimed->claim || claimed->bound;
}

/*
 * Ends the raw mode that a killed destroy has left: a bind would create no claim, as the kernel
 * ignores the info block in it.
 */
static int leave_raw_mode(const struct root *sys, const char *name)
{
	uint64_t forced = 0;
	int rc;

	ROOT_PATH(path, ND_DEVICES "/%s/force_raw", name);
	rc = root_read_u64(sys, path, 10, &forced);
	if (rc < 0 || !forced)
		return rc == -ENOENT ? 0 : rc;
	return root_write(sys, path, "0");
}

/*
 * Binds nd_pmem. The write fails with -ENXIO even if it created a claim
 * (drivers/nvdimm/pmem.c:nd_pmem_probe).
 */
static int bind_to_pmem(const struct root *sys, const char *name, struct nd_claimed *claimed,
			struct mhp_error *err)
{
	int rc = read_claim(sys, name, claimed), now;

	if (rc != 0)
		return rc < 0 ? err_errno(err, rc, "%s", name) : 0;
	rc = leave_raw_mode(sys, name);
	if (rc < 0)
		return err_errno(err, rc, "%s: force_raw", name);
	rc = write_bind(sys, "nd_pmem", name);
	now = read_claim(sys, name, claimed);
	if (now < 0)
		return err_errno(err, now, "%s", name);
	claimed->changed = now;
	return claimed->changed ? 0 : bind_refused(err, rc < 0 ? rc : -ENXIO, name);
}

static int set_up_claim(struct mhp_ctx *ctx, const struct nd_claim_args *args,
			struct nd_claimed *claimed, struct mhp_error *err)
{
	int rc = await_claim(&ctx->sys, claimed->claim, err);

	if (rc < 0)
		return rc;
	read_shape(&ctx->sys, claimed);
	if (strncmp(claimed->claim, "dax", 3) == 0)
		return create_dax_device(ctx, args, claimed, err);
	claimed->bound = nd_is_bound(&ctx->sys, claimed->claim);
	return 0;
}

int nd_make_claim(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err)
{
	const struct nd_claim_args *args = arg;
	struct nd_claimed claimed = { 0 };
	int rc, replied;

	cpus_bind(&args->cpus);
	rc = bind_to_pmem(&ctx->sys, args->ns_name, &claimed, err);
	if (rc == 0 && *claimed.claim)
		rc = set_up_claim(ctx, args, &claimed, err);
	replied = reply_add(reply, &claimed, sizeof(claimed));
	return rc < 0 ? rc : replied;
}

int nd_read_claimed(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		    struct mhp_error *err)
{
	const struct nd_claim_args *args = arg;
	struct nd_claimed claimed = { 0 };
	char driver[MHP_NAME_MAX];

	int rc = read_claim(&ctx->sys, args->ns_name, &claimed);

	if (rc < 0)
		return err_errno(err, rc, "%s", args->ns_name);
	claimed.changed = rc;
	if (*claimed.claim) {
		read_shape(&ctx->sys, &claimed);
		claimed.bound = nd_is_bound(&ctx->sys, claimed.claim);
	}
	if (claimed.bound && strncmp(claimed.claim, "dax", 3) == 0) {
		dax_under_nd(ctx, args->region, claimed.claim, claimed.device,
			     sizeof(claimed.device));
		claimed.bound = *claimed.device &&
				dax_driver(ctx, claimed.device, driver, sizeof(driver)) == 0 &&
				*driver;
	}
	return reply_add(reply, &claimed, sizeof(claimed));
}

/*
 * Binds a dax device without new_id, which would make the driver probe, and bind, every unbound
 * device of the bus, one after the other.
 */
static int bind_dax(struct mhp_ctx *ctx, const char *device, struct mhp_error *err)
{
	struct dax_bind bind = { .driver = "device_dax" };
	char driver[MHP_NAME_MAX];
	int rc = root_write(&ctx->sys, "sys/bus/dax/drivers/device_dax/bind", device);

	if (dax_driver(ctx, device, driver, sizeof(driver)) == 0 && *driver)
		return 0;
	if (rc == -ENODEV) { /* no match: by its type the device belongs to kmem (6.12) */
		str_copy(bind.name, device);
		return dax_bind(ctx, &bind, NULL, err);
	}
	return err_errno(err, rc < 0 ? rc : -ENXIO, "%s: cannot bind to device_dax", device);
}

int nd_bind_claim(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err)
{
	const struct nd_bind_args *args = arg;
	int rc;

	(void)reply;
	cpus_bind(&args->cpus);
	if (*args->device)
		return bind_dax(ctx, args->device, err);
	rc = write_bind(&ctx->sys, "nd_pmem", args->claim);
	if (nd_is_bound(&ctx->sys, args->claim))
		return 0;
	return bind_refused(err, rc < 0 ? rc : -ENXIO, args->claim);
}
