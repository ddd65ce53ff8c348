/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All processes, those first that are likeliest to own and to hold given pages. */
#pragma once

#include "lib/sys/holders/owners.h"

struct candidate {
	int pid;
	unsigned score; /* the higher, the sooner */
};

/*
 * List the processes by what points to them: the cgroup that the pages are charged to
 * (/proc/kpagecgroup, where there is one), pinned memory (VmPin), and open files that hold pages.
 * It is an order, no filter: a process may have changed its cgroup, or passed its files on. Where
 * the deadline comes first the rest stands behind, unscored. Free *candidates. Their number, or a
 * negative errno.
 */
int candidates_list(const struct root *sys, const struct owners_args *args, uint64_t deadline,
		    struct candidate **candidates);
