/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Transient units of systemd, asked for over D-Bus. */
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/sys/ctx.h"
#include "lib/sys/spawn.h"

#include <errno.h>

static int no_systemd(struct mhp_error *err)
{
	return mhp_fail(err, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED, "systemd cannot be asked");
}

#ifdef HAVE_SYSTEMD

#include <systemd/sd-bus.h>

#define MANAGER	 "org.freedesktop.systemd1"
#define REPLY_US (10 * 1000 * 1000)

DEFINE_CLEANUP(sd_bus *, put_bus, sd_bus_flush_close_unref)
DEFINE_CLEANUP(sd_bus_message *, put_message, sd_bus_message_unref)

/* systemd's own socket serves root where no message bus runs, as early at boot. */
static int open_private(sd_bus **ret)
{
	__attribute__((cleanup(put_bus))) sd_bus *bus = NULL;
	int rc = sd_bus_new(&bus);

	if (rc >= 0)
		rc = sd_bus_set_address(bus, "unix:path=/run/systemd/private");
	if (rc >= 0)
		rc = sd_bus_start(bus);
	if (rc >= 0)
		*ret = TAKE_PTR(bus);
	return rc;
}

/*
 * KillMode=mixed: a stop of the unit is a SIGTERM to mhpctl alone, which ends its writers in order.
 */
static int add_properties(sd_bus_message *m, const char *const args[3])
{
	int rc = sd_bus_message_open_container(m, 'a', "(sv)");

	if (rc >= 0)
		rc = sd_bus_message_append(m, "(sv)(sv)(sv)(sv)", "Description", "s",
					   "mhpctl background job", "Type", "s", "exec",
					   "CollectMode", "s", "inactive-or-failed", "KillMode",
					   "s", "mixed");
	if (rc >= 0)
		rc = sd_bus_message_append(m, "(sv)", "ExecStart", "a(sasb)", 1, args[0], 3,
					   args[0], args[1], args[2], 0);
	if (rc >= 0)
		rc = sd_bus_message_close_container(m);
	return rc;
}

static int ask(sd_bus *bus, const char *unit, const char *const args[3], sd_bus_error *why)
{
	__attribute__((cleanup(put_message))) sd_bus_message *m = NULL;
	int rc = sd_bus_message_new_method_call(bus, &m, MANAGER, "/org/freedesktop/systemd1",
						MANAGER ".Manager", "StartTransientUnit");

	if (rc >= 0)
		rc = sd_bus_message_append(m, "ss", unit, "fail");
	if (rc >= 0)
		rc = add_properties(m, args);
	if (rc >= 0)
		rc = sd_bus_message_append(m, "a(sa(sv))", 0);
	if (rc >= 0)
		rc = sd_bus_call(bus, m, REPLY_US, why, NULL);
	return rc;
}

static int refused(const char *unit, int rc, const sd_bus_error *why, struct mhp_error *err)
{
	return mhp_fail(err, rc, mhp_reason_of_errno(rc), "systemd did not start %s: %s", unit,
			why->message ? why->message : "no answer");
}

int spawn_unit(const struct mhp_ctx *ctx, const char *unit, const char *const args[3],
	       struct mhp_error *err)
{
	__attribute__((cleanup(put_bus))) sd_bus *bus = NULL;
	__attribute__((cleanup(sd_bus_error_free))) sd_bus_error why = SD_BUS_ERROR_NULL;
	bool answered;
	int rc;

	if (!sysfs_exists(&ctx->sys, "run/systemd/system"))
		return no_systemd(err);
	rc = sd_bus_open_system(&bus);
	if (rc < 0)
		rc = open_private(&bus);
	if (rc < 0)
		return no_systemd(err);
	rc = ask(bus, unit, args, &why);
	if (rc >= 0)
		return 0;
	/* without an answer of systemd itself nothing was started, and there is another way */
	answered = sd_bus_error_is_set(&why) &&
		   !sd_bus_error_has_name(&why, SD_BUS_ERROR_SERVICE_UNKNOWN) &&
		   !sd_bus_error_has_name(&why, SD_BUS_ERROR_NAME_HAS_NO_OWNER);
	return answered || rc == -ETIMEDOUT ? refused(unit, rc, &why, err) : no_systemd(err);
}

#else

int spawn_unit(const struct mhp_ctx *ctx, const char *unit, const char *const args[3],
	       struct mhp_error *err)
{
	return no_systemd(err);
}

#endif
