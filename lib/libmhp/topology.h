/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Topology: a snapshot of the machine's memory, its nodes, and the devices that provide memory. */
#pragma once

#include "context.h"
#include "error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MHP_NAME_MAX	     32 /* region0, namespace0.0, dax0.0, with the final NUL */
#define MHP_UUID_MAX	     37
#define MHP_LABEL_MAX	     65		/* a namespace's own name */
#define MHP_CONTENT_TEXT_MAX 96		/* description of a namespace's content */
#define MHP_PATH_MAX	     256	/* of a file or device, with the final NUL */
#define MHP_SECTION_MAX	     64		/* the name of a section of a policy */
#define MHP_NO_CHAIN	     UINT32_MAX /* see struct mhp_step */
#define MHP_UNKNOWN	     UINT64_MAX /* a size, address or count that is not known */

/* A range of physical addresses. */
struct mhp_range {
	uint64_t start; /* first byte */
	uint64_t end;	/* byte after the last */
};

/* The zone that a memory block is online in. */
enum mhp_zone {
	MHP_ZONE_NONE = 0, /* an offline block has no zone */
	MHP_ZONE_DMA,
	MHP_ZONE_DMA32,
	MHP_ZONE_NORMAL,
	MHP_ZONE_MOVABLE,
	MHP_ZONE_MIXED,	  /* several zones or nodes; the kernel never offlines such a block */
	MHP_ZONE_UNKNOWN, /* the kernel has no valid_zones (no MEMORY_HOTREMOVE) */
};

/* The state of a memory block, as its file "state" shows it. */
enum mhp_block_state {
	MHP_BLOCK_OFFLINE = 0,
	MHP_BLOCK_ONLINE,
	MHP_BLOCK_GOING_OFFLINE,
	MHP_BLOCK_UNKNOWN, /* not readable, or a word that this version does not know */
};

/* The use of a dax device, which follows from its driver. */
enum mhp_dax_mode {
	MHP_DAX_UNBOUND = 0, /* no driver */
	MHP_DAX_DEVDAX,	     /* bound to device_dax */
	MHP_DAX_SYSTEM_RAM,  /* bound to kmem */
	MHP_DAX_OTHER,	     /* bound to a driver that this version does not know */
	MHP_DAX_FAMFS,	     /* bound to fsdev_dax, for the file system famfs */
};

/*
 * The last state set for a whole dax device bound to kmem, as the kernel records it (Linux 7.3).
 * It is stale after a change of single blocks: only the blocks show the real state of the memory.
 */
enum mhp_dax_state {
	MHP_DAX_STATE_NONE = 0,	 /* not bound to kmem, or an older kernel */
	MHP_DAX_STATE_UNPLUGGED, /* bound, and no memory is added */
	MHP_DAX_STATE_OFFLINE,	 /* blocks added, and left offline */
	MHP_DAX_STATE_ONLINE,	 /* in zones that the kernel chose */
	MHP_DAX_STATE_ONLINE_KERNEL,
	MHP_DAX_STATE_ONLINE_MOVABLE,
	MHP_DAX_STATE_UNKNOWN, /* not readable, or a word that this version does not know */
};

/* Where the memory of a dax device comes from. */
enum mhp_origin {
	MHP_ORIGIN_UNKNOWN = 0,
	MHP_ORIGIN_PMEM,	  /* an NVDIMM namespace */
	MHP_ORIGIN_CXL,		  /* a CXL region */
	MHP_ORIGIN_SOFT_RESERVED, /* reserved by the firmware (hmem) */
};

/* The mode of an NVDIMM namespace, as ndctl names it. */
enum mhp_namespace_mode {
	MHP_NAMESPACE_RAW = 0,
	MHP_NAMESPACE_SECTOR,
	MHP_NAMESPACE_FSDAX,
	MHP_NAMESPACE_DEVDAX,
};

/* Where a memmap is: the struct pages of a namespace, a dax device or memory blocks. */
enum mhp_memmap_location {
	MHP_MEMMAP_NONE = 0, /* no memmap, or no choice made */
	MHP_MEMMAP_MEM,	     /* in ordinary memory */
	MHP_MEMMAP_DEV,	     /* on the device itself (altmap) */
};

/* Whether a namespace has data, judged by both ends and samples in between. */
enum mhp_content {
	MHP_CONTENT_UNKNOWN = 0, /* not read, or not readable: may be data */
	MHP_CONTENT_ZERO,	 /* all samples are zero */
	MHP_CONTENT_DATA,
};

