/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changes a dax device: its driver, and its state as a whole. */
#include "lib/base/error.h"
#include "lib/sys/dax/state.h"
#include "lib/sys/kmsg.h"
#include "lib/sys/users/users.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

static int write_driver(struct mhp_ctx *ctx, const char *driver, const char *file, const char *name)
{
	ROOT_PATH(path, "sys/bus/dax/drivers/%s/%s", driver, file);

	return root_write(&ctx->sys, path, name);
}

static int unbind_driver(struct mhp_ctx *ctx, const char *name, const char *driver,
			 struct mhp_error *err)
{
	char after[MHP_NAME_MAX];
	int rc;

	write_driver(ctx, driver, "remove_id", name); /* fails if the driver matched by type */
	rc = write_driver(ctx, driver, "unbind", name);
	/* a driver that is being registered binds devices before its sysfs files exist */
	for (int i = 0; i < 200 && rc == -ENOENT; i++) {
		poll(NULL, 0, 5);
		rc = write_driver(ctx, driver, "unbind", name);
	}
	if (rc < 0)
		return err_errno(err, rc, "%s: cannot unbind from %s", name, driver);
	rc = dax_driver(ctx, name, after, sizeof(after));
	if (rc < 0 && rc != -ENOENT)
		return err_errno(err, rc, "%s: its driver cannot be read", name);
	if (rc == 0 && *after)
		return err_set(err, -EBUSY, MHP_REASON_KERNEL, "%s: still bound to %s", name,
			       after);
	return 0;
}

/*
 * Checks for users of the device, unless kmem is its driver: memory is protected by its blocks. A
 * new device without a driver never had a node that a process could have opened.
 */
static int check_users(const struct mhp_ctx *ctx, const struct dax_bind *want, const char *driver,
		       struct mhp_error *err)
{
	struct users_device device = { .force = want->force_users };

	if (strcmp(driver, "kmem") == 0 || (want->is_new && !*driver))
		return 0;
	str_copy(device.dax, want->name);
	return users_check(ctx, &device, err);
}

/*
 * Returns the errno of the first probe from the kernel log, or 0 if the log has none. A write to
 * new_id does not return the probe's error, and a second probe would fail on what the first left
 * behind (EEXIST for memory that was added in part). Knows the messages of 6.1 and of 6.12
 * (drivers/base/dd.c).
 */
static int probe_error(struct kmsg *log, const char *name, const char *driver)
{
	char before[128], now[128];
	struct kmsg_record record;
	int rc = 0, error;

	str_format(before, "%s: probe of %s failed with error ", driver, name);
	str_format(now, "%s %s: probe with driver %s failed with error ", driver, name, driver);
	while (kmsg_next(log, &record)) {
		const char *text = record.text;
		size_t len = strncmp(text, before, strlen(before)) == 0 ? strlen(before)
			     : strncmp(text, now, strlen(now)) == 0	? strlen(now)
									: 0;

		if (!rc && len && sscanf(text + len, "%d", &error) == 1 && error < 0)
			rc = error;
	}
	return rc;
}

/* Binds a device by its name. The error of the first probe counts, if it is known. */
static int probe_driver(struct mhp_ctx *ctx, const char *name, const char *driver,
			struct mhp_error *err)
{
	char now[MHP_NAME_MAX];
	struct kmsg log;
	bool can_read = kmsg_open(ctx, &log) == 0;
	int rc = write_driver(ctx, driver, "new_id", name), first;

	first = probe_error(&log, name, driver);
	kmsg_close(&log);
	if (rc < 0 && rc != -EEXIST)
		return err_errno(err, rc, "%s: %s does not accept it", name, driver);
	dax_driver(ctx, name, now, sizeof(now));
	if (strcmp(now, driver) == 0)
		return 0;
	rc = first ? first : write_driver(ctx, driver, "bind", name); /* has the error */
	dax_driver(ctx, name, now, sizeof(now));
	if (strcmp(now, driver) == 0)
		return 0;
	write_driver(ctx, driver, "remove_id", name);
	err_errno(err, rc < 0 ? rc : -ENXIO, "%s: cannot bind to %s", name, driver);
	if (rc == -ENOMEM)
		err_hint(err, rc,
			 "the kernel keeps the memory that it claimed, usually until reboot; "
			 "use less of the device after that");
	if (rc == -EEXIST && !first)
		err_hint(err, rc,
			 "part of its memory is already present, possibly from the first "
			 "attempt, and %s",
			 can_read ? "the kernel log does not say why that failed"
				  : "the kernel log, which says why that failed, cannot be read");
	return rc < 0 ? rc : -ENXIO;
}

int dax_bind(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err)
{
	const struct dax_bind *want = arg;
	char driver[MHP_NAME_MAX];
	int rc = dax_driver(ctx, want->name, driver, sizeof(driver));

	(void)reply;
	if (rc < 0)
		return err_errno(err, rc, "%s", want->name);
	if (strcmp(driver, want->driver) == 0)
		return 0;
	rc = nd_identity_check(ctx, &want->ns, err);
	if (rc == 0)
		rc = dax_identity_check(ctx, &want->dax, err);
	if (rc == 0)
		rc = check_users(ctx, want, driver, err);
	if (rc == 0 && *driver)
		rc = unbind_driver(ctx, want->name, driver, err);
	if (rc < 0)
		return rc;
	return *want->driver ? probe_driver(ctx, want->name, want->driver, err) : 0;
}

int dax_write_state(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		    struct mhp_error *err)
{
	const struct dax_state_write *w = arg;
	int rc = nd_identity_check(ctx, &w->who.ns, err);

	(void)reply;
	if (rc == 0)
		rc = dax_identity_check(ctx, &w->who.dax, err);
	if (rc < 0)
		return rc;
	ROOT_PATH(path, DAX_STATE_PATH, w->who.name);
	return root_write(&ctx->sys, path, w->word);
}
