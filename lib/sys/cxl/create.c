/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/memstream.h"
#include "lib/base/parse.h"
#include "lib/sys/cxl/bus.h"
#include "lib/sys/cxl/change.h"
#include "lib/sys/cxl/write.h"

#include <errno.h>
#include <string.h>

#define TRIES 10 /* names that other programs may take first */

struct creation {
	struct cxl_writer w;
	const struct cxl_create *want;
	struct cxl_created made;
};

/* Returns 1 if the region exists in the window, 0 if not. */
static int exists(const struct creation *c)
{
	char window[MHP_NAME_MAX];
	int rc = cxl_parent(&c->w.ctx->sys, c->made.name, window, sizeof(window));

	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	return strcmp(window, c->want->window) == 0;
}

/* Reads the name that the window offers for its next region. */
static int read_offer(struct creation *c)
{
	uint64_t number;
	int rc;

	ROOT_PATH(path, CXL_DEVICES "/%s/create_ram_region", c->want->window);
	rc = root_read(&c->w.ctx->sys, path, c->made.name, sizeof(c->made.name));
	if (rc == -ENOENT)
		return err_set(c->w.err, -EOPNOTSUPP, MHP_REASON_UNSUPPORTED,
			       "%s: takes no volatile regions", c->want->window);
	if (rc == 0 && root_name_id(c->made.name, "region", &number) < 0)
		rc = -EINVAL;
	return rc < 0 ? err_errno(c->w.err, rc, "%s: its next region cannot be read",
				  c->want->window)
		      : 0;
}

/*
 * Writes down the name that is tried, which a killed run knows its region by: it has written down
 * the one on offer before, and another program may have taken that.
 */
static int note_name(const struct creation *c)
{
	cleanup_memstream struct memstream m = { 0 };
	cleanup_free char *text = NULL;

	if (!*c->want->intent)
		return 0;
	if (memstream_open(&m) < 0 ||
	    intent_put_region(m.file, c->want->intent_step, c->made.name) < 0)
		return -ENOMEM;
	text = memstream_end(&m);
	if (!text)
		return -ENOMEM;
	intentdir_add(c->w.ctx, c->want->intent, text); /* without it doctor names the region */
	return 0;
}

/* Creates a region without a size. The name is taken if another program was faster: -EBUSY. */
static int create_empty(struct creation *c)
{
	int rc = 0, rc_exists;

	for (int i = 0; i < TRIES; i++) {
		rc = read_offer(c);
		if (rc == 0)
			rc = note_name(c);
		if (rc < 0)
			return rc;
		rc = cxl_write(&c->w, c->want->window, "create_ram_region", c->made.name);
		if (rc == -EBUSY)
			continue;
		rc_exists = exists(c);
		if (rc_exists > 0) /* whatever the kernel has answered */
			return 0;
		return cxl_fail(&c->w, rc < 0 ? rc : -CXL_NOT_SHOWN, "%s: cannot create %s",
				c->want->window, c->made.name);
	}
	cxl_fail(&c->w, rc, "%s: cannot create a region", c->want->window);
	return err_hint(c->w.err, rc, "other programs create regions at the same time");
}

/* ---- shape ------------------------------------------------------------------------------- */

static int fail_size(struct creation *c, int rc)
{
	char size[24];

	format_size(c->want->size, size, sizeof(size));
	if (rc != -ERANGE && rc != -ENOSPC && rc != -EBUSY && rc != -ENOMEM)
		return cxl_fail(&c->w, rc, "%s: cannot get %s of %s", c->made.name, size,
				c->want->window);
	err_set(c->w.err, -ENOSPC, MHP_REASON_NO_SPACE, "%s: has no free range of %s",
		c->want->window, size);
	return err_hint(c->w.err, -ENOSPC, "mhpctl list shows the free ranges of windows");
}

/* Sets what the kernel needs before it can give addresses, and then these. */
static int set_shape(struct creation *c)
{
	const struct cxl_create *want = c->want;
	const char *name = c->made.name;
	int rc = cxl_set_number(&c->w, name, "interleave_granularity", 10, want->granularity);

	if (rc < 0)
		return cxl_fail(&c->w, rc, "%s: cannot get a granularity of %llu", name,
				(unsigned long long)want->granularity);
	rc = cxl_set_number(&c->w, name, "interleave_ways", 10, want->ways);
	if (rc < 0)
		return cxl_fail(&c->w, rc, "%s: cannot get %u ways in %s", name, want->ways,
				want->window);
	rc = cxl_set_number(&c->w, name, "size", 16, want->size);
	if (rc < 0)
		return fail_size(c, rc);
	c->made.start = cxl_number(&c->w.ctx->sys, name, "resource", 16);
	return 0;
}

/* Deletes the region again. The error of the creation stays, and tells if this fails. */
static void delete_again(struct creation *c)
{
	struct cxl_writer w = CXL_WRITER(c->w.ctx, NULL);
	int rc = cxl_write(&w, c->want->window, "delete_region", c->made.name);

	if (exists(c) == 0)
		return;
	cxl_fail_more(&c->w, "; %s cannot be deleted again: %s", c->made.name,
		      strerror(rc < 0 ? -rc : EIO));
	err_hint(c->w.err, 0, "delete it: mhpctl destroy cxl/%s", c->made.name);
}

int cxl_create_region(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		      struct mhp_error *err)
{
	struct creation c = { .w = CXL_WRITER(ctx, err), .want = arg };
	int rc = create_empty(&c);

	if (rc < 0)
		return rc;
	rc = set_shape(&c);
	if (rc == 0)
		rc = reply_add(reply, &c.made, sizeof(c.made));
	if (rc < 0)
		delete_again(&c);
	return rc;
}
