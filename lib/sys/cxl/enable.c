/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/sys/cxl/bus.h"
#include "lib/sys/cxl/change.h"
#include "lib/sys/cxl/endpoint.h"
#include "lib/sys/cxl/guard.h"
#include "lib/sys/cxl/undo.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define APPEARS_MS 10000
#define STEP_MS	   10

/* ---- memory devices ---------------------------------------------------------------------- */

static int fail_bind(struct cxl_writer *w, const char *memdev, int rc)
{
	char state[32];

	if (rc == -ENOENT) {
		err_set(w->err, rc, MHP_REASON_UNSUPPORTED, "%s: its driver cxl_mem is not loaded",
			memdev);
		return err_hint(w->err, rc, "load it: modprobe cxl_mem");
	}
	cxl_fail(w, rc, "%s: cannot be enabled", memdev);
	cxl_text(&w->ctx->sys, memdev, "security/state", state, sizeof(state));
	if (strcmp(state, "sanitize") == 0)
		return err_hint(w->err, rc, "its data is being erased; try again after that");
	return rc;
}

static int await_endpoint(struct cxl_writer *w, const char *memdev)
{
	const uint64_t deadline = clock_deadline(APPEARS_MS);
	char endpoint[MHP_NAME_MAX];
	int rc;

	for (;;) {
		rc = cxl_find_endpoint(&w->ctx->sys, memdev, endpoint, sizeof(endpoint));
		if (rc == 0 && cxl_has_driver(&w->ctx->sys, endpoint) == MHP_TRISTATE_YES)
			return 0;
		if (clock_msec() >= deadline)
			break;
		clock_sleep(STEP_MS);
	}
	if (rc < 0 && rc != -ENOENT)
		return err_errno(w->err, rc, "%s: its endpoint cannot be read", memdev);
	err_set(w->err, -ENXIO, MHP_REASON_KERNEL,
		"%s: is bound to its driver, and has no endpoint after %u s", memdev,
		APPEARS_MS / 1000);
	return err_hint(w->err, -ENXIO, "the module cxl_port may be missing: modprobe cxl_port");
}

int cxl_enable_memdev(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		      struct mhp_error *err)
{
	const struct cxl_memdev_id *id = arg;
	struct cxl_writer w = CXL_WRITER(ctx, err);
	int rc = cxl_check_memdev(ctx, id, err);

	(void)reply;
	if (rc < 0)
		return rc;
	if (cxl_has_driver(&ctx->sys, id->name) != MHP_TRISTATE_YES)
		rc = cxl_set_driver(&w, "cxl_mem", id->name, true);
	if (rc < 0)
		return fail_bind(&w, id->name, rc);
	return await_endpoint(&w, id->name);
}

/* Refuses while a region uses the memory device, or a decoder answers to addresses. */
static int check_members(const struct mhp_ctx *ctx, const char *memdev, struct mhp_error *err)
{
	struct cxl_endpoint endpoint;
	int rc = cxl_find_endpoint(&ctx->sys, memdev, endpoint.name, sizeof(endpoint.name));

	if (rc == -ENOENT)
		return 0;
	if (rc == 0)
		rc = cxl_read_endpoint(&ctx->sys, &endpoint);
	if (rc < 0)
		return err_errno(err, rc, "%s: its decoders cannot be read", memdev);
	for (unsigned i = 0; i < endpoint.nr; i++) {
		const struct cxl_decoder *decoder = &endpoint.decoders[i];

		if (*decoder->region)
			return err_set(err, -EBUSY, MHP_REASON_IN_USE, "%s: is a member of %s",
				       memdev, decoder->region);
		if (decoder->is_committed)
			return err_set(err, -EBUSY, MHP_REASON_IN_USE, "%s: its %s is committed",
				       memdev, decoder->name);
	}
	return 0;
}

int cxl_disable_memdev(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		       struct mhp_error *err)
{
	const struct cxl_memdev_id *id = arg;
	struct cxl_writer w = CXL_WRITER(ctx, err);
	int rc = cxl_check_memdev(ctx, id, err);

	(void)reply;
	if (rc < 0 || cxl_has_driver(&ctx->sys, id->name) == MHP_TRISTATE_NO)
		return rc;
	rc = check_members(ctx, id->name, err);
	if (rc < 0)
		return rc;
	rc = cxl_set_driver(&w, "cxl_mem", id->name, false);
	return rc < 0 ? cxl_fail(&w, rc, "%s: cannot be disabled", id->name) : 0;
}

/* ---- regions ----------------------------------------------------------------------------- */

/* Takes the lowest dax device of a region. */
static int take_device(const struct root *sys, const char *name, void *data)
{
	struct cxl_enabled *enabled = data;
	unsigned number, part;

	(void)sys;
	if (sscanf(name, "dax%u.%u", &number, &part) == 2 &&
	    (!*enabled->device || strcmp(name, enabled->device) < 0))
		str_copy(enabled->device, name);
	return 0;
}

