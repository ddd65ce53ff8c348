/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct request {
	int node;      /* -1: any */
	int64_t block; /* memory block to take the pages from, -1: any */
	size_t size;
	const char *path;

	/* Filled in by the kind. */
	int fd;	      /* the descriptor that holds, -1: none */
	uint64_t was; /* pfn of the first page just before it was held */
};

/* Holds memory and returns it, or NULL with errno. */
typedef void *hold_fn(struct request *req);

hold_fn hold_plain;
hold_fn hold_mlock;
hold_fn hold_thp;
hold_fn hold_hugetlb;
hold_fn hold_hugetlb_reserved;
hold_fn hold_gigantic;
hold_fn hold_shm;
hold_fn hold_file;
hold_fn hold_secret;
hold_fn hold_vmsplice;
hold_fn hold_vmsplice_late;
hold_fn hold_uring;
hold_fn hold_uring_thp;
hold_fn hold_uring_shared;
hold_fn hold_direct;
hold_fn hold_rdma;
hold_fn hold_vfio;
hold_fn hold_xdp;
hold_fn hold_devdax;

/* How a process holds memory: see the table `ways`. Fills in the report. */
struct report {
	int pid;
	int other; /* a second process involved, 0: none */
	void *mem;
	uint64_t pfn, was;
	int node;
};

typedef void way_fn(hold_fn *hold, struct request *req, struct report *report);

way_fn by_itself;
way_fn by_thread;
way_fn by_fork;
way_fn by_passing;
way_fn by_heir;
way_fn by_pidns;
way_fn by_cgroup;

_Noreturn void die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

uint64_t pfn_of(const void *mem);

/* Maps private small pages of the node without touching them. */
void *map_on_node(const struct request *req);
int bind_on_node(const struct request *req, void *mem, size_t size);

/* Makes all allocations of this thread come from the node, until node_release(). */
void node_insist(const struct request *req);
void node_release(void);

/* Takes free pages of other blocks until pages of the wanted block come; then frees the others. */
void *block_reach(const struct request *req);
void block_leave(void *mem);
