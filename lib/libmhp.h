/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libmhp - bring memory online on Linux and take it back out
 *
 * The life of a call: read the machine once into a topology, say in a request what should be so,
 * get a plan of steps, carry it out under deadlines while events tell how it goes, and read the
 * result. mhp_run() does all of that; the parts can be called one by one.
 *
 * Units: addresses and sizes are bytes, ranges are [start, end), times are milliseconds unless a
 * name says otherwise. Strings are UTF-8 as the kernel gave them and may hold anything it allows.
 * Threads: a context and what was made from it belong to one thread at a time; mhp_ctx_cancel()
 * alone may be called from any thread and from a signal handler.
 * The library never prints, never exits, and installs no signal handler.
 * Growth: structs get new members at their end only, and an array of structs is read through a
 * function with an index, never by a stride of the caller; what lies inside another struct does not
 * grow. A struct that the caller allocates begins with its
 * size as the caller knows it: what lies behind that is never touched and has its default. A struct
 * without a size is refused (-EINVAL), and so is one that asks for what this version does not know
 * (-E2BIG).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- errors ---------------------------------------------------------------------------- */

/* Why something failed. The names in JSON come from mhp_reason_name(). */
enum mhp_reason {
	MHP_REASON_NONE = 0,
	MHP_REASON_KERNEL, /* anything without a better word, with its errno */
	MHP_REASON_PINNED,
	MHP_REASON_EXTRA_REFERENCE,
	MHP_REASON_UNMOVABLE,
	MHP_REASON_HUGETLB,
	MHP_REASON_NO_TARGET_MEMORY,
	MHP_REASON_LOCKED_OR_WRITEBACK,
	MHP_REASON_NOTIFIER,
	MHP_REASON_MIXED_ZONES,
	MHP_REASON_MEMORY_HOLES,
	MHP_REASON_POISONED,
	MHP_REASON_WRONG_ZONE,
	MHP_REASON_DEADLINE,
	MHP_REASON_INTERRUPTED,
	MHP_REASON_STUCK, /* a kernel write did not even end when its task was killed */
	MHP_REASON_USAGE, /* the request itself is wrong; nothing was touched */
	MHP_REASON_NO_SUCH_TARGET,
	MHP_REASON_NOT_PERMITTED,
	MHP_REASON_UNSUPPORTED,	   /* the kernel or the hardware cannot do this */
	MHP_REASON_LOCK_HELD,	   /* another mhpctl works on the same memory */
	MHP_REASON_NEEDS_CONSENT,  /* data or too much memory would go, and nobody agreed */
	MHP_REASON_IN_USE,	   /* a process, a mount or memory blocks use the object */
	MHP_REASON_USERS_HIDDEN,   /* it cannot be seen who uses the object */
	MHP_REASON_NO_SPACE,	   /* no room in a region or memory, or too little to be of use */
	MHP_REASON_MISMATCH,	   /* the object exists and differs from what was asked for */
	MHP_REASON_NOT_TRIED,	   /* an earlier step of the same target failed */
	MHP_REASON_STALE_PLAN,	   /* the machine is not as it was when a plan was saved */
	MHP_REASON_RATIO_EXCEEDED, /* too much memory in zone movable for that of the kernel */
	MHP_REASON_OUT_OF_MEMORY,
	MHP_REASON_JOB_DIED,	/* the process of a background job died without a result */
	MHP_REASON_BOOT_MEMORY, /* it was there at boot, and this kernel never takes such offline */
	MHP_REASON_LEAF_MAPPING, /* the kernel maps it in pieces that reach over its edge */
	MHP_REASON_UNALIGNED,	 /* it is not made of whole memory blocks */
	MHP_REASON_ADD_FAILED,	 /* the kernel did not add the memory of a device */
	MHP_REASON_NEEDS_REBOOT, /* the kernel keeps it until the next boot */
	MHP_REASON_LEFT_ONLINE,	 /* one block of a device refused, so all are online again */
	MHP_REASON_DRIVER_PAGES, /* a driver keeps pages of it (virtio-mem, a balloon) */
	MHP_REASON_CAME_BACK,	 /* it was as wanted, and others have brought it back since */
	MHP_REASON_WENT_AWAY,	 /* it was as wanted, and others have taken it away since */
};

/* Owned by the caller; filling it cannot fail. Zero it before use: { 0 }. */
struct mhp_error {
	int errnum; /* positive errno, or 0 */
	enum mhp_reason reason;
	char message[512]; /* lower case, no newline, names the object */
	char hint[384];	   /* what to do next; empty when there is nothing to say */
	char reserved[64]; /* zero; for later versions */
};

/**
 * mhp_reason_name - the name of a reason in JSON documents
 * @reason: the reason
 *
 * Return: a static string in lower snake case; "kernel" for a value this version does not know.
 * Since: 0.1
 */
const char *mhp_reason_name(enum mhp_reason reason);

/**
 * mhp_reason_exit_code - the exit status that a program ends with for a reason
 * @reason: the reason
 *
 * Return: 0 to 130, as in the table in mhpctl(1).
 * Since: 0.1
 */
int mhp_reason_exit_code(enum mhp_reason reason);

/* ---- parsing of what people type -------------------------------------------------------- */

/**
 * mhp_parse_size - read a size such as 4096, 16M, 2GiB
 * @text: a whole number with an optional unit K, M, G, T, P (powers of 1024; iB may follow)
 * @size: receives bytes; untouched on failure
 * @err: receives reason and hint, or NULL
 *
 * Return: 0, or -EINVAL (not such a text), -ERANGE (does not fit).
 * Since: 0.1
 */
int mhp_parse_size(const char *text, uint64_t *size, struct mhp_error *err);

/**
 * mhp_parse_msec - read a time such as 30s, 500ms, 2min, 1h; a bare number is seconds
 * @text: a decimal number, a fraction allowed, with an optional unit
 * @msec: receives milliseconds; untouched on failure
 * @err: receives reason and hint, or NULL
 *
 * Return: 0, or -EINVAL, -ERANGE.
 * Since: 0.1
 */
int mhp_parse_msec(const char *text, uint64_t *msec, struct mhp_error *err);

/* ---- context ---------------------------------------------------------------------------- */

struct mhp_ctx;

/**
 * mhp_version - the version of the library
 *
 * Return: a static string such as "0.1.0".
 * Since: 0.1
 */
const char *mhp_version(void);

/**
 * mhp_ctx_new - begin to use the library
 * @ctx: receives the context; free with mhp_ctx_free()
 * @sysroot: a folder to read in place of /, for a copied tree, or NULL for the machine itself.
 *	A context with a sysroot refuses to change anything (-EROFS).
 * @err: receives reason and hint, or NULL
 *
 * Return: 0, or -ENOENT, -ENOTDIR, -EACCES (the sysroot), -EMFILE, -ENOMEM.
 * Since: 0.1
 */
int mhp_ctx_new(struct mhp_ctx **ctx, const char *sysroot, struct mhp_error *err);

/**
 * mhp_ctx_free - end the use of the library
 * @ctx: the context, or NULL
 *
 * Since: 0.1
 */
void mhp_ctx_free(struct mhp_ctx *ctx);

/**
 * mhp_ctx_cancel - stop what runs with this context as soon as can be
 * @ctx: the context
 *
 * Async-signal-safe. The running call ends within a second with MHP_REASON_INTERRUPTED and tells
 * truthfully what was reached; where a whole device goes offline, once the kernel has put back what
 * it had done, and where one comes online, once it is. A context once cancelled stays so.
 * Since: 0.1
 */
void mhp_ctx_cancel(struct mhp_ctx *ctx);

/**
 * mhp_ctx_guard - keep a lack of memory from ending this process in the middle of a change
 * @ctx: the context
 *
 * What the process has mapped stays in memory (mlockall(2) with MCL_CURRENT and MCL_ONFAULT), and
 * it is among the last that the kernel ends where memory is short (oom_score_adj -900), for as long
 * as it runs; so are the processes that it starts for its work. Whatever of that is not permitted
 * is left out. For programs whose only work is this one; call it before mhp_run().
 * Since: 0.1
 */
void mhp_ctx_guard(struct mhp_ctx *ctx);

typedef void (*mhp_log_fn)(const char *line, void *data);

