/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Background jobs as they are seen from outside: what they print is read, not what they do. */
#pragma once

#include "cmd/cmd.h"

#include <stdbool.h>

struct json_object;

enum job_state {
	JOB_RUNNING = 0,
	JOB_DONE,
	JOB_FAILED,
	JOB_CANCELLED,
	JOB_DIED, /* its process died without a result */
};

/* What its events have told so far. */
struct job_seen {
	struct mhp_event progress; /* the last; total_bytes 0: there was none */
	uint64_t usable_bytes;	   /* of it: what estimates and preparations do not count as */
	struct mhp_step step;	   /* of that */
	struct mhp_result result;  /* with document; its targets and failures are those below */
	struct mhp_target_result *targets;
	size_t nr_targets;
	struct mhp_failure *failures;
	size_t nr_failures;
	struct json_object *document; /* of the result; NULL: none yet */
};

struct job_view {
	const struct mhp_job *job;
	int pid; /* 0: none, or not known */
	enum job_state state;
	struct mhp_job_events *events;
	struct job_seen seen;
};

struct job_views {
	struct mhp_jobs *jobs;
	struct job_view *views;
	size_t nr;
};

enum job_choice {
	JOB_CHOOSE_ALL = 0, /* without operands */
	JOB_CHOOSE_RUNNING,
	JOB_CHOOSE_ENDED,
};

int job_number(const char *text, uint64_t *id, struct mhp_error *err);
int job_find(const struct mhp_jobs *jobs, uint64_t id, const struct mhp_job **job,
	     struct mhp_error *err);

/* The jobs that the operands name, or those of the choice. Nothing of them has been read yet. */
int job_views_open(const struct cmd_env *env, enum job_choice choice, struct job_views *views,
		   struct mhp_error *err);

/* The one job of that number. */
int job_views_open_one(const struct cmd_env *env, uint64_t id, struct job_views *views,
		       struct mhp_error *err);
void job_views_close(struct job_views *views);
#define cleanup_job_views __attribute__((cleanup(job_views_close)))

/* Read what is new. */
int job_views_update(const struct cmd_env *env, struct job_views *views, struct mhp_error *err);

struct job_follow {
	uint64_t first;	     /* bytes that are enough; 0: to the end */
	uint64_t timeout_ms; /* 0: for ever */
};

/*
 * Follow the jobs until each has ended or come far enough. 0, or -ETIMEDOUT, -ECANCELED with *err
 * filled.
 */
int job_views_follow(const struct cmd_env *env, struct job_views *views,
		     const struct job_follow *follow, struct mhp_error *err);

/* The worst of the jobs' exit codes; those that run count as 0. */
int job_views_exit_code(const struct job_views *views);

int job_exit_code(const struct job_view *view);
const char *job_state_name(enum job_state state);

/* Why a job is one that died, and what to do. */
void job_died(const struct job_view *view, struct mhp_error *err);

/* The command line with blanks between its words, as it was typed, cut to the size. */
void job_command(const struct mhp_job *job, char *buf, size_t size);

/* For the sinks, which know JSON: take in an event of a job. 0 or -ENOMEM. */
int out_json_read_event(const char *line, struct job_seen *seen);
void out_json_forget(struct job_seen *seen);
