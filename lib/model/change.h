/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Differences between two scans of the machine. */
#pragma once

#include "lib/base/idset.h"
#include "lib/model/topology.h"

struct comparison {
	const struct mhp_topology *before;
	const struct mhp_topology *after;
	/* Copies of both with only the selected objects; NULL: all are selected. */
	const struct mhp_topology *before_named;
	const struct mhp_topology *after_named;
	const struct idset *online;  /* blocks with an event "online" since; or NULL */
	const struct idset *offline; /* the same for "offline" */
	int (*fn)(const struct mhp_change *change, void *data);
	void *data;
};

/*
 * Calls fn for each difference, with time_us 0. Blocks with events in both directions that are as
 * before are reported as toggled; a block that is going offline counts as online. Parts that either
 * scan could not read are not compared. If fn returns a value other than 0, returns it at once.
 */
int topology_changes(const struct comparison *cmp);

/*
 * Copies parts from before to after that only before could read. Returns 1 if there were any:
 * they may be outdated, and the caller should scan again. Else 0, or -ENOMEM.
 */
int topology_keep_hidden(struct mhp_topology *after, const struct mhp_topology *before);
