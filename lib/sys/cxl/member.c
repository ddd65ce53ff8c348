/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/sys/cxl/bus.h"
#include "lib/sys/cxl/change.h"
#include "lib/sys/cxl/endpoint.h"
#include "lib/sys/cxl/guard.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TRIES 5 /* decoders that other programs may take first */

struct member {
	struct cxl_writer w;
	const struct cxl_member_change *want;
	struct mhp_cxl_region region;
	struct cxl_endpoint endpoint;
	char file[16];	/* target0 */
	char bytes[24]; /* as text */
};

/* Reads the memory device and its decoders. */
static int read_memdev(struct member *m)
{
	const struct cxl_memdev_id *id = &m->want->memdev;
	int rc = cxl_check_memdev(m->w.ctx, id, m->w.err);

	if (rc < 0)
		return rc;
	rc = cxl_find_endpoint(&m->w.ctx->sys, id->name, m->endpoint.name,
			       sizeof(m->endpoint.name));
	if (rc == -ENOENT)
		return err_set(m->w.err, -ENXIO, MHP_REASON_KERNEL,
			       "%s: has no endpoint, as its driver is not bound", id->name);
	if (rc == 0)
		rc = cxl_read_endpoint(&m->w.ctx->sys, &m->endpoint);
	return rc < 0 ? err_errno(m->w.err, rc, "%s: its decoders cannot be read", id->name) : 0;
}

static void describe(struct member *m)
{
	str_format(m->file, "target%u", m->want->position);
	format_size(m->want->bytes, m->bytes, sizeof(m->bytes));
}

/* ---- add --------------------------------------------------------------------------------- */

static int check_position(const struct member *m)
{
	const unsigned position = m->want->position;
	const char *name = m->region.name, *decoder;
	const struct cxl_decoder *own;

	if (position >= m->region.nr_members)
		return err_set(m->w.err, -EINVAL, MHP_REASON_MISMATCH, "%s: has no position %u",
			       name, position);
	decoder = m->region.members[position].decoder;
	if (!*decoder)
		return 0;
	own = cxl_find_decoder(&m->endpoint, decoder);
	if (own && own->bytes == m->want->bytes)
		return 1;
	return err_set(m->w.err, -EBUSY, MHP_REASON_MISMATCH,
		       "%s: its position %u already has %s, and not %s of %s", name, position,
		       decoder, m->bytes, m->want->memdev.name);
}

/* Returns the decoder to take: the first one after all that have capacity. */
static const struct cxl_decoder *next_decoder(struct member *m)
{
	unsigned nr = cxl_nr_allocated(&m->endpoint);

	return nr < m->endpoint.nr ? &m->endpoint.decoders[nr] : NULL;
}

static int fail_none_free(struct member *m)
{
	err_set(m->w.err, -EBUSY, MHP_REASON_NO_SPACE, "%s: all its %u decoders are in use",
		m->want->memdev.name, m->endpoint.nr);
	return err_hint(m->w.err, -EBUSY,
			"each region of a memory device needs one of its decoders; destroy a "
			"region");
}

static int fail_capacity(struct member *m, const char *decoder, int rc)
{
	if (rc != -ENOSPC)
		return cxl_fail(&m->w, rc, "%s: cannot get %s of %s", decoder, m->bytes,
				m->want->memdev.name);
	err_set(m->w.err, rc, MHP_REASON_NO_SPACE, "%s: has no free range of %s",
		m->want->memdev.name, m->bytes);
	return err_hint(m->w.err, rc,
			"the kernel takes capacity only after that of its last region; destroy the "
			"last region first");
}

static int fail_attach(struct member *m, const char *decoder, int rc)
{
	cxl_fail(&m->w, rc, "%s: cannot take %s of %s at position %u", m->region.name, decoder,
		 m->want->memdev.name, m->want->position);
	if (rc == -EBUSY)
		err_hint(m->w.err, rc,
			 "the host bridge of %s may have no free decoder, or carry a region at "
			 "higher addresses: destroy that region, or use another window",
			 m->want->memdev.name);
	if (rc == -ENXIO)
		err_hint(m->w.err, rc,
			 "%s may not reach %s at position %u: the order of memory devices "
			 "follows the targets of the window",
			 m->region.window, m->want->memdev.name, m->want->position);
	return rc;
}

static int attach(struct member *m, const char *decoder)
{
	char mode[16];
	int rc;

	cxl_text(&m->w.ctx->sys, decoder, "mode", mode, sizeof(mode));
	rc = strcmp(mode, "ram") == 0 ? 0 : cxl_set_text(&m->w, decoder, "mode", "ram");
	if (rc < 0)
		return cxl_fail(&m->w, rc, "%s: cannot get the mode ram", decoder);
	rc = cxl_set_number(&m->w, decoder, "dpa_size", 16, m->want->bytes);
	if (rc < 0)
		return fail_capacity(m, decoder, rc);
	rc = cxl_set_text(&m->w, m->region.name, m->file, decoder);
	return rc < 0 ? fail_attach(m, decoder, rc) : 0;
}

