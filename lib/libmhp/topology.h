/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Topology: what the machine is. */
#pragma once

#include "context.h"
#include "error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MHP_NAME_MAX	32 /* region0, namespace0.0, dax0.0, with the final NUL */
#define MHP_UUID_MAX	37
#define MHP_LABEL_MAX	65 /* a namespace's own name */
#define MHP_HOLDS_MAX	96 /* what a namespace holds, in words */
#define MHP_RANGES_MAX	16 /* of one dax device */
#define MHP_SERIALS_MAX 16 /* of the CXL devices below one dax device or region */
#define MHP_PATH_MAX	256
#define MHP_SECTION_MAX 64 /* the name of a section of a policy */
#define MHP_NO_CHAIN	UINT32_MAX
#define MHP_UNKNOWN	UINT64_MAX /* a size, address or count that is not known here */

struct mhp_range {
	uint64_t start; /* first byte */
	uint64_t end;	/* byte after the last */
};

enum mhp_zone {
	MHP_ZONE_NONE = 0, /* an offline block has no zone */
	MHP_ZONE_DMA,
	MHP_ZONE_DMA32,
	MHP_ZONE_NORMAL,
	MHP_ZONE_MOVABLE,
	MHP_ZONE_MIXED,	  /* spans zones or nodes; the kernel never offlines it */
	MHP_ZONE_UNKNOWN, /* valid_zones is not there (no MEMORY_HOTREMOVE) */
};

enum mhp_block_state {
	MHP_BLOCK_OFFLINE = 0,
	MHP_BLOCK_ONLINE,
	MHP_BLOCK_GOING_OFFLINE,
	MHP_BLOCK_UNKNOWN,
};

enum mhp_dax_mode {
	MHP_DAX_UNBOUND = 0,
	MHP_DAX_DEVDAX,	    /* bound to device_dax */
	MHP_DAX_SYSTEM_RAM, /* bound to kmem */
	MHP_DAX_OTHER,	    /* bound to a driver that this version does not know */
};

/*
 * What was last made of a whole dax device that is bound to kmem, as the kernel keeps it
 * (Linux 7.3). Who changes its blocks by themselves makes it wrong: what the memory is, only the
 * blocks tell.
 */
enum mhp_dax_state {
	MHP_DAX_STATE_NONE = 0,	 /* not bound to kmem, or this kernel keeps none */
	MHP_DAX_STATE_UNPLUGGED, /* bound, and no memory is there */
	MHP_DAX_STATE_OFFLINE,	 /* its blocks were added, and left offline */
	MHP_DAX_STATE_ONLINE,	 /* in the zones that the kernel chose */
	MHP_DAX_STATE_ONLINE_KERNEL,
	MHP_DAX_STATE_ONLINE_MOVABLE,
	MHP_DAX_STATE_UNKNOWN, /* not readable, or a word that this version does not know */
};

/* What the memory of a dax device is. */
enum mhp_origin {
	MHP_ORIGIN_UNKNOWN = 0,
	MHP_ORIGIN_PMEM,	  /* an NVDIMM namespace */
	MHP_ORIGIN_CXL,		  /* a CXL region */
	MHP_ORIGIN_SOFT_RESERVED, /* set aside by the firmware (hmem) */
};

enum mhp_namespace_mode {
	MHP_NAMESPACE_RAW = 0,
	MHP_NAMESPACE_SECTOR,
	MHP_NAMESPACE_FSDAX,
	MHP_NAMESPACE_DEVDAX,
};

/* Where a devdax or fsdax namespace keeps the memmap of its ZONE_DEVICE pages. */
enum mhp_map {
	MHP_MAP_NONE = 0,
	MHP_MAP_MEM, /* in ordinary memory */
	MHP_MAP_DEV, /* on the namespace itself (altmap) */
};

/* What a namespace holds, as far as looking at both ends and at samples can tell. */
enum mhp_content {
	MHP_CONTENT_UNKNOWN = 0, /* not looked at, or not readable: it may be anything */
	MHP_CONTENT_ZERO,	 /* all that was looked at is zero */
	MHP_CONTENT_DATA,
};

