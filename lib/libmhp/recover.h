/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Recovery: what killed runs have left half done, and how to end it. */
#pragma once

#include "context.h"
#include "error.h"
#include "plan.h"
#include "run.h"
#include "topology.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How a step that a killed run had begun is ended. */
enum mhp_recovery {
	MHP_RECOVERY_FINISHED = 0, /* nothing: the object is whole, or the step changed nothing */
	MHP_RECOVERY_CONTINUE,	   /* complete it */
	MHP_RECOVERY_UNDO,	   /* restore the state before it */
	MHP_RECOVERY_LEAVE,	   /* nothing: a valid state, which a command can change */
	MHP_RECOVERY_CANNOT,	   /* see the error */
};

/* A step that a killed run had begun, and its object as the machine shows it. */
struct mhp_leftover {
	enum mhp_step_type step;
	bool has_step;		 /* false: of a kind that this version does not know */
	char object[64];	 /* name, now or at the time of the run */
	char uuid[MHP_UUID_MAX]; /* of the namespace, or empty */
	enum mhp_recovery recovery;
	bool is_done;		/* the machine shows that nothing remains to be done */
	char state[192];	/* of the object: a sentence without a full stop */
	char command[192];	/* that continues the work of the run, or empty */
	struct mhp_error error; /* why it cannot be done */
};

/* A run that ended before it had reported its end. */
struct mhp_interrupted {
	char name[64];		 /* of its files; empty: their directory cannot be read */
	char file[MHP_PATH_MAX]; /* the first of them */
	char text[384];		 /* description: a sentence without a full stop */
	char verb[24];		 /* of its request, as mhp_verb_name(); empty: not known */
	char targets[256];	 /* of its request, separated by spaces; the first ones */
	uint64_t time_us;	 /* start of the run, since the epoch; 0: not known */
	uint64_t pid;		 /* 0: not known */
	bool is_rebooted;	 /* the machine has booted since */
	bool is_forgotten;	 /* its files are removed */
	struct mhp_error error;	 /* why its files cannot be read or removed */
	size_t nr_leftovers;
	const void *leftovers; /* read with mhp_interrupted_leftover() */
};

struct mhp_recovery_report {
	enum mhp_status status;
	int exit_code; /* 0 only if nothing is left; with dry_run, if everything can be done */
	bool has_changes;
	unsigned nr_settings; /* restored settings of the machine, and removed tracing instances */
	size_t nr_runs;
	const void *runs; /* read with mhp_recovery_run() */
};

/* Options of mhp_recover(). Set up with MHP_RECOVER_OPTIONS_INIT(), as struct mhp_request. */
struct mhp_recover_options {
	size_t size;	 /* of this struct, as the caller knows it */
	bool dry_run;	 /* only report */
	bool forget;	 /* remove the files of runs that cannot be recovered, too */
	unsigned agreed; /* consent given in advance: bits of enum mhp_consent_kind */
	const struct mhp_run_options *run; /* of the runs that this needs, without hooks; or NULL */
};

#define MHP_RECOVER_OPTIONS_INIT(...)                                   \
	{                                                               \
		.size = sizeof(struct mhp_recover_options), __VA_ARGS__ \
	}

/**
 * mhp_recover - end what killed runs have left half done
 * @ctx: the context
 * @options: what is allowed, or NULL
 * @report: receives the report; free with mhp_recovery_report_free()
 * @err: receives reason and hint, or NULL
 *
 * Restores settings of the machine, completes or undoes work on regions and namespaces, and leaves
 * memory blocks as they are. Compares objects by UUID and address, not by name. At the end it reads
 * the machine again, and removes the files of runs of which nothing remains to be done.
 * Return: 0 if there is a report (see its exit_code), or a negative errno: -EAGAIN (another
 *	mhpctl recovers), -EPERM or another errno if changes are not permitted, -ETIMEDOUT (a write
 *	of a killed run has not ended), -EINVAL, -E2BIG, -ENOMEM.
 * Since: 0.1
 */
int mhp_recover(struct mhp_ctx *ctx, const struct mhp_recover_options *options,
		struct mhp_recovery_report **report, struct mhp_error *err);

/**
 * mhp_recovery_run - the @index-th interrupted run of a report
 * @report: the report
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_interrupted *mhp_recovery_run(const struct mhp_recovery_report *report,
					       size_t index);

/**
 * mhp_interrupted_leftover - the @index-th step that an interrupted run has left
 * @run: the run
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_leftover *mhp_interrupted_leftover(const struct mhp_interrupted *run,
						    size_t index);

/**
 * mhp_recovery_report_free - free a report
 * @report: the report, or NULL
 *
 * Since: 0.1
 */
void mhp_recovery_report_free(struct mhp_recovery_report *report);

/**
 * mhp_recovery_name - the name of a recovery in text and JSON
 * @recovery: the recovery
 *
 * Return: finished, continue, undo, leave, cannot.
 * Since: 0.1
 */
const char *mhp_recovery_name(enum mhp_recovery recovery);

#ifdef __cplusplus
}
#endif
