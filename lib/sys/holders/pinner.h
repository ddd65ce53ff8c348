/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A process that is to pin memory: where its memory lies, and its limits. */
#pragma once

#include "lib/sys/cgroup.h"
#include "lib/sys/child.h"
#include "lib/sys/holders/memlock.h"

struct pinner {
	int pid;
	char comm[32];
	struct memlock memlock;
	int memlock_rc; /* 0, or why it is not known */
	struct cgroup_space cgroup;
	int cgroup_rc; /* as cgroup_space_read() */
	uint64_t resident_bytes;
	int maps_rc; /* of the memory by node */
	int mems_rc; /* of the allowed nodes */
	size_t nr_nodes;
};

/* The memory of the process on a node. A node without either is left out. */
struct pinner_node {
	int node;
	bool is_allowed; /* by its cpuset */
	uint64_t bytes;
};

/*
 * Replies, as a task (an int: the pid), with struct pinner, then its nr_nodes struct pinner_node.
 * Fails only with -ENOENT (no such process) or for lack of memory.
 */
int pinner_read(struct mhp_ctx *ctx, const void *arg, struct reply *reply, struct mhp_error *err);
