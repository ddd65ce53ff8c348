/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/cxl/health.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/sys/cxl/health-record.h"
#include "lib/sys/cxl/libcxl.h"

#include <errno.h>
#include <string.h>

#ifdef HAVE_LIBCXL

#define MAILBOX_UNSUPPORTED 3	   /* status of an unknown command: CXL 3.0, 8.2.8.4.5.1 */
#define HEALTH_BYTES	    18	   /* of the answer: CXL 2.0, 8.2.9.5.3.1 */
#define NO_TEMPERATURE	    0x7fff /* by CXL 2.0; libcxl expects 0xffff */

/* The device that is asked. The command points into the context, so it is freed first. */
struct session {
	struct libcxl lib;
	struct cxl_ctx *cxl;
	struct cxl_cmd *cmd;
};

static void session_end(struct session *s)
{
	if (s->cmd)
		s->lib.cxl_cmd_unref(s->cmd);
	if (s->cxl)
		s->lib.cxl_unref(s->cxl);
}

/* ---- the question ------------------------------------------------------------------------ */

static int fail(struct mhp_error *err, int rc)
{
	switch (rc) {
	case -EACCES:
	case -EPERM:
		return err_set(err, rc, MHP_REASON_NOT_PERMITTED, "only root can read it");
	case -ENOENT:
	case -ENODEV:
	case -ENXIO:
		return err_set(err, rc, MHP_REASON_NO_SUCH_TARGET, "it has no device in /dev/cxl");
	case -ENOTTY: /* the device lacks the command */
	case -EOPNOTSUPP:
		return err_set(err, rc, MHP_REASON_UNSUPPORTED,
			       "the device or its driver does not report it");
	case -ETIMEDOUT:
		return err_set(err, rc, MHP_REASON_DEADLINE, "the device did not answer in time");
	default:
		return err_errno(err, rc, "the device cannot be asked");
	}
}

static struct cxl_memdev *find_memdev(const struct session *s, const struct cxl_health_args *args)
{
	const struct libcxl *lib = &s->lib;
	struct cxl_memdev *memdev = lib->cxl_memdev_get_first(s->cxl);

	while (memdev && strcmp(lib->cxl_memdev_get_devname(memdev), args->name) != 0)
		memdev = lib->cxl_memdev_get_next(memdev);
	if (memdev && args->serial != MHP_UNKNOWN &&
	    lib->cxl_memdev_get_serial(memdev) != args->serial)
		return NULL;
	return memdev;
}

static int submit(const struct session *s, struct mhp_error *err)
{
	int rc = s->lib.cxl_cmd_submit(s->cmd);

	if (rc < 0)
		return fail(err, rc);
	rc = s->lib.cxl_cmd_get_mbox_status(s->cmd);
	if (rc == MAILBOX_UNSUPPORTED)
		return fail(err, -EOPNOTSUPP);
	if (rc != 0)
		return err_set(err, -EIO, MHP_REASON_KERNEL,
			       "the device answered with mailbox status %d", rc);
	rc = s->lib.cxl_cmd_get_out_size(s->cmd);
	if (rc < HEALTH_BYTES)
		return err_set(err, -EIO, MHP_REASON_KERNEL,
			       "the device answered with %d bytes instead of %d", rc, HEALTH_BYTES);
	return 0;
}

/* Asks the device. libcxl sets errno for a missing command, and lets that of open() stand. */
static int ask(const struct mhp_ctx *ctx, struct session *s, const struct cxl_health_args *args,
	       struct mhp_error *err)
{
	struct cxl_memdev *memdev;
	int rc = ctx->load_libcxl(&s->lib);

	if (rc < 0)
		return err_set(err, rc, MHP_REASON_UNSUPPORTED, "libcxl is not installed");
	rc = s->lib.cxl_new(&s->cxl);
	if (rc < 0)
		return err_errno(err, rc, "libcxl");
	s->lib.cxl_set_log_priority(s->cxl, 0); /* failures go into *err */
	memdev = find_memdev(s, args);
	if (!memdev)
		return fail(err, -ENODEV);
	errno = 0;
	s->cmd = s->lib.cxl_cmd_new_get_health_info(memdev);
	if (!s->cmd)
		return fail(err, errno ? -errno : -EIO);
	return submit(s, err);
}

/* ---- the answer -------------------------------------------------------------------------- */

/* One value of several, and whether the device has it. */
struct choice {
	int (*is_it)(struct cxl_cmd *cmd);
	const char *name;
};

#define CHOOSE(s, to, ...)                                                            \
	do {                                                                          \
		const struct choice choices_[] = { __VA_ARGS__ };                     \
		choose((s)->cmd, choices_, ARRAY_SIZE(choices_), (to), sizeof((to))); \
	} while (0)