/* What mhpctl remembers of a namespace from earlier runs. */
enum mhp_record {
	MHP_RECORD_NONE = 0,
	MHP_RECORD_VALID, /* mhpctl made it or gave it to the kernel as memory; not used since */
	MHP_RECORD_STALE, /* the same, but somebody may have used it since */
};

/* Who besides mhpctl brings memory blocks online. */
enum mhp_onliner_kind {
	MHP_ONLINER_KERNEL_POLICY = 0, /* auto_online_blocks */
	MHP_ONLINER_UDEV_RULE,
	MHP_ONLINER_DAXCTL_UNIT,
};

enum mhp_answer {
	MHP_ANSWER_UNKNOWN = 0,
	MHP_ANSWER_NO,
	MHP_ANSWER_YES,
};

struct mhp_memory {
	uint64_t page_size;
	uint64_t block_size;
	uint64_t online_bytes;
	uint64_t offline_bytes;
	char auto_online_blocks[24];	  /* as the kernel spells it; empty: not known */
	char online_policy[24];		  /* contig_zones, auto_movable; empty: not known */
	char memmap_on_memory[16];	  /* on, off, force, unsupported; empty: not known */
	enum mhp_answer vmemmap_dedup;	  /* do large devdax pages share their page structs? */
	uint64_t memmap_pages_per_second; /* initialised by one worker, measured; or MHP_UNKNOWN */
	/* Free, or easily freed, in all zones, without what the kernel keeps back; or MHP_UNKNOWN
	 */
	uint64_t available_bytes;
	uint64_t unplugged_bytes; /* of online_bytes, the sum of that of the blocks */
};

#define MHP_CPUS_UNKNOWN UINT32_MAX /* a list of CPUs that cannot be read */

struct mhp_node {
	int node;
	unsigned cpus; /* or MHP_CPUS_UNKNOWN */
	uint64_t online_bytes;
	uint64_t offline_bytes;
	uint64_t movable_bytes;
	uint64_t kernel_bytes;
	/* Of the zones that the kernel can use for itself, as the allocator counts them; or
	 * MHP_UNKNOWN */
	uint64_t kernel_present_bytes;
	uint64_t kernel_available_bytes; /* free, or easily freed, without what it keeps back */
};

/* Serial numbers of CXL memory devices. */
struct mhp_serials {
	unsigned nr;
	uint64_t numbers[MHP_SERIALS_MAX];
};

#define MHP_ALIGNS_MAX 4

struct mhp_region {
	char name[MHP_NAME_MAX];
	char type[8]; /* pmem, blk, volatile */
	char bus[MHP_NAME_MAX];
	uint64_t start; /* MHP_UNKNOWN without the right to read it */
	uint64_t size;
	uint64_t available_bytes;
	uint64_t max_extent; /* the largest contiguous free piece */
	uint64_t align;	     /* sizes of namespaces are multiples of this */
	unsigned mappings;
	bool labels;	/* namespaces are kept in labels */
	bool can_label; /* every DIMM of it takes a label index */
	bool enabled;
	bool read_only;
	int numa_node;			 /* nearest node with CPUs, or -1 */
	int target_node;		 /* node that its memory will belong to, or -1 */
	char seed[MHP_NAME_MAX];	 /* namespace that the next creation will get, or empty */
	char dax_seed[MHP_NAME_MAX];	 /* the same for the dax device */
	unsigned nr_aligns;		 /* 0: not known, as of a disabled region */
	uint64_t aligns[MHP_ALIGNS_MAX]; /* of devdax namespaces, ascending from the page size */
	struct mhp_serials serials;
};

