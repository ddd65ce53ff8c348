/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Background jobs as other processes see them: through the events that they print. */
#pragma once

#include "cmd/cmd.h"
#include "lib/tool.h"

struct json_object;

enum job_state {
	JOB_RUNNING = 0,
	JOB_DONE,
	JOB_FAILED,
	JOB_CANCELLED,
	JOB_DIED, /* its process died without a result */
};

/* The state of a job according to its events so far. */
struct job_seen {
	struct mhp_event progress; /* the last one; total_bytes 0: none so far */
	uint64_t usable_bytes;	   /* in progress, without estimates and preparations */
	struct mhp_step step;	   /* of progress */
	struct mhp_result result;  /* valid with document; targets and failures below */
	struct mhp_target_result *targets;
	size_t nr_targets;
	struct mhp_failure *failures;
	size_t nr_failures;
	struct json_object *document; /* of the result; NULL: no result yet */
};

struct job_view {
	const struct mhp_job *job;
	int pid; /* 0: none, or unknown */
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

/* Opens the jobs that the operands name, or those of the choice. Reads no events yet. */
int job_views_open(const struct cmd_env *env, enum job_choice choice, struct job_views *views,
		   struct mhp_error *err);

/* Opens the job with that number. */
int job_views_open_one(const struct cmd_env *env, uint64_t id, struct job_views *views,
		       struct mhp_error *err);
void job_views_close(struct job_views *views);
#define cleanup_job_views __attribute__((cleanup(job_views_close)))

/* Reads new events. */
int job_views_update(const struct cmd_env *env, struct job_views *views, struct mhp_error *err);

struct job_follow {
	uint64_t first;	     /* stop when that many bytes are usable; 0: at the end */
	uint64_t timeout_ms; /* 0: no limit */
};

/*
 * Follows the jobs until each has ended or has follow->first bytes usable. Returns 0, or
 * -ETIMEDOUT or -ECANCELED with *err filled.
 */
int job_views_follow(const struct cmd_env *env, struct job_views *views,
		     const struct job_follow *follow, struct mhp_error *err);

/* Returns the highest exit code of the jobs; a running job counts as 0. */
int job_views_exit_code(const struct job_views *views);

int job_exit_code(const struct job_view *view);
const char *job_state_name(enum job_state state);

/* Fills *err for a job in state JOB_DIED. */
void job_died(const struct job_view *view, struct mhp_error *err);

/* Joins the words of the command line with spaces, cut to the size. */
void job_command(const struct mhp_job *job, char *buf, size_t size);

/* Reads an event of a job into *seen; defined with the JSON sink. Returns 0 or -ENOMEM. */
int out_json_read_event(const char *line, struct job_seen *seen);
void out_json_forget(struct job_seen *seen);
