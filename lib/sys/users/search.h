/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A search for the users of a device, shared by files that each search in one place. */
#pragma once

#include "lib/sys/users/users.h"

#include <sys/stat.h>

/* A file that was checked before: mappings name the same few files again and again. */
struct known_file {
	uint64_t inode;
	char device[16];
	uint64_t path; /* a hash: on some file systems two files share both numbers */
};

#define KNOWN_FILES_MAX 4096
#define SHOWN_MAX	3 /* number of users that a message names */

struct search {
	const struct mhp_ctx *ctx;
	mode_t type;
	dev_t *numbers; /* of the device and its partitions */
	size_t nr_numbers;
	struct known_file *others; /* checked files that are not the device */
	size_t nr_others;
	char users[SHOWN_MAX][128]; /* the first ones found */
	unsigned nr_users;	    /* all of them */
	char hidden[192];	    /* why other users may be hidden, or empty */
	char remedy[128];	    /* what to do about that */
	bool saw_self;
	bool tells_in_flight; /* a socket has shown how many descriptors are in flight */
	int silent_pid;	      /* a process with a socket that showed no count, or 0 */
	int pid;
	int tid;
	int live; /* a live thread of it: the first may have ended before the others */
};

/* Adds a user: the process s->pid, or something else by its name. */
void search_found_process(struct search *s, const char *how);
void search_found(struct search *s, const char *name, const char *how);

/*
 * Records that users may be hidden. Only the first reason is reported. remedy: NULL for the usual
 * one.
 */
void search_hide(struct search *s, const char *remedy, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Adds a device number to look for. Returns 0 or -ENOMEM. */
int search_add_number(struct search *s, dev_t number);
bool search_is_number(const struct search *s, dev_t number);

/* Reads the status of a file without asking a server, which might block forever. */
int search_stat(const struct search *s, const char *path, unsigned mask, struct statx *st);

/* Returns whether the file is the device or one of its partitions. */
bool search_is_it(const struct search *s, const struct statx *st);

/* Searches the processes that have it open or mapped. */
void search_processes(struct search *s);

/*
 * Searches the files that an io_uring, a descriptor of s->tid, keeps open. Returns true if one is
 * the device.
 */
bool search_ring(struct search *s, const char *fd);

/*
 * Searches the servers in the kernel that use block devices, and the file systems on a dax device
 * with this driver.
 */
void search_servers(struct search *s);
void search_dax_mounts(struct search *s, const char *name, const char *driver);

/*
 * Search devices on top. search_block() adds the numbers of a block device and its partitions, and
 * searches the devices on top of them and the kernel's claims. search_loops() searches loop
 * devices, once all numbers are known.
 */
int search_block(struct search *s, const char *name);
void search_loops(struct search *s);
