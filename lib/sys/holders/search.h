/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The common part of all searches through the memory of processes. */
#pragma once

#include "lib/sys/child.h"

/* The processes that a search has covered. The head of each reply begins with it. */
struct search_cover {
	unsigned processes;  /* searched */
	unsigned unreadable; /* processes that may not be read */
	bool is_cut_short;   /* the time ended before all were searched */
};

/*
 * Counts a process and opens its pagemap: *pagemap is an fd, or a negative errno. Returns false,
 * and opens nothing, after the deadline (of clock_msec()).
 */
bool search_enter(struct search_cover *cover, const struct root *sys, int pid, uint64_t deadline,
		  int *pagemap);

/*
 * Ends a task whose reply began with an empty head: writes the head there, or reports rc or a lack
 * of memory or descriptors, after which the search has not seen all.
 */
int search_end(const struct root *sys, int rc, struct reply *reply, const void *head, size_t size,
	       struct mhp_error *err);
