/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Drains: allocation, and getters for callers. */
#include "lib/plan/drain.h"
#include "lib/base/cleanup.h"
#include "lib/base/counts.h"
#include "lib/base/error.h"
#include "lib/base/export.h"
#include "lib/base/item.h"
#include "lib/base/vec.h"

#include <errno.h>
#include <stdlib.h>

static const struct mhp_drain_state unknown_state = {
	MHP_UNKNOWN, MHP_UNKNOWN, MHP_UNKNOWN, MHP_UNKNOWN, MHP_UNKNOWN, MHP_UNKNOWN, MHP_UNKNOWN,
};

struct mhp_drain *drain_new(void)
{
	struct mhp_drain *drain = calloc(1, sizeof(*drain));

	if (drain)
		drain->before = drain->after = unknown_state;
	return drain;
}

void drain_free(const struct mhp_drain *drain)
{
	if (!drain)
		return;
	free_const(drain->actions);
	free_const(drain);
}

struct mhp_drain_action *drain_add(struct mhp_drain *drain, enum mhp_drain_kind kind,
				   const char *target)
{
	struct mhp_drain_action *action =
		vec_push(&drain->actions, &drain->nr_actions, sizeof(*action));

	if (!action)
		return NULL;
	*action = (struct mhp_drain_action){
		.kind = kind,
		.asked_bytes = MHP_UNKNOWN,
		.done_bytes = MHP_UNKNOWN,
		.before_bytes = MHP_UNKNOWN,
		.after_bytes = MHP_UNKNOWN,
		.elapsed_ms = MHP_UNKNOWN,
	};
	str_copy(action->target, target);
	return action;
}

int drain_join(struct mhp_drain *drain, const struct mhp_drain *later)
{
	for (size_t i = 0; i < later->nr_actions; i++) {
		const struct mhp_drain_action *from = mhp_drain_action(later, i);
		struct mhp_drain_action *action = drain_add(drain, from->kind, from->target);

		if (!action)
			return -ENOMEM;
		*action = *from;
	}
	if (later->after.used_bytes != MHP_UNKNOWN)
		drain->after = later->after;
	return 0;
}

struct mhp_drain_action *drain_get(struct mhp_drain *drain, size_t index)
{
	return (struct mhp_drain_action *)mhp_drain_action(drain, index);
}

MHP_EXPORT const struct mhp_drain_action *mhp_drain_action(const struct mhp_drain *drain,
							   size_t index)
{
	return item_get(struct mhp_drain_action, drain->actions, drain->nr_actions, index);
}

MHP_EXPORT const char *mhp_drain_kind_name(enum mhp_drain_kind kind)
{
	static const char *const names[NR_DRAIN_KINDS] = { "hold_demotion", "drop_cache", "reclaim",
							   "compact" };

	return (unsigned)kind < NR_DRAIN_KINDS ? names[kind] : "unknown";
}

MHP_EXPORT const char *mhp_drain_status_name(enum mhp_drain_status status)
{
	static const char *const names[NR_DRAIN_STATUSES] = {
		"planned", "done", "partial", "failed", "not_needed", "passed_over", "not_tried",
	};

	return (unsigned)status < NR_DRAIN_STATUSES ? names[status] : "unknown";
}
