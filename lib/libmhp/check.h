/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Check: what an offline would meet. */
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
	const void *destinations; /* read with mhp_check_destination() */
	size_t nr_huge_pages;	  /* each once, however many blocks it lies in */
	const void *huge_pages;	  /* read with mhp_check_huge_page() */
	unsigned processes;	  /* looked through for pins */
	unsigned unreadable;	  /* processes that we may not look into */
	bool cut_short;		  /* not all were looked at: it took too long */
	bool pages_hidden;	  /* no right to read page flags: counts are 0, verdicts "maybe" */
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

#ifdef __cplusplus
}
#endif
