/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Receipts: the blocks that a request with a size has chosen, and what became of each. */
#pragma once

#include "error.h"
#include "topology.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The outcome for one block. */
enum mhp_receipt_status {
	MHP_RECEIPT_CHOSEN = 0, /* not tried: in a plan, or the run ended before it */
	MHP_RECEIPT_DONE,
	MHP_RECEIPT_FAILED,	 /* tried, and not in the wanted state: another one is taken */
	MHP_RECEIPT_PASSED_OVER, /* not tried: its content or origin rules it out */
};

/* One block of a receipt. */
struct mhp_receipt_block {
	uint64_t id;
	enum mhp_receipt_status status;
	enum mhp_zone zone; /* before the run; MHP_ZONE_NONE: it was offline */
	enum mhp_block_origin origin;
	bool has_page_counts;	  /* the next five are known */
	uint64_t free_bytes;	  /* in free pages */
	uint64_t moved_bytes;	  /* in pages that have to move */
	uint64_t anon_bytes;	  /* part of them: anonymous memory, which no file can replace */
	uint64_t thp_bytes;	  /* part of them: in transparent huge pages */
	uint64_t hugetlb_bytes;	  /* part of them: in hugetlb pages */
	uint64_t unplugged_bytes; /* not plugged in (virtio-mem), so not given either */
	uint64_t estimated_ms;	  /* at the rate measured on this machine, or MHP_UNKNOWN */
	uint64_t took_ms;	  /* MHP_UNKNOWN: not tried, or not measured for this block alone */
	enum mhp_reason reason;	  /* failed, passed_over */
	char why[256];		  /* failed, passed_over: the reason in words */
	char who[128];		  /* failed, passed_over: the process that refuses, or empty */
};

/* A receipt: blocks in the order of execution, then those that were passed over. */
struct mhp_receipt {
	char target[64]; /* node or dax device */
	bool is_offline; /* blocks go offline; false: they come online */
	uint64_t asked_bytes;
	uint64_t given_bytes;	  /* by blocks that are done, as they are at the end */
	uint64_t moved_bytes;	  /* in the pages of the chosen blocks; or MHP_UNKNOWN */
	uint64_t available_bytes; /* for these pages, in other memory; or MHP_UNKNOWN */
	uint64_t estimated_ms;	  /* for the chosen blocks, or MHP_UNKNOWN */
	uint64_t nr_spare;	  /* blocks that could have been taken too */
	size_t nr_blocks;
	const void *blocks; /* read with mhp_receipt_block() */
};

/**
 * mhp_receipt_block - the @index-th block of a receipt
 * @receipt: the receipt
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_receipt_block *mhp_receipt_block(const struct mhp_receipt *receipt, size_t index);

/**
 * mhp_receipt_status_name - the name of what became of a block
 * @status: the status
 *
 * Return: chosen, done, failed, passed_over.
 * Since: 0.1
 */
const char *mhp_receipt_status_name(enum mhp_receipt_status status);

#ifdef __cplusplus
}
#endif
