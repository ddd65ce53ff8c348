/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starts transient units of systemd over D-Bus. */
#include "lib/base/error.h"
#include "lib/base/log.h"
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

/* A request to systemd. */
struct request {
	struct libsystemd lib;
	sd_bus *bus;
	sd_bus_message *m;
	sd_bus_error why;
};

static void request_end(struct request *request)
{
	request->lib.sd_bus_error_free(&request->why);
	request->lib.sd_bus_message_unref(request->m);
	request->lib.sd_bus_flush_close_unref(request->bus);
}

/*
 * Connects to systemd's private socket, which serves root without a message bus, such as early in
 * the boot.
 */
static int open_private(struct request *request)
{
	int rc = request->lib.sd_bus_new(&request->bus);

	if (rc >= 0)
		rc = request->lib.sd_bus_set_address(request->bus,
						     "unix:path=/run/systemd/private");
	return rc < 0 ? rc : request->lib.sd_bus_start(request->bus);
}

/*
 * Adds the properties of the unit. KillMode=mixed: stopping the unit sends SIGTERM only to mhpctl,
 * which then ends its writers in order. NotifyAccess=main: mhpctl reports its progress as the
 * status of the unit.
 */
static int add_properties(struct request *request, const char *const args[3])
{
	const struct libsystemd *lib = &request->lib;
	int rc = lib->sd_bus_message_open_container(request->m, 'a', "(sv)");

	if (rc >= 0)
		rc = lib->sd_bus_message_append(request->m, "(sv)(sv)(sv)(sv)(sv)", "Description",
						"s", "mhpctl background job", "Type", "s", "exec",
						"CollectMode", "s", "inactive-or-failed",
						"KillMode", "s", "mixed", "NotifyAccess", "s",
						"main");
	if (rc >= 0)
		rc = lib->sd_bus_message_append(request->m, "(sv)", "ExecStart", "a(sasb)", 1,
						args[0], 3, args[0], args[1], args[2], 0);
	return rc < 0 ? rc : lib->sd_bus_message_close_container(request->m);
}

static int start_unit(struct request *request, const char *unit, const char *const args[3])
{
	const struct libsystemd *lib = &request->lib;
	int rc = lib->sd_bus_message_new_method_call(request->bus, &request->m, MANAGER,
						     "/org/freedesktop/systemd1",
						     MANAGER ".Manager", "StartTransientUnit");

	if (rc >= 0)
		rc = lib->sd_bus_message_append(request->m, "ss", unit, "fail");
	if (rc >= 0)
		rc = add_properties(request, args);
	if (rc >= 0)
		rc = lib->sd_bus_message_append(request->m, "a(sa(sv))", 0);
	return rc < 0 ? rc
		      : lib->sd_bus_call(request->bus, request->m, REPLY_US, &request->why, NULL);
}

/*
 * Returns whether systemd answered, or may have. If not, nothing was started, and the caller can
 * start the job in another way.
 */
static bool has_answered(const struct request *request, int rc)
{
	const struct libsystemd *lib = &request->lib;

	if (!request->m)
		return false;
	return rc == -ETIMEDOUT ||
	       (lib->sd_bus_error_is_set(&request->why) &&
		!lib->sd_bus_error_has_name(&request->why, SD_BUS_ERROR_SERVICE_UNKNOWN) &&
		!lib->sd_bus_error_has_name(&request->why, SD_BUS_ERROR_NAME_HAS_NO_OWNER));
}

int spawn_unit(const struct mhp_ctx *ctx, const char *unit, const char *const args[3],
	       struct mhp_error *err)
{
	struct request request = { .why = SD_BUS_ERROR_NULL };
	int rc;

	if (root_exists(&ctx->sys, "run/systemd/system") == 0 ||
	    libsystemd_load(&request.lib) < 0) {
		log_line(&ctx->log, "systemd cannot be reached");
		return no_systemd(err);
	}
	rc = request.lib.sd_bus_open_system(&request.bus);
	if (rc < 0)
		rc = open_private(&request);
	if (rc >= 0)
		rc = start_unit(&request, unit, args);
	if (rc < 0 && has_answered(&request, rc))
		err_set(err, rc, err_reason(rc), "systemd did not start %s: %s", unit,
			request.why.message ? request.why.message : "no answer");
	else if (rc < 0)
		rc = no_systemd(err);
	log_done(&ctx->log, rc < 0 ? rc : 0, "start %s by systemd", unit);
	request_end(&request);
	return rc < 0 ? rc : 0;
}

#else

int spawn_unit(const struct mhp_ctx *ctx, const char *unit, const char *const args[3],
	       struct mhp_error *err)
{
	return no_systemd(err);
}

#endif
