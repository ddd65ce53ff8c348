/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The limit for locked and pinned memory of a process. */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/root.h"

struct memlock {
	enum mhp_tristate is_limited; /* not with CAP_IPC_LOCK, nor if the limit is unlimited */
	uint64_t limit_bytes;	      /* RLIMIT_MEMLOCK */
	uint64_t used_bytes; /* VmLck and VmPin of it, or VmPin of its user, if that is more */
};

/*
 * Reads the limit of a process. RDMA counts a process's pinned memory, vfio its locked memory,
 * io_uring the memory of its user. Returns 0, -ENOENT (no such process), or another negative errno
 * if a value is not known.
 */
int memlock_read(const struct root *sys, int pid, struct memlock *memlock);
