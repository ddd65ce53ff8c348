/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sinks: they hear what happens and tell it, one to people and one to programs. They never look at
 * the system, and nothing else writes to standard output.
 */
#pragma once

#include "lib/libmhp.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum out_format {
	OUT_TEXT = 0,
	OUT_JSON,	/* one document */
	OUT_JSON_LINES, /* an event a line, as it happens */
};

/* The exit status of plan --exit-code where something would change. */
#define EXIT_CHANGES 10 /* and of doctor where something needs attention */

/* The shape of what a command answers a program with. */
enum out_document {
	OUT_DOCUMENT_RESULT = 0, /* or the plan, with --dry-run */
	OUT_DOCUMENT_LIST,
	OUT_DOCUMENT_CHECK,
	OUT_DOCUMENT_POLICY,
	OUT_DOCUMENT_PLAN,
	OUT_DOCUMENT_JOBS,
	OUT_DOCUMENT_MONITOR,
	OUT_DOCUMENT_DOCTOR,
};

/* What a sink is told of the call before anything happens. All is borrowed. */
struct out_call {
	const char *command; /* NULL: none was named */
	enum out_document document;
	const char *const *targets;
	size_t nr_targets;
	bool dry_run;
	bool color;	/* on standard output */
	bool color_err; /* on standard error */
	bool is_json;
	bool is_lines; /* of JSON, one an event */
	bool is_job;   /* a file in memory takes the lines: it has an end */
	/* What goes there as text of a run is in the journal, with more, and is left out. */
	bool logged_out;
	bool logged_err;
	bool incomplete;   /* something could not be told, which a status has to say */
	uint64_t start_ms; /* of clock_msec() */
};

/* Sections of a list. */
enum out_section {
	OUT_SECTION_DEVICES = 1 << 0,
	OUT_SECTION_BLOCKS = 1 << 1,
	OUT_SECTION_NODES = 1 << 2,
	OUT_SECTION_ALL = OUT_SECTION_DEVICES | OUT_SECTION_BLOCKS | OUT_SECTION_NODES,
};

struct out_view {
	unsigned sections;
	bool each_block; /* a line or an entry a block, not a run of equal blocks */
	bool bytes;	 /* sizes in text as plain numbers */
};

/* What stands in a policy. */
struct out_policy {
	const char *action; /* check, show, import */
	const struct mhp_policy *policy;
	int exit_code;
};

/* What a policy would do. */
struct out_policy_plan {
	const struct mhp_policy *policy;
	const struct mhp_policy_plan *plan;
	int exit_code;
};

struct job_view;
struct out_journal;

enum out_jobs_kind {
	OUT_JOBS_LIST = 0,
	OUT_JOBS_STARTED, /* by this command, one */
	OUT_JOBS_FOLLOWED,
};

/* Background jobs. */
struct out_jobs {
	enum out_jobs_kind kind;
	const struct job_view *views;
	size_t nr;
	int exit_code;
	bool changed;
	const struct mhp_error *err; /* what came between, or NULL */
};

struct out {
	void (*list)(struct out *out, const struct mhp_topology *topo, const struct out_view *view);
	void (*check)(struct out *out, const struct mhp_check *check, uint64_t page_size,
		      int exit_code);
	void (*plan)(struct out *out, const struct mhp_plan *plan); /* of a dry run */
	void (*event)(struct out *out, const struct mhp_event *event);
	/* What is asked for, or NULL where nothing is kept of it for the result. */
	void (*question)(struct out *out, const struct mhp_plan *plan);
	void (*result)(struct out *out, const struct mhp_result *result);
	void (*policy)(struct out *out, const struct out_policy *policy);
	void (*policy_plan)(struct out *out, const struct out_policy_plan *plan);
	void (*doctor)(struct out *out, const struct mhp_doctor_report *report, bool all,
		       int exit_code);
	void (*jobs)(struct out *out, const struct out_jobs *jobs);
	void (*job_line)(struct out *out, uint64_t id, const char *line); /* an event of a job */
	void (*change)(struct out *out, const struct mhp_change *change);
	void (*watched)(struct out *out, enum mhp_monitor_end end);  /* and came to that end */
	void (*error)(struct out *out, const struct mhp_error *err); /* nothing was begun */
	void (*text)(struct out *out, const char *text);	     /* help */
	void (*version)(struct out *out);
	void (*free)(struct out *out);

	struct out_call call;
	struct out_journal *journal; /* hears of runs as well; or NULL */
	int errnum;		     /* why not all could be printed, or 0 */
	bool changed;		     /* the machine was, as far as was told */
};

/* A run, told to all that listen. */
void out_event(struct out *out, const struct mhp_event *event);
void out_question(struct out *out, const struct mhp_plan *plan);
void out_result(struct out *out, const struct mhp_result *result);
void out_error(struct out *out, const struct mhp_error *err);

/* NULL without memory. */
struct out *out_text_new(const struct out_call *call);
struct out *out_json_new(const struct out_call *call, bool lines);

/* Why something cannot be printed; the first such reason is kept for out_finish(). */
void out_lost(struct out *out, int errnum);

/* Whether there is room for lines that a run can do without. */
bool out_has_room(const struct out *out);

/* Write to standard output at once; a failure is kept for out_finish(). */
void out_write(struct out *out, const char *text);

/* Of the pipe that is written to; poll() tells when its reader has gone. */
int out_reader_fd(void);

/* Whether nobody reads what is written any more; then that is no failure. */
bool out_reader_gone(struct out *out);

/* Close standard output. Returns 0, or the negative errno of the first write that failed. */
int out_finish(struct out *out);

void out_free(struct out *out); /* or NULL */

/* Make that standard output from now on. 0 or a negative errno. */
int out_redirect(int fd);

/* Whether standard output is a terminal. */
bool out_is_terminal(void);