/* The source of the memory of a block. */
enum mhp_block_origin {
	MHP_BLOCK_ORIGIN_UNKNOWN = 0, /* not readable, or several possibilities */
	MHP_BLOCK_ORIGIN_BOOT,	      /* present at boot, and of no device */
	MHP_BLOCK_ORIGIN_KMEM,	      /* the driver kmem: persistent memory or CXL */
	MHP_BLOCK_ORIGIN_DIMM,	      /* a memory device of ACPI, present at boot or added later */
	MHP_BLOCK_ORIGIN_VIRTIO_MEM,
	MHP_BLOCK_ORIGIN_HMEM, /* the driver kmem: soft-reserved memory */
};

/* The record that mhpctl keeps about a namespace from earlier runs. */
enum mhp_record {
	MHP_RECORD_NONE = 0,
	MHP_RECORD_VALID, /* mhpctl created it or made it system memory; unused since */
	MHP_RECORD_STALE, /* the same, but another program may have used it since */
};

/* The kinds of onliners: settings and programs besides mhpctl that bring blocks online. */
enum mhp_onliner_kind {
	MHP_ONLINER_KERNEL_POLICY = 0, /* auto_online_blocks */
	MHP_ONLINER_UDEV_RULE,
	MHP_ONLINER_DAXCTL_UNIT,
};

/* A yes-or-no answer that may be unknown. */
enum mhp_tristate {
	MHP_TRISTATE_UNKNOWN = 0,
	MHP_TRISTATE_NO,
	MHP_TRISTATE_YES,
};

/* Facts about the whole machine. */
struct mhp_memory {
	uint64_t page_size;
	uint64_t block_size;		  /* of a memory block */
	uint64_t online_bytes;		  /* sum of the online blocks; or MHP_UNKNOWN */
	uint64_t offline_bytes;		  /* the same for the offline blocks */
	char auto_online_blocks[24];	  /* as the kernel spells it; empty: not known */
	char online_policy[24];		  /* contig_zones, auto_movable; empty: not known */
	char memmap_on_memory[16];	  /* on, off, force, unsupported; empty: not known */
	enum mhp_tristate vmemmap_dedup;  /* whether large devdax pages share their page structs */
	uint64_t memmap_pages_per_second; /* measured, one worker; or MHP_UNKNOWN */
	/* Free or reclaimable in all zones, without the kernel's reserves; or MHP_UNKNOWN. */
	uint64_t available_bytes;
	uint64_t unplugged_bytes; /* part of online_bytes: sum over the blocks; or MHP_UNKNOWN */
};

#define MHP_CPUS_UNKNOWN UINT32_MAX /* a list of CPUs that cannot be read */

/* A NUMA node. Its first four sizes are MHP_UNKNOWN if the kernel has no memory blocks. */
struct mhp_node {
	int node;	  /* its number */
	unsigned nr_cpus; /* number of CPUs, or MHP_CPUS_UNKNOWN */
	uint64_t online_bytes;
	uint64_t offline_bytes;
	uint64_t movable_bytes; /* online in zone movable */
	uint64_t kernel_bytes;	/* online in the other zones */
	/* In all zones but movable, as the allocator counts them; or MHP_UNKNOWN. */
	uint64_t kernel_present_bytes;
	uint64_t kernel_available_bytes; /* free or reclaimable, without the reserves */
};

/* Serial numbers of CXL memory devices. */
struct mhp_serials {
	unsigned nr;
	uint64_t numbers[16]; /* read with mhp_serial() */
};

/* An NVDIMM region: persistent memory in which namespaces are created. */
struct mhp_region {
	char name[MHP_NAME_MAX];
	char type[8];		/* pmem, blk, volatile */
	char bus[MHP_NAME_MAX]; /* such as ndbus0 */
	uint64_t start;		/* physical; MHP_UNKNOWN without the privilege to read it */
	uint64_t size;
	uint64_t available_bytes;  /* in no namespace */
	uint64_t max_extent_bytes; /* the largest contiguous free piece */
	uint64_t align;		   /* sizes of namespaces are multiples of this */
	unsigned nr_mappings;	   /* number of DIMMs below it */
	bool has_labels;	   /* its namespaces are stored in labels */
	bool can_label;		   /* each of its DIMMs can store a label index */
	bool is_enabled;	   /* bound to its driver */
	bool is_read_only;
	int numa_node;		     /* nearest node with CPUs, or -1 */
	int target_node;	     /* node of its memory once online, or -1 */
	char seed[MHP_NAME_MAX];     /* name of the next namespace, or empty */
	char dax_seed[MHP_NAME_MAX]; /* name of the next dax device, or empty */
	unsigned nr_aligns;	     /* 0: not known, for example if disabled */
	uint64_t aligns[4];	     /* of devdax namespaces; read with mhp_region_align() */
	struct mhp_serials serials;
};