/**
 * mhp_ctx_set_log - receive lines for developers
 * @ctx: the context
 * @fn: called with a line without a newline, or NULL for silence (the default)
 * @data: handed to @fn
 *
 * A line has the seconds since this call, the place in the source, and what was done: each file of
 * the kernel that could not be read, each that is written (before and after, with the value and the
 * result), each process that begins or ends, modules, what libndctl is asked to do, what the
 * planner decides and the events of a run. Lines of the writer processes are among them with their
 * process id, in the order in which that process wrote them. A line is printable, is no longer than
 * 1023 bytes, and its wording may change. @fn is called only within a call of this library, in its
 * thread.
 * A topology keeps @fn and @data for the plans that are made of it: read it again after a change.
 * Since: 0.1
 */
void mhp_ctx_set_log(struct mhp_ctx *ctx, mhp_log_fn fn, void *data);

/* ---- topology: what the machine is ------------------------------------------------------- */

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

/* A page that kept a block from going offline, as the kernel told of it. */
enum mhp_page_kind {
	MHP_PAGE_UNKNOWN = 0,
	MHP_PAGE_ANON,
	MHP_PAGE_FILE,
	MHP_PAGE_SHMEM,
	MHP_PAGE_HUGETLB,
	MHP_PAGE_SLAB,
	MHP_PAGE_TABLE,	  /* page tables */
	MHP_PAGE_OFFLINE, /* given away by a driver such as a balloon */
	MHP_PAGE_KERNEL,  /* some other allocation of the kernel */
};

#define MHP_COUNT_UNKNOWN INT64_MIN

struct mhp_page {
	uint64_t pfn;
	enum mhp_page_kind kind;
	int64_t refcount; /* of the folio */
	int64_t mapcount;
	int64_t pincount;	  /* MHP_COUNT_UNKNOWN: folios of this kind have no counter */
	int64_t pins;		  /* FOLL_PIN, worked out */
	int64_t extra_references; /* other references nobody accounts for */
	enum mhp_reason verdict;
};

enum mhp_holder_kind {
	MHP_HOLDER_UNKNOWN = 0,
	MHP_HOLDER_IO_URING,
	MHP_HOLDER_RDMA,
	MHP_HOLDER_VFIO,
	MHP_HOLDER_IOMMUFD,
	MHP_HOLDER_VHOST_VDPA,
	MHP_HOLDER_VMSPLICE,
	MHP_HOLDER_XDP,
	MHP_HOLDER_HUGETLB, /* the pool, of which the process has pages, or was promised some */
	MHP_HOLDER_KERNEL,  /* a transfer that the process waits for */
};

enum mhp_confidence {
	MHP_CONFIDENCE_POSSIBLE = 0,
	MHP_CONFIDENCE_LIKELY,
	MHP_CONFIDENCE_CERTAIN,
};

/* A process whose pages keep a block from going offline, and what of it holds them. */
struct mhp_owner {
	int pid;
	unsigned uid;
	char comm[32];	  /* as the process gave it: may hold any bytes */
	char cgroup[160]; /* path in the unified hierarchy, or empty */
	uint64_t address; /* of the first such page in the process */
	uint64_t pages;	  /* pages of the same mapping that lie in the block */
	uint64_t vm_pin_bytes;
	enum mhp_holder_kind holder;
	int holder_pid; /* that has the holding object open; 0: not known */
	int fd;		/* of the holding object, or -1 */
	char detail[96];
	enum mhp_confidence confidence;
	char source[48]; /* what it was read from */
};

/**
 * mhp_page_kind_name - the name of a kind of page
 * @kind: the kind
 *
 * Return: anon, file, shmem, hugetlb, slab, page_table, offline, kernel, unknown.
 * Since: 0.1
 */
const char *mhp_page_kind_name(enum mhp_page_kind kind);

/**
 * mhp_holder_name - the name of a kind of holder
 * @kind: the kind
 *
 * Return: io_uring, rdma, vfio, iommufd, vhost_vdpa, vmsplice, xdp, hugetlb, kernel, unknown.
 * Since: 0.1
 */
const char *mhp_holder_name(enum mhp_holder_kind kind);

/**
 * mhp_confidence_name - how sure a statement about an owner is
 * @confidence: the degree
 *
 * Return: possible, likely, certain.
 * Since: 0.1
 */
const char *mhp_confidence_name(enum mhp_confidence confidence);

/* ---- request and plan: what should be so, and the steps to it ----------------------------- */

enum mhp_verb {
	MHP_VERB_CREATE = 0, /* a devdax namespace on each region */
	MHP_VERB_DESTROY,    /* namespaces */
	MHP_VERB_ONLINE,     /* from whatever state to online memory */
	MHP_VERB_OFFLINE,    /* memory blocks */
	MHP_VERB_REMOVE,     /* offline, unbind from kmem, back to devdax or destroyed */
	MHP_VERB_INIT,	     /* enable namespaces and dax devices: initialise their memmap */
};

enum mhp_zone_request {
	MHP_ZONE_REQUEST_MOVABLE = 0,
	MHP_ZONE_REQUEST_KERNEL,
	MHP_ZONE_REQUEST_AUTO, /* the kernel's online_policy decides */
};

/* What a request can agree to, and a plan can ask for: bits. */
enum mhp_consent_kind {
	MHP_CONSENT_DATA = 1,	/* lose what a namespace or a device holds */
	MHP_CONSENT_MEMORY = 2, /* leave the machine less memory than is safe */
	MHP_CONSENT_LABELS = 4, /* write a label index on DIMMs that have none */
	MHP_CONSENT_ALL = 7,
};

/*
 * Set up with MHP_REQUEST_INIT(), or with some members: MHP_REQUEST_INIT(.verb = MHP_VERB_ONLINE).
 * What is not set is zero, which is the default of every member.
 */
struct mhp_request {
	size_t size; /* of this struct, as the caller knows it */
	enum mhp_verb verb;
	const char *const *targets; /* borrowed for the call */
	size_t nr_targets;
	enum mhp_zone_request zone;
	uint64_t bytes;		  /* of a new namespace, or of what to offline; 0: all there is */
	uint64_t align;		  /* of a new namespace; 0: of the kernel's huge pages */
	enum mhp_map map;	  /* of a new namespace; MHP_MAP_NONE: in memory */
	const char *name;	  /* of a new namespace, or NULL */
	bool init_labels;	  /* write a label index where there is none */
	bool destroy;		  /* remove: destroy the namespaces too */
	unsigned agreed;	  /* bits of enum mhp_consent_kind that need no question */
	const char *agreed_uuids; /* of namespaces whose data may be lost, with spaces; or NULL */
	bool keep_going; /* carry out what can be, even if some targets cannot be planned */
	bool node_given; /* offline: choose blocks of @bytes on @node in place of targets */
	int node;
	/* Plan what can be seen, and name what is hidden in place of a failure; for no run */
	bool look_only;
	uint64_t first; /* online: no more than so many bytes of each target now; 0: all */
};

#define MHP_REQUEST_INIT(...)                                   \
	{                                                       \
		.size = sizeof(struct mhp_request), __VA_ARGS__ \
	}

enum mhp_step_type {
	MHP_STEP_LOAD_MODULE = 0,
	MHP_STEP_ENABLE_REGION,
	MHP_STEP_INIT_LABELS,
	MHP_STEP_CREATE_NAMESPACE,
	MHP_STEP_ENABLE_NAMESPACE,
	MHP_STEP_SET_MODE,
	MHP_STEP_ONLINE_BLOCK,
	MHP_STEP_OFFLINE_BLOCK,
	MHP_STEP_DESTROY_NAMESPACE,
};

enum mhp_place {
	MHP_PLACE_NONE = 0, /* there is no memmap */
	MHP_PLACE_MEMORY,   /* in ordinary memory */
	MHP_PLACE_DEVICE,   /* on the device that it describes */
};

/*
 * What a step costs. All of it is worked out before anything is done, from sizes and alignments and
 * from what is known of the kernel: an estimate.
 */
struct mhp_cost {
	uint64_t memmap_bytes; /* of the memmap that the step makes */
	enum mhp_place place;  /* where that goes */
	int node;	       /* ordinary memory: the node that is asked first; -1: not known */
	uint64_t freed_bytes;  /* ordinary memory of a memmap that the step gives back */
	uint64_t page_structs; /* that the kernel initialises */
	uint64_t size;	       /* what the rest is a part of; usable and lost bytes add up to it */
	uint64_t usable_bytes;
	uint64_t lost_bytes;
	/* Of those lost: */
	uint64_t reserved_bytes; /* set aside on the device for a memmap */
	uint64_t start_bytes;	 /* info block, and alignment behind it */
	uint64_t end_bytes;	 /* end rounded down to the alignment */
	uint64_t block_bytes;	 /* in no whole memory block */
	uint64_t time_ms;	 /* of one worker at the measured rate, or MHP_UNKNOWN */
};

