/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Check: predict whether memory can be taken offline. */
#pragma once

#include "error.h"
#include "owner.h"
#include "topology.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Whether an offline is expected to succeed. */
enum mhp_verdict {
	MHP_VERDICT_REMOVABLE = 0, /* no obstacle was found */
	MHP_VERDICT_MAYBE,	   /* not known */
	MHP_VERDICT_BLOCKED,	   /* the kernel would refuse now */
};

/* The prediction for one block. Counts are pages of the machine's page size. */
struct mhp_block_check {
	uint64_t id;
	enum mhp_block_state state;
	enum mhp_zone zone;
	int node;	   /* -1: several or none */
	unsigned nr_nodes; /* as in struct mhp_block */
	int nodes[4];	   /* read with mhp_block_check_node() */
	enum mhp_verdict verdict;
	uint64_t free_pages;
	uint64_t movable_pages;	      /* in use, can move */
	uint64_t pinned_pages;	      /* part of movable_pages: those of known registered buffers */
	uint64_t unmovable_pages;     /* in use by the kernel, cannot move */
	uint64_t hugetlb_pages;	      /* in hugetlb pages */
	bool is_boot_memory;	      /* see struct mhp_block */
	bool can_be_boot_memory;      /* see struct mhp_block */
	bool has_unmovable_huge_page; /* a used huge page in it has nowhere to go */
	uint64_t driver_pages;	/* kept by a driver: unplugged (virtio-mem), or in a balloon */
	bool is_virtio_mem;	/* virtio-mem added the block and releases its driver_pages */
	uint64_t unknown_pages; /* free on a per-CPU list, or the kernel's: not distinguishable */
	uint64_t reasons;	/* obstacles: bit 1 << R for each enum mhp_reason R */
	size_t nr_owners;	/* processes with pages in it that are, or may be, held */
	const void *owners;	/* read with mhp_block_check_owner() */
	bool is_unbacked;	/* see struct mhp_block */
	uint64_t anon_pages;	/* part of movable_pages: anonymous memory */
	uint64_t thp_pages;	/* part of movable_pages: in transparent huge pages */
};

/* The memory outside a node, where its pages would go. */
struct mhp_destination {
	int node;		   /* the node to empty */
	uint64_t needed_bytes;	   /* movable pages in the blocks that are checked */
	uint64_t available_bytes;  /* free or reclaimable on the other nodes */
	uint64_t pins;		   /* FOLL_PIN pins on the node; or MHP_UNKNOWN */
	uint64_t unexplained_pins; /* pins beyond those of known processes */
};

/* A huge page that moves only into a free huge page of its size: the kernel makes no new one. */
struct mhp_huge_page {
	uint64_t pfn; /* of its first page */
	uint64_t size;
	int node;
	uint64_t first_block; /* first of the checked blocks that it lies in */
	uint64_t last_block;
	bool is_in_use;		 /* false: not known */
	uint64_t free_elsewhere; /* free huge pages of its size where it could go; or MHP_UNKNOWN */
};

/* The result of a check. */
struct mhp_check {
	size_t nr_blocks;
	const void *blocks; /* read with mhp_check_block() */
	size_t nr_destinations;
	const void *destinations; /* read with mhp_check_destination() */
	size_t nr_huge_pages;	  /* each counts once */
	const void *huge_pages;	  /* read with mhp_check_huge_page() */
	unsigned nr_processes;	  /* searched for pins */
	unsigned nr_unreadable;	  /* processes that the caller may not inspect */
	bool is_cut_short;	  /* the search ran out of time before all processes */
	bool has_hidden_pages;	  /* page flags are not readable: counts are 0, verdicts "maybe" */
	/* The worst of all blocks; "maybe" with nr_blocks 0: blocks may exist that are hidden. */
	enum mhp_verdict verdict;
	char no_blocks[160];	     /* reason for nr_blocks 0, else empty */
	size_t nr_hidden;	     /* items that could not be read */
	struct mhp_hidden hidden[8]; /* read with mhp_check_hidden() */
};

/**
 * mhp_check_blocks - predict whether blocks can be taken offline, without trying
 * @ctx: the context
 * @topo: the machine; all blocks in it are checked (see mhp_topology_select())
 * @check: receives the result; free with mhp_check_free()
 * @err: receives reason and hint, or NULL
 *
 * Reads /proc/kpage* once for each block, in large pieces, and the open files and page maps of
 * processes that can hold pins. Changes nothing.
 * Return: 0, or -ECANCELED, -ETIMEDOUT, -ENOMEM.
 * Since: 0.1
 */
int mhp_check_blocks(struct mhp_ctx *ctx, const struct mhp_topology *topo, struct mhp_check **check,
		     struct mhp_error *err);

/**
 * mhp_check_block - the @index-th block that was checked, ascending
 * @check: the check
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_block_check *mhp_check_block(const struct mhp_check *check, size_t index);

/**
 * mhp_block_check_owner - the @index-th process that has, or may have, held pages in a block
 * @block: the block
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_owner *mhp_block_check_owner(const struct mhp_block_check *block, size_t index);

/**
 * mhp_block_check_node - the @index-th node that a block lies on, ascending
 * @block: the block
 * @index: from 0
 *
 * Return: -1 after the last.
 * Since: 0.1
 */
int mhp_block_check_node(const struct mhp_block_check *block, size_t index);

/**
 * mhp_check_destination - the destination of pages of the @index-th node
 * @check: the check
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_destination *mhp_check_destination(const struct mhp_check *check, size_t index);

/**
 * mhp_check_huge_page - the @index-th huge page that the kernel cannot replace
 * @check: the check
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_huge_page *mhp_check_huge_page(const struct mhp_check *check, size_t index);

/**
 * mhp_check_hidden - the @index-th item that could not be read
 * @check: the check
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_hidden *mhp_check_hidden(const struct mhp_check *check, size_t index);

/**
 * mhp_check_free - free the result of a check
 * @check: the result, or NULL
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

#ifdef __cplusplus
}
#endif
