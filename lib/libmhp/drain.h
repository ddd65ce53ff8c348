/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Drains: what prepares memory blocks for an offline, and what it reached. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The kinds of actions. */
enum mhp_drain_kind {
	MHP_DRAIN_HOLD_DEMOTION = 0, /* turn demotion_enabled off until the end of the run */
	MHP_DRAIN_DROP_CACHE,	     /* drop the clean cache of the whole machine */
	MHP_DRAIN_RECLAIM,	     /* memory.reclaim of a cgroup */
	MHP_DRAIN_COMPACT,	     /* compact the free memory of a node that pages move to */
};

/* The outcome of one action. */
enum mhp_drain_status {
	MHP_DRAIN_PLANNED = 0,
	MHP_DRAIN_DONE,
	MHP_DRAIN_PARTIAL,     /* less than was asked for */
	MHP_DRAIN_FAILED,      /* the kernel refused, or nothing was reached */
	MHP_DRAIN_NOT_NEEDED,  /* earlier actions were enough */
	MHP_DRAIN_PASSED_OVER, /* it would do harm, or the kernel does not have it */
	MHP_DRAIN_NOT_TRIED,   /* the time was over, or the run was interrupted */
};

/* One action of a drain. A size that is not known, or does not apply, is MHP_UNKNOWN. */
struct mhp_drain_action {
	enum mhp_drain_kind kind;
	enum mhp_drain_status status;
	char target[256]; /* "demotion", "page cache", a cgroup as "/system.slice/a", "node0" */
	/*
	 * reclaim: at most so much; drop_cache: the clean cache in the blocks; compact: what huge
	 * pages need that free huge pages do not have.
	 */
	uint64_t asked_bytes;
	uint64_t done_bytes; /* reclaimed, dropped, or made available in free huge pages */
	/* reclaim: of the cgroup; drop_cache: the clean cache in the blocks; compact: of the node
	 * in free huge pages */
	uint64_t before_bytes;
	uint64_t after_bytes;
	uint64_t elapsed_ms;
	char why[192]; /* the reason for it; afterwards why it ended early, or empty */
};

/* The pages of the blocks, and the space for them; or MHP_UNKNOWN. */
struct mhp_drain_state {
	uint64_t used_bytes;	  /* in pages that have to move */
	uint64_t clean_bytes;	  /* part: cache that nobody maps and that the disk has too */
	uint64_t dirty_bytes;	  /* part: cache that is not on the disk yet; a drain leaves it */
	uint64_t anon_bytes;	  /* part: anonymous or shared memory, which only swap can take */
	uint64_t thp_bytes;	  /* part: in transparent huge pages */
	uint64_t available_bytes; /* for them, above the watermarks of the other nodes */
	uint64_t short_bytes;	  /* used_bytes that available_bytes lacks */
};

/* A drain: what was asked for, the actions in their order, and what they reached. */
struct mhp_drain {
	uint64_t limit_ms; /* for all of it together */
	struct mhp_drain_state before;
	struct mhp_drain_state after; /* all unknown: no action about pages was done */
	size_t nr_actions;
	const void *actions; /* read with mhp_drain_action() */
};

/**
 * mhp_drain_action - the @index-th action of a drain
 * @drain: the drain
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_drain_action *mhp_drain_action(const struct mhp_drain *drain, size_t index);

/**
 * mhp_drain_kind_name - the name of what a drain does
 * @kind: the kind
 *
 * Return: hold_demotion, drop_cache, reclaim, compact.
 * Since: 0.1
 */
const char *mhp_drain_kind_name(enum mhp_drain_kind kind);

/**
 * mhp_drain_status_name - the name of the outcome of an action
 * @status: the status
 *
 * Return: planned, done, partial, failed, not_needed, passed_over, not_tried.
 * Since: 0.1
 */
const char *mhp_drain_status_name(enum mhp_drain_status status);

#ifdef __cplusplus
}
#endif
