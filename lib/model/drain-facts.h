/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Facts for a drain: about blocks that go offline, and about the machine. */
#pragma once

#include "lib/libmhp.h"
#include "lib/sys/cgroup-tree.h"

#include <stdbool.h>
#include <stddef.h>

/* The swap that a drain leaves free. */
#define DRAIN_SWAP_LEFT(total) ((total) / 8)

/* A cgroup that has pages in the blocks; mlocked ones are left out. */
struct drain_group {
	struct cgroup_found cgroup;
	uint64_t file_bytes;
	uint64_t anon_bytes; /* with shared memory */
};

/* A node that the pages can move to. */
struct drain_node {
	int node;
	uint64_t free_bytes;
	uint64_t huge_bytes; /* part: in free huge pages */
	bool can_compact;
};

struct drain_facts {
	bool is_read; /* the rest is set; false: no drain was asked for, or nothing goes offline */
	struct mhp_drain_state state;
	char no_pages[160];	    /* why the content of the blocks is not known; empty: it is */
	char no_groups[160];	    /* the same for the cgroups of their pages */
	enum mhp_tristate demotion; /* is enabled */
	enum mhp_tristate can_drop; /* the kernel can drop its caches */
	uint64_t swap_bytes;	    /* free, above the part that a drain leaves; or MHP_UNKNOWN */
	uint64_t huge_page_size;    /* 0: not known */
	bool has_more_groups;	    /* than those below */
	struct drain_group *groups; /* those with most file pages first */
	size_t nr_groups;
	struct drain_node *nodes;
	size_t nr_nodes;
};

void drain_facts_free(struct drain_facts *facts);
#define cleanup_drain_facts __attribute__((cleanup(drain_facts_free)))

/* Returns the bytes that a reclaim of the cgroup may take: 0 if it would do harm. */
uint64_t drain_group_bytes(const struct drain_group *group, uint64_t swap_bytes);

/* Returns why a reclaim may take nothing of it. */
const char *drain_group_why_not(const struct drain_group *group);

/* Returns the bytes that all of these cgroups can give. */
uint64_t drain_facts_reclaimable(const struct drain_facts *facts);
