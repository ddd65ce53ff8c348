/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The memory that the cgroups of a process leave for it. */
#pragma once

#include "lib/sys/root.h"

struct cgroup_space {
	uint64_t bytes; /* of the cgroup that leaves the least */
	char path[160]; /* of that cgroup in its hierarchy, cut if it is long */
};

/*
 * Reads memory.max of the cgroup of a process and of those above it, in the unified hierarchy: the
 * limit less what is charged, with four fifths of the file pages, which are easily freed. Returns 1
 * if a limit was found, 0 if there is none, or a negative errno if that is not known: -EOPNOTSUPP
 * if version 1 of cgroups limits memory.
 */
int cgroup_space_read(const struct root *sys, int pid, struct cgroup_space *space);
