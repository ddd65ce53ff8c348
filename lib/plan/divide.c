/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Chooses the ranges of a device of a dax region. The kernel cuts each range to whole memory blocks
 * by itself, so a cut elsewhere than at the border of a block would lose up to two blocks.
 */
#include "lib/base/range.h"
#include "lib/plan/plan.h"

#include <errno.h>

struct search {
	const struct ranges *now;
	const struct ranges *holes;
	uint64_t unit;
};

static bool follows(const struct search *s, struct mhp_range hole)
{
	return s->now->nr && s->now->at[s->now->nr - 1].end == hole.start;
}

/* Returns the part of a hole that can be used; it is empty if there is none. */
static struct mhp_range usable(const struct search *s, struct mhp_range hole)
{
	struct mhp_range part = {
		follows(s, hole) ? hole.start : align_up(hole.start, s->unit),
		align_down(hole.end, s->unit),
	};

	return part.start < part.end ? part : (struct mhp_range){ 0, 0 };
}

static uint64_t usable_bytes(const struct search *s)
{
	uint64_t bytes = 0;

	for (unsigned i = 0; i < s->holes->nr; i++) {
		struct mhp_range part = usable(s, s->holes->at[i]);

		bytes += part.end - part.start;
	}
	return bytes;
}

/* Finds a hole with room for all bytes: the one behind the device, else the lowest. */
static bool find_one(const struct search *s, uint64_t bytes, struct mhp_range *found)
{
	bool any = false;

	for (unsigned i = 0; i < s->holes->nr; i++) {
		struct mhp_range part = usable(s, s->holes->at[i]);

		if (part.end - part.start < bytes || (any && !follows(s, s->holes->at[i])))
			continue;
		*found = part;
		any = true;
	}
	return any;
}

/* Adds the first bytes of a part, up to a multiple of the unit. Returns false without room. */
static bool take(const struct search *s, struct mhp_range part, uint64_t *bytes,
		 struct ranges *then)
{
	uint64_t end;

	if (!*bytes || part.end == part.start)
		return true;
	end = part.end - part.start > *bytes ? align_up(part.start + *bytes, s->unit) : part.end;
	part.end = end < part.end ? end : part.end;
	*bytes -= part.end - part.start < *bytes ? part.end - part.start : *bytes;
	return ranges_add(then, part);
}

/* Adds the hole behind the device first, then the others from the lowest on. */
static bool take_several(const struct search *s, uint64_t bytes, struct ranges *then)
{
	for (int behind = 1; behind >= 0; behind--)
		for (unsigned i = 0; i < s->holes->nr; i++)
			if (follows(s, s->holes->at[i]) == behind &&
			    !take(s, usable(s, s->holes->at[i]), &bytes, then))
				return false;
	return true;
}

/* Keeps the first bytes, up to a multiple of the unit. */
static void cut(const struct search *s, uint64_t bytes, struct ranges *then)
{
	struct mhp_range *last;
	uint64_t end;

	*then = ranges_first(s->now, bytes);
	if (!then->nr)
		return;
	last = &then->at[then->nr - 1];
	end = align_up(last->end, s->unit);
	last->end = end < s->now->at[then->nr - 1].end ? end : s->now->at[then->nr - 1].end;
}

int plan_divide(const struct ranges *now, const struct ranges *holes, uint64_t bytes, uint64_t unit,
		struct ranges *then, uint64_t *most)
{
	const struct search s = { now, holes, unit };
	uint64_t has = ranges_bytes(now), more = usable_bytes(&s), need;
	struct mhp_range one;

	*then = *now;
	*most = has + more;
	if (bytes && bytes <= has) {
		cut(&s, bytes, then);
		return 0;
	}
	need = bytes ? bytes - has : more;
	if (!need || need > more)
		return -ENOSPC;
	if (find_one(&s, need, &one))
		return take(&s, one, &need, then) ? 0 : -ENOSPC;
	if (take_several(&s, need, then))
		return 0;
	*most = ranges_bytes(then);
	return -ENOSPC;
}
