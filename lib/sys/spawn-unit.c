/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Transient units of systemd, asked for over D-Bus. */
#include "lib/base/error.h"
#include "lib/sys/ctx.h"
#include "lib/sys/libsystemd.h"
#include "lib/sys/spawn.h"

#include <errno.h>

static int no_systemd(struct mhp_error *err)
{
	return err_set(err, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED, "systemd cannot be reached");
}

#ifdef HAVE_SYSTEMD

#define MANAGER	 "org.freedesktop.systemd1"
#define REPLY_US (10 * 1000 * 1000)

/* One question to systemd. */
struct ask {
	struct libsystemd lib;
	sd_bus *bus;
	sd_bus_message *m;
	sd_bus_error why;
};

static void ask_end(struct ask *ask)
{
	ask->lib.sd_bus_error_free(&ask->why);
	ask->lib.sd_bus_message_unref(ask->m);
	ask->lib.sd_bus_flush_close_unref(ask->bus);
}

/* systemd's own socket serves root where no message bus runs, as early at boot. */
static int open_private(struct ask *ask)
{
	int rc = ask->lib.sd_bus_new(&ask->bus);

	if (rc >= 0)
		rc = ask->lib.sd_bus_set_address(ask->bus, "unix:path=/run/systemd/private");
	return rc < 0 ? rc : ask->lib.sd_bus_start(ask->bus);
}

/*
 * KillMode=mixed: a stop of the unit is a SIGTERM to mhpctl alone, which ends its writers in order.
 * NotifyAccess=main: it tells how far it is as the status of the unit.
 */
static int add_properties(struct ask *ask, const char *const args[3])
{
	const struct libsystemd *lib = &ask->lib;
	int rc = lib->sd_bus_message_open_container(ask->m, 'a', "(sv)");

	if (rc >= 0)
		rc = lib->sd_bus_message_append(ask->m, "(sv)(sv)(sv)(sv)(sv)", "Description", "s",
						"mhpctl background job", "Type", "s", "exec",
						"CollectMode", "s", "inactive-or-failed",
						"KillMode", "s", "mixed", "NotifyAccess", "s",
						"main");
	if (rc >= 0)
		rc = lib->sd_bus_message_append(ask->m, "(sv)", "ExecStart", "a(sasb)", 1, args[0],
						3, args[0], args[1], args[2], 0);
	return rc < 0 ? rc : lib->sd_bus_message_close_container(ask->m);
}

static int start(struct ask *ask, const char *unit, const char *const args[3])
{
	const struct libsystemd *lib = &ask->lib;
	int rc = lib->sd_bus_message_new_method_call(ask->bus, &ask->m, MANAGER,
						     "/org/freedesktop/systemd1",
						     MANAGER ".Manager", "StartTransientUnit");

	if (rc >= 0)
		rc = lib->sd_bus_message_append(ask->m, "ss", unit, "fail");
	if (rc >= 0)
		rc = add_properties(ask, args);
	if (rc >= 0)
		rc = lib->sd_bus_message_append(ask->m, "a(sa(sv))", 0);
	return rc < 0 ? rc : lib->sd_bus_call(ask->bus, ask->m, REPLY_US, &ask->why, NULL);
}

/* Without an answer of systemd itself nothing was started, and there is another way. */
static bool has_answered(const struct ask *ask, int rc)
{
	const struct libsystemd *lib = &ask->lib;

	if (!ask->m)
		return false;
	return rc == -ETIMEDOUT ||
	       (lib->sd_bus_error_is_set(&ask->why) &&
		!lib->sd_bus_error_has_name(&ask->why, SD_BUS_ERROR_SERVICE_UNKNOWN) &&
		!lib->sd_bus_error_has_name(&ask->why, SD_BUS_ERROR_NAME_HAS_NO_OWNER));
}

int spawn_unit(const struct mhp_ctx *ctx, const char *unit, const char *const args[3],
	       struct mhp_error *err)
{
	struct ask ask = { .why = SD_BUS_ERROR_NULL };
	int rc;

	if (!root_seems(&ctx->sys, "run/systemd/system") || libsystemd_load(&ask.lib) < 0)
		return no_systemd(err);
	rc = ask.lib.sd_bus_open_system(&ask.bus);
	if (rc < 0)
		rc = open_private(&ask);
	if (rc >= 0)
		rc = start(&ask, unit, args);
	if (rc < 0 && has_answered(&ask, rc))
		err_set(err, rc, err_reason(rc), "systemd did not start %s: %s", unit,
			ask.why.message ? ask.why.message : "no answer");
	else if (rc < 0)
		rc = no_systemd(err);
	ask_end(&ask);
	return rc < 0 ? rc : 0;
}

#else

int spawn_unit(const struct mhp_ctx *ctx, const char *unit, const char *const args[3],
	       struct mhp_error *err)
{
	return no_systemd(err);
}

#endif
