/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Turns a stuck or refused offline into evidence: which pages, what pins them, who owns them. The
 * tracepoint mm_migrate_pages is not asked: it tells how many pages of a call moved, and of none
 * which it was; the counter pgmigrate_fail tells the same without a tracefs instance.
 */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/kmsg-refusal.h"
#include "lib/sys/kmsg.h"
#include "lib/sys/holders/owners.h"
#include "lib/sys/pagedump.h"

struct exec;

struct evidence {
	struct mhp_range addresses; /* of the block: pages elsewhere are somebody else's */
	struct mhp_range pfns;
	struct refusal refusal; /* why the kernel refused, as far as its log says */
	struct dump_parser parser;
	struct mhp_page pages[OWNERS_PAGES];
	uint64_t indexes[OWNERS_PAGES]; /* virtual page number of each, or UINT64_MAX */
	unsigned nr_pages;
	bool not_tried;	  /* the page stands against it: no write was made */
	bool is_repeated; /* the same page as that of the block before */
	uint64_t batch;	  /* most pages of one migration that did not move */
	uint64_t suppressed;
	uint64_t lost_before; /* what the log had lost when the write began */
	bool watched;	      /* migrate_before is known: it took long enough to count */
	uint64_t migrate_before;
	struct owners_head looked; /* what the search for owners went through */
	bool searched;
	struct mhp_owner *owners;
	size_t nr_owners;
};

/* For a write to memory@id; before it. */
void evidence_begin(const struct exec *x, struct evidence *e, uint64_t id);
void evidence_end(struct evidence *e);

/* The write does not end: from here on the system's counters are of interest. */
void evidence_watch(const struct exec *x, struct evidence *e);

/* Take a record of the kernel's log. */
void evidence_take(struct evidence *e, const struct kmsg_record *record);

/* Look for the owners of the pages known so far; bounded, and not again once there are some. */
void evidence_find_owners(struct exec *x, struct evidence *e);

/* Was something seen to hold pages, as a pin does? That they were slow to move is nothing of the
 * kind. */
bool evidence_was_held(const struct evidence *e);

/* Pages known to be stuck, as far as one can tell. */
uint64_t evidence_stuck(const struct evidence *e);

/*
 * Fill a failure with what is known, and give it the reason, message and hint that fit. What was
 * known of it before stays where nothing better is.
 */
void diagnose(struct exec *x, struct evidence *e, struct mhp_failure *failure);
