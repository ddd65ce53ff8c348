/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Cgroups of the unified hierarchy by their inode, and what a reclaim of their memory needs. A path
 * can be given again, so that each use of one checks the inode first.
 */
#pragma once

#include "lib/sys/child.h"

#include <stdbool.h>

#define CGROUP_PATH_MAX 256
#define CGROUPS_MAX	64

/* A cgroup that pages are charged to. */
struct cgroup_found {
	uint64_t inode;
	char path[CGROUP_PATH_MAX]; /* in the hierarchy: "/system.slice/a"; empty: not found */
	bool is_root;
	bool has_children; /* with memory of their own, which a reclaim takes too */
	bool can_reclaim;  /* it has memory.reclaim (Linux 5.19) */
};

struct cgroup_inodes {
	unsigned nr;
	uint64_t inodes[CGROUPS_MAX];
};

/*
 * Answers, as a task (struct cgroup_inodes), with a struct cgroup_found for each. -EOPNOTSUPP if
 * version 1 of cgroups has the memory, or none.
 */
int cgroup_tree_find(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		     struct mhp_error *err);

/* Reads memory.current. Returns 0 or a negative errno. */
int cgroup_memory(const struct root *sys, const char *path, uint64_t *bytes);

/*
 * Reads the share of the last 10 s in which all tasks of the cgroup waited for memory, in
 * hundredths of a percent ("full avg10=" of memory.pressure). Returns 0, or a negative errno if the
 * kernel does not measure it.
 */
int cgroup_pressure(const struct root *sys, const char *path, uint64_t *hundredths);

/* Parses the text of a file like memory.pressure. Returns 0 or -EPROTO. */
int pressure_parse(const char *text, uint64_t *hundredths);

/* A write to memory.reclaim. */
struct cgroup_reclaim {
	char path[CGROUP_PATH_MAX];
	uint64_t inode;
	uint64_t bytes;
	bool keep_anon; /* only file pages: "swappiness=0", -EINVAL before Linux 6.11 */
};

/*
 * Reclaims, as a task (struct cgroup_reclaim). Returns 0 if the kernel reclaimed all of it, -EAGAIN
 * if less, -ENOENT or -ESTALE if the cgroup is gone or another one, or another negative errno.
 */
int cgroup_reclaim(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		   struct mhp_error *err);
