/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What namespaces of a topology hold. Media may be slow, dying or poisoned, so each is read by a
 * process of its own and for so long at most; what could not be read is unknown and says why.
 */
#pragma once

#include "lib/model/topology.h"

/* Was this one looked at, whatever came of it? */
bool namespace_is_seen(const struct mhp_namespace *ns);

/*
 * Looks at the namespaces of these names (NULL: at all of them), unless that was done before. The
 * number of those that were read now, -ENOMEM or -ECANCELED.
 */
int topology_look(struct mhp_ctx *ctx, struct mhp_topology *topo, const char (*names)[MHP_NAME_MAX],
		  size_t nr_names);