struct mhp_namespace {
	char name[MHP_NAME_MAX];
	char region[MHP_NAME_MAX];
	char uuid[MHP_UUID_MAX];
	char label[MHP_LABEL_MAX];
	enum mhp_namespace_mode mode;
	enum mhp_map map;
	char id[MHP_UUID_MAX];	   /* UUID of its label, else of its info block; may be empty */
	enum mhp_content content;  /* with MHP_SCAN_CONTENT */
	char holds[MHP_HOLDS_MAX]; /* what that is, or why it is not known; may be empty */
	enum mhp_record record;	   /* with MHP_SCAN_CONTENT */
	uint64_t size;		   /* usable bytes, as ndctl counts them */
	uint64_t raw_size;	   /* what it takes from its region */
	uint64_t start;		   /* MHP_UNKNOWN without the right to read it */
	uint64_t align;		   /* 0: the mode has none */
	uint64_t memmap_bytes; /* ordinary memory for its memmap in mode fsdax; see also dax devices
				*/
	bool enabled;
	char device[MHP_NAME_MAX];   /* dax device, or empty */
	char blockdev[MHP_NAME_MAX]; /* block device such as pmem0, or empty */
};

struct mhp_dax {
	char name[MHP_NAME_MAX];
	char region[MHP_NAME_MAX];     /* NVDIMM region under it, or empty */
	char namespace_[MHP_NAME_MAX]; /* NVDIMM namespace under it, or empty */
	char driver[MHP_NAME_MAX];     /* empty: unbound */
	enum mhp_dax_mode mode;
	enum mhp_dax_state state;
	uint64_t size;
	uint64_t align;
	int numa_node;
	int target_node;		  /* -1: kmem will refuse it */
	enum mhp_answer memmap_on_memory; /* asked for on this device (kernel 6.8 and later) */
	bool ranges_known;		  /* needs root */
	unsigned nr_ranges;
	struct mhp_range ranges[MHP_RANGES_MAX]; /* physical, as the device has them */
	uint64_t memmap_bytes; /* memmap for this device in its present mode, or MHP_UNKNOWN */
	uint64_t lost_bytes;   /* what no whole memory block can hold, or MHP_UNKNOWN */
	uint64_t blocks_total; /* memory blocks that exist for it, or MHP_UNKNOWN */
	uint64_t blocks_online;
	enum mhp_origin origin;
	char path[MHP_PATH_MAX];       /* below /sys/devices, or empty */
	char cxl_region[MHP_NAME_MAX]; /* or empty */
	struct mhp_serials serials;    /* of its region */
};

/* A CXL memory device. What of it is in no region is neither memory nor a dax device. */
struct mhp_memdev {
	char name[MHP_NAME_MAX]; /* mem0; given anew at each boot */
	uint64_t serial;	 /* or MHP_UNKNOWN */
	bool enabled;		 /* bound to its driver */
	int numa_node;		 /* nearest node with CPUs, or -1; not that of its memory */
	/* Volatile and persistent capacity, and what of it is in regions; or MHP_UNKNOWN */
	uint64_t ram_bytes;
	uint64_t ram_used_bytes;
	uint64_t pmem_bytes;
	uint64_t pmem_used_bytes;
};

#define MHP_BLOCK_NODES_MAX 4

struct mhp_block {
	uint64_t id; /* N of memoryN */
	uint64_t start;
	enum mhp_block_state state;
	enum mhp_zone zone;
	enum mhp_zone valid_zones[3]; /* of an offline block, the default first */
	unsigned nr_valid_zones;
	int node; /* -1: several or none */
	/* A block of the boot can lie on several; the kernel never takes that offline. Ascending */
	unsigned nr_nodes;
	int nodes[MHP_BLOCK_NODES_MAX];
	uint64_t node_bytes[MHP_BLOCK_NODES_MAX]; /* of several: what of it lies on each */
	char device[MHP_NAME_MAX];
	bool boot_memory;    /* there at boot, on a kernel that never takes such offline */
	bool boot_unclear;   /* on such a kernel it cannot be told */
	bool is_orphaned;    /* by kmem, whose device is gone; the kernel keeps it until a reboot */
	bool pages_known;    /* by mhp_topology_count_pages(); else the next three are 0 */
	uint64_t used_pages; /* that would have to move */
	uint64_t fixed_pages;	/* that cannot */
	uint64_t unclear_pages; /* free on a list of one CPU, or the kernel's */
	/* Of a block of virtio-mem: what is not plugged in, or MHP_UNKNOWN; 0 of all others. Only
	 * after mhp_topology_count_unplugged(). */
	uint64_t unplugged_bytes;
};

