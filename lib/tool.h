/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The part of the library that only the program mhpctl uses: background jobs, saved plans of
 * policies, and pauses. This header is not installed. Its functions have the symbol version
 * LIBMHP_PRIVATE and change without notice: the program and the library are installed in the same
 * version.
 */
#pragma once

#include "lib/libmhp.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- the context ----------------------------------------------------------------------------- */

typedef void (*mhp_ctx_watch_fn)(struct mhp_ctx *ctx);

/**
 * mhp_ctx_new_watched - create a context that can be cancelled while its sysroot is opened
 * @ctx: receives the context; free with mhp_ctx_free()
 * @sysroot: as of mhp_ctx_new()
 * @watch: called with the context before the sysroot is opened, so that a handler of signals can
 *	call mhp_ctx_cancel(); called with NULL if opening it fails, before the context is freed.
 *	NULL: nothing is called
 * @err: receives reason and hint, or NULL
 *
 * Return: as mhp_ctx_new(), and -ECANCELED.
 */
int mhp_ctx_new_watched(struct mhp_ctx **ctx, const char *sysroot, mhp_ctx_watch_fn watch,
			struct mhp_error *err);

/* ---- the topology ---------------------------------------------------------------------------- */

/*
 * More flags of mhp_topology_scan(), for a caller that only needs the names of objects. The first
 * leaves out the programs and rules that bring memory online, the second also zones, costs,
 * drivers, and whatever else is no name, mode, state, node or device.
 */
#define MHP_SCAN_WITHOUT_ONLINERS (1U << 16)
#define MHP_SCAN_NAMES		  (1U << 17)

/* ---- background jobs: runs that continue after their caller has ended ------------------------ */

/* A background job. Only root can read jobs, as their events name pages and processes. */
struct mhp_job {
	uint64_t id;	   /* 1 or more */
	bool is_running;   /* its process runs, or is about to start */
	int pid;	   /* of its process; 0: not known */
	uint64_t start_us; /* since the epoch; 0: not known */
	uint32_t uid;	   /* user who started it; UINT32_MAX: not known */
	char unit[64];	   /* systemd unit, or empty */
	bool is_whole;	   /* its files are as they were written: the command line can be run */
	size_t nr_words;   /* of its command line */
	const char *const *words;
};

/* A snapshot of all jobs. */
struct mhp_jobs;

/**
 * mhp_jobs_read - read the background jobs that are running or have ended recently
 * @ctx: the context
 * @jobs: receives a snapshot; free with mhp_jobs_free()
 * @err: receives reason and hint, or NULL
 *
 * Return: 0, also without any jobs, or -EACCES, -ENOMEM.
 */
int mhp_jobs_read(struct mhp_ctx *ctx, struct mhp_jobs **jobs, struct mhp_error *err);

/**
 * mhp_jobs_free - free a snapshot of jobs
 * @jobs: the snapshot, or NULL
 *
 */
void mhp_jobs_free(struct mhp_jobs *jobs);

/**
 * mhp_jobs_get - one of the jobs, the oldest first
 * @jobs: the snapshot
 * @index: from 0
 *
 * Return: the job, borrowed, or NULL after the last.
 */
const struct mhp_job *mhp_jobs_get(const struct mhp_jobs *jobs, size_t index);

/**
 * mhp_job_poll - check whether a job is running
 * @ctx: the context
 * @id: number of the job
 * @pid: receives its process id; 0 if none, or not known
 *
 * Return: 1 (it is running), 0 (it has ended), or -ENOENT.
 */
int mhp_job_poll(struct mhp_ctx *ctx, uint64_t id, int *pid);

/**
 * mhp_job_start - run a program in the background
 * @ctx: the context
 * @program: absolute path of a program that calls mhp_job_enter(). It is started as
 *	"PROGRAM --job ID": as a transient unit if systemd is available, else as a detached process.
 * @words: its command line, stored with the job
 * @nr_words: how many
 * @id: receives the number of the job
 * @err: receives reason and hint, or NULL
 *
 * Keeps the last twenty jobs that have ended.
 * Return: 0 when the job has started, or -EACCES, -ENOSPC, -ETIMEDOUT, or another negative errno.
 */
int mhp_job_start(struct mhp_ctx *ctx, const char *program, const char *const *words,
		  size_t nr_words, uint64_t *id, struct mhp_error *err);

/**
 * mhp_job_enter - become the process of a job
 * @ctx: the context
 * @id: number of the job
 * @events_fd: receives a file for its events, one JSON document a line and a `result` event
 *	last; the caller closes it
 * @log_fd: receives a file for its other output; the caller closes it
 * @err: receives reason and hint, or NULL
 *
 * The job runs until this process ends.
 * Return: 0, or -ENOENT, -EAGAIN (another process runs it), -EEXIST (it has already run).
 */
int mhp_job_enter(struct mhp_ctx *ctx, uint64_t id, int *events_fd, int *log_fd,
		  struct mhp_error *err);