/* An NVDIMM namespace. */
struct mhp_namespace {
	char name[MHP_NAME_MAX];
	char region[MHP_NAME_MAX];
	char uuid[MHP_UUID_MAX];
	char label[MHP_LABEL_MAX]; /* its name, set by its creator */
	enum mhp_namespace_mode mode;
	enum mhp_memmap_location map;
	char id[MHP_UUID_MAX];	  /* UUID in its label, else in its info block; or empty */
	enum mhp_content content; /* read with MHP_SCAN_CONTENT */
	char content_text[MHP_CONTENT_TEXT_MAX]; /* description of content, or why it is unknown; or
						    empty */
	enum mhp_record record;			 /* read with MHP_SCAN_CONTENT */
	uint64_t size;				 /* usable bytes, as ndctl counts them */
	uint64_t raw_size;			 /* bytes that it occupies in its region */
	uint64_t start;	       /* physical; MHP_UNKNOWN without the privilege to read it */
	uint64_t align;	       /* 0: its mode has none */
	uint64_t memmap_bytes; /* in ordinary memory, mode fsdax only; else see its dax device */
	bool is_enabled;       /* bound to its driver */
	char device[MHP_NAME_MAX];   /* dax device, or empty */
	char blockdev[MHP_NAME_MAX]; /* block device such as pmem0, or empty */
	bool is_forced_raw;	     /* the kernel ignores its info block until force_raw is 0 */
	bool is_begun; /* by a killed mhpctl, which was creating it; for requests to create */
};

/* A device of the dax bus. */
struct mhp_dax {
	char name[MHP_NAME_MAX];
	char region[MHP_NAME_MAX];  /* its NVDIMM region, or empty */
	char ns_name[MHP_NAME_MAX]; /* its NVDIMM namespace, or empty */
	char driver[MHP_NAME_MAX];  /* empty: unbound */
	enum mhp_dax_mode mode;
	enum mhp_dax_state state;
	uint64_t size;
	uint64_t align;
	int numa_node;	 /* nearest node with CPUs, or -1 */
	int target_node; /* node of its memory once online; -1: kmem refuses it */
	enum mhp_tristate memmap_on_memory; /* requested for this device (Linux 6.8) */
	bool has_ranges;		    /* false without root */
	unsigned nr_ranges;
	struct mhp_range ranges[16]; /* physical addresses; read with mhp_dax_range() */
	uint64_t memmap_bytes;	     /* of its memmap in the current mode, or MHP_UNKNOWN */
	uint64_t lost_bytes;	     /* in no whole memory block, or MHP_UNKNOWN */
	uint64_t blocks_total;	     /* memory blocks that exist for it, or MHP_UNKNOWN */
	uint64_t blocks_online;	     /* of those; or MHP_UNKNOWN */
	enum mhp_origin origin;
	char path[MHP_PATH_MAX];       /* below /sys/devices, or empty */
	char cxl_region[MHP_NAME_MAX]; /* or empty */
	struct mhp_serials serials;    /* of the CXL devices of its region */
	char dax_region[MHP_NAME_MAX]; /* dax region that can be divided, or empty */
};

/*
 * A dax region that can be divided into devices: memory of a CXL region, or soft-reserved memory.
 * Its first device always exists, with or without memory; the others come and go.
 */
struct mhp_dax_region {
	char name[MHP_NAME_MAX];   /* dax_regionX for the region of daxX.0, daxX.1, ... */
	char device[MHP_NAME_MAX]; /* its device in the kernel, such as hmem.0 */
	char path[MHP_PATH_MAX];   /* of that device, below /sys/devices */
	enum mhp_origin origin;
	char cxl_region[MHP_NAME_MAX]; /* or empty */
	uint64_t start;		       /* physical; MHP_UNKNOWN without root, or if not shown */
	uint64_t size;
	uint64_t available_bytes; /* in no device, or MHP_UNKNOWN */
	uint64_t align;		  /* the smallest of its devices, or MHP_UNKNOWN without root */
	int numa_node;		  /* nearest node with CPUs, or -1 */
	int target_node;	  /* node of its memory once online, or -1 */
};

