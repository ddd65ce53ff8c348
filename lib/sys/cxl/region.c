/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/base/error.h"
#include "lib/sys/cxl/bus.h"
#include "lib/sys/cxl/parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TRIES 5

/* Reads a position. Returns whether a decoder is there; unknown if its file cannot be read. */
static enum mhp_tristate read_member(const struct root *sys, const char *region, unsigned position,
				     struct mhp_cxl_member *member)
{
	*member = (struct mhp_cxl_member){ .serial = MHP_UNKNOWN };
	ROOT_PATH(path, CXL_DEVICES "/%s/target%u", region, position);
	if (root_read(sys, path, member->decoder, sizeof(member->decoder)) < 0)
		return MHP_TRISTATE_UNKNOWN;
	if (!*member->decoder)
		return MHP_TRISTATE_NO;
	if (cxl_decoder_memdev(sys, member->decoder, member->memdev, sizeof(member->memdev)) < 0)
		member->memdev[0] = '\0';
	else if (cxl_serial(sys, member->memdev, &member->serial) < 0)
		member->serial = MHP_UNKNOWN;
	return MHP_TRISTATE_YES;
}

/* Returns whether all positions have a decoder. */
static enum mhp_tristate read_members(const struct root *sys, struct mhp_cxl_region *region)
{
	enum mhp_tristate all = region->ways ? MHP_TRISTATE_YES : MHP_TRISTATE_NO;

	region->nr_members = region->ways;
	for (unsigned i = 0; i < region->ways; i++) {
		enum mhp_tristate one = read_member(sys, region->name, i, &region->members[i]);

		if (one == MHP_TRISTATE_NO || all == MHP_TRISTATE_NO)
			all = MHP_TRISTATE_NO;
		else if (one == MHP_TRISTATE_UNKNOWN)
			all = one;
	}
	return all;
}

static enum mhp_cxl_state find_state(const struct root *sys, const struct mhp_cxl_region *region,
				     enum mhp_tristate is_complete)
{
	enum mhp_tristate committed = cxl_flag(sys, region->name, "commit");
	enum mhp_tristate bound = cxl_has_driver(sys, region->name);

	if (bound == MHP_TRISTATE_YES)
		return MHP_CXL_STATE_ENABLED;
	if (bound == MHP_TRISTATE_UNKNOWN || committed == MHP_TRISTATE_UNKNOWN)
		return MHP_CXL_STATE_UNKNOWN;
	if (committed == MHP_TRISTATE_YES)
		return MHP_CXL_STATE_COMMITTED;
	if (!region->size || is_complete == MHP_TRISTATE_NO)
		return MHP_CXL_STATE_INCOMPLETE;
	if (region->size == MHP_UNKNOWN || is_complete == MHP_TRISTATE_UNKNOWN)
		return MHP_CXL_STATE_UNKNOWN;
	return MHP_CXL_STATE_UNCOMMITTED;
}

/*
 * Returns whether the decoder is locked. A region that is not committed may miss members, and a
 * decoder that does not exist is not locked.
 */
static enum mhp_tristate find_decoder_lock(const struct root *sys,
					   const struct mhp_cxl_region *region, const char *decoder)
{
	const bool may_miss = region->state == MHP_CXL_STATE_INCOMPLETE ||
			      region->state == MHP_CXL_STATE_UNCOMMITTED;
	ROOT_PATH(path, CXL_DEVICES "/%s", decoder);

	if (may_miss && (!*decoder || root_exists(sys, path) == 0))
		return MHP_TRISTATE_NO;
	return cxl_flag(sys, decoder, "locked");
}

static enum mhp_tristate find_locked_member(const struct root *sys,
					    const struct mhp_cxl_region *region)
{
	/* without a size there was no decoder to commit */
	enum mhp_tristate locked =
		region->nr_members || !region->size ? MHP_TRISTATE_NO : MHP_TRISTATE_UNKNOWN;

	for (unsigned i = 0; i < region->nr_members; i++) {
		enum mhp_tristate one = find_decoder_lock(sys, region, region->members[i].decoder);

		if (one == MHP_TRISTATE_YES)
			return one;
		if (one == MHP_TRISTATE_UNKNOWN)
			locked = one;
	}
	return locked;
}

/* Regions have the attribute since 7.1; before, their decoders show it. */
static enum mhp_tristate find_lock(const struct root *sys, const struct mhp_cxl_region *region)
{
	enum mhp_tristate locked = cxl_flag(sys, region->name, "locked");

	return locked == MHP_TRISTATE_UNKNOWN ? find_locked_member(sys, region) : locked;
}

/*
 * Returns whether the memory devices of a region are known. One that is committed has one at each
 * position; a position loses its own when the card is taken out, and with it the commit.
 */
static bool are_known(const struct mhp_cxl_region *region, enum mhp_tristate is_complete)
{
	bool is_whole = is_complete == MHP_TRISTATE_YES;

	for (unsigned i = 0; i < region->nr_members; i++)
		is_whole = is_whole && *region->members[i].memdev;
	return is_complete != MHP_TRISTATE_UNKNOWN &&
	       (is_whole || (region->state != MHP_CXL_STATE_ENABLED &&
			     region->state != MHP_CXL_STATE_COMMITTED));
}

/* Reads a region. Returns whether its window and its memory devices are known. */
static bool read_once(const struct root *sys, const char *name, struct mhp_cxl_region *region)
{
	uint64_t ways = cxl_number(sys, name, "interleave_ways", 10);
	enum mhp_tristate is_complete;

	*region = (struct mhp_cxl_region){ .online_bytes = MHP_UNKNOWN,
					   .unbacked_bytes = MHP_UNKNOWN };
	str_copy(region->name, name);
	if (cxl_parent(sys, name, region->window, sizeof(region->window)) < 0)
		region->window[0] = '\0';
	cxl_text(sys, name, "uuid", region->uuid, sizeof(region->uuid));
	cxl_text(sys, name, "mode", region->type, sizeof(region->type));
	region->start = cxl_number(sys, name, "resource", 16); /* all ones without a size */
	region->size = cxl_number(sys, name, "size", 16);
	region->granularity = cxl_number(sys, name, "interleave_granularity", 10);
	region->ways = ways <= MHP_CXL_WAYS_MAX ? (unsigned)ways : 0;
	is_complete = read_members(sys, region);
	region->state = find_state(sys, region, is_complete);
	region->is_locked = find_lock(sys, region);
	ROOT_PATH(dax_region, CXL_DEVICES "/dax_%s", name);
	if (root_exists(sys, dax_region) != 0) /* also if that is unknown */
		str_format(region->dax_region, "dax_%.24s", name);
	return ways <= MHP_CXL_WAYS_MAX && *region->window && are_known(region, is_complete);
}

static bool is_known(const struct mhp_cxl_region *region)
{
	return region->state != MHP_CXL_STATE_UNKNOWN && region->size != MHP_UNKNOWN &&
	       (!region->size || region->start != MHP_UNKNOWN) && *region->window;
}

/*
 * Reads it again while it exists and something is not known: it may have got its size in between,
 * or another program has deleted it and made one of the same name.
 */
int cxl_read_region(const struct root *sys, const char *name, struct mhp_cxl_region *region)
{
	bool has_members = false;

	for (unsigned i = 0; i < TRIES; i++) {
		has_members = read_once(sys, name, region);
		if ((has_members && is_known(region)) || cxl_exists(sys, name) == 0)
			return 0;
	}
	return has_members ? 0 : -EIO;
}
