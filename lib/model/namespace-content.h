/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The content of namespaces. Media may be slow, failing or poisoned, so each namespace is read by a
 * separate process with a timeout; unreadable content is unknown, with a reason.
 */
#pragma once

#include "lib/model/topology.h"

/* Returns whether reading its content was tried, with or without success. */
bool namespace_is_seen(const struct mhp_namespace *ns);

/*
 * Reads the content of the namespaces with these names (NULL: all) unless it was tried before.
 * Returns the number of namespaces read now, -ENOMEM or -ECANCELED.
 */
int topology_read_content(struct mhp_ctx *ctx, struct mhp_topology *topo,
			  const char (*names)[MHP_NAME_MAX], size_t nr_names);
