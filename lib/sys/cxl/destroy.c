/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/base/error.h"
#include "lib/sys/cxl/bus.h"
#include "lib/sys/cxl/change.h"
#include "lib/sys/cxl/endpoint.h"
#include "lib/sys/cxl/guard.h"
#include "lib/sys/cxl/parts.h"
#include "lib/sys/cxl/undo.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Capacity that goes back. */
struct share {
	char endpoint[MHP_NAME_MAX];
	char decoder[MHP_NAME_MAX]; /* that belongs to the region, or empty */
};

struct teardown {
	struct cxl_writer w;
	const struct cxl_region_id *id;
	struct mhp_cxl_region region;
	struct mhp_cxl_window window;
	unsigned nr, nr_left;
	struct share shares[2 * MHP_CXL_WAYS_MAX]; /* of members, and left ones */
	struct cxl_endpoint endpoint;
};

/* ---- shares ------------------------------------------------------------------------------ */

static void add_share(struct teardown *t, const char *decoder)
{
	if (t->nr == sizeof(t->shares) / sizeof(t->shares[0]))
		return;
	str_copy(t->shares[t->nr].endpoint, t->endpoint.name);
	str_copy(t->shares[t->nr].decoder, decoder);
	t->nr++;
}

static bool has_missing_member(const struct mhp_cxl_region *region)
{
	for (unsigned i = 0; i < region->nr_members; i++)
		if (!*region->members[i].decoder)
			return true;
	return false;
}

/* Returns whether the window reaches the endpoint. */
static bool is_in_window(const struct teardown *t)
{
	int bridge;

	if (cxl_bridge(&t->w.ctx->sys, t->endpoint.name, &bridge) < 0)
		return false;
	for (unsigned i = 0; i < t->window.nr_targets; i++)
		if (t->window.targets[i] == bridge)
			return true;
	return false;
}

/*
 * Returns whether a decoder without a region is what a teardown that was killed has left: the
 * region misses a member, and the decoder has the capacity that one has.
 */
static bool is_left(const struct teardown *t, const struct cxl_decoder *decoder)
{
	const struct mhp_cxl_region *region = &t->region;

	return decoder && region->ways && region->size && region->size != MHP_UNKNOWN &&
	       decoder->bytes == region->size / region->ways && has_missing_member(region) &&
	       is_in_window(t);
}

static int add_endpoint(const struct root *sys, const char *name, void *data)
{
	struct teardown *t = data;
	const struct cxl_decoder *last;
	bool is_member = false;
	uint64_t id;
	int rc;

	if (root_name_id(name, "endpoint", &id) < 0)
		return 0;
	str_copy(t->endpoint.name, name);
	rc = cxl_read_endpoint(sys, &t->endpoint);
	if (rc < 0)
		return cxl_exists(sys, name) == 0 ? 0 : rc; /* gone, with its decoders */
	for (unsigned i = 0; i < t->endpoint.nr; i++)
		if (strcmp(t->endpoint.decoders[i].region, t->region.name) == 0) {
			add_share(t, t->endpoint.decoders[i].name);
			is_member = true;
		}
	last = cxl_last_unused(&t->endpoint);
	if (!is_member && is_left(t, last) && t->nr_left++ < MHP_CXL_WAYS_MAX)
		add_share(t, "");
	return 0;
}

/* Finds the decoders before they are cleared: nothing else shows whose they were. */
static int find_shares(struct teardown *t)
{
	const struct root *sys = &t->w.ctx->sys;
	int rc;

	if (cxl_read_window(sys, t->region.window, &t->window) < 0)
		t->window.nr_targets = 0;
	rc = root_each(sys, CXL_DEVICES, add_endpoint, t);
	return rc < 0 ? err_errno(t->w.err, rc, "%s: its decoders cannot be read", t->region.name)
		      : 0;
}

/* ---- steps ------------------------------------------------------------------------------- */

static int clear_members(struct teardown *t)
{
	char file[16];

	for (unsigned i = 0; i < t->region.nr_members; i++) {
		int rc;

		if (!*t->region.members[i].decoder)
			continue;
		str_format(file, "target%u", i);
		rc = cxl_set_text(&t->w, t->region.name, file, "");
		if (rc < 0)
			return cxl_fail(&t->w, rc, "%s: cannot free %s at position %u",
					t->region.name, t->region.members[i].decoder, i);
	}
	return 0;
}

/* Frees the capacity; if it lies below that of another region, it stays until that one is gone. */
static int free_shares(struct teardown *t)
{
	int rc = 0;

	for (unsigned i = 0; i < t->nr && rc == 0; i++) {
		str_copy(t->endpoint.name, t->shares[i].endpoint);
		rc = cxl_free_unused(&t->w, &t->endpoint, t->shares[i].decoder);
	}
	return rc;
}

static int free_addresses(struct teardown *t)
{
	int rc = t->region.size ? cxl_set_number(&t->w, t->region.name, "size", 16, 0) : 0;

	return rc < 0 ? cxl_fail(&t->w, rc, "%s: its addresses cannot be freed", t->region.name)
		      : 0;
}

static int delete_region(struct teardown *t)
{
	const char *name = t->region.name;
	int rc = cxl_write(&t->w, t->region.window, "delete_region", name);

	if (cxl_exists(&t->w.ctx->sys, name) == 0)
		return 0;
	return cxl_fail(&t->w, rc < 0 ? rc : -CXL_NOT_SHOWN, "%s: cannot be deleted", name);
}

/* Ends the decoding, with the region read again before each write that does. */
static int stop_decoding(struct teardown *t)
{
	int rc = cxl_disable(t->w.ctx, &t->region, t->w.err);

	if (rc < 0)
		return rc;
	rc = cxl_need_region(t->w.ctx, t->id, &t->region, t->w.err);
	return rc < 0 ? rc : cxl_reset(t->w.ctx, &t->region, t->w.err);
}

/*
 * Returns 1 if the region exists and may be destroyed. Its users are looked for right before
 * the first write, which depends on the state.
 */
static int begin(struct teardown *t)
{
	int rc = cxl_find_region(t->w.ctx, t->id, &t->region, t->w.err);

	if (rc <= 0)
		return rc;
	rc = cxl_may_undo(&t->region, t->w.err);
	if (rc == 0)
		rc = find_shares(t);
	return rc < 0 ? rc : 1;
}

int cxl_destroy_region(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		       struct mhp_error *err)
{
	struct teardown t = { .w = CXL_WRITER(ctx, err), .id = arg };
	int rc = begin(&t);

	(void)reply;
	if (rc <= 0)
		return rc;
	rc = stop_decoding(&t);
	if (rc == 0)
		rc = cxl_guard(ctx, &t.region, err);
	if (rc == 0)
		rc = clear_members(&t);
	if (rc == 0)
		rc = free_shares(&t);
	if (rc == 0)
		rc = free_addresses(&t);
	return rc < 0 ? rc : delete_region(&t);
}