/* Returns 1 if the dax device of the region is there, on its bus. */
static int find_device(const struct mhp_ctx *ctx, const char *region, struct cxl_enabled *enabled)
{
	int rc;

	*enabled = (struct cxl_enabled){ 0 };
	ROOT_PATH(path, CXL_DEVICES "/dax_%s", region);
	rc = root_each(&ctx->sys, path, take_device, enabled);
	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	if (!*enabled->device)
		return 0;
	ROOT_PATH(device, "sys/bus/dax/devices/%s", enabled->device);
	return root_exists(&ctx->sys, device);
}

/* Says which part is missing: the dax region, its driver, or the device. */
static int fail_device(const struct mhp_ctx *ctx, const char *region, struct mhp_error *err)
{
	char dax_region[MHP_NAME_MAX];
	const unsigned seconds = APPEARS_MS / 1000;

	str_format(dax_region, "dax_%.24s", region);
	if (cxl_exists(&ctx->sys, dax_region) == 0) {
		err_set(err, -ENODEV, MHP_REASON_KERNEL, "%s: no %s appeared within %u s", region,
			dax_region, seconds);
		return err_hint(err, -ENODEV,
				"the kernel may not support dax devices of CXL regions "
				"(CONFIG_CXL_REGION, CONFIG_DEV_DAX_CXL), or waits for dax_hmem");
	}
	if (cxl_has_driver(&ctx->sys, dax_region) == MHP_TRISTATE_NO) {
		err_set(err, -ENODEV, MHP_REASON_UNSUPPORTED, "%s: %s has no driver after %u s",
			region, dax_region, seconds);
		return err_hint(err, -ENODEV, "load its driver: modprobe dax_cxl");
	}
	return err_set(err, -ENODEV, MHP_REASON_KERNEL, "%s: no dax device appeared within %u s",
		       region, seconds);
}

/*
 * Waits until the kernel has offered the dax device to its drivers: it is visible a moment before,
 * and what holds its drivers off must not end earlier. The device is added by the probe of the dax
 * region; a bind waits for the lock of that, and then does nothing
 * (drivers/base/bus.c:bind_store()).
 */
static void await_probe(const struct mhp_ctx *ctx, const char *region)
{
	char dax_region[MHP_NAME_MAX];

	str_format(dax_region, "dax_%.24s", region);
	root_write(&ctx->sys, CXL_DRIVERS "/cxl_dax_region/bind", dax_region);
}

/*
 * Waits for the dax device: the driver core probes it after the region, and since 7.x after the
 * kernel has decided who gets soft-reserved memory (drivers/dax/hmem).
 */
static int await_device(const struct mhp_ctx *ctx, const char *region, struct cxl_enabled *enabled,
			struct mhp_error *err)
{
	const uint64_t deadline = clock_deadline(APPEARS_MS);
	int rc;

	for (;;) {
		rc = find_device(ctx, region, enabled);
		if (rc > 0)
			await_probe(ctx, region);
		if (rc)
			break;
		if (clock_msec() >= deadline)
			return fail_device(ctx, region, err);
		clock_sleep(STEP_MS);
	}
	return rc < 0 ? err_errno(err, rc, "%s: its dax devices cannot be read", region) : 0;
}

static int bind_region(struct cxl_writer *w, const char *region)
{
	int rc;

	if (cxl_flag(&w->ctx->sys, region, "commit") == MHP_TRISTATE_NO)
		return err_set(w->err, -ENXIO, MHP_REASON_KERNEL, "%s: is not committed", region);
	rc = cxl_set_driver(w, "cxl_region", region, true);
	return rc < 0 ? cxl_fail(w, rc, "%s: cannot be enabled", region) : 0;
}

/* Undoes the bind. The error stays, and tells if this fails. */
static void disable_again(struct cxl_writer *w, const struct mhp_cxl_region *region)
{
	struct mhp_error why = { 0 };

	if (cxl_disable(w->ctx, region, &why) < 0)
		cxl_fail_more(w, "; it stays enabled: %s", why.message);
}

int cxl_enable_region(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		      struct mhp_error *err)
{
	struct cxl_writer w = CXL_WRITER(ctx, err);
	struct mhp_cxl_region region;
	struct cxl_enabled enabled;
	int rc = cxl_need_region(ctx, arg, &region, err);
	bool was_bound;

	if (rc < 0)
		return rc;
	was_bound = cxl_has_driver(&ctx->sys, region.name) == MHP_TRISTATE_YES;
	rc = was_bound ? 0 : bind_region(&w, region.name);
	if (rc < 0)
		return rc;
	rc = await_device(ctx, region.name, &enabled, err);
	if (rc == 0)
		rc = reply_add(reply, &enabled, sizeof(enabled));
	if (rc < 0 && !was_bound)
		disable_again(&w, &region);
	return rc;
}

int cxl_disable_region(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		       struct mhp_error *err)
{
	struct mhp_cxl_region region;
	int rc = cxl_find_region(ctx, arg, &region, err);

	(void)reply;
	return rc > 0 ? cxl_disable(ctx, &region, err) : rc;
}