struct mhp_onliner {
	enum mhp_onliner_kind kind;
	char where[256]; /* path and line of a rule, value of the policy */
	bool may;	 /* it depends on what is not known here whether it does */
	bool is_alone;	 /* of a rule: the file does nothing else */
};

/* Something that exists and could not be read, and why. */
struct mhp_hidden {
	char what[64]; /* such as "dax_devices.blocks" */
	char why[128];
};

#define MHP_HIDDEN_MAX 8

struct mhp_topology;

enum mhp_scan_flags {
	/* Look what all namespaces hold (needs root): see also mhp_scan_request() */
	MHP_SCAN_CONTENT = 1 << 0,
	/* A kernel without memory blocks is no failure: the rest is read, and they are hidden */
	MHP_SCAN_WITHOUT_BLOCKS = 1 << 1,
};

/**
 * mhp_topology_scan - read the machine's memory layout once
 * @ctx: the context
 * @flags: of enum mhp_scan_flags
 * @topo: receives a new snapshot, which does not follow later changes
 * @err: receives reason and hint, or NULL
 *
 * A part that cannot be read (no privilege, a bus that is busy for longer than 10 s) is left
 * empty and listed by mhp_topology_hidden(); that is no error.
 * Ownership: free with mhp_topology_free(); what is got from it is borrowed and ends with it.
 * Return: 0, or -ENOENT (this kernel has no memory blocks), -ECANCELED, -ENOMEM.
 * Since: 0.1
 */
int mhp_topology_scan(struct mhp_ctx *ctx, unsigned flags, struct mhp_topology **topo,
		      struct mhp_error *err);

/**
 * mhp_topology_free - free a snapshot
 * @topo: the snapshot, or NULL
 *
 * Since: 0.1
 */
void mhp_topology_free(struct mhp_topology *topo);

/**
 * mhp_topology_memory - facts about the whole machine
 * @topo: the snapshot
 *
 * Return: never NULL.
 * Since: 0.1
 */
const struct mhp_memory *mhp_topology_memory(const struct mhp_topology *topo);

/**
 * mhp_topology_node - the @index-th node, ascending
 * @topo: the snapshot
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_node *mhp_topology_node(const struct mhp_topology *topo, size_t index);

/**
 * mhp_topology_region - the @index-th NVDIMM region, by number
 * @topo: the snapshot
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_region *mhp_topology_region(const struct mhp_topology *topo, size_t index);

/**
 * mhp_topology_namespace - the @index-th NVDIMM namespace, by region and number
 * @topo: the snapshot
 * @index: from 0
 *
 * Seeds, which have no size yet, are not among them.
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_namespace *mhp_topology_namespace(const struct mhp_topology *topo, size_t index);

/**
 * mhp_topology_dax - the @index-th device of the dax bus, by number
 * @topo: the snapshot
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_dax *mhp_topology_dax(const struct mhp_topology *topo, size_t index);

/**
 * mhp_topology_memdev - the @index-th CXL memory device, by number
 * @topo: the snapshot
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_memdev *mhp_topology_memdev(const struct mhp_topology *topo, size_t index);

/**
 * mhp_topology_block - the @index-th memory block, ascending
 * @topo: the snapshot
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_block *mhp_topology_block(const struct mhp_topology *topo, size_t index);

/**
 * mhp_topology_onliner - the @index-th other party that brings memory online here
 * @topo: the snapshot
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_onliner *mhp_topology_onliner(const struct mhp_topology *topo, size_t index);

/**
 * mhp_topology_count_pages - count what is in use in the blocks of a node
 * @ctx: the context that it was read with
 * @topo: the topology
 * @node: the node
 *
 * So that a request that lets blocks be chosen gets those that cost least. Reads the page flags of
 * each online block once, in large pieces. Without the right to do so nothing is counted.
 * Return: 0, or -ENOMEM.
 * Since: 0.1
 */
