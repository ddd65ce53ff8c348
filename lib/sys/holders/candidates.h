/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All processes, most likely owners and holders of given pages first. */
#pragma once

#include "lib/sys/holders/owners.h"

struct candidate {
	int pid;
	unsigned score; /* a higher one comes first */
};

/*
 * Lists all processes, ordered by evidence: the cgroup that the pages are charged to
 * (/proc/kpagecgroup, if the kernel has it), pinned memory (VmPin), and open files that hold pages.
 * None is left out, as a process may have changed its cgroup or passed its files on. Processes that
 * are not examined before the deadline come last, with score 0. Free *candidates. Returns their
 * number, or a negative errno.
 */
int candidates_list(const struct root *sys, const struct owners_args *args, uint64_t deadline,
		    struct candidate **candidates);
