/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one grammar of targets: region0, namespace0.0, dax0.0 (/dev/dax0.0), node1, memory32,
 * memory32-47, 0x100000000-0x17fffffff (both ends included), a namespace's UUID, all.
 */
#pragma once

#include "lib/model/topology.h"

enum target_kind {
	TARGET_ALL = 0,
	TARGET_REGION,
	TARGET_NAMESPACE,
	TARGET_DAX,
	TARGET_NODE,
	TARGET_BLOCKS,
	TARGET_ADDRESSES, /* becomes TARGET_BLOCKS when resolved */
	TARGET_UUID,	  /* becomes TARGET_NAMESPACE when resolved */
};

struct target {
	enum target_kind kind;
	char text[64];		 /* as it was named */
	char name[MHP_UUID_MAX]; /* of a region, namespace, dax device; the UUID */
	uint64_t first;		 /* node, block or address */
	uint64_t last;		 /* included */
};

/* Read a name; looks at nothing but the text. 0 or -EINVAL. */
int target_parse(const char *text, struct target *target, struct mhp_error *err);

/*
 * Check that it exists, and turn addresses into blocks and a UUID into a namespace.
 * 0, -ENOENT (no such thing), -EINVAL (addresses that do not begin and end with blocks).
 */
int target_resolve(const struct mhp_topology *topo, struct target *target, struct mhp_error *err);

/* The same where it is enough that some blocks of a range are there. */
int target_resolve_some(const struct mhp_topology *topo, struct target *target,
			struct mhp_error *err);

/*
 * Narrow a topology to what there is of the targets, each of which may be missing: then missing is
 * told its name, unless it is NULL. 0 or -ENOMEM.
 */
typedef void (*missing_fn)(const char *target, void *data);
int topology_select_there(struct mhp_topology *topo, const struct target *targets,
			  size_t nr_targets, missing_fn missing, void *data);