int mhp_topology_count_pages(struct mhp_ctx *ctx, struct mhp_topology *topo, int node);

/**
 * mhp_topology_count_unplugged - find what virtio-mem has not plugged in
 * @ctx: the context that it was read with
 * @topo: the topology; see mhp_block.unplugged_bytes
 *
 * A block of virtio-mem is online as a whole, though the device may have plugged in parts of it
 * only. Which, the kernel shows to root; elsewhere it is named as hidden.
 * Return: 0, or -ENOMEM.
 * Since: 0.1
 */
int mhp_topology_count_unplugged(struct mhp_ctx *ctx, struct mhp_topology *topo);

/**
 * mhp_topology_hidden - the @index-th thing that could not be read
 * @topo: the snapshot
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_hidden *mhp_topology_hidden(const struct mhp_topology *topo, size_t index);

/**
 * mhp_topology_select - keep only what the targets name, and what is under and above it
 * @topo: the snapshot, narrowed in place
 * @targets: names in the one grammar of targets
 * @nr_targets: how many; 0 keeps everything
 * @err: receives reason and hint, or NULL
 *
 * Of a range of blocks or addresses those blocks are kept that are there.
 * Return: 0, or -EINVAL (not a target), -ENOENT (no such target), -ENOMEM.
 * Since: 0.1
 */
int mhp_topology_select(struct mhp_topology *topo, const char *const *targets, size_t nr_targets,
			struct mhp_error *err);

/**
 * mhp_zone_name - the name of a zone in text and JSON
 * @zone: the zone
 *
 * Return: movable, normal, dma32, dma, mixed, unknown; NULL for MHP_ZONE_NONE.
 * Since: 0.1
 */
const char *mhp_zone_name(enum mhp_zone zone);

/**
 * mhp_block_state_name - the name of a block's state
 * @state: the state
 *
 * Return: online, offline, going_offline, unknown.
 * Since: 0.1
 */
const char *mhp_block_state_name(enum mhp_block_state state);

/**
 * mhp_dax_mode_name - the name of a dax device's mode
 * @mode: the mode
 *
 * Return: system_ram, devdax, unbound, other.
 * Since: 0.1
 */
const char *mhp_dax_mode_name(enum mhp_dax_mode mode);

/**
 * mhp_dax_state_name - the name of the state of a whole dax device, as the kernel spells it
 * @state: the state
 *
 * Return: unplugged, offline, online, online_kernel, online_movable, unknown; NULL for
 *	MHP_DAX_STATE_NONE.
 * Since: 0.1
 */
const char *mhp_dax_state_name(enum mhp_dax_state state);

/**
 * mhp_origin_name - the name of where a dax device's memory comes from
 * @origin: the origin
 *
 * Return: pmem, cxl, soft_reserved; NULL for MHP_ORIGIN_UNKNOWN.
 * Since: 0.1
 */
const char *mhp_origin_name(enum mhp_origin origin);

/**
 * mhp_namespace_mode_name - the name of a namespace's mode
 * @mode: the mode
 *
 * Return: raw, sector, fsdax, devdax.
 * Since: 0.1
 */
const char *mhp_namespace_mode_name(enum mhp_namespace_mode mode);

/**
 * mhp_map_name - the name of a place for the memmap
 * @map: the place
 *
 * Return: mem, dev; NULL for MHP_MAP_NONE.
 * Since: 0.1
 */
const char *mhp_map_name(enum mhp_map map);

/**
 * mhp_onliner_name - the name of a kind of other onliner
 * @kind: the kind
 *
 * Return: kernel_policy, udev_rule, daxctl_unit.
 * Since: 0.1
 */
const char *mhp_onliner_name(enum mhp_onliner_kind kind);

#ifdef __cplusplus
}
#endif
