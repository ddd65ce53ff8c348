/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A search for the users of a device, for those who look in one place each. */
#pragma once

#include "lib/sys/users/users.h"

#include <sys/stat.h>

/* A file that was looked at before: mappings name the same few files again and again. */
struct known_file {
	uint64_t inode;
	char device[16];
	uint64_t path; /* a hash: on some file systems two files share both numbers */
};

#define KNOWN_FILES_MAX 4096
#define SHOWN_MAX	3 /* users that a message names */

struct search {
	const struct mhp_ctx *ctx;
	mode_t type;
	dev_t *numbers; /* of the device and its partitions */
	size_t nr_numbers;
	struct known_file *others; /* that are none of these devices */
	size_t nr_others;
	char users[SHOWN_MAX][128]; /* the first that were found */
	unsigned nr_users;	    /* all of them */
	char hidden[192];	    /* why others may be hidden, or empty */
	char remedy[128];	    /* what to do about that */
	bool saw_self;
	bool tells_in_flight; /* a socket has told how many descriptors are on their way to it */
	int silent_pid;	      /* a process with a socket that did not tell, or 0 */
	int pid;
	int tid;
	int live; /* a thread of it: the first one may have ended before the others */
};

/* Note a user: the process s->pid, or something else by its name. */
void search_found_process(struct search *s, const char *how);
void search_found(struct search *s, const char *name, const char *how);

/* Note that a user may be there unseen; the first reason is told. remedy: NULL for the usual one.
 */
void search_hide(struct search *s, const char *remedy, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* One more number to look for. 0 or -ENOMEM. */
int search_add_number(struct search *s, dev_t number);
bool search_is_number(const struct search *s, dev_t number);

/* What lies at a path, asked of no server: one that does not answer would hold us up for ever. */
int search_stat(const struct search *s, const char *path, unsigned mask, struct statx *st);

/* Is it one of the devices? */
bool search_is_it(const struct search *s, const struct statx *st);

/* Processes that have it open or mapped. */
void search_processes(struct search *s);

/* The files that an io_uring, a descriptor of the task, keeps open. True: one is the device. */
bool search_ring(struct search *s, const char *fd);

/* Servers in the kernel, of block devices; file systems on a dax device that has this driver. */
void search_servers(struct search *s);
void search_dax_mounts(struct search *s, const char *name, const char *driver);

/*
 * A block device with its partitions: adds their numbers, and looks at who lies on them and at what
 * the kernel has claimed. Later, when all numbers are known: loop devices.
 */
int search_block(struct search *s, const char *name);
void search_loops(struct search *s);
