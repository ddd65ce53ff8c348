/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sinks receive events and results and print them: one for people, one for programs. They never
 * read the system, and nothing else writes to standard output.
 */
#pragma once

#include "lib/libmhp.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum out_format {
	OUT_TEXT = 0,
	OUT_JSON,	/* one document */
	OUT_JSON_LINES, /* one event a line, as it happens */
};

/* The kind of JSON document that a command prints. */
enum out_document {
	OUT_DOCUMENT_RESULT = 0, /* or the plan, with --dry-run */
	OUT_DOCUMENT_LIST,
	OUT_DOCUMENT_CHECK,
	OUT_DOCUMENT_POLICY,
	OUT_DOCUMENT_PLAN,
	OUT_DOCUMENT_JOBS,
	OUT_DOCUMENT_MONITOR,
	OUT_DOCUMENT_DOCTOR,
	OUT_DOCUMENT_REPORTING,
	OUT_DOCUMENT_RECOVER, /* also with --dry-run */
	OUT_DOCUMENT_REPORT,
	OUT_DOCUMENT_METRICS,
};

/* The call, as the command line gives it. All pointers are borrowed. */
struct out_call {
	const char *command; /* NULL: none was given */
	enum out_document document;
	const char *const *targets;
	size_t nr_targets;
	bool dry_run;
	bool color;	/* on standard output */
	bool color_err; /* on standard error */
	bool is_json;
	bool is_lines; /* JSON, one line an event */
	bool is_job;   /* the lines go to a file of limited size */
	/* Text of a run is left out there: the journal has it, with more fields. */
	bool logged_out;
	bool logged_err;
	bool incomplete;   /* some output failed; the status must show it */
	uint64_t start_ms; /* from clock_msec() */
};

/* Sections of a list. */
enum out_section {
	OUT_SECTION_DEVICES = 1 << 0,
	OUT_SECTION_BLOCKS = 1 << 1,
	OUT_SECTION_NODES = 1 << 2,
	OUT_SECTION_ALL = OUT_SECTION_DEVICES | OUT_SECTION_BLOCKS | OUT_SECTION_NODES,
};

#define OUT_COLUMNS_MAX 29 /* there are no more */

struct list_column;

/* The columns of a list that is one table; see cmd/out/rows.h. */
struct out_columns {
	const struct list_column *at[OUT_COLUMNS_MAX];
	size_t nr;
	const struct list_column *sort; /* or NULL */
	bool is_reverse;
	bool no_heading;
};

struct out_view {
	unsigned sections;
	bool each_block;		   /* one entry a block instead of runs of equal blocks */
	bool bytes;			   /* print sizes as plain numbers in text */
	const struct out_columns *columns; /* or NULL */
};

/* The content of a policy. */
struct out_policy {
	const char *action; /* check, show, import */
	const struct mhp_policy *policy;
	int exit_code;
};

/* A hook that a plan would run. */
struct out_hook {
	const char *section; /* of a policy, or "" */
	enum mhp_hook_when when;
	const char *command;
	uint64_t timeout_ms;
	struct mhp_error problem; /* why it could not run now; MHP_REASON_NONE: it could */
};

struct out_hooks {
	struct out_hook *at;
	size_t nr;
};

/* The plan of a policy. */
struct out_policy_plan {
	const struct mhp_policy *policy;
	const struct mhp_policy_plan *plan;
	struct mhp_reporting_change reporting; /* what the section [reporting] would change */
	struct mhp_error reporting_error;      /* why it cannot be set; reason NONE: it can */
	struct mhp_error unknown; /* why it is not known whether there is something to do */
	const struct out_hooks *hooks;
	int exit_code;
};

struct job_view;
struct mhp_report;
struct out_journal;

enum out_jobs_kind {
	OUT_JOBS_LIST = 0,
	OUT_JOBS_STARTED, /* one, by this command */
	OUT_JOBS_FOLLOWED,
};

/* Background jobs. */
struct out_jobs {
	enum out_jobs_kind kind;
	const struct job_view *views;
	size_t nr;
	int exit_code;
	bool changed;
	const struct mhp_error *err; /* the failure of the command, or NULL */
};

/* Free page reporting, and what the call did. */
struct out_reporting {
	const struct mhp_reporting *reporting;
	bool is_set;	 /* the call set something, or would have */
	bool has_failed; /* it set a value, and could neither set another nor restore the first */
	bool dry_run;
	bool is_watch; /* the changes are printed already */
	bool has_waited;
	uint64_t order;	   /* that was asked for, or MHP_UNKNOWN */
	uint64_t delay_ms; /* likewise */
	struct mhp_reporting_change change;
	struct mhp_reporting_wait wait;
};