struct mhp_step {
	enum mhp_step_type type;
	uint32_t chain;		/* steps of one chain depend on each other; MHP_NO_CHAIN: on all */
	char object[64];	/* what it acts on: region0, dax0.0, memory33-47, nd_pmem */
	bool predicted;		/* the object does not exist yet; its name is a forecast */
	enum mhp_dax_mode mode; /* set-mode: the mode wanted */
	enum mhp_zone_request zone; /* online-block: the zone wanted */
	uint64_t size;		    /* create: bytes, 0 = all; else bytes concerned, or 0 */
	uint64_t align;
	enum mhp_map map;
	char label[MHP_LABEL_MAX];
	bool parallel;	      /* runs side by side with its neighbours that are so too */
	bool direct_to_kmem;  /* create, enable: leave the dax device unbound for kmem */
	bool overwrite;	      /* create: what the namespace holds may be lost */
	uint64_t first_block; /* blocks of online-block and offline-block, both included */
	uint64_t last_block;
	uint64_t memmap_bytes; /* ordinary memory that the step takes */
	bool has_cost;	       /* cost is filled in: it makes or frees a memmap */
	struct mhp_cost cost;
	char why[128];
	char needs[128]; /* empty: nothing in particular */
	char undo[96];	 /* empty: cannot be undone */
};

/* Data that a plan would lose, agreed to or not. */
struct mhp_loss {
	char object[64];	 /* namespace or dax device */
	char uuid[MHP_UUID_MAX]; /* or empty */
	const char *mode;	 /* of the namespace, or of the device where there is none */
	uint64_t size;
	enum mhp_content content; /* never MHP_CONTENT_ZERO */
	char holds[MHP_HOLDS_MAX];
	bool is_agreed;
};

struct mhp_plan;
struct mhp_failure;

/**
 * mhp_plan_new - work out the steps from what is to what should be
 * @topo: the machine as it is; not kept
 * @request: what should be so; not kept
 * @plan: receives the plan; free with mhp_plan_free()
 * @err: receives reason and hint, or NULL
 *
 * No I/O: the plan follows from its two arguments alone. A plan without steps means "already so".
 * Return: 0, or -EINVAL (the request is wrong), -ENOENT (no such target), -ENOSPC, -EOPNOTSUPP,
 *	-EBUSY, -EEXIST (exists and differs), -E2BIG (see "Growth" at the top), -ENOMEM.
 * Since: 0.1
 */
int mhp_plan_new(const struct mhp_topology *topo, const struct mhp_request *request,
		 struct mhp_plan **plan, struct mhp_error *err);

/**
 * mhp_scan_request - read the machine's memory layout, and what the request could lose
 * @ctx: the context
 * @request: what should be so; not kept
 * @topo: receives a new snapshot for mhp_plan_new()
 * @err: receives reason and hint, or NULL
 *
 * What other namespaces hold is neither read nor known. One that cannot be read within 10 s is
 * unknown, which counts as data.
 * Return: as mhp_topology_scan().
 * Since: 0.1
 */
int mhp_scan_request(struct mhp_ctx *ctx, const struct mhp_request *request,
		     struct mhp_topology **topo, struct mhp_error *err);

/**
 * mhp_plan_free - free a plan
 * @plan: the plan, or NULL
 *
 * Since: 0.1
 */
void mhp_plan_free(struct mhp_plan *plan);

/**
 * mhp_plan_step - the @index-th step of a plan, in the order they run
 * @plan: the plan
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_step *mhp_plan_step(const struct mhp_plan *plan, size_t index);

/**
 * mhp_plan_consent - the @index-th action of a plan that somebody has to agree to
 * @plan: the plan
 * @index: from 0
 *
 * The request's @agreed and @agreed_uuids leave out what is agreed to already.
 * Return: a sentence without a full stop; NULL after the last.
 * Since: 0.1
 */
const char *mhp_plan_consent(const struct mhp_plan *plan, size_t index);

/**
 * mhp_plan_consent_kind - the kind of the @index-th action that somebody has to agree to
 * @plan: the plan
 * @index: from 0
 *
 * Return: one bit of enum mhp_consent_kind; 0 after the last.
 * Since: 0.1
 */
unsigned mhp_plan_consent_kind(const struct mhp_plan *plan, size_t index);

/**
 * mhp_consent_kind_name - the name of one kind of consent
 * @kind: one bit of enum mhp_consent_kind
 *
 * Return: "data", "memory" or "labels"; NULL for anything else.
 * Since: 0.1
 */
const char *mhp_consent_kind_name(unsigned kind);

/**
 * mhp_plan_loss - the @index-th namespace or device whose data a plan would lose
 * @plan: the plan
 * @index: from 0
 *
 * All of them, also those whose loss the request agrees to.
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_loss *mhp_plan_loss(const struct mhp_plan *plan, size_t index);

/**
 * mhp_plan_warning - the @index-th thing worth knowing before it runs
 * @plan: the plan
 * @index: from 0
 *
 * Return: a sentence without a full stop; NULL after the last.
 * Since: 0.1
 */
const char *mhp_plan_warning(const struct mhp_plan *plan, size_t index);

/**
 * mhp_plan_hidden - the @index-th thing that a plan would depend on and that cannot be seen
 * @plan: the plan
 * @index: from 0
 *
 * Only with look_only. Steps that follow from it are not in the plan, so one without steps does not
 * mean "already so" then.
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_hidden *mhp_plan_hidden(const struct mhp_plan *plan, size_t index);

/* What a plan costs in all. An estimate, as each struct mhp_cost. */
struct mhp_plan_cost {
	bool is_complete;      /* false: what comes behind these steps is seen when they are done */
	uint64_t memmap_bytes; /* of all that is made */
	uint64_t memory_bytes; /* of that in ordinary memory */
	uint64_t device_bytes; /* of that on devices */
	uint64_t freed_bytes;  /* ordinary memory given back */
	uint64_t page_structs;
	uint64_t usable_bytes; /* of the devices, or of their memory blocks, in the end */
	uint64_t lost_bytes;   /* to alignment, to memmaps on devices, between memory blocks */
	uint64_t time_ms;      /* of one worker at the measured rate, or MHP_UNKNOWN */
	enum mhp_answer vmemmap_dedup; /* does this kernel do it? */
	uint64_t available_bytes; /* before, in the zones that the kernel can use; or MHP_UNKNOWN */
	uint64_t reserve_bytes;	  /* of these should stay; or MHP_UNKNOWN */
	uint64_t
		movable_bytes; /* online in zone movable, and in the other zones, behind the plan */
	uint64_t kernel_bytes;
};

/* The part of a node in the memmaps of a plan. */
struct mhp_node_cost {
	int node; /* asked first; -1: not known which */
	uint64_t memmap_bytes;
	uint64_t available_bytes; /* there; or MHP_UNKNOWN */
};

/* What a new namespace would cost and give with another map and alignment. */
struct mhp_alternative {
	size_t step; /* index of its create-namespace step */
	enum mhp_map map;
	uint64_t align;
	bool is_chosen;
	struct mhp_cost cost;  /* of all the way that the plan goes: to devdax, or to memory */
	unsigned time_percent; /* page structs against those of the choice; 0: cannot be compared */
};

/**
 * mhp_plan_cost - what a plan costs in all
 * @plan: the plan
 *
 * Return: never NULL.
 * Since: 0.1
 */
const struct mhp_plan_cost *mhp_plan_cost(const struct mhp_plan *plan);