/**
 * mhp_job_stop - ask a job to stop
 * @ctx: the context
 * @id: number of the job
 * @err: receives reason and hint, or NULL
 *
 * Sends SIGTERM to the process of the job and never to any other process. The job ends a little
 * later.
 * Return: 1 (it was asked to stop), 0 (it has already ended), or -ENOENT, -ESRCH, -EPERM.
 */
int mhp_job_stop(struct mhp_ctx *ctx, uint64_t id, struct mhp_error *err);

/**
 * mhp_job_forget - delete the files of a job that has ended
 * @ctx: the context
 * @id: number of the job
 * @err: receives reason and hint, or NULL
 *
 * Return: 0, or -ENOENT, -EBUSY (it is running).
 */
int mhp_job_forget(struct mhp_ctx *ctx, uint64_t id, struct mhp_error *err);

/* A stream of the events of one job. */
struct mhp_job_events;

/**
 * mhp_job_events_new - follow the events of a job, from the first one
 * @ctx: the context
 * @id: number of the job, which may not have started yet
 * @events: receives the stream; free with mhp_job_events_free()
 * @err: receives reason and hint, or NULL
 *
 * Return: 0 or -ENOMEM.
 */
int mhp_job_events_new(struct mhp_ctx *ctx, uint64_t id, struct mhp_job_events **events,
		       struct mhp_error *err);

/**
 * mhp_job_events_next - the next line of a job's events
 * @events: the stream
 * @line: receives the line without its newline; valid until the next call
 *
 * The process of a job may have written anything. Leaves a line without a newline for a later call,
 * and skips a line longer than 16 MiB.
 * Return: 1 (a line), 0 (none for now), or a negative errno.
 */
int mhp_job_events_next(struct mhp_job_events *events, const char **line);

/**
 * mhp_job_events_free - stop following
 * @events: the stream, or NULL
 *
 */
void mhp_job_events_free(struct mhp_job_events *events);

/* ---- files that the user names --------------------------------------------------------------- */

/* A file that the user named. Free its text. */
struct mhp_named_file {
	int rc;	    /* why it cannot be read, as a negative errno; 0: the rest is set */
	char *text; /* with a NUL behind it */
	size_t len;
	char distrust[64];	 /* why it cannot be trusted; empty: it can */
	char distrust_above[64]; /* the same of the directories of its name and of its target */
};

/**
 * mhp_file_read - read a regular file that the user named
 * @ctx: the context
 * @path: its path; a symbolic link is followed
 * @max: bytes; a larger one cannot be read (-EFBIG)
 * @file: receives it
 * @err: receives reason and hint, or NULL
 *
 * Reads in a child: the file may be on a disk or a server that does not answer.
 * Return: 0 if there is an answer (see @file), or -ETIMEDOUT (none in ten seconds), -ECANCELED,
 *	-ENAMETOOLONG, -ENOMEM or another errno for lack of processes or descriptors.
 */
int mhp_file_read(struct mhp_ctx *ctx, const char *path, size_t max, struct mhp_named_file *file,
		  struct mhp_error *err);

/**
 * mhp_file_write - write a file that the user named
 * @ctx: the context
 * @path: its path; a device or a pipe is written to, any other file is replaced
 * @text: its content
 * @err: receives reason and hint, or NULL
 *
 * Writes in a child, as mhp_file_read() reads. A failure leaves an existing file as it was; after
 * -ETIMEDOUT it may still be replaced later.
 * Return: 0, or -ETIMEDOUT (not written in a minute), -ECANCELED, -EISDIR, or another negative
 *	errno.
 */
int mhp_file_write(struct mhp_ctx *ctx, const char *path, const char *text, struct mhp_error *err);

/* ---- sums of the runs since boot --------------------------------------------------------------
 */

/* The ended runs of a command: a verb of enum mhp_verb, apply, or recover. */
struct mhp_command_total {
	const char *command;
	uint64_t nr_runs[16]; /* by enum mhp_status */
	/* of the last run, if its start_us is not 0: */
	uint64_t start_us;
	uint64_t elapsed_ms;
	enum mhp_status status;
	int exit_code;
};

struct mhp_run_totals {
	bool is_known; /* false: a copied tree that may lack the file */
	size_t nr_commands;
	struct mhp_command_total commands[16];
	uint64_t nr_failures[64]; /* by enum mhp_reason */
};

/**
 * mhp_run_totals_read - read the sums of the runs since boot
 * @ctx: the context
 * @totals: receives them; all zero if nothing has run
 * @err: receives reason and hint, or NULL
 *
 * Each run adds itself at its end to a file below /run/mhpctl. Runs that were refused, and those
 * without permission to write there, may be missing.
 * Return: 0, or -EBADMSG (the file is damaged) or another negative errno.
 */
int mhp_run_totals_read(struct mhp_ctx *ctx, struct mhp_run_totals *totals, struct mhp_error *err);

/**
 * mhp_node_pins - count the pins of pages on a node
 * @ctx: the context
 * @node: number of the node
 *
 * Pins of FOLL_PIN that were acquired and not released, with those of a moment (vmstat of the
 * node). Return: the number, or MHP_UNKNOWN.
 */
