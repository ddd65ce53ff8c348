/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Turns a stuck or refused offline into evidence: which pages, what pins them, who owns them. It
 * does not use the tracepoint mm_migrate_pages, which counts the pages of a call but names none;
 * the counter pgmigrate_fail has the same count without a tracefs instance.
 */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/kmsg-refusal.h"
#include "lib/sys/kmsg.h"
#include "lib/sys/holders/owners.h"
#include "lib/sys/pagedump.h"

struct exec;

struct evidence {
	struct mhp_range addresses; /* of the block: other pages do not count */
	struct mhp_range pfns;
	struct refusal refusal; /* why the kernel refused, from its log */
	struct dump_parser parser;
	struct mhp_page pages[OWNERS_PAGES];
	uint64_t indexes[OWNERS_PAGES]; /* virtual page number of each, or UINT64_MAX */
	unsigned nr_pages;
	bool not_tried;	  /* the page rules out an offline: no write was made */
	bool is_repeated; /* the page is that of the previous block */
	uint64_t batch;	  /* the most pages that one migration failed to move */
	uint64_t suppressed;
	uint64_t lost_before; /* lost log records when the write started */
	bool watched;	      /* migrate_before is valid: the write took long enough */
	uint64_t migrate_before;
	struct owners_head looked; /* statistics of the search for owners */
	bool searched;
	struct mhp_owner *owners;
	size_t nr_owners;
};

/* Starts the evidence for a write to memory@id. Call it before the write. */
void evidence_begin(const struct exec *x, struct evidence *e, uint64_t id);
void evidence_end(struct evidence *e);

/* Starts to watch the system's counters, for a write that does not end. */
void evidence_watch(const struct exec *x, struct evidence *e);

/* Adds a record of the kernel log. */
void evidence_take(struct evidence *e, const struct kmsg_record *record);

/* Searches the owners of the pages known so far, for a limited time, unless some are known. */
void evidence_find_owners(struct exec *x, struct evidence *e);

/* Returns true if something held pages, as a pin does. Pages that only move slowly do not count. */
bool evidence_was_held(const struct evidence *e);

/* Returns the number of pages known to be stuck. */
uint64_t evidence_stuck(const struct evidence *e);

/*
 * Fills a failure with the evidence, and with the reason, message and hint that follow from it. A
 * value without better evidence stays as it is.
 */
void diagnose(struct exec *x, struct evidence *e, struct mhp_failure *failure);
