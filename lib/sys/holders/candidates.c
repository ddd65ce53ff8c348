/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/sys/holders/candidates.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/vec.h"
#include "lib/sys/holders/holders.h"
#include "lib/sys/holders/procs.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define CGROUPS_MAX 8

enum score {
	HAS_HOLDER = 1,
	HAS_PINS = 2,
	IN_CGROUP = 4, /* pages are charged where they were first touched: the strongest evidence */
};

struct list {
	const struct owners_args *args;
	uint64_t deadline;
	uint64_t cgroups[CGROUPS_MAX]; /* inode numbers */
	unsigned nr_cgroups;
	struct candidate *candidates;
	size_t nr;
	size_t size;
};

/* ---- cgroups ----------------------------------------------------------------------------- */

static bool is_known(const struct list *list, uint64_t inode)
{
	for (unsigned i = 0; i < list->nr_cgroups; i++)
		if (list->cgroups[i] == inode)
			return true;
	return false;
}

/* Reads kpagecgroup, a word for each page: the inode of the cgroup it is charged to, or 0. */
static void read_cgroups(const struct root *sys, struct list *list)
{
	cleanup_close int fd = root_open(sys, "proc/kpagecgroup", 0);
	const struct owners_args *args = list->args;

	for (unsigned i = 0; fd >= 0 && i < args->nr_pages; i++) {
		uint64_t inode = 0;

		if (pread(fd, &inode, sizeof(inode), (off_t)(args->pages[i].pfn * sizeof(inode))) ==
			    (ssize_t)sizeof(inode) &&
		    inode && !is_known(list, inode) && list->nr_cgroups < CGROUPS_MAX)
			list->cgroups[list->nr_cgroups++] = inode;
	}
}

/*
 * Returns whether a cgroup or one above it is among those charged: a cgroup without a memory
 * controller of its own is charged to the nearest one above that has one.
 */
static bool is_in_cgroup(const struct root *sys, const struct list *list, const char *cgroup)
{
	char *slash;

	ROOT_PATH(path, "sys/fs/cgroup%s", cgroup);
	if (!list->nr_cgroups || cgroup[0] != '/')
		return false;
	for (;;) {
		struct stat st;

		if (fstatat(sys->root_fd, path, &st, 0) == 0 && is_known(list, st.st_ino))
			return true;
		slash = strrchr(path, '/');
		if (slash < path + strlen("sys/fs/cgroup"))
			return false;
		*slash = '\0';
	}
}

/* ---- processes --------------------------------------------------------------------------- */

static unsigned score_process(const struct root *sys, const struct list *list, int pid)
{
	struct mhp_owner process = { .pid = pid };
	unsigned sum = 0;

	procs_describe(sys, &process);
	if (is_in_cgroup(sys, list, process.cgroup))
		sum += IN_CGROUP;
	if (process.vm_pin_bytes)
		sum += HAS_PINS;
	if (holders_any(sys, pid, list->args->pinned))
		sum += HAS_HOLDER;
	return sum;
}

static int add_candidate(const struct root *sys, int pid, void *data)
{
	struct list *list = data;

	if (VEC_GROW(list->candidates, list->nr, list->size) < 0)
		return -ENOMEM;
	list->candidates[list->nr++] = (struct candidate){
		.pid = pid,
		.score = clock_msec() < list->deadline ? score_process(sys, list, pid) : 0,
	};
	return 0;
}

/* Compares by score, then by pid, so that every run has the same order. */
static int compare_candidates(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->score != y->score)
		return x->score < y->score ? 1 : -1;
	return (x->pid > y->pid) - (x->pid < y->pid);
}

int candidates_list(const struct root *sys, const struct owners_args *args, uint64_t deadline,
		    struct candidate **candidates)
{
	struct list list = { .args = args, .deadline = deadline };
	int rc;

	read_cgroups(sys, &list);
	rc = procs_each(sys, add_candidate, &list);
	if (rc < 0) {
		free(list.candidates);
		return rc;
	}
	if (list.nr)
		qsort(list.candidates, list.nr, sizeof(*list.candidates), compare_candidates);
	*candidates = list.candidates;
	return (int)list.nr;
}