/* Copies the name of the value that the device has; "" for one that libcxl does not know. */
static void choose(struct cxl_cmd *cmd, const struct choice *choices, size_t nr, char *to,
		   size_t size)
{
	*to = '\0';
	for (size_t i = 0; i < nr; i++)
		if (choices[i].is_it(cmd) > 0) {
			str_copy_to(to, size, choices[i].name);
			return;
		}
}

#define INFO(name) s->lib.cxl_cmd_health_info_get_##name

static void read_status(const struct session *s, struct mhp_cxl_health *health)
{
	CHOOSE(s, health->media_status, { INFO(media_normal), "normal" },
	       { INFO(media_not_ready), "not_ready" },
	       { INFO(media_persistence_lost), "persistence_lost" },
	       { INFO(media_data_lost), "data_lost" },
	       { INFO(media_powerloss_persistence_loss), "powerloss_persistence_loss" },
	       { INFO(media_shutdown_persistence_loss), "shutdown_persistence_loss" },
	       { INFO(media_persistence_loss_imminent), "persistence_loss_imminent" },
	       { INFO(media_powerloss_data_loss), "powerloss_data_loss" },
	       { INFO(media_shutdown_data_loss), "shutdown_data_loss" },
	       { INFO(media_data_loss_imminent), "data_loss_imminent" });
	CHOOSE(s, health->life_used_alert, { INFO(ext_life_used_normal), "normal" },
	       { INFO(ext_life_used_warning), "warning" },
	       { INFO(ext_life_used_critical), "critical" });
	CHOOSE(s, health->temperature_alert, { INFO(ext_temperature_normal), "normal" },
	       { INFO(ext_temperature_warning), "warning" },
	       { INFO(ext_temperature_critical), "critical" });
	CHOOSE(s, health->volatile_errors_alert, { INFO(ext_corrected_volatile_normal), "normal" },
	       { INFO(ext_corrected_volatile_warning), "warning" });
	CHOOSE(s, health->persistent_errors_alert,
	       { INFO(ext_corrected_persistent_normal), "normal" },
	       { INFO(ext_corrected_persistent_warning), "warning" });
}

static enum mhp_tristate answer_of(int value)
{
	return value < 0 ? MHP_TRISTATE_UNKNOWN : value ? MHP_TRISTATE_YES : MHP_TRISTATE_NO;
}

/*
 * Reads the numbers of an answer that has arrived whole. A count is 32 bits that libcxl returns as
 * int, so a negative one is a large count; a temperature is 16 bits with a sign that it ignores.
 */
static void read_numbers(const struct session *s, struct mhp_cxl_health *health)
{
	int life = INFO(life_used)(s->cmd), temperature = INFO(temperature)(s->cmd);

	if (life >= 0)
		health->life_used_percent = (uint64_t)life;
	health->has_temperature = temperature >= 0 && temperature != NO_TEMPERATURE;
	if (health->has_temperature)
		health->temperature_celsius = (int16_t)temperature;
	health->dirty_shutdowns = (uint32_t)INFO(dirty_shutdowns)(s->cmd);
	health->corrected_volatile_errors = (uint32_t)INFO(volatile_errors)(s->cmd);
	health->corrected_persistent_errors = (uint32_t)INFO(pmem_errors)(s->cmd);
}

static int read_device(const struct mhp_ctx *ctx, const struct cxl_health_args *args,
		       struct mhp_cxl_health *health, struct mhp_error *err)
{
	__attribute__((cleanup(session_end))) struct session session = { .cxl = NULL };
	const struct session *s = &session;
	int rc;

	ROOT_PATH(node, "dev/cxl/%s", args->name);
	rc = root_may_write(&ctx->sys, node); /* libcxl opens it for writing */
	if (rc < 0)
		return fail(err, rc);
	rc = ask(ctx, &session, args, err);
	if (rc < 0)
		return rc;
	health->is_known = true;
	health->maintenance_needed = answer_of(INFO(maintenance_needed)(s->cmd));
	health->performance_degraded = answer_of(INFO(performance_degraded)(s->cmd));
	health->hw_replacement_needed = answer_of(INFO(hw_replacement_needed)(s->cmd));
	read_status(s, health);
	read_numbers(s, health);
	return 0;
}

#else

static int read_device(const struct mhp_ctx *ctx, const struct cxl_health_args *args,
		       struct mhp_cxl_health *health, struct mhp_error *err)
{
	return err_set(err, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED, "mhpctl was built without libcxl");
}

#endif

int cxl_read_health(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		    struct mhp_error *err)
{
	const struct cxl_health_args *args = arg;
	struct mhp_cxl_health health = cxl_no_health();
	int rc = ctx->is_copy ? cxl_recorded_health(ctx, args->name, &health, err)
			      : read_device(ctx, args, &health, err);

	cxl_record_health(ctx, args->name, &health, rc, err);
	log_done(&ctx->log, rc, "read the health of %s", args->name);
	return rc < 0 ? rc : reply_add(reply, &health, sizeof(health));
}
