/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/model/debounce.h"
#include "lib/base/clock.h"

#include <string.h>

void burst_touch(struct burst *burst, uint64_t now_ms)
{
	if (!burst->is_open)
		burst->first_ms = now_ms;
	burst->is_open = true;
	burst->last_ms = now_ms;
}

int burst_add(struct burst *burst, const struct uevent *event, uint64_t now_ms)
{
	bool online = strcmp(event->action, "online") == 0;
	uint64_t id;

	burst_touch(burst, now_ms);
	burst->nr++;
	if (strcmp(event->subsystem, "memory") != 0 ||
	    (!online && strcmp(event->action, "offline") != 0) ||
	    root_name_id(event->name, "memory", &id) < 0)
		return 0;
	return idset_add(online ? &burst->online : &burst->offline, id, id);
}

uint64_t burst_end(const struct burst *burst)
{
	uint64_t quiet = burst->last_ms + BURST_QUIET_MS;
	uint64_t latest = burst->first_ms + BURST_MAX_MS;

	if (!burst->is_open)
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

void burst_done(struct burst *burst, const struct idset *reported)
{
	remove_ids(&burst->online, reported);
	remove_ids(&burst->offline, reported);
	*burst = (struct burst){ .online = burst->online, .offline = burst->offline };
}

void burst_clear(struct burst *burst)
{
	idset_free(&burst->online);
	idset_free(&burst->offline);
	*burst = (struct burst){ 0 };
}