/* A report that was written. */
struct out_report {
	const struct mhp_report *report;
	const char *file;
	bool with_names;
};

struct metrics;

/* Metrics, and the file that has them. */
struct out_metrics {
	const struct metrics *metrics;
	const char *file; /* NULL: they are for standard output */
	int exit_code;
};

struct out {
	void (*list)(struct out *out, const struct mhp_topology *topo, const struct out_view *view);
	void (*check)(struct out *out, const struct mhp_check *check, uint64_t page_size,
		      int exit_code);
	void (*pin)(struct out *out, const struct mhp_pin_check *check, int exit_code);
	/* of a dry run; unknown: why it is not known whether there is something to do, or NULL */
	void (*plan)(struct out *out, const struct mhp_plan *plan, const struct out_hooks *hooks,
		     const struct mhp_error *unknown);
	void (*event)(struct out *out, const struct mhp_event *event);
	/* A plan that needs consent. NULL if the sink keeps nothing for the result. */
	void (*question)(struct out *out, const struct mhp_plan *plan);
	void (*result)(struct out *out, const struct mhp_result *result);
	void (*policy)(struct out *out, const struct out_policy *policy);
	void (*policy_plan)(struct out *out, const struct out_policy_plan *plan);
	void (*doctor)(struct out *out, const struct mhp_doctor_report *report, bool all,
		       int exit_code);
	void (*recovery)(struct out *out, const struct mhp_recovery_report *report);
	void (*reporting)(struct out *out, const struct out_reporting *report);
	void (*report)(struct out *out, const struct out_report *report);
	void (*metrics)(struct out *out, const struct out_metrics *report);
	/* Takes what the call has set and waited for, as the rest may fail. */
	void (*reporting_so_far)(struct out *out, const struct out_reporting *report);
	void (*reporting_change)(struct out *out, const struct mhp_reporting *reporting);
	void (*jobs)(struct out *out, const struct out_jobs *jobs);
	void (*job_line)(struct out *out, uint64_t id, const char *line); /* an event of a job */
	void (*change)(struct out *out, const struct mhp_change *change);
	void (*watched)(struct out *out, enum mhp_monitor_end end);  /* the monitor ended */
	void (*error)(struct out *out, const struct mhp_error *err); /* nothing was started */
	void (*text)(struct out *out, const char *text);	     /* help */
	void (*version)(struct out *out);
	void (*free)(struct out *out);

	struct out_call call;
	struct out_journal *journal; /* also receives the events of runs; or NULL */
	int errnum;		     /* the first failure to print, or 0 */
	bool changed;		     /* an event or result reported a change */
};

/* Pass on the events of a run to the sink and the journal. */
void out_event(struct out *out, const struct mhp_event *event);
void out_question(struct out *out, const struct mhp_plan *plan);
void out_result(struct out *out, const struct mhp_result *result);
void out_error(struct out *out, const struct mhp_error *err);

/* Creates a sink; NULL without memory. */
struct out *out_text_new(const struct out_call *call);
struct out *out_json_new(const struct out_call *call, bool lines);

/* Records that something cannot be printed; out_finish() returns the first such errno. */
void out_lost(struct out *out, int errnum);

/* Returns true if there is space for optional lines. */
bool out_has_space(const struct out *out);

/* Writes to standard output at once; out_finish() returns a failure. */
void out_write(struct out *out, const char *text);

/* Returns standard output, for poll(): POLLERR means that the reader has closed the pipe. */
int out_reader_fd(void);

/* Returns true if the reader has closed the pipe, and forgets the failure that this caused. */
bool out_reader_gone(struct out *out);

/* Closes standard output. Returns 0, or the negative errno of the first write that failed. */
int out_finish(struct out *out);

void out_free(struct out *out); /* or NULL */

/* Writes bytes as out_write() does. */
void out_write_bytes(struct out *out, const void *data, size_t len);

/*
 * Return 0 or a negative errno. Output between the two is collected in *text, for free(); the
 * latter calls out_finish().
 */
int out_collect(void);
int out_collected(struct out *out, char **text);

/* Makes fd the standard output. Returns 0 or a negative errno. */
int out_redirect(int fd);

/* Returns true if standard output is a terminal. */
bool out_is_terminal(void);