/* Facts of few blocks: read with the functions named at mhp_block.more. */
struct mhp_block_more;

/* A memory block: the unit in which memory goes online and offline. */
struct mhp_block {
	uint64_t id;	/* N of memoryN */
	uint64_t start; /* physical */
	/* Private, or NULL: see mhp_block_device(), mhp_block_node(), mhp_block_node_bytes(),
	 * mhp_block_pages() and mhp_block_unplugged_bytes(). */
	struct mhp_block_more *more;
	int node; /* -1: several or none */
	enum mhp_block_state state : 3;
	enum mhp_zone zone : 4;
	enum mhp_block_origin origin : 4;
	unsigned valid_zones : 9; /* read with mhp_block_valid_zone() */
	unsigned nr_valid_zones : 2;
	/* A boot block can lie on several nodes; the kernel never offlines it then. */
	unsigned nr_nodes : 3;
	bool is_boot_memory : 1; /* present at boot, on a kernel that never offlines such memory */
	bool can_be_boot_memory : 1; /* on such a kernel: not known whether it was present */
	bool is_orphaned : 1;	     /* its kmem device is gone; the kernel keeps it until reboot */
	bool is_unbacked : 1;  /* orphaned, of CXL that no decoder answers for: its data is gone */
	bool has_own_more : 1; /* private: more is of this block alone */
	bool is_plugged_unknown : 1; /* private: see mhp_block_unplugged_bytes() */
};

/* The pages in use in a block. */
struct mhp_block_pages {
	uint64_t used;	    /* would have to move in an offline */
	uint64_t unmovable; /* cannot move */
	uint64_t unknown;   /* on a per-CPU free list, of a driver, or the kernel's */
};

/* One onliner that is active on this machine. */
struct mhp_onliner {
	enum mhp_onliner_kind kind;
	char where[256];   /* path and line of a rule, or value of the policy */
	bool is_uncertain; /* true: only perhaps, as the rule has conditions that are not known */
	bool is_alone;	   /* true: the file of the rule does nothing else */
};

/* An item that exists and could not be read, and the reason. */
struct mhp_hidden {
	char what[64]; /* such as "dax_devices.blocks" */
	char why[128];
};

/* A snapshot of the machine. */
struct mhp_topology;

/* Flags of mhp_topology_scan(). */
enum mhp_scan_flags {
	/* Read the content of all namespaces (needs root); see also mhp_scan_request(). */
	MHP_SCAN_CONTENT = 1 << 0,
	/* Accept a kernel without memory blocks: read the rest, and list the blocks as hidden. */
	MHP_SCAN_WITHOUT_BLOCKS = 1 << 1,
	/* Ask all CXL memory devices for their health (needs root). */
	MHP_SCAN_CXL_HEALTH = 1 << 2,
};

/**
 * mhp_topology_scan - read the machine's memory layout once
 * @ctx: the context
 * @flags: bits of enum mhp_scan_flags
 * @topo: receives a new snapshot, which does not follow later changes
 * @err: receives reason and hint, or NULL
 *
 * A part that cannot be read (no privilege, or a bus that is busy for longer than 10 s) stays
 * empty and is listed by mhp_topology_hidden(); this is not an error.
 * Ownership: free with mhp_topology_free(); objects in it are borrowed and end with it.
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
 * mhp_topology_dax_region - the @index-th dax region that can be divided, by number
 * @topo: the snapshot
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_dax_region *mhp_topology_dax_region(const struct mhp_topology *topo, size_t index);

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
 * mhp_serial - the @index-th serial number
 * @serials: of a region or a dax device
 * @index: from 0
 *
 * Return: MHP_UNKNOWN after the last.
 * Since: 0.1
 */
uint64_t mhp_serial(const struct mhp_serials *serials, size_t index);

/**
 * mhp_region_align - the @index-th alignment for devdax namespaces, ascending from the page size
 * @region: the region
 * @index: from 0
 *
 * Return: 0 after the last.
 * Since: 0.1
 */
uint64_t mhp_region_align(const struct mhp_region *region, size_t index);

/**
 * mhp_dax_range - the @index-th range of physical addresses of a dax device
 * @dax: the device
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_range *mhp_dax_range(const struct mhp_dax *dax, size_t index);

/**
 * mhp_block_device - the dax device that a block belongs to
 * @block: the block
 *
 * Return: its name, or "" for none.
 * Since: 0.1
 */
