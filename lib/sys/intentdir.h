/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files of intents (intent.h): one below /run/mhpctl/intent for what a boot forgets, and one of the
 * same name below /var/lib/mhpctl/intent for what survives it. A run holds a lock on its files
 * while it lives; the files of a run that has ended without removing them are unlocked.
 */
#pragma once

#include "lib/sys/ctx.h"
#include "lib/sys/intent.h"

#define INTENT_NAME_MAX	 64
#define INTENT_FILES_MAX 256 /* of one directory that are read */

enum intent_place {
	INTENT_RUN = 0,
	INTENT_LASTING,
	INTENT_PLACES,
};

struct intent_file {
	int fd; /* -1: none */
	size_t size;
};

/*
 * Creates a file that begins with that text, and locks it. name is "" (then it is chosen) or that
 * of the run's other file. Returns 0 or a negative errno.
 */
int intentdir_create(const struct mhp_ctx *ctx, enum intent_place place, const char *text,
		     char name[INTENT_NAME_MAX], struct intent_file *file);

/* Appends lines with one write, and syncs them to disk if asked. -EFBIG if the file is full. */
int intentdir_append(struct intent_file *file, const char *text, bool sync);

/* Appends the line that says the file is full, for which space is kept. */
void intentdir_finish(struct intent_file *file, const char *text);

/* Appends lines to the files of another process of the run, wherever they exist, and syncs. */
int intentdir_add(const struct mhp_ctx *ctx, const char *name, const char *text);

/* Removes a file, and releases its lock. */
void intentdir_remove(const struct mhp_ctx *ctx, enum intent_place place, const char *name,
		      struct intent_file *file);

/* Closes a file and keeps it. */
void intentdir_close(struct intent_file *file);

/* A file that a run has left, or that a living run uses. */
struct intent_found {
	enum intent_place place;
	char name[INTENT_NAME_MAX]; /* empty: of the directory itself */
	char why[96];		    /* why it cannot be read; empty: intent is set */
	int rc;			    /* the same as a negative errno, or 0 */
	struct intent intent;
};

struct intents {
	struct intent_found *at;
	size_t nr;
};

/*
 * Reads the files whose runs have ended. Files of living runs are left out. Returns 0 or -ENOMEM; a
 * file that cannot be read has a reason.
 */
int intentdir_read(const struct mhp_ctx *ctx, struct intents *intents);
void intents_free(struct intents *intents);
#define cleanup_intents __attribute__((cleanup(intents_free)))

/*
 * Locks the file of an ended run, to recover it. Returns 0, -EAGAIN if another process works on it,
 * -ENOENT if it is gone, or another errno.
 */
int intentdir_claim(const struct mhp_ctx *ctx, enum intent_place place, const char *name,
		    struct intent_file *file);

/* Removes a name that is not a file of this tool: a link, a directory if it is empty. */
int intentdir_discard(const struct mhp_ctx *ctx, enum intent_place place, const char *name);

/* Removes what is left of files whose runs were killed before they had begun a step. */
void intentdir_sweep(const struct mhp_ctx *ctx);

/* Reads the id of this boot; "unknown" if it cannot be read. */
void intentdir_boot(const struct mhp_ctx *ctx, char boot[INTENT_BOOT_MAX]);

/* Returns the directory as it is shown, with its slashes. */
const char *intentdir_path(enum intent_place place);
