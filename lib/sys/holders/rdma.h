/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory regions of RDMA devices, by the kernel's netlink interface (since 4.17). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The memory regions of one process. */
struct rdma_regions {
	int pid;
	uint64_t address; /* is it in one of them? */
	unsigned nr;
	uint64_t bytes;
	bool covers; /* one of them has the address; few drivers report theirs */
};

/*
 * Fills in nr, bytes and covers for regions->pid, all devices together. Returns 0, or a negative
 * errno if the kernel has no such interface. The kernel reports only processes of this pid
 * namespace.
 */
int rdma_find_regions(struct rdma_regions *regions);

/*
 * Adds the regions in one datagram of the answer. Returns 1 if more follow, 0 after the last, or a
 * negative errno.
 */
int rdma_take_regions(const char *data, size_t len, struct rdma_regions *regions);
