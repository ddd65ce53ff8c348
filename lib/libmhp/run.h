/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Execution: carry a request out, with its events and its result. */
#pragma once

#include "error.h"
#include "owner.h"
#include "plan.h"
#include "topology.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum mhp_status {
	MHP_STATUS_OK = 0,
	MHP_STATUS_FAILED,
	MHP_STATUS_PARTIAL, /* of several targets some reached the wanted state */
	MHP_STATUS_BLOCKED,
	MHP_STATUS_DEADLINE,
	MHP_STATUS_INTERRUPTED,
	MHP_STATUS_STUCK,
	MHP_STATUS_NOT_TRIED,
	MHP_STATUS_ROLLED_BACK,
};

struct mhp_failure {
	char target[64];	       /* the object that failed: memory40, dax0.0 */
	char section[MHP_SECTION_MAX]; /* of a policy, or empty */
	bool has_step;
	enum mhp_step_type step; /* only with has_step */
	struct mhp_error error;
	char kernel_reason[96]; /* the kernel's own words, or empty */
	uint64_t elapsed_ms;
	uint64_t pages_seen;	   /* pages that the kernel's log told of */
	uint64_t pages_suppressed; /* messages of further pages that it left out */
	uint64_t records_lost;	   /* of its log, overwritten before they were read */
	uint64_t migrate_failures; /* pages that did not move, each try counted; or MHP_UNKNOWN,
				    * also where only tries are left of it */
	uint64_t node_pins;	   /* FOLL_PIN pins on the block's node; or MHP_UNKNOWN */
	size_t nr_pages;	   /* some of those, and who owns them */
	const void *pages;	   /* read with mhp_failure_page() */
	size_t nr_owners;
	const void *owners; /* read with mhp_failure_owner() */
	size_t nr_hidden;   /* what could not be seen of pages and owners */
	struct mhp_hidden hidden[MHP_HIDDEN_MAX];
};

/* How the blocks of a dax device were changed. */
enum mhp_granularity {
	MHP_GRANULARITY_NONE = 0, /* they were not, or it was done by binding the device */
	MHP_GRANULARITY_BLOCKS,	  /* each by itself, or some of them */
	MHP_GRANULARITY_DEVICE,	  /* all by one write to the state of the device (Linux 7.3) */
};

struct mhp_target_result {
	char target[64];	       /* as the caller named it */
	char section[MHP_SECTION_MAX]; /* of a policy, or empty */
	enum mhp_verb verb;
	enum mhp_status status;
	bool changed;	      /* also where it cannot be known: a hint of a failure says so */
	uint64_t blocks_done; /* blocks in the wanted state at the end */
	uint64_t blocks_total;
	uint64_t blocks_online; /* at the end, in whatever zone */
	enum mhp_granularity granularity;
	uint64_t bytes;		       /* of its blocks that are online at the end */
	uint64_t initialised_bytes;    /* of namespaces and devices whose memmap was initialised */
	enum mhp_zone zone;	       /* the one zone of these, else MHP_ZONE_NONE */
	int node;		       /* the one node of these, else -1 */
	char namespace_[MHP_NAME_MAX]; /* made or used, if it was one */
};

/* What came of one section of a policy. */
struct mhp_section_result {
	char section[MHP_SECTION_MAX];
	char file[MHP_PATH_MAX];
	unsigned line;
	enum mhp_status status;
	bool changed;
	size_t nr_targets; /* 0: nothing here matches it */
};

struct mhp_result {
	enum mhp_status status;
	int exit_code;
	bool changed;
	uint64_t elapsed_ms;
	size_t nr_targets;
	const void *targets; /* read with mhp_result_target() */
	size_t nr_failures;
	const void *failures; /* read with mhp_result_failure() */
	size_t nr_sections;   /* of a policy */
	const void *sections; /* read with mhp_result_section() */
};

enum mhp_event_type {
	MHP_EVENT_PLAN = 0, /* once, with the plan */
	MHP_EVENT_STEP_STARTED,
	MHP_EVENT_STEP_DONE,
	MHP_EVENT_PROGRESS, /* at most ten a second */
	MHP_EVENT_RETRYING, /* every second while an offline does not end */
	MHP_EVENT_FAILURE,
	MHP_EVENT_WARNING,
	MHP_EVENT_WAITING, /* another mhpctl holds the target */
};

/* A namespace or dax device among several that are enabled at once. */
struct mhp_part {
	char object[64];
	uint64_t done_bytes;
	uint64_t total_bytes;
	bool active;
	bool estimated; /* as in struct mhp_event */
};

/* A value: what it points to lives for the call of the event function only. */
struct mhp_event {
	enum mhp_event_type type;
	uint64_t time_us;	     /* CLOCK_REALTIME, microseconds since the epoch */
	uint64_t elapsed_ms;	     /* since the start of the run, or of what the event is about */
	const struct mhp_plan *plan; /* plan */
	const struct mhp_step *step; /* step_started, step_done, progress, retrying */
	const struct mhp_failure *failure; /* failure */
	bool changed;			   /* step_done */
	bool failed;			   /* step_done */
	enum mhp_granularity granularity;  /* step_done of online-block and offline-block */
	uint64_t done;			   /* progress */
	uint64_t total;
	bool of_pages;	/* these two count pages whose memmap is initialised, not blocks */
	bool estimated; /* the kernel does not tell how far it is: worked out from the time */
	uint64_t done_bytes;
	uint64_t total_bytes;
	uint64_t bytes_per_second;     /* 0: not known yet */
	uint64_t eta_ms;	       /* MHP_UNKNOWN: not known yet */
	size_t nr_parts;	       /* progress: what is done side by side */
	const void *parts;	       /* read with mhp_event_part() */
	const char *object;	       /* retrying: memory40; waiting: who holds it */
	uint64_t pages_stuck;	       /* retrying: known so far */
	const struct mhp_owner *owner; /* retrying: the first that is known, or NULL */
	const char *message;	       /* warning */
	const char
		*device; /* whose step or block it is: dax device, namespace or region; or NULL */
	bool node_known;
	int node;	     /* of that memory, only with node_known */
	const char *section; /* of the policy that it is about, or NULL */
	const char *file;    /* that the section stands in, and its line; or NULL */
	unsigned line;
};

