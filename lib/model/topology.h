/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One scan of the machine; owns every object in it. */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/log.h"
#include "lib/libmhp.h"
#include "lib/model/candidate.h"
#include "lib/model/drain-facts.h"
#include "lib/model/machine.h"

#include <stddef.h>

struct mhp_topology {
	struct mhp_memory memory;
	struct mhp_node *nodes;
	size_t nr_nodes;
	struct mhp_region *regions;
	size_t nr_regions;
	struct mhp_namespace *namespaces;
	size_t nr_namespaces;
	struct mhp_dax *dax;
	size_t nr_dax;
	struct mhp_cxl_memdev *cxl_memdevs;
	size_t nr_cxl_memdevs;
	struct mhp_cxl_window *cxl_windows;
	size_t nr_cxl_windows;
	struct mhp_cxl_region *cxl_regions;
	size_t nr_cxl_regions;
	struct mhp_dax_region *dax_regions;
	size_t nr_dax_regions;
	struct mhp_block *blocks; /* ascending by id */
	size_t nr_blocks;
	struct arena more; /* facts of few blocks, see mhp_block.more */
	struct mhp_onliner *onliners;
	size_t nr_onliners;
	bool onliners_unread; /* there may be more of them */
	struct mhp_hidden *hidden;
	size_t nr_hidden;
	bool has_nd_bus;
	uint64_t movable_to_come; /* bytes that earlier plans bring online, in zone movable ... */
	uint64_t kernel_to_come;  /* ... and in the kernel's zones */
	bool no_blocks;		  /* the kernel has none; online sizes are not known */
	bool is_copy;		  /* read from a copied tree, not from this machine */
	bool has_kmem;		  /* this driver is loaded, as the next seven */
	bool has_device_dax;
	bool has_dax_pmem;
	bool has_nd_pmem;
	bool has_dax_cxl;
	bool has_cxl_acpi;
	bool has_cxl_port;
	bool has_cxl_mem;
	struct machine machine;
	struct candidates candidates; /* of a request that chooses blocks; not copied */
	struct drain_facts drain;     /* of a request that asks for one; not copied */
	struct log log;		      /* of the context at the time of the scan, for planners */
};

static inline void topology_freep(struct mhp_topology **topo)
{
	mhp_topology_free(*topo);
}

#define cleanup_topology __attribute__((cleanup(topology_freep)))

/* Find an object by its name or number. Return NULL if there is none. */
const struct mhp_region *topology_find_region(const struct mhp_topology *topo, const char *name);
const struct mhp_namespace *topology_find_namespace(const struct mhp_topology *topo,
						    const char *name);
const struct mhp_dax *topology_find_dax(const struct mhp_topology *topo, const char *name);
const struct mhp_cxl_memdev *topology_find_cxl_memdev(const struct mhp_topology *topo,
						      const char *name);
const struct mhp_cxl_region *topology_find_cxl_region(const struct mhp_topology *topo,
						      const char *name);
/* Finds it by its name, or by the name of its device in the kernel or of its CXL region. */
const struct mhp_dax_region *topology_find_dax_region(const struct mhp_topology *topo,
						      const char *name);
const struct mhp_block *topology_find_block(const struct mhp_topology *topo, uint64_t id);
const struct mhp_node *topology_find_node(const struct mhp_topology *topo, int node);

/*
 * Returns whether it is the raw namespace of a region without labels, which is the empty region. In
 * raw mode an info block may still exist: a destroy was killed before it had cleared that.
 */
bool topology_is_empty_region(const struct mhp_topology *topo, const struct mhp_namespace *ns);

/* Returns whether the block belongs to that device, which is bound to kmem. */
bool dax_has_block(const struct mhp_dax *dax, uint64_t block_size, uint64_t id);

/*
 * Sums up the blocks for nodes, dax devices and the machine; call it after blocks change. 0 or
 * -ENOMEM.
 */
int topology_count(struct mhp_topology *topo);

/* Link dax devices with namespaces and regions, and set the sizes of their memmaps. */
void topology_link_dax(struct mhp_topology *topo);
void topology_cost_fsdax(struct mhp_topology *topo);

/* Returns whether the dax device has memory of the CXL memory device with that name. */
bool topology_dax_has_memdev(const struct mhp_topology *topo, const struct mhp_dax *dax,
			     const char *memdev);

/* Forgets the address of a dax region that contradicts its devices. */
void topology_check_dax_regions(struct mhp_topology *topo);

/* Makes a deep copy, for example to reduce it to selected objects. 0 or -ENOMEM. */
int topology_copy(const struct mhp_topology *topo, struct mhp_topology **copy);

/*
 * Returns false for a disabled namespace, and for one whose creation was killed after it wrote the
 * label: devdax in the label, without an info block, enabled as raw.
 */
static inline bool namespace_is_whole(const struct mhp_namespace *ns)
{
	return ns->is_enabled && !(ns->mode == MHP_NAMESPACE_DEVDAX && !ns->align);
}

/* Adds a hidden item. 0 or -ENOMEM. */
int topology_hide(struct mhp_topology *topo, const char *what, const char *why);

/* Returns why objects of a kind ("regions", "dax_devices") could not be read; NULL: they were. */
const char *topology_why_hidden(const struct mhp_topology *topo, const char *kind);

/* Returns why the first kind of objects that could not be read is hidden, and its name; or NULL. */
const char *topology_why_part_hidden(const struct mhp_topology *topo, const char **part);

/* Adds hidden items for unknown attributes of blocks and nodes. 0 or -ENOMEM. */
int topology_hide_unknown(struct mhp_topology *topo);