/**
 * mhp_plan_node_cost - the @index-th node whose memory the memmaps of a plan are asked of
 * @plan: the plan
 * @index: from 0
 *
 * Where it has too little, the kernel goes on with other nodes.
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_node_cost *mhp_plan_node_cost(const struct mhp_plan *plan, size_t index);

/**
 * mhp_plan_alternative - the @index-th choice of map and alignment for new namespaces of a plan
 * @plan: the plan
 * @index: from 0
 *
 * All that are possible, those that the plan has made among them.
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_alternative *mhp_plan_alternative(const struct mhp_plan *plan, size_t index);

/**
 * mhp_plan_failure - the @index-th target that could not be planned, with keep_going
 * @plan: the plan
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_failure *mhp_plan_failure(const struct mhp_plan *plan, size_t index);

/**
 * mhp_plan_target - the @index-th target of a plan, as the caller named it
 * @plan: the plan
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const char *mhp_plan_target(const struct mhp_plan *plan, size_t index);

/**
 * mhp_step_name - the name of a kind of step
 * @type: the kind
 *
 * Return: load-module, init-labels, create-namespace, online-block, ...
 * Since: 0.1
 */
const char *mhp_step_name(enum mhp_step_type type);

/**
 * mhp_zone_request_name - the name of a zone request
 * @zone: the request
 *
 * Return: movable, kernel, auto.
 * Since: 0.1
 */
const char *mhp_zone_request_name(enum mhp_zone_request zone);

/* ---- execution: events and result --------------------------------------------------------- */

enum mhp_status {
	MHP_STATUS_OK = 0,
	MHP_STATUS_FAILED,
	MHP_STATUS_PARTIAL, /* of several targets some reached the wanted state */
	MHP_STATUS_BLOCKED,
	MHP_STATUS_DEADLINE,
	MHP_STATUS_INTERRUPTED,
	MHP_STATUS_STUCK,
	MHP_STATUS_NOT_TRIED,
	MHP_STATUS_ROLLED_BACK,
};

struct mhp_failure {
	char target[64];	       /* the object that failed: memory40, dax0.0 */
	char section[MHP_SECTION_MAX]; /* of a policy, or empty */
	bool has_step;
	enum mhp_step_type step; /* only with has_step */
	struct mhp_error error;
	char kernel_reason[96]; /* the kernel's own words, or empty */
	uint64_t elapsed_ms;
	uint64_t pages_seen;	   /* pages that the kernel's log told of */
	uint64_t pages_suppressed; /* messages of further pages that it left out */
	uint64_t records_lost;	   /* of its log, overwritten before they were read */
	uint64_t migrate_failures; /* pages that did not move, each try counted; or MHP_UNKNOWN,
				    * also where only tries are left of it */
	uint64_t node_pins;	   /* FOLL_PIN pins on the block's node; or MHP_UNKNOWN */
	size_t nr_pages;	   /* some of those, and who owns them */
	const void *pages;	   /* read with mhp_failure_page() */
	size_t nr_owners;
	const void *owners; /* read with mhp_failure_owner() */
	size_t nr_hidden;   /* what could not be seen of pages and owners */
	struct mhp_hidden hidden[MHP_HIDDEN_MAX];
};

/* How the blocks of a dax device were changed. */
enum mhp_granularity {
	MHP_GRANULARITY_NONE = 0, /* they were not, or it was done by binding the device */
	MHP_GRANULARITY_BLOCKS,	  /* each by itself, or some of them */
	MHP_GRANULARITY_DEVICE,	  /* all by one write to the state of the device (Linux 7.3) */
};

struct mhp_target_result {
	char target[64];	       /* as the caller named it */
	char section[MHP_SECTION_MAX]; /* of a policy, or empty */
	enum mhp_verb verb;
	enum mhp_status status;
	bool changed;	      /* also where it cannot be known: a hint of a failure says so */
	uint64_t blocks_done; /* blocks in the wanted state at the end */
	uint64_t blocks_total;
	uint64_t blocks_online; /* at the end, in whatever zone */
	enum mhp_granularity granularity;
	uint64_t bytes;		       /* of its blocks that are online at the end */
	uint64_t initialised_bytes;    /* of namespaces and devices whose memmap was initialised */
	enum mhp_zone zone;	       /* the one zone of these, else MHP_ZONE_NONE */
	int node;		       /* the one node of these, else -1 */
	char namespace_[MHP_NAME_MAX]; /* made or used, if it was one */
};

/* What came of one section of a policy. */
struct mhp_section_result {
	char section[MHP_SECTION_MAX];
	char file[MHP_PATH_MAX];
	unsigned line;
	enum mhp_status status;
	bool changed;
	size_t nr_targets; /* 0: nothing here matches it */
};

struct mhp_result {
	enum mhp_status status;
	int exit_code;
	bool changed;
	uint64_t elapsed_ms;
	size_t nr_targets;
	const void *targets; /* read with mhp_result_target() */
	size_t nr_failures;
	const void *failures; /* read with mhp_result_failure() */
	size_t nr_sections;   /* of a policy */
	const void *sections; /* read with mhp_result_section() */
};

enum mhp_event_type {
	MHP_EVENT_PLAN = 0, /* once, with the plan */
	MHP_EVENT_STEP_STARTED,
	MHP_EVENT_STEP_DONE,
	MHP_EVENT_PROGRESS, /* at most ten a second */
	MHP_EVENT_RETRYING, /* every second while an offline does not end */
	MHP_EVENT_FAILURE,
	MHP_EVENT_WARNING,
	MHP_EVENT_WAITING, /* another mhpctl holds the target */
};

/* A namespace or dax device among several that are enabled at once. */
struct mhp_part {
	char object[64];
	uint64_t done_bytes;
	uint64_t total_bytes;
	bool active;
	bool estimated; /* as in struct mhp_event */
};

/* A value: what it points to lives for the call of the event function only. */
struct mhp_event {
	enum mhp_event_type type;
	uint64_t time_us;	     /* CLOCK_REALTIME, microseconds since the epoch */
	uint64_t elapsed_ms;	     /* since the start of the run, or of what the event is about */
	const struct mhp_plan *plan; /* plan */
	const struct mhp_step *step; /* step_started, step_done, progress, retrying */
	const struct mhp_failure *failure; /* failure */
	bool changed;			   /* step_done */
	bool failed;			   /* step_done */
	enum mhp_granularity granularity;  /* step_done of online-block and offline-block */
	uint64_t done;			   /* progress */
	uint64_t total;
	bool of_pages;	/* these two count pages whose memmap is initialised, not blocks */
	bool estimated; /* the kernel does not tell how far it is: worked out from the time */
	uint64_t done_bytes;
	uint64_t total_bytes;
	uint64_t bytes_per_second;     /* 0: not known yet */
	uint64_t eta_ms;	       /* MHP_UNKNOWN: not known yet */
	size_t nr_parts;	       /* progress: what is done side by side */
	const void *parts;	       /* read with mhp_event_part() */
	const char *object;	       /* retrying: memory40; waiting: who holds it */
	uint64_t pages_stuck;	       /* retrying: known so far */
	const struct mhp_owner *owner; /* retrying: the first that is known, or NULL */
	const char *message;	       /* warning */
	const char
		*device; /* whose step or block it is: dax device, namespace or region; or NULL */
	bool node_known;
	int node;	     /* of that memory, only with node_known */
	const char *section; /* of the policy that it is about, or NULL */
	const char *file;    /* that the section stands in, and its line; or NULL */
	unsigned line;
};

/* Set up with MHP_RUN_OPTIONS_INIT(), as struct mhp_request. */
struct mhp_run_options {
	size_t size;	     /* of this struct, as the caller knows it */
	uint64_t timeout_ms; /* for each block; 0: for ever */
	uint64_t wait_ms;    /* how long to wait for another mhpctl; 0: not at all */
	unsigned jobs;	     /* initialisations of memmaps at once; 0: one for each CPU */
	bool rollback;	     /* at the first failure undo what was done */
	bool keep_going;     /* of a policy: go on, whatever its sections say of failures */
	bool force_users;    /* go on where it cannot be seen who uses a device */
	void (*event)(const struct mhp_event *event, void *data); /* or NULL */
	/* Asked once when the plan needs consent: return true to go on. NULL means no. */
	bool (*consent)(const struct mhp_plan *plan, void *data);
	void *data;
	/* Only the plan with this fingerprint, and nothing that follows from it; 0: any. */
	uint64_t fingerprint;
};

#define MHP_RUN_OPTIONS_INIT(...)                                   \
	{                                                           \
		.size = sizeof(struct mhp_run_options), __VA_ARGS__ \
	}

