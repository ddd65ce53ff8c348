/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The CXL part of a topology: memory devices (cards), windows and regions. */
#pragma once

#include "topology.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MHP_CXL_WAYS_MAX 16 /* members of a region, and targets of a window */

/* The health of a CXL memory device, in its own words; read with MHP_SCAN_CXL_HEALTH. */
struct mhp_cxl_health {
	bool is_known; /* false: not read, and nothing below is known */
	enum mhp_tristate maintenance_needed;
	enum mhp_tristate performance_degraded;
	enum mhp_tristate hw_replacement_needed;
	char media_status[MHP_NAME_MAX]; /* normal, not_ready, data_lost, ...; or empty */
	/* Ratings of the values below: normal, warning, critical; or empty. */
	char life_used_alert[16];
	char temperature_alert[16];
	char volatile_errors_alert[16];
	char persistent_errors_alert[16];
	uint64_t life_used_percent; /* this and the counts below: or MHP_UNKNOWN */
	bool has_temperature;
	int temperature_celsius;
	uint64_t dirty_shutdowns;
	uint64_t corrected_volatile_errors;
	uint64_t corrected_persistent_errors;
};

/* A CXL memory device. Its capacity outside regions is neither memory nor a dax device. */
struct mhp_cxl_memdev {
	char name[MHP_NAME_MAX]; /* mem0; may change at each boot */
	uint64_t serial;	 /* MHP_UNKNOWN: unreadable, or 0, which is not an identity */
	bool is_enabled;	 /* bound to its driver */
	int numa_node;		 /* nearest node with CPUs, or -1; not the node of its memory */
	/* Volatile and persistent capacity, and the parts in regions; or MHP_UNKNOWN. */
	uint64_t ram_bytes;
	uint64_t ram_used_bytes;
	uint64_t pmem_bytes;
	uint64_t pmem_used_bytes;
	int bridge; /* its host bridge, as windows number their targets; or -1 */
	/* How many more regions it, or its host bridge, can be part of: decoders without a region.
	 * A switch in between counts like the memory device. -1: not known. */
	int free_decoders;
	int bridge_free_decoders;
	char bus_address[MHP_NAME_MAX]; /* of its PCI device, such as 0000:0d:00.0; or empty */
	char firmware[MHP_NAME_MAX];	/* version; or empty */
	char security[MHP_NAME_MAX]; /* state as the kernel spells it, such as disabled; or empty */
	char path[MHP_PATH_MAX];     /* below /sys/devices, or empty */
	struct mhp_cxl_health health;
};

/* A CXL window (root decoder): a fixed range of addresses in which regions are created. */
struct mhp_cxl_window {
	char name[MHP_NAME_MAX];       /* decoder0.0 */
	uint64_t start;		       /* physical; MHP_UNKNOWN without the privilege to read it */
	uint64_t size;		       /* or MHP_UNKNOWN */
	uint64_t free_bytes;	       /* its addresses that nothing uses; or MHP_UNKNOWN */
	uint64_t max_extent_bytes;     /* the largest contiguous free piece, or MHP_UNKNOWN */
	uint64_t max_extent_start;     /* physical start of that piece, or MHP_UNKNOWN */
	enum mhp_tristate can_ram;     /* takes volatile regions */
	enum mhp_tristate can_pmem;    /* takes persistent regions */
	enum mhp_tristate is_locked;   /* fixed by the firmware */
	unsigned ways;		       /* host bridges that it interleaves over; 0: not known */
	uint64_t granularity;	       /* bytes of one way, or MHP_UNKNOWN */
	unsigned nr_targets;	       /* 0: not known */
	int targets[MHP_CXL_WAYS_MAX]; /* its host bridges, in the order of their ways */
	char seed[MHP_NAME_MAX];       /* the name of its next region; or empty */
};

/* How far a CXL region is set up. */
enum mhp_cxl_state {
	MHP_CXL_STATE_UNKNOWN = 0,
	MHP_CXL_STATE_INCOMPLETE,  /* without a size, or members are missing */
	MHP_CXL_STATE_UNCOMMITTED, /* complete, but no decoder answers to its addresses */
	MHP_CXL_STATE_COMMITTED,   /* its decoders are set, and it has no driver */
	MHP_CXL_STATE_ENABLED,	   /* bound to its driver */
};

/* One position of a CXL region. */
struct mhp_cxl_member {
	char decoder[MHP_NAME_MAX]; /* empty: this member is missing, or unknown */
	char memdev[MHP_NAME_MAX];  /* the memory device of the decoder, or empty */
	uint64_t serial;	    /* of that memory device, or MHP_UNKNOWN */
};

/* A CXL region: a range of addresses over one or several memory devices. */
struct mhp_cxl_region {
	char name[MHP_NAME_MAX];   /* region0; an NVDIMM region may have the same name */
	char window[MHP_NAME_MAX]; /* or empty */
	char uuid[MHP_UUID_MAX];   /* of a persistent region, or empty */
	char type[8];		   /* ram, pmem; empty: not known */
	enum mhp_cxl_state state;
	uint64_t start;		     /* physical; MHP_UNKNOWN: not assigned, or not readable */
	uint64_t size;		     /* or MHP_UNKNOWN */
	uint64_t granularity;	     /* bytes of one way, or MHP_UNKNOWN */
	unsigned ways;		     /* 0: not set, or not known */
	unsigned nr_members;	     /* positions that are listed: its ways */
	enum mhp_tristate is_locked; /* the firmware forbids to undo it */
	/* Yes: locked, or in memory that the firmware reported at boot. The kernel does not tell
	 * other regions of the firmware from those that were created since boot. */
	enum mhp_tristate is_from_firmware;
	char dax_region[MHP_NAME_MAX]; /* parent of its dax devices, or empty */
	uint64_t online_bytes;	       /* of it, online as memory; or MHP_UNKNOWN */
	uint64_t unbacked_bytes;       /* of it, online while no decoder answers; or MHP_UNKNOWN */
	/* Only in a plan: a killed run has left it half made. Its members without a decoder are the
	 * memory devices that this run was to add. */
	bool is_begun;
	struct mhp_cxl_member members[MHP_CXL_WAYS_MAX]; /* by position */
};

/**
 * mhp_topology_cxl_memdev - the @index-th CXL memory device, by number
 * @topo: the snapshot
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_cxl_memdev *mhp_topology_cxl_memdev(const struct mhp_topology *topo, size_t index);

/**
 * mhp_topology_cxl_window - the @index-th CXL window, by number
 * @topo: the snapshot
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_cxl_window *mhp_topology_cxl_window(const struct mhp_topology *topo, size_t index);

/**
 * mhp_topology_cxl_region - the @index-th CXL region, by number
 * @topo: the snapshot
 * @index: from 0
 *
 * Its dax devices have its name in their member cxl_region.
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_cxl_region *mhp_topology_cxl_region(const struct mhp_topology *topo, size_t index);

/**
 * mhp_cxl_state_name - the name of a region's state in text and JSON
 * @state: the state
 *
 * Return: incomplete, uncommitted, committed, enabled; NULL for MHP_CXL_STATE_UNKNOWN.
 * Since: 0.1
 */
const char *mhp_cxl_state_name(enum mhp_cxl_state state);

#ifdef __cplusplus
}
#endif
