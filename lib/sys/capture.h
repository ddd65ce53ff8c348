/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Records what is read below a root, for mhpctl report. The functions of root.c call this where a
 * root has a capture, so that a tree made of the records shows a later reader what this one saw.
 *
 * The records go into a file in memory that child processes share: those of a child that hangs or
 * dies are kept. A file that several of them read has one record. Paths are stored as they are
 * without links: each link on the way has its record.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct root;
struct dirent;

/* In the order of preference, if a path has several. */
enum capture_kind {
	CAPTURE_FILE,	   /* data: its content */
	CAPTURE_LINK,	   /* data: its target */
	CAPTURE_LARGE,	   /* a file whose content does not fit */
	CAPTURE_FAILED,	   /* it exists and cannot be read: rc */
	CAPTURE_DIRECTORY, /* all of its entries have a record */
	CAPTURE_SEEN,	   /* a file exists, and was not read */
	CAPTURE_FOLDER,	   /* a directory exists, and was not listed */
	CAPTURE_UNKNOWN,   /* whether it exists is not known: rc */
};

#define CAPTURE_FILE_MAX  (2U << 20)  /* bytes of one file */
#define CAPTURE_BYTES_MAX (64U << 20) /* of all records with content */
#define CAPTURE_NAMES_MAX (8U << 20)  /* of further records without content */

struct capture {
	int fd;
	uint64_t mark; /* of its records: those cut by the end of a process are skipped */
	struct capture_shared *shared; /* by all processes */
};

struct capture_record {
	enum capture_kind kind;
	int rc;
	const char *path; /* relative to the root */
	const char *data;
	size_t len;
};

/* Returns 0 or a negative errno. */
int capture_begin(struct capture *capture);
void capture_end(struct capture *capture);

/*
 * Calls fn for each record in the order of time, until it returns a negative errno. Sets *is_cut if
 * some could not be kept. Returns 0 or a negative errno.
 */
int capture_each(const struct capture *capture,
		 int (*fn)(const struct capture_record *record, void *data), void *data,
		 bool *is_cut);

/* ---- for root.c -------------------------------------------------------------------------- */

/*
 * Takes an open file or directory, and returns a descriptor to read it. The first time that is, for
 * a file of the kernel, one of the recorded content: the next read could find another.
 */
int capture_opened(const struct root *sys, const char *path, int fd);

/* Takes a failure; that something is missing has no record. */
void capture_failed(const struct root *sys, const char *path, int rc, bool exists);

/* Takes something that exists: a link itself if follow is false. */
void capture_seen(const struct root *sys, const char *path, bool follow);

/*
 * Takes a text that stands for a file which is too large to be recorded. Path: of the text, below
 * REPORT_TREE.
 */
void capture_text(const struct root *sys, const char *path, const char *text);

/* Takes a directory of which all entries were read, and before that each of them. */
void capture_listed(const struct root *sys, const char *path);
void capture_entry(const struct root *sys, const char *path, const struct dirent *entry);