/**
 * mhp_run - make it so: scan, plan, lock, ask, carry out
 * @ctx: the context
 * @request: what should be so
 * @options: deadlines and callbacks
 * @result: receives the result, also where the run failed; NULL when nothing was begun
 * @err: receives reason and hint, or NULL
 *
 * No kernel write can hang it: each runs in a process of its own, is interrupted at its deadline
 * and killed if that does not help; if it does not even die the failure is MHP_REASON_STUCK.
 * Calls fork(); the child runs no code of the caller's.
 * Ownership: free the result with mhp_result_free().
 * Return: 0 when there is a result (its exit_code tells), or the negative errno for which nothing
 *	was begun.
 * Since: 0.1
 */
int mhp_run(struct mhp_ctx *ctx, const struct mhp_request *request,
	    const struct mhp_run_options *options, struct mhp_result **result,
	    struct mhp_error *err);

/**
 * mhp_run_check - would mhp_run() begin?
 * @ctx: the context
 * @request: what should be so
 * @options: as for mhp_run(); nobody is asked for consent
 * @err: receives reason and hint, or NULL
 *
 * Puts back what a killed run had left changed, as mhp_run() does, and changes nothing else. The
 * plan is told as an event, with its warnings. What is true now may be otherwise when mhp_run() is
 * called.
 * Return: 1 where there is something to do, 0 where all is already so, or the negative errno for
 *	which mhp_run() would begin nothing.
 * Since: 0.1
 */
int mhp_run_check(struct mhp_ctx *ctx, const struct mhp_request *request,
		  const struct mhp_run_options *options, struct mhp_error *err);

/**
 * mhp_result_target - the @index-th target of a result, in the order of the request
 * @result: the result
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_target_result *mhp_result_target(const struct mhp_result *result, size_t index);

/**
 * mhp_result_failure - the @index-th failure of a result, in the order in which they came
 * @result: the result
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_failure *mhp_result_failure(const struct mhp_result *result, size_t index);

/**
 * mhp_result_section - the @index-th section of a policy that a result is of
 * @result: the result
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_section_result *mhp_result_section(const struct mhp_result *result, size_t index);

/**
 * mhp_failure_page - the @index-th page that is known to have kept a block
 * @failure: the failure
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_page *mhp_failure_page(const struct mhp_failure *failure, size_t index);

/**
 * mhp_failure_owner - the @index-th process that owns such a page
 * @failure: the failure
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_owner *mhp_failure_owner(const struct mhp_failure *failure, size_t index);

/**
 * mhp_failure_hidden - the @index-th thing that could not be seen of pages and owners
 * @failure: the failure
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_hidden *mhp_failure_hidden(const struct mhp_failure *failure, size_t index);

/**
 * mhp_result_free - free a result
 * @result: the result, or NULL
 *
 * Since: 0.1
 */
void mhp_result_free(struct mhp_result *result);

/**
 * mhp_status_name - the name of a status in JSON documents
 * @status: the status
 *
 * Return: ok, failed, partial, blocked, deadline, interrupted, stuck, not_tried, rolled_back.
 * Since: 0.1
 */
const char *mhp_status_name(enum mhp_status status);

/**
 * mhp_granularity_name - the name of a granularity
 * @granularity: how the blocks were changed
 *
 * Return: blocks, device; NULL for MHP_GRANULARITY_NONE.
 * Since: 0.1
 */
const char *mhp_granularity_name(enum mhp_granularity granularity);

/**
 * mhp_event_part - the @index-th part of what is done side by side
 * @event: the event
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_part *mhp_event_part(const struct mhp_event *event, size_t index);

/**
 * mhp_event_name - the name of a kind of event in JSON lines
 * @type: the kind
 *
 * Return: plan, step_started, step_done, progress, retrying, failure, warning, waiting.
 * Since: 0.1
 */
const char *mhp_event_name(enum mhp_event_type type);

/* ---- background jobs ------------------------------------------------------------------------ */

/* Only root can look at jobs, as their events name pages and processes. */
struct mhp_job {
	uint64_t id;	   /* 1 or more */
	bool running;	   /* its process lives, or is about to begin */
	int pid;	   /* 0: not known */
	uint64_t start_us; /* since the epoch; 0: not known */
	uint32_t uid;	   /* of whoever started it; UINT32_MAX: not known */
	char unit[64];	   /* of systemd, or empty */
	size_t nr_words;   /* of its command line */
	const char *const *words;
};

struct mhp_jobs;

/**
 * mhp_jobs_read - the background jobs that run, and those that ended lately
 * @ctx: the context
 * @jobs: receives a snapshot; free with mhp_jobs_free()
 * @err: receives reason and hint, or NULL
 *
 * Return: 0, also where there are none, or -EACCES, -ENOMEM.
 * Since: 0.1
 */
int mhp_jobs_read(struct mhp_ctx *ctx, struct mhp_jobs **jobs, struct mhp_error *err);

/**
 * mhp_jobs_free - free a snapshot of jobs
 * @jobs: the snapshot, or NULL
 *
 * Since: 0.1
 */
void mhp_jobs_free(struct mhp_jobs *jobs);

/**
 * mhp_jobs_get - one of the jobs, the oldest first
 * @jobs: the snapshot
 * @index: from 0 up
 *
 * Return: the job, borrowed, or NULL behind the last.
 * Since: 0.1
 */
const struct mhp_job *mhp_jobs_get(const struct mhp_jobs *jobs, size_t index);

/**
 * mhp_job_poll - does a job run now?
 * @ctx: the context
 * @id: number of the job
 * @pid: receives its process, 0 where there is none or it is not known
 *
 * Return: 1 (it runs), 0 (it has ended), or -ENOENT.
 * Since: 0.1
 */
int mhp_job_poll(struct mhp_ctx *ctx, uint64_t id, int *pid);

/**
 * mhp_job_start - run a program in the background
 * @ctx: the context
 * @program: absolute path of a program. It is started as "PROGRAM --job ID", as a transient unit
 *	of systemd where that runs the machine and can be asked, else as a detached process, and has
 *	to call mhp_job_enter().
 * @words: what it is to do, kept with the job
 * @nr_words: how many
 * @id: receives the number of the job
 * @err: receives reason and hint, or NULL
 *
 * Of the jobs that have ended the last twenty are kept.
 * Return: 0 when the job has begun, or -EACCES, -ENOSPC, -ETIMEDOUT, or why it cannot be started.
 * Since: 0.1
 */
int mhp_job_start(struct mhp_ctx *ctx, const char *program, const char *const *words,
		  size_t nr_words, uint64_t *id, struct mhp_error *err);

/**
 * mhp_job_enter - become the process of a job
 * @ctx: the context
 * @id: number of the job
 * @events_fd: receives the stream of its events, which has to be one JSON document a line and a
 *	`result` event last; the caller closes it
 * @log_fd: receives a file for what it says besides; the caller closes it
 * @err: receives reason and hint, or NULL
 *
 * The job runs until this process ends.
 * Return: 0, or -ENOENT, -EAGAIN (another process is it), -EEXIST (it has been run).
 * Since: 0.1
 */
int mhp_job_enter(struct mhp_ctx *ctx, uint64_t id, int *events_fd, int *log_fd,
		  struct mhp_error *err);

/**
 * mhp_job_stop - ask a job to stop
 * @ctx: the context
 * @id: number of the job
 * @err: receives reason and hint, or NULL
 *
 * The process of the job gets a SIGTERM, no other ever does. The job ends a little later.
 * Return: 1 (it was asked), 0 (it has ended already), or -ENOENT, -ESRCH, -EPERM.
 * Since: 0.1
 */
int mhp_job_stop(struct mhp_ctx *ctx, uint64_t id, struct mhp_error *err);

/**
 * mhp_job_forget - remove what is kept of a job that has ended
 * @ctx: the context
 * @id: number of the job
 * @err: receives reason and hint, or NULL
 *
 * Return: 0, or -ENOENT, -EBUSY (it runs).
 * Since: 0.1
 */
int mhp_job_forget(struct mhp_ctx *ctx, uint64_t id, struct mhp_error *err);

struct mhp_job_events;

/**
 * mhp_job_events_new - follow the events of a job, from the first on
 * @ctx: the context
 * @id: number of the job; it need not have begun
 * @events: receives the stream; free with mhp_job_events_free()
 * @err: receives reason and hint, or NULL
 *
 * Return: 0 or -ENOMEM.
 * Since: 0.1
 */
int mhp_job_events_new(struct mhp_ctx *ctx, uint64_t id, struct mhp_job_events **events,
		       struct mhp_error *err);