uint64_t mhp_node_pins(struct mhp_ctx *ctx, int node);

/* ---- runs that ended in the middle ----------------------------------------------------------- */

/**
 * mhp_interrupted_warn - warn about runs that ended in the middle
 * @ctx: the context
 * @options: its event function receives the warning; other options have no meaning here
 *
 * Emits one event of type MHP_EVENT_WARNING if there are such runs, or if it is unknown: without
 * root the files of runs are not readable. Changes nothing.
 */
void mhp_interrupted_warn(struct mhp_ctx *ctx, const struct mhp_run_options *options);

/* ---- words ----------------------------------------------------------------------------------- */

/**
 * mhp_cxl_health_text - what is not normal about the health of a CXL memory device, in words
 * @health: the health
 * @buf: receives the words
 * @size: of buf
 *
 * Return: buf; empty if all is normal, or nothing is known.
 */
const char *mhp_cxl_health_text(const struct mhp_cxl_health *health, char *buf, size_t size);

/* ---- free page reporting --------------------------------------------------------------------- */

/**
 * mhp_reporting_order_path - the file of the order of free page reporting
 *
 * Return: its absolute path.
 */
const char *mhp_reporting_order_path(void);

/**
 * mhp_reporting_delay_path - the file of the delay of free page reporting
 *
 * Return: its absolute path.
 */
const char *mhp_reporting_delay_path(void);

/* ---- reports of a machine for others -----------------------------------------------------------
 */

/*
 * A document in a report. make() is called in a child process of its own, with a deadline and a
 * context that records what is read; it gives a text, which is freed, and returns 0 or a negative
 * errno.
 */
struct mhp_report_document {
	const char *name; /* of its file */
	int (*make)(struct mhp_ctx *ctx, const void *data, char **text, struct mhp_error *err);
	const void *data;
};

/* A file that a report lacks. */
struct mhp_report_missing {
	char *path; /* relative to the root */
	int errnum;
};

/* A report. */
struct mhp_report {
	char *data; /* a compressed archive */
	size_t len;
	size_t nr_files;
	struct mhp_report_missing *hidden; /* could not be read */
	size_t nr_hidden;
	struct mhp_report_missing *left_out; /* for its size */
	size_t nr_left_out;
	bool is_cut; /* more than these were left out */
};

/**
 * mhp_report_new - record what the machine shows
 * @ctx: the context
 * @documents: what to add; the files that they read are recorded
 * @nr_documents: how many
 * @with_names: keep names of processes and of the host, serial numbers and command lines
 * @report: receives the report; free with mhp_report_free()
 * @err: receives reason and hint, or NULL
 *
 * Reads in child processes with a deadline each: a file that does not answer is missing in the
 * report, and the document that needs it says why.
 * Return: 0, or -EROFS (a copied tree), -ECANCELED, -ENOMEM, or another negative errno.
 */
int mhp_report_new(struct mhp_ctx *ctx, const struct mhp_report_document *documents,
		   size_t nr_documents, bool with_names, struct mhp_report **report,
		   struct mhp_error *err);

/**
 * mhp_report_free - free a report
 * @report: the report, or NULL
 *
 */
void mhp_report_free(struct mhp_report *report);

/**
 * mhp_report_write - write a report to a file
 * @ctx: the context
 * @report: the report
 * @path: of the file, which only its owner can read
 * @overwrite: replace an existing file
 * @err: receives reason and hint, or NULL
 *
 * Writes in a child, as mhp_file_write() does.
 * Return: 0, or -EEXIST (and not to be replaced), -ETIMEDOUT, or another negative errno.
 */
int mhp_report_write(struct mhp_ctx *ctx, const struct mhp_report *report, const char *path,
		     bool overwrite, struct mhp_error *err);

/* ---- saved plans, and pauses ----------------------------------------------------------------- */

/**
 * mhp_policy_expect - carry out a policy only if a request still results in the same plan
 * @policy: the policy
 * @section: the section's name; NULL: expect no request beside those of other calls
 * @verb: of the request
 * @fingerprint: of the expected plan; see struct mhp_policy_job
 * @err: receives reason and hint, or NULL
 *
 * After this call, mhp_policy_plan_new() and mhp_policy_run() change nothing and fail with
 * MHP_REASON_STALE_PLAN if the requests or their plans differ from the expected ones. A request
 * with nothing left to do is not a difference.
 * Return: 0, or -ENOENT (no such section), -ENOMEM.
 */
int mhp_policy_expect(struct mhp_policy *policy, const char *section, enum mhp_verb verb,
		      uint64_t fingerprint, struct mhp_error *err);

/**
 * mhp_pause - wait for a time or until mhp_ctx_cancel()
 * @ctx: the context
 * @msec: the time in milliseconds
 *
 * Return: 0, or -ECANCELED.
 */
int mhp_pause(struct mhp_ctx *ctx, uint64_t msec);
