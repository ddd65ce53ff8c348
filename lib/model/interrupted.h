/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs that ended before they had reported their end: their files, put together. */
#pragma once

#include "lib/sys/intentdir.h"

struct interrupted_run {
	const struct intent_found *files[INTENT_PLACES]; /* NULL: it has none there */
	const struct intent *intent;			 /* of one of them; NULL: unreadable */
	bool is_rebooted; /* the machine has booted since: what /run says is over */
};

struct interrupted_runs {
	struct intents intents;
	struct interrupted_run *at;
	size_t nr;
};

/* Reads all of them. Returns 0, -ECANCELED or -ENOMEM; free them in both cases. */
int interrupted_read(struct mhp_ctx *ctx, struct interrupted_runs *runs);
void interrupted_free(struct interrupted_runs *runs);
#define cleanup_interrupted __attribute__((cleanup(interrupted_free)))

/* Returns one of the run's files that exist, the lasting one first. */
const struct intent_found *interrupted_file(const struct interrupted_run *run);

/* Returns true if only root can read the files of the run: if it is alive is not known then. */
bool interrupted_is_hidden(const struct interrupted_run *run);

/* The beginning of a message where reading fails; the reason follows. */
#define INTERRUPTED_UNREAD "cannot read whether earlier runs ended in the middle: "

/* Returns true if the step is of that kind. */
bool interrupted_step_is(const struct intent_step *step, enum mhp_step_type type);

/* Joins the targets with spaces, as many as fit. */
void interrupted_targets(const struct intent *intent, char *text, size_t size);

/* Describes the run: "a run of 'online region0' that began ... ended in the middle: ...". */
void interrupted_describe(const struct interrupted_run *run, char *text, size_t size);
