/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory regions of RDMA devices, by the kernel's netlink interface (since 4.17). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of one process. */
struct rdma_regions {
	int pid;
	uint64_t address; /* asked about */
	unsigned nr;
	uint64_t bytes;
	bool covers; /* one of them; few drivers tell where theirs are */
};

/*
 * Fill nr, bytes and covers for regions->pid, all devices together. 0, or a negative errno where
 * the kernel has no such interface. Only processes of this pid namespace are told of.
 */
int rdma_find_regions(struct rdma_regions *regions);

/* What one datagram of the answer tells. 1: more follow; 0: that was all; or a negative errno. */
int rdma_take_regions(const char *data, size_t len, struct rdma_regions *regions);
