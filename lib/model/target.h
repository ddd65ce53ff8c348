/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The grammar of targets: region0 (nd/region0, cxl/region0), namespace0.0, dax0.0 (/dev/dax0.0),
 * dax_region0 (or hmem.0), mem0 (a CXL memory device), 0x1f (its serial number), node1, memory32,
 * memory32-47, 0x100000000-0x17fffffff (both ends included), a namespace's UUID, all.
 */
#pragma once

#include "lib/model/topology.h"

enum target_kind {
	TARGET_ALL = 0,
	TARGET_REGION, /* becomes TARGET_CXL_REGION when resolved, if only that exists */
	TARGET_NAMESPACE,
	TARGET_DAX,
	TARGET_DAX_REGION, /* by the name that the region has here once resolved */
	TARGET_NODE,
	TARGET_BLOCKS,
	TARGET_ADDRESSES, /* becomes TARGET_BLOCKS when resolved */
	TARGET_UUID,	  /* becomes TARGET_NAMESPACE when resolved */
	TARGET_CXL_REGION,
	TARGET_CXL_MEMDEV,
	TARGET_SERIAL, /* becomes TARGET_CXL_MEMDEV when resolved */
};

struct target {
	enum target_kind kind;
	char text[64];		 /* as the caller wrote it */
	char name[MHP_UUID_MAX]; /* of a region, namespace, device; the UUID */
	bool has_bus;		 /* a region that is named with its bus */
	uint64_t first;		 /* node, block, address or serial number */
	uint64_t last;		 /* included */
};

/* Parses a name, without a topology. 0 or -EINVAL. */
int target_parse(const char *text, struct target *target, struct mhp_error *err);

/*
 * Checks that the target exists, and turns addresses into blocks, a UUID into a namespace, and a
 * serial number into a memory device. 0, -ENOENT (missing), -EINVAL (addresses that are not aligned
 * to blocks, or a name that several objects have).
 */
int target_resolve(const struct mhp_topology *topo, struct target *target, struct mhp_error *err);

/* Does the same, but some existing blocks of a range are enough. */
int target_resolve_some(const struct mhp_topology *topo, struct target *target,
			struct mhp_error *err);

/*
 * Reduces a topology to the existing objects of the targets. Calls missing, unless NULL, for each
 * target that does not exist. 0 or -ENOMEM.
 */
typedef void (*missing_fn)(const char *target, void *data);
int topology_select_there(struct mhp_topology *topo, const struct target *targets,
			  size_t nr_targets, missing_fn missing, void *data);
