/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What differs between two scans of the machine. */
#pragma once

#include "lib/base/idset.h"
#include "lib/model/topology.h"

struct comparison {
	const struct mhp_topology *before;
	const struct mhp_topology *after;
	/* Both narrowed to what is to be told of; NULL: everything. */
	const struct mhp_topology *before_named;
	const struct mhp_topology *after_named;
	const struct idset *online; /* blocks that were heard to go there; or NULL */
	const struct idset *offline;
	int (*fn)(const struct mhp_change *change, void *data);
	void *data;
};

/*
 * Call fn for each difference, with no time. Blocks that went both ways and are as before are told
 * as toggled; one on its way to offline counts as online. Parts that either scan could not read are
 * not compared. A return of fn other than 0 ends it and is returned.
 */
int topology_changes(const struct comparison *cmp);

/*
 * Give after what it could not read this time and before could. True where there was such a thing:
 * it is old, and the machine should be read again.
 */
bool topology_keep_hidden(struct mhp_topology *after, const struct mhp_topology *before);