/**
 * mhp_job_events_next - the next line of a job's events
 * @events: the stream
 * @line: receives the line without its newline; valid until the next call
 *
 * What the process of a job printed may be anything. A line without its end is left, one of more
 * than 16 MiB is passed over.
 * Return: 1 (there was one), 0 (none for now), or a negative errno.
 * Since: 0.1
 */
int mhp_job_events_next(struct mhp_job_events *events, const char **line);

/**
 * mhp_job_events_free - end following
 * @events: the stream, or NULL
 *
 * Since: 0.1
 */
void mhp_job_events_free(struct mhp_job_events *events);

/**
 * mhp_pause - wait a moment, or until mhp_ctx_cancel()
 * @ctx: the context
 * @msec: for how long
 *
 * Return: 0, or -ECANCELED.
 * Since: 0.1
 */
int mhp_pause(struct mhp_ctx *ctx, uint64_t msec);

/* ---- policy: what should be so for good ----------------------------------------------------- */

enum mhp_policy_file_state {
	MHP_POLICY_FILE_READ = 0,
	MHP_POLICY_FILE_OVERRIDDEN, /* hidden by one of its name in a higher folder */
	MHP_POLICY_FILE_MASKED,	    /* empty, or a link to /dev/null */
};

struct mhp_policy_file {
	char path[MHP_PATH_MAX];
	enum mhp_policy_file_state state;
	char by[MHP_PATH_MAX]; /* overridden: the file that hides it */
	bool is_daxctl;	       /* configuration of daxctl */
};

enum mhp_on_failure {
	MHP_ON_FAILURE_CONTINUE = 0, /* go on with what can be done, and with the next section */
	MHP_ON_FAILURE_STOP,	     /* do not begin the sections behind it */
	MHP_ON_FAILURE_ROLLBACK,     /* undo this section, go on with the next */
};

struct mhp_policy_setting {
	const char *key;
	const char *value;
	unsigned line;
};

/* What one section declares, and where. */
struct mhp_policy_section {
	char name[MHP_SECTION_MAX];
	const char *file;
	unsigned line;
	bool is_daxctl; /* of daxctl's configuration */
	unsigned order;
	enum mhp_dax_mode mode; /* system_ram or devdax */
	enum mhp_zone_request zone;
	uint64_t size; /* of a new namespace, and so on as in struct mhp_request */
	uint64_t align;
	enum mhp_map map;
	char label[MHP_LABEL_MAX];
	bool init_labels;
	unsigned agreed; /* bits of enum mhp_consent_kind that need no question */
	uint64_t first;	 /* bytes of each device to bring online now, the rest last; 0: all */
	enum mhp_on_failure on_failure;
	unsigned ratio_movable; /* MOVABLE may be at most ratio_movable : ratio_kernel; 0: any */
	unsigned ratio_kernel;
	size_t nr_settings;   /* as they stand in the file, those that say which devices too */
	const void *settings; /* read with mhp_policy_section_setting() */
};

/* What is wrong with a policy. With a problem that is no warning nothing is ever carried out. */
struct mhp_policy_problem {
	const char *file;
	unsigned line; /* 0: the file as a whole */
	bool is_warning;
	struct mhp_error error;
};

struct mhp_policy;

/**
 * mhp_policy_load - read policy files
 * @ctx: the context
 * @paths: files and folders; what is installed is left aside then
 * @nr_paths: how many; 0: what is installed
 * @policy: receives the policy; free with mhp_policy_free()
 * @err: receives reason and hint, or NULL
 *
 * What is wrong in a file is no failure here: see mhp_policy_problem(). No policy is one without
 * sections.
 * Return: 0, or -ENOENT and the like (no such path), -EACCES, -ENOMEM.
 * Since: 0.1
 */
int mhp_policy_load(struct mhp_ctx *ctx, const char *const *paths, size_t nr_paths,
		    struct mhp_policy **policy, struct mhp_error *err);

/**
 * mhp_policy_import - read what is declared for daxctl
 * @ctx: the context
 * @path: a file or folder, or NULL for what is installed
 * @policy: receives the sections as ours; free with mhp_policy_free()
 * @err: receives reason and hint, or NULL
 *
 * Return: as mhp_policy_load().
 * Since: 0.1
 */
int mhp_policy_import(struct mhp_ctx *ctx, const char *path, struct mhp_policy **policy,
		      struct mhp_error *err);

/**
 * mhp_policy_parse - read a policy from a text
 * @text: as a file would hold it
 * @name: what to call the file in messages
 * @policy: receives the policy; free with mhp_policy_free()
 * @err: receives reason and hint, or NULL
 *
 * Return: 0, or -ENOMEM.
 * Since: 0.1
 */
int mhp_policy_parse(const char *text, const char *name, struct mhp_policy **policy,
		     struct mhp_error *err);

/**
 * mhp_policy_free - free a policy
 * @policy: the policy, or NULL
 *
 * Since: 0.1
 */
void mhp_policy_free(struct mhp_policy *policy);

/**
 * mhp_policy_file - the @index-th file, in the order in which they count
 * @policy: the policy
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_policy_file *mhp_policy_file(const struct mhp_policy *policy, size_t index);

/**
 * mhp_policy_section - the @index-th section, in the order in which they are carried out
 * @policy: the policy
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_policy_section *mhp_policy_section(const struct mhp_policy *policy, size_t index);

/**
 * mhp_policy_section_setting - the @index-th setting of a section, as it stands in the file
 * @section: the section
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_policy_setting *mhp_policy_section_setting(
	const struct mhp_policy_section *section, size_t index);

/**
 * mhp_policy_problem - the @index-th thing that is wrong, by file and line
 * @policy: the policy
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_policy_problem *mhp_policy_problem(const struct mhp_policy *policy, size_t index);

/**
 * mhp_policy_check - whether a policy can be carried out as it is written
 * @policy: the policy
 * @err: receives the first problem with file and line, and how many more there are; or NULL
 *
 * Return: 0, or -EINVAL.
 * Since: 0.1
 */
int mhp_policy_check(const struct mhp_policy *policy, struct mhp_error *err);

/* One request that a section comes to, and its plan. */
struct mhp_policy_job {
	const struct mhp_policy_section *section;
	enum mhp_verb verb;
	size_t nr_targets;
	const char *const *targets;
	const struct mhp_plan *plan; /* NULL: it cannot be planned, and error says why */
	struct mhp_error error;
	uint64_t fingerprint; /* of the steps and of what they start from */
};

struct mhp_policy_plan;

/**
 * mhp_policy_plan_new - work out the steps from what is to what a policy declares
 * @topo: the machine as it is; not kept
 * @policy: the policy; has to live as long as the plan
 * @agreed: bits of enum mhp_consent_kind that need no question, for all sections
 * @plan: receives the plan; free with mhp_policy_plan_free()
 * @err: receives reason and hint, or NULL
 *
 * No I/O. A device that several sections match belongs to the first of them. What cannot be seen is
 * hidden, as with look_only.
 * Return: 0, or -EINVAL (the policy is wrong), -ESTALE (see mhp_policy_expect()), -ENOMEM.
 * Since: 0.1
 */
int mhp_policy_plan_new(const struct mhp_topology *topo, const struct mhp_policy *policy,
			unsigned agreed, struct mhp_policy_plan **plan, struct mhp_error *err);

/**
 * mhp_policy_plan_free - free a plan
 * @plan: the plan, or NULL
 *
 * Since: 0.1
 */
void mhp_policy_plan_free(struct mhp_policy_plan *plan);

/**
 * mhp_scan_policy - read the machine's memory layout, and what the policy could lose
 * @ctx: the context
 * @policy: the policy
 * @agreed: as of mhp_policy_plan_new()
 * @topo: receives a new snapshot for mhp_policy_plan_new()
 * @err: receives reason and hint, or NULL
 *
 * See mhp_scan_request().
 * Return: as mhp_topology_scan().
 * Since: 0.1
 */
int mhp_scan_policy(struct mhp_ctx *ctx, const struct mhp_policy *policy, unsigned agreed,
		    struct mhp_topology **topo, struct mhp_error *err);

/**
 * mhp_policy_plan_job - the @index-th request, in the order in which they run
 * @plan: the plan
 * @index: from 0
 *
 * A section that matches nothing has none.
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_policy_job *mhp_policy_plan_job(const struct mhp_policy_plan *plan, size_t index);

/**
 * mhp_policy_plan_sum - what all requests of a policy's plan cost together
 * @plan: the plan
 *
 * For mhp_plan_cost() and mhp_plan_node_cost(): a plan without steps and targets.
 * Return: never NULL.
 * Since: 0.1
 */
