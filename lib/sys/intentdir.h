/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files of intents (intent.h): one below /run/mhpctl/intent for what a boot forgets, and one of the
 * same name below /var/lib/mhpctl/intent for what survives it. A run holds a lock on its file below
 * /run while it lives; the files of a run that has ended without removing them are unlocked.
 *
 * /run is memory. The disk of /var/lib may hang, so whatever touches it before or during a change
 * is a task of a child (lib/sys/child.h).
 */
#pragma once

#include "lib/sys/child.h"
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

/* Returns the directory as it is shown, with its slashes. */
const char *intentdir_path(enum intent_place place);

/*
 * Opens the directory for reading. Returns an fd, -EPERM if another user could plant a file there,
 * or another negative errno.
 */
int intentdir_open(const struct mhp_ctx *ctx, enum intent_place place);

/* ---- the files of a run ------------------------------------------------------------------ */

/*
 * Creates the file below /run that begins with that text, chooses its name and locks it. Returns 0
 * or a negative errno.
 */
int intentdir_create(const struct mhp_ctx *ctx, const char *text, char name[INTENT_NAME_MAX],
		     struct intent_file *file);

/* Appends lines with one write. -EFBIG if the file is full. After a failure it is as before. */
int intentdir_append(struct intent_file *file, const char *text);

/* Appends the line that says the file is full, for which space is kept. */
void intentdir_finish(struct intent_file *file, const char *text);

#define INTENT_WRITE_MAX 3840

struct intent_write_args {
	char name[INTENT_NAME_MAX]; /* of the file below /run */
	bool create;
	bool sync;		     /* to disk */
	char text[INTENT_WRITE_MAX]; /* whole lines */
};

/*
 * Creates, as a task (struct intent_write_args), the lasting file with that text, or appends it.
 * Empty reply.
 */
int intentdir_write(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		    struct mhp_error *err);

/* Removes, as a task (struct intent_write_args), the lasting file if it exists. Empty reply. */
int intentdir_drop(struct mhp_ctx *ctx, const void *arg, struct reply *reply,
		   struct mhp_error *err);

/* Returns whether lines fit into a file of that size. */
bool intentdir_has_space(size_t size, const char *text);

/*
 * Appends lines to the files of another process of the run, wherever they exist, and syncs. For a
 * task.
 */
int intentdir_add(const struct mhp_ctx *ctx, const char *name, const char *text);

/* Removes a file, and releases its lock. */
void intentdir_remove(const struct mhp_ctx *ctx, enum intent_place place, const char *name,
		      struct intent_file *file);

/* Closes a file and keeps it. */
void intentdir_close(struct intent_file *file);

/*
 * Locks the file of an ended run, to recover it. Returns 0, -EAGAIN if another process works on it,
 * -ENOENT if it is gone, or another errno.
 */
int intentdir_claim(const struct mhp_ctx *ctx, enum intent_place place, const char *name,
		    struct intent_file *file);

/* Removes what is left of files whose runs were killed before they had begun a step. */
void intentdir_sweep(const struct mhp_ctx *ctx, enum intent_place place);

/* ---- the files of ended runs, in intentdir-ended.c --------------------------------------- */

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
 * Reads the files whose runs have ended. Files of living runs are left out. Returns 0, -ECANCELED
 * or -ENOMEM; a file or directory that cannot be read has a reason, also if that takes too long.
 */
int intentdir_read(struct mhp_ctx *ctx, struct intents *intents);
void intents_free(struct intents *intents);
#define cleanup_intents __attribute__((cleanup(intents_free)))

/* Removes a name that is not a file of this tool: a link, a directory if it is empty. */
int intentdir_discard(const struct mhp_ctx *ctx, enum intent_place place, const char *name);

/* Reads the id of this boot; "unknown" if it cannot be read. */
void intentdir_boot(const struct mhp_ctx *ctx, char boot[INTENT_BOOT_MAX]);