/* Frees what a failed attempt has got. The error stays, and tells if this fails. */
static void take_back(struct member *m, const char *decoder)
{
	struct cxl_writer w = CXL_WRITER(m->w.ctx, NULL);
	const struct cxl_decoder *now;
	int rc = cxl_read_endpoint(&w.ctx->sys, &m->endpoint);

	now = cxl_find_decoder(&m->endpoint, decoder);
	if (rc == 0 && now && strcmp(now->region, m->region.name) == 0)
		rc = cxl_set_text(&w, m->region.name, m->file, "");
	else if (rc == 0 && now && *now->region)
		return; /* another program has it now */
	if (rc == 0 && now && now->bytes)
		rc = cxl_set_number(&w, decoder, "dpa_size", 16, 0);
	if (rc == 0)
		return;
	cxl_fail_more(&m->w, "; %s keeps its capacity: %s", decoder, strerror(-rc));
	err_hint(m->w.err, 0, "destroy the region: mhpctl destroy cxl/%s", m->region.name);
}

/* Returns whether another program has taken the decoder, or its capacity, since it was read. */
static bool was_taken(struct member *m, const char *decoder)
{
	const struct cxl_decoder *next;

	if (cxl_read_endpoint(&m->w.ctx->sys, &m->endpoint) < 0)
		return false;
	next = next_decoder(m);
	return !next || strcmp(next->name, decoder) != 0;
}

static int add(struct member *m)
{
	char decoder[MHP_NAME_MAX];
	int rc;

	rc = cxl_free_unused(&m->w, &m->endpoint, "");
	if (rc < 0)
		return rc;
	for (int i = 0; i < TRIES; i++) {
		const struct cxl_decoder *next = next_decoder(m);

		if (!next)
			return fail_none_free(m);
		str_copy(decoder, next->name);
		rc = attach(m, decoder);
		if (rc == 0)
			return 0;
		take_back(m, decoder);
		if (rc != -EBUSY || !was_taken(m, decoder))
			return rc;
	}
	return rc;
}

int cxl_add_member(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err)
{
	struct member m = { .w = CXL_WRITER(ctx, err), .want = arg };
	int rc = cxl_need_region(ctx, &m.want->region, &m.region, err);

	(void)reply;
	describe(&m);
	if (rc > 0)
		rc = read_memdev(&m);
	if (rc == 0)
		rc = check_position(&m);
	if (rc)
		return rc < 0 ? rc : 0;
	return add(&m);
}

/* ---- remove ------------------------------------------------------------------------------ */

static int check_removal(struct member *m, const char *decoder)
{
	const enum mhp_tristate committed = cxl_flag(&m->w.ctx->sys, m->region.name, "commit");

	if (!cxl_find_decoder(&m->endpoint, decoder))
		return err_set(m->w.err, -ESTALE, MHP_REASON_STALE_PLAN,
			       "%s: its position %u has %s, which is not of %s", m->region.name,
			       m->want->position, decoder, m->want->memdev.name);
	if (committed == MHP_TRISTATE_NO)
		return cxl_guard(m->w.ctx, &m->region, m->w.err);
	return err_set(m->w.err, -EBUSY, MHP_REASON_IN_USE,
		       committed == MHP_TRISTATE_YES ? "%s: is committed"
						     : "%s: whether it is committed cannot be read",
		       m->region.name);
}

/* Clears the position, and copies the name of the decoder that was there. */
static int detach(struct member *m, char *decoder, size_t size)
{
	const unsigned position = m->want->position;
	int rc;

	decoder[0] = '\0';
	if (position >= m->region.nr_members || !*m->region.members[position].decoder)
		return 0;
	str_copy_to(decoder, size, m->region.members[position].decoder);
	rc = check_removal(m, decoder);
	if (rc < 0)
		return rc;
	rc = cxl_set_text(&m->w, m->region.name, m->file, "");
	return rc < 0 ? cxl_fail(&m->w, rc, "%s: cannot free %s at position %u", m->region.name,
				 decoder, position)
		      : 0;
}

/* Returns whether the memory device has decoders: the kernel has removed them with its driver. */
static bool has_decoders(const struct member *m)
{
	char endpoint[MHP_NAME_MAX];

	return cxl_find_endpoint(&m->w.ctx->sys, m->want->memdev.name, endpoint,
				 sizeof(endpoint)) != -ENOENT;
}

int cxl_remove_member(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		      struct mhp_error *err)
{
	struct member m = { .w = CXL_WRITER(ctx, err), .want = arg };
	char decoder[MHP_NAME_MAX] = "";
	int rc, rc_region = cxl_find_region(ctx, &m.want->region, &m.region, err);

	(void)reply;
	describe(&m);
	if (rc_region < 0)
		return rc_region;
	if (!has_decoders(&m))
		return 0;
	rc = read_memdev(&m);
	if (rc == 0 && rc_region > 0)
		rc = detach(&m, decoder, sizeof(decoder));
	return rc < 0 ? rc : cxl_free_unused(&m.w, &m.endpoint, decoder);
}