const struct mhp_plan *mhp_policy_plan_sum(const struct mhp_policy_plan *plan);

/**
 * mhp_policy_plan_warning - the @index-th thing worth knowing of the plan as a whole
 * @plan: the plan
 * @index: from 0
 *
 * Return: a sentence without a full stop; NULL after the last.
 * Since: 0.1
 */
const char *mhp_policy_plan_warning(const struct mhp_policy_plan *plan, size_t index);

/**
 * mhp_policy_expect - carry a policy out only if a request still comes to the same plan
 * @policy: the policy
 * @section: the section's name
 * @verb: of the request
 * @fingerprint: of the plan that was agreed to; see struct mhp_policy_job
 * @err: receives reason and hint, or NULL
 *
 * Once it was called mhp_policy_plan_new() and mhp_policy_run() fail with MHP_REASON_STALE_PLAN,
 * having touched nothing, where the requests or their plans differ from those that are expected;
 * that there is nothing left to do is no such difference.
 * Return: 0, or -ENOENT (no such section), -ENOMEM.
 * Since: 0.1
 */
int mhp_policy_expect(struct mhp_policy *policy, const char *section, enum mhp_verb verb,
		      uint64_t fingerprint, struct mhp_error *err);

/**
 * mhp_policy_run - make it so
 * @ctx: the context
 * @policy: what should be so
 * @agreed: bits of enum mhp_consent_kind that need no question, for all sections
 * @options: deadlines and callbacks; rollback holds for all sections
 * @result: receives the result of all sections; NULL when nothing was begun
 * @err: receives reason and hint, or NULL
 *
 * Each section is a request as of mhp_run(), carried out in the order of the sections; what
 * sections do not want at first comes behind all of them. Events name their section.
 * Ownership: free the result with mhp_result_free().
 * Return: 0 when there is a result (its exit_code tells), or the negative errno for which nothing
 *	was begun.
 * Since: 0.1
 */
int mhp_policy_run(struct mhp_ctx *ctx, const struct mhp_policy *policy, unsigned agreed,
		   const struct mhp_run_options *options, struct mhp_result **result,
		   struct mhp_error *err);

/**
 * mhp_policy_file_state_name - the name of what became of a policy file
 * @state: the state
 *
 * Return: read, overridden, masked.
 * Since: 0.1
 */
const char *mhp_policy_file_state_name(enum mhp_policy_file_state state);

/**
 * mhp_on_failure_name - the name of what to do about a failure
 * @on_failure: the choice
 *
 * Return: continue, stop, rollback.
 * Since: 0.1
 */
const char *mhp_on_failure_name(enum mhp_on_failure on_failure);

/**
 * mhp_verb_name - the name of a verb
 * @verb: the verb
 *
 * Return: create, destroy, online, offline, remove, init.
 * Since: 0.1
 */
const char *mhp_verb_name(enum mhp_verb verb);

/* ---- check: what an offline would meet ------------------------------------------------------ */

enum mhp_verdict {
	MHP_VERDICT_REMOVABLE = 0,
	MHP_VERDICT_MAYBE,
	MHP_VERDICT_BLOCKED,
};

/* Counts are pages of the machine's page size. */
struct mhp_block_check {
	uint64_t id;
	enum mhp_block_state state;
	enum mhp_zone zone;
	int node; /* -1: several or none */
	unsigned nr_nodes;
	int nodes[MHP_BLOCK_NODES_MAX];
	enum mhp_verdict verdict;
	uint64_t free;
	uint64_t movable;
	uint64_t pinned; /* of registered buffers that are known; they count as movable too */
	uint64_t unmovable;
	uint64_t huge;
	bool boot_memory;	 /* see struct mhp_block */
	bool boot_unclear;	 /* the same */
	bool huge_has_no_target; /* a page of huge_pages in use that lies in it can go nowhere */
	uint64_t driver_pages; /* a driver keeps them: not plugged in (virtio-mem), or a balloon */
	bool is_virtio_mem;    /* virtio-mem has brought the block, and lets such pages go */
	uint64_t unknown;      /* on a per-cpu list of free pages, or the kernel's: nothing tells */
	uint64_t reasons;      /* a bit for each enum mhp_reason that speaks against it */
	size_t nr_owners;
	const void *owners; /* whose pages lie in it; read with mhp_block_check_owner() */
};

/* The rest of the machine, as the place where pages of a node would go. */
struct mhp_destination {
	int node;		   /* the node to empty */
	uint64_t needed_bytes;	   /* of the movable pages in the blocks asked about */
	uint64_t available_bytes;  /* free, or easily freed, on the other nodes */
	uint64_t pins;		   /* FOLL_PIN pins on the node; or MHP_UNKNOWN */
	uint64_t unexplained_pins; /* more than what processes are known to have pinned anywhere */
};

/* A huge page that the kernel makes no new one for: moving it takes a free one of its size. */
struct mhp_huge_page {
	uint64_t pfn;
	uint64_t size;
	int node;
	uint64_t first_block; /* of those looked at that it lies in */
	uint64_t last_block;
	bool in_use;		 /* seen to be; false: not known */
	uint64_t free_elsewhere; /* of its size where it could go; or MHP_UNKNOWN */
};

struct mhp_check {
	size_t nr_blocks;
	const void *blocks; /* read with mhp_check_block() */
	size_t nr_destinations;
	const void *destinations;	/* read with mhp_check_destination() */
	size_t nr_huge_pages;	/* each once, however many blocks it lies in */
	const void *huge_pages; /* read with mhp_check_huge_page() */
	unsigned processes;	/* looked through for pins */
	unsigned unreadable;	/* processes that we may not look into */
	bool cut_short;		/* not all were looked at: it took too long */
	bool pages_hidden;	/* no right to read page flags: counts are 0, verdicts "maybe" */
	/* The worst of all blocks; with nr_blocks 0 that there may be some which cannot be seen */
	enum mhp_verdict verdict;
	char no_blocks[160]; /* where there are none: why that is so; else empty */
	size_t nr_hidden;    /* all that could not be seen */
	struct mhp_hidden hidden[MHP_HIDDEN_MAX];
};

/**
 * mhp_check_blocks - what an offline of blocks would meet, without trying it
 * @ctx: the context
 * @topo: the machine; the blocks in it are looked at (see mhp_topology_select())
 * @check: receives the answer; free with mhp_check_free()
 * @err: receives reason and hint, or NULL
 *
 * Reads the kpage files once for each block, in large pieces, and the open files and page maps of
 * processes that can hold pins. Changes nothing.
 * Return: 0, or -ECANCELED, -ETIMEDOUT, -ENOMEM.
 * Since: 0.1
 */
int mhp_check_blocks(struct mhp_ctx *ctx, const struct mhp_topology *topo, struct mhp_check **check,
		     struct mhp_error *err);

/**
 * mhp_check_block - the @index-th block that was looked at, ascending
 * @check: the check
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_block_check *mhp_check_block(const struct mhp_check *check, size_t index);

/**
 * mhp_block_check_owner - the @index-th process whose pages lie in a block and are, or may be, held
 * @block: the block
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_owner *mhp_block_check_owner(const struct mhp_block_check *block, size_t index);

/**
 * mhp_check_destination - the @index-th node to empty
 * @check: the check
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_destination *mhp_check_destination(const struct mhp_check *check, size_t index);

/**
 * mhp_check_huge_page - the @index-th huge page that the kernel makes no new one for
 * @check: the check
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_huge_page *mhp_check_huge_page(const struct mhp_check *check, size_t index);

/**
 * mhp_check_hidden - the @index-th thing that could not be seen
 * @check: the check
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_hidden *mhp_check_hidden(const struct mhp_check *check, size_t index);

/**
 * mhp_check_free - free an answer
 * @check: the answer, or NULL
 *
 * Since: 0.1
 */
void mhp_check_free(struct mhp_check *check);

/**
 * mhp_verdict_name - the name of a verdict
 * @verdict: the verdict
 *
 * Return: removable, maybe, blocked.
 * Since: 0.1
 */
const char *mhp_verdict_name(enum mhp_verdict verdict);

/* ---- monitor: what changes, as it happens --------------------------------------------------- */

