/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/model/debounce.h"
#include "lib/base/clock.h"

#include <string.h>

void debounce_touch(struct debounce *debounce, uint64_t now_ms)
{
	if (!debounce->is_open)
		debounce->first_ms = now_ms;
	debounce->is_open = true;
	debounce->last_ms = now_ms;
}

int debounce_add(struct debounce *debounce, const struct uevent *event, uint64_t now_ms)
{
	bool online = strcmp(event->action, "online") == 0;
	uint64_t id;

	debounce_touch(debounce, now_ms);
	debounce->nr++;
	if (strcmp(event->subsystem, "memory") != 0 ||
	    (!online && strcmp(event->action, "offline") != 0) ||
	    root_name_id(event->name, "memory", &id) < 0)
		return 0;
	return idset_add(online ? &debounce->online : &debounce->offline, id, id);
}

uint64_t debounce_end(const struct debounce *debounce)
{
	uint64_t quiet = debounce->last_ms + DEBOUNCE_QUIET_MS;
	uint64_t latest = debounce->first_ms + DEBOUNCE_MAX_MS;

	if (!debounce->is_open)
		return CLOCK_NEVER;
	return quiet < latest ? quiet : latest;
}

static void remove_ids(struct idset *set, const struct idset *out)
{
	struct idset left = { 0 };

	for (size_t i = 0; i < set->nr; i++)
		for (uint64_t id = set->runs[i].first; id <= set->runs[i].last; id++)
			if (!idset_has(out, id) && idset_add(&left, id, id) < 0)
				break;
	idset_free(set);
	*set = left;
}

void debounce_done(struct debounce *debounce, const struct idset *reported)
{
	remove_ids(&debounce->online, reported);
	remove_ids(&debounce->offline, reported);
	*debounce = (struct debounce){ .online = debounce->online, .offline = debounce->offline };
}

void debounce_clear(struct debounce *debounce)
{
	idset_free(&debounce->online);
	idset_free(&debounce->offline);
	*debounce = (struct debounce){ 0 };
}