/* Set up with MHP_RUN_OPTIONS_INIT(), as struct mhp_request. */
struct mhp_run_options {
	size_t size;	     /* of this struct, as the caller knows it */
	uint64_t timeout_ms; /* for each block; 0: for ever */
	uint64_t wait_ms;    /* how long to wait for another mhpctl; 0: not at all */
	unsigned jobs;	     /* initialisations of memmaps at once; 0: one for each CPU */
	bool rollback;	     /* at the first failure undo what was done */
	bool keep_going;     /* of a policy: go on, whatever its sections say of failures */
	bool force_users;    /* go on where it cannot be seen who uses a device */
	void (*event)(const struct mhp_event *event, void *data); /* or NULL */
	/* Asked once when the plan needs consent: return true to go on. NULL means no. */
	bool (*consent)(const struct mhp_plan *plan, void *data);
	void *data;
	/* Only the plan with this fingerprint, and nothing that follows from it; 0: any. */
	uint64_t fingerprint;
};

#define MHP_RUN_OPTIONS_INIT(...)                                   \
	{                                                           \
		.size = sizeof(struct mhp_run_options), __VA_ARGS__ \
	}

/**
 * mhp_run - make it so: scan, plan, lock, ask, carry out
 * @ctx: the context
 * @request: what should be so
 * @options: deadlines and callbacks
 * @result: receives the result, also where the run failed; NULL when nothing was begun
 * @err: receives reason and hint, or NULL
 *
 * No kernel write can hang it: each runs in a process of its own, is interrupted at its deadline
 * and killed if that does not help; if it does not even die the failure is MHP_REASON_STUCK.
 * Calls fork(); the child runs no code of the caller's.
 * Ownership: free the result with mhp_result_free().
 * Return: 0 when there is a result (its exit_code tells), or the negative errno for which nothing
 *	was begun.
 * Since: 0.1
 */
int mhp_run(struct mhp_ctx *ctx, const struct mhp_request *request,
	    const struct mhp_run_options *options, struct mhp_result **result,
	    struct mhp_error *err);

/**
 * mhp_run_check - would mhp_run() begin?
 * @ctx: the context
 * @request: what should be so
 * @options: as for mhp_run(); nobody is asked for consent
 * @err: receives reason and hint, or NULL
 *
 * Puts back what a killed run had left changed, as mhp_run() does, and changes nothing else. The
 * plan is told as an event, with its warnings. What is true now may be otherwise when mhp_run() is
 * called.
 * Return: 1 where there is something to do, 0 where all is already so, or the negative errno for
 *	which mhp_run() would begin nothing.
 * Since: 0.1
 */
int mhp_run_check(struct mhp_ctx *ctx, const struct mhp_request *request,
		  const struct mhp_run_options *options, struct mhp_error *err);

/**
 * mhp_result_target - the @index-th target of a result, in the order of the request
 * @result: the result
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_target_result *mhp_result_target(const struct mhp_result *result, size_t index);

/**
 * mhp_result_failure - the @index-th failure of a result, in the order in which they came
 * @result: the result
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_failure *mhp_result_failure(const struct mhp_result *result, size_t index);

/**
 * mhp_result_section - the @index-th section of a policy that a result is of
 * @result: the result
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_section_result *mhp_result_section(const struct mhp_result *result, size_t index);

/**
 * mhp_failure_page - the @index-th page that is known to have kept a block
 * @failure: the failure
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_page *mhp_failure_page(const struct mhp_failure *failure, size_t index);

/**
 * mhp_failure_owner - the @index-th process that owns such a page
 * @failure: the failure
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_owner *mhp_failure_owner(const struct mhp_failure *failure, size_t index);

/**
 * mhp_failure_hidden - the @index-th thing that could not be seen of pages and owners
 * @failure: the failure
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_hidden *mhp_failure_hidden(const struct mhp_failure *failure, size_t index);

/**
 * mhp_result_free - free a result
 * @result: the result, or NULL
 *
 * Since: 0.1
 */
void mhp_result_free(struct mhp_result *result);

/**
 * mhp_status_name - the name of a status in JSON documents
 * @status: the status
 *
 * Return: ok, failed, partial, blocked, deadline, interrupted, stuck, not_tried, rolled_back.
 * Since: 0.1
 */
const char *mhp_status_name(enum mhp_status status);

/**
 * mhp_granularity_name - the name of a granularity
 * @granularity: how the blocks were changed
 *
 * Return: blocks, device; NULL for MHP_GRANULARITY_NONE.
 * Since: 0.1
 */
const char *mhp_granularity_name(enum mhp_granularity granularity);

/**
 * mhp_event_part - the @index-th part of what is done side by side
 * @event: the event
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_part *mhp_event_part(const struct mhp_event *event, size_t index);

/**
 * mhp_event_name - the name of a kind of event in JSON lines
 * @type: the kind
 *
 * Return: plan, step_started, step_done, progress, retrying, failure, warning, waiting.
 * Since: 0.1
 */
const char *mhp_event_name(enum mhp_event_type type);

#ifdef __cplusplus
}
#endif