const char *mhp_block_device(const struct mhp_block *block);

/**
 * mhp_block_valid_zone - the @index-th zone that is possible for an offline block
 * @block: the block
 * @index: from 0, which is the default of the kernel
 *
 * Return: MHP_ZONE_NONE after the last.
 * Since: 0.1
 */
enum mhp_zone mhp_block_valid_zone(const struct mhp_block *block, size_t index);

/**
 * mhp_block_node - the @index-th node that a block lies on, ascending
 * @block: the block
 * @index: from 0
 *
 * Return: -1 after the last.
 * Since: 0.1
 */
int mhp_block_node(const struct mhp_block *block, size_t index);

/**
 * mhp_block_node_bytes - the size of the part of a block on its @index-th node
 * @block: the block; if it lies on several nodes
 * @index: as for mhp_block_node()
 *
 * Return: 0 after the last.
 * Since: 0.1
 */
uint64_t mhp_block_node_bytes(const struct mhp_block *block, size_t index);

/**
 * mhp_block_pages - the pages in use in a block
 * @block: the block; see mhp_topology_count_pages()
 *
 * Return: NULL if they are not counted.
 * Since: 0.1
 */
const struct mhp_block_pages *mhp_block_pages(const struct mhp_block *block);

/**
 * mhp_block_unplugged_bytes - the size of the part of a virtio-mem block that is not plugged in
 * @block: the block; see mhp_topology_count_unplugged()
 *
 * Return: the size, or MHP_UNKNOWN; 0 for other blocks, and before they are counted.
 * Since: 0.1
 */
uint64_t mhp_block_unplugged_bytes(const struct mhp_block *block);

/**
 * mhp_topology_onliner - the @index-th onliner besides mhpctl
 * @topo: the snapshot
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_onliner *mhp_topology_onliner(const struct mhp_topology *topo, size_t index);

/**
 * mhp_topology_count_pages - count the pages in use in the blocks of a node
 * @ctx: the context of the scan
 * @topo: the topology
 * @node: the node
 * @err: receives reason and hint, or NULL
 *
 * Lets a request without block names choose the blocks that cost least. Reads the page flags of
 * each online block once, in large pieces; see mhp_block_pages(). Counts nothing without the
 * privilege to read them.
 * Return: 0, or -ENOMEM.
 * Since: 0.1
 */
int mhp_topology_count_pages(struct mhp_ctx *ctx, struct mhp_topology *topo, int node,
			     struct mhp_error *err);

/**
 * mhp_topology_count_unplugged - count the memory that virtio-mem has not plugged in
 * @ctx: the context of the scan
 * @topo: the topology; see mhp_block_unplugged_bytes()
 * @err: receives reason and hint, or NULL
 *
 * A virtio-mem block is online as a whole even if the device has plugged in only parts of it. The
 * kernel shows these parts to root only; other users get a hidden item.
 * Return: 0, or -ENOMEM.
 * Since: 0.1
 */
int mhp_topology_count_unplugged(struct mhp_ctx *ctx, struct mhp_topology *topo,
				 struct mhp_error *err);

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
 * mhp_topology_select - keep only the targets and the objects below and above them
 * @topo: the snapshot, changed in place
 * @targets: names as in mhpctl(1): region0, dax0.0, node1, memory32-47, ...
 * @nr_targets: how many; 0 keeps everything
 * @err: receives reason and hint, or NULL
 *
 * A range of blocks or addresses keeps the blocks that exist.
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
 * mhp_block_origin_name - the name of the source of the memory of a block
 * @origin: the origin
 *
 * Return: boot, kmem, dimm, virtio_mem, hmem, unknown.
 * Since: 0.1
 */
const char *mhp_block_origin_name(enum mhp_block_origin origin);

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
 * mhp_memmap_location_name - the name of a memmap location
 * @map: the location
 *
 * Return: mem, dev; NULL for MHP_MEMMAP_NONE.
 * Since: 0.1
 */
const char *mhp_memmap_location_name(enum mhp_memmap_location map);

/**
 * mhp_onliner_kind_name - the name of a kind of onliner
 * @kind: the kind
 *
 * Return: kernel_policy, udev_rule, daxctl_unit.
 * Since: 0.1
 */
const char *mhp_onliner_kind_name(enum mhp_onliner_kind kind);

#ifdef __cplusplus
}
#endif