enum mhp_change_kind {
	MHP_CHANGE_READY = 0, /* once: from here on nothing is missed */
	MHP_CHANGE_BLOCKS,
	MHP_CHANGE_DEVICE, /* of the dax bus */
	MHP_CHANGE_NAMESPACE,
	MHP_CHANGE_REGION,
	MHP_CHANGE_NODE,
	MHP_CHANGE_POLICY,   /* auto_online_blocks */
	MHP_CHANGE_OVERFLOW, /* events were lost; what they would have told follows all the same */
	MHP_CHANGE_RUN,	     /* of a policy, by whatever process */
};

enum mhp_change_action {
	MHP_ACTION_CHANGED = 0,
	MHP_ACTION_ADDED,
	MHP_ACTION_REMOVED,
	MHP_ACTION_ONLINE, /* blocks only, as the next two */
	MHP_ACTION_OFFLINE,
	MHP_ACTION_TOGGLED, /* another state for a moment, and now as before */
	MHP_ACTION_STARTED, /* runs of a policy only, as the next */
	MHP_ACTION_ENDED,
};

enum mhp_run_state {
	MHP_RUN_RUNNING = 0,
	MHP_RUN_CONVERGED, /* all is as declared */
	MHP_RUN_PARTIAL,
	MHP_RUN_FAILED,
	MHP_RUN_DIED, /* its process has ended without a result */
};

/* A run of mhp_policy_run(), as its process has left it below /run/mhpctl for others. */
struct mhp_run_record {
	uint64_t run; /* counts from 1 since the boot */
	int pid;
	enum mhp_run_state state;
	uint64_t start_us; /* CLOCK_REALTIME */
	int exit_code;	   /* -1: there is none, and nothing below is known */
	uint64_t elapsed_ms;
	bool changed;		/* anything */
	enum mhp_reason reason; /* of the first failure, or MHP_REASON_NONE */
	char message[512];	/* of that, safe for a terminal; or empty */
};

/* A value: what it points to lives for the call of the event function only. */
struct mhp_change {
	enum mhp_change_kind kind;
	enum mhp_change_action action;
	uint64_t time_us; /* CLOCK_REALTIME, when it was seen */
	const char *name; /* of what changed, such as dax0.0; of blocks NULL */
	/* blocks: a run of equal ones; block is the first of them */
	uint64_t first_block;
	uint64_t last_block; /* included */
	uint64_t bytes;
	/* What it is now, or was when it went; one of them, by the kind. */
	const struct mhp_block *block;
	const struct mhp_dax *dax;
	const struct mhp_namespace *ns;
	const struct mhp_region *region;
	const struct mhp_node *node;
	const struct mhp_memory *memory; /* policy */
	const struct mhp_run_record *run;
};

/* Set up with MHP_MONITOR_OPTIONS_INIT(), as struct mhp_request. */
struct mhp_monitor_options {
	size_t size;		    /* of this struct, as the caller knows it */
	const char *const *targets; /* what to tell of, and what is below and above it */
	size_t nr_targets;	    /* 0: everything */
	const char *until;	    /* a condition that ends it, or NULL */
	uint64_t timeout_ms;	    /* 0: none */
	int reader_fd;		    /* end when the reader of this pipe has gone; 0 or less: none */
	/* Called for each change. A return value other than 0 ends it: nobody listens any more. */
	int (*change)(const struct mhp_change *change, void *data);
	/* Called for a target that is not there yet. Or NULL. */
	void (*missing)(const char *target, void *data);
	void *data;
	uint64_t count; /* end after so many changes; 0: any number */
};

#define MHP_MONITOR_OPTIONS_INIT(...)                                   \
	{                                                               \
		.size = sizeof(struct mhp_monitor_options), __VA_ARGS__ \
	}

enum mhp_monitor_end {
	MHP_MONITOR_CONDITION_MET = 0, /* the condition */
	MHP_MONITOR_COUNT_REACHED,     /* as many changes as were asked for */
	MHP_MONITOR_READER_GONE,
};

/**
 * mhp_monitor - tell what changes, as it happens
 * @ctx: the context
 * @options: what to tell, and when to end
 * @end: receives why it ended; untouched on failure
 * @err: receives reason and hint, or NULL
 *
 * Listens before it reads the machine for the first time, so that nothing is missed. Changes that
 * come close together are told as one: blocks as runs of equal blocks. Events that were lost are
 * made up for by reading the machine. Targets need not be there yet. Runs of a policy are told of
 * whatever the targets are, when the caller may read /run/mhpctl. Needs no privilege. What changed
 * before a cancel or the end of the time is told before it returns.
 *
 * A condition is OBJECT.FIELD OPERATOR VALUE: "node2.online_bytes>=8G", "dax0.0.mode==system_ram";
 * see mhpctl-monitor(1). It is tried before the first change is waited for.
 * Return: 0, or -EINVAL (the condition or a target is none), -ETIMEDOUT, -ECANCELED, or what
 *	mhp_topology_scan() returns.
 * Since: 0.1
 */
int mhp_monitor(struct mhp_ctx *ctx, const struct mhp_monitor_options *options,
		enum mhp_monitor_end *end, struct mhp_error *err);

/**
 * mhp_change_kind_name - the name of a kind of change, in JSON that of its event
 * @kind: the kind
 *
 * Return: ready, blocks, device, namespace, region, node, policy, overflow.
 * Since: 0.1
 */
const char *mhp_change_kind_name(enum mhp_change_kind kind);

/**
 * mhp_change_action_name - the name of what happened
 * @action: the action
 *
 * Return: changed, added, removed, online, offline, toggled, started, ended.
 * Since: 0.1
 */
const char *mhp_change_action_name(enum mhp_change_action action);

/**
 * mhp_run_state_name - the name of the state of a run of a policy
 * @state: the state
 *
 * Return: running, converged, partial, failed, died.
 * Since: 0.1
 */
const char *mhp_run_state_name(enum mhp_run_state state);

/* ---- what helps and what hinders ---------------------------------------------------------- */

enum mhp_severity {
	MHP_SEVERITY_OK = 0,
	MHP_SEVERITY_NOTE,    /* worth to know; nothing has to be done */
	MHP_SEVERITY_WARNING, /* works, with a loss or a risk */
	MHP_SEVERITY_ERROR,   /* something will not work */
};

/* One thing that was looked at, and what came of it. */
struct mhp_finding {
	const char *id;	   /* stable, lower snake case; several findings may share it */
	const char *group; /* kernel, rights, onlining, modules, zones, devices, system */
	enum mhp_severity severity;
	char found[256];
	char where[320]; /* file and line, object or attribute; empty: nowhere in particular */
	const char *why; /* it matters */
	char fix[640]; /* a command, or what to write where; empty: none is needed, or there is none
			*/
};

struct mhp_doctor_report {
	size_t nr_findings;
	const void *findings; /* by group; read with mhp_doctor_report_finding() */
	size_t nr_hidden;
	const void *hidden; /* read with mhp_doctor_report_hidden() */
};

/**
 * mhp_doctor - find out what on this system helps or hinders memory hotplug
 * @ctx: the context
 * @report: receives the findings; free with mhp_doctor_report_free()
 * @err: receives reason and hint, or NULL
 *
 * Changes nothing. What cannot be read is listed as hidden; that is no error.
 * Return: 0, or -ECANCELED, -ENOMEM.
 * Since: 0.1
 */
int mhp_doctor(struct mhp_ctx *ctx, struct mhp_doctor_report **report, struct mhp_error *err);

/**
 * mhp_doctor_report_finding - the @index-th finding, by group
 * @report: the report
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_finding *mhp_doctor_report_finding(const struct mhp_doctor_report *report,
						    size_t index);

/**
 * mhp_doctor_report_hidden - the @index-th thing that could not be read
 * @report: the report
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_hidden *mhp_doctor_report_hidden(const struct mhp_doctor_report *report,
						  size_t index);

/**
 * mhp_doctor_report_free - free a report
 * @report: the report, or NULL
 *
 * Since: 0.1
 */
void mhp_doctor_report_free(struct mhp_doctor_report *report);

/**
 * mhp_severity_name - the name of a severity in text and JSON
 * @severity: the severity
 *
 * Return: ok, note, warning, error.
 * Since: 0.1
 */
const char *mhp_severity_name(enum mhp_severity severity);

#ifdef __cplusplus
}
#endif
