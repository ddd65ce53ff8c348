/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Execution: carry out a request, with events and a result. */
#pragma once

#include "drain.h"
#include "error.h"
#include "hook.h"
#include "owner.h"
#include "plan.h"
#include "receipt.h"
#include "topology.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The outcome of a run, a section or a target. */
enum mhp_status {
	MHP_STATUS_OK = 0, /* in the wanted state */
	MHP_STATUS_FAILED,
	MHP_STATUS_PARTIAL,	/* some of several targets are in the wanted state */
	MHP_STATUS_BLOCKED,	/* pages keep memory from going offline */
	MHP_STATUS_DEADLINE,	/* a timeout has passed */
	MHP_STATUS_INTERRUPTED, /* cancelled */
	MHP_STATUS_STUCK,	/* a kernel write did not end even when its process was killed */
	MHP_STATUS_NOT_TRIED,	/* an earlier failure prevented it */
	MHP_STATUS_ROLLED_BACK, /* a failure, and the changes were undone */
};

/* One failure of a run. */
struct mhp_failure {
	char target[64];	       /* the object that failed: memory40, dax0.0 */
	char section[MHP_SECTION_MAX]; /* of a policy, or empty */
	bool has_step;
	enum mhp_step_type step; /* only with has_step */
	struct mhp_error error;
	char kernel_reason[96];	     /* the kernel's own words, or empty */
	uint64_t elapsed_ms;	     /* of the attempt */
	uint64_t pages_seen;	     /* pages reported in the kernel log */
	uint64_t pages_suppressed;   /* messages that the kernel's rate limit dropped */
	uint64_t records_lost;	     /* kernel log records overwritten before they were read */
	uint64_t migrate_failures;   /* failed page migrations, retries included; or MHP_UNKNOWN,
				      * also if there are more than the block has pages */
	uint64_t node_pins;	     /* FOLL_PIN pins on the block's node; or MHP_UNKNOWN */
	size_t nr_pages;	     /* some of the reported pages */
	const void *pages;	     /* read with mhp_failure_page() */
	size_t nr_owners;	     /* processes that own them */
	const void *owners;	     /* read with mhp_failure_owner() */
	size_t nr_hidden;	     /* items about pages and owners that could not be read */
	struct mhp_hidden hidden[8]; /* read with mhp_failure_hidden() */
};

/* How the blocks of a dax device were changed. */
enum mhp_granularity {
	MHP_GRANULARITY_NONE = 0, /* not changed, or by binding the device */
	MHP_GRANULARITY_BLOCKS,	  /* block by block */
	MHP_GRANULARITY_DEVICE,	  /* by one write to the state of the device (Linux 7.3) */
};

/* The result of one target. */
struct mhp_target_result {
	char target[64];	       /* as the caller named it */
	char section[MHP_SECTION_MAX]; /* of a policy, or empty */
	enum mhp_verb verb;
	enum mhp_status status;
	bool has_changes;     /* also if not known; the hint of a failure says so */
	uint64_t blocks_done; /* blocks in the wanted state at the end */
	uint64_t blocks_total;
	uint64_t blocks_online; /* at the end, in any zone */
	enum mhp_granularity granularity;
	uint64_t online_bytes;	       /* in blocks that are online at the end */
	uint64_t initialised_bytes;    /* of namespaces and devices whose memmap was initialised */
	enum mhp_zone zone;	       /* the common zone of these blocks, else MHP_ZONE_NONE */
	int node;		       /* the common node of these blocks, else -1 */
	char ns_name[MHP_NAME_MAX];    /* the one namespace created or used, or empty */
	char device[MHP_NAME_MAX];     /* the one dax device created or used, or empty */
	char cxl_region[MHP_NAME_MAX]; /* the one CXL region created or changed, or empty */
};

/* The result of one section of a policy. */
struct mhp_section_result {
	char section[MHP_SECTION_MAX];
	char file[MHP_PATH_MAX]; /* that defines it */
	unsigned line;
	enum mhp_status status;
	bool has_changes;
	size_t nr_targets; /* 0: nothing matches it */
};

/* The result of a run. */
struct mhp_result {
	enum mhp_status status;
	int exit_code;	  /* of a program that does nothing else; see mhpctl(1) */
	bool has_changes; /* any object of the machine */
	uint64_t elapsed_ms;
	size_t nr_targets;
	const void *targets; /* read with mhp_result_target() */
	size_t nr_failures;
	const void *failures;		   /* read with mhp_result_failure() */
	size_t nr_sections;		   /* of a policy */
	const void *sections;		   /* read with mhp_result_section() */
	const struct mhp_receipt *receipt; /* of a request that chooses blocks, or NULL */
	const struct mhp_drain *drain;	   /* of a request that asks for one, or NULL */
};

/* The kinds of events. */
enum mhp_event_type {
	MHP_EVENT_PLAN = 0, /* once, with the plan */
	MHP_EVENT_STEP_STARTED,
	MHP_EVENT_STEP_DONE,
	MHP_EVENT_PROGRESS, /* at most ten a second */
	MHP_EVENT_RETRYING, /* every second while the kernel retries an offline */
	MHP_EVENT_FAILURE,
	MHP_EVENT_WARNING,
	MHP_EVENT_WAITING, /* another mhpctl has locked the target */
	MHP_EVENT_HOOK_STARTED,
	MHP_EVENT_HOOK_DONE,
	MHP_EVENT_DRAIN_STARTED,
	MHP_EVENT_DRAIN_DONE,
};

/* One of several namespaces or dax devices that are enabled in parallel. */
struct mhp_event_part {
	char object[64];
	uint64_t done_bytes;
	uint64_t total_bytes;
	bool is_active;	   /* in progress: started, and not done */
	bool is_estimated; /* as in struct mhp_event */
};

/* An event. Its pointers are valid only during the call of the event function. */
struct mhp_event {
	enum mhp_event_type type;
	uint64_t time_us;    /* CLOCK_REALTIME, microseconds since the epoch */
	uint64_t elapsed_ms; /* since the start of the run, or of the event's step */
	/* The comments below name the types of events that set a member. */
	const struct mhp_plan *plan;	   /* plan */
	const struct mhp_step *step;	   /* step_started, step_done, progress, retrying */
	const struct mhp_failure *failure; /* failure */
	bool has_changes;		   /* step_done */
	bool has_failed;		   /* step_done */
	enum mhp_granularity granularity;  /* step_done of online_block and offline_block */
	uint64_t done;			   /* progress */
	uint64_t total;
	bool is_in_pages;  /* done and total count pages with an initialised memmap, not blocks */
	bool is_estimated; /* progress calculated from the time; the kernel does not report it */
	uint64_t done_bytes;
	uint64_t total_bytes;
	uint64_t bytes_per_second;     /* 0: not known yet */
	uint64_t eta_ms;	       /* MHP_UNKNOWN: not known yet */
	size_t nr_parts;	       /* progress: parts in parallel */
	const void *parts;	       /* read with mhp_event_part() */
	const char *object;	       /* retrying: memory40; waiting: the holder of the lock */
	uint64_t pages_stuck;	       /* retrying: found so far */
	const struct mhp_owner *owner; /* retrying: the first one found, or NULL */
	const char *message;	       /* warning */
	const char *device; /* dax device, namespace or region of the step or block, or NULL */
	bool has_node;
	int node;	     /* of that memory, only with has_node */
	const char *section; /* of the policy, or NULL */
	const char *file;    /* that defines the section, with its line; or NULL */
	unsigned line;
	const struct mhp_hook *hook;	      /* hook_started, hook_done */
	const struct mhp_drain_action *drain; /* drain_started, drain_done */
};

/* Options of a run. Set up with MHP_RUN_OPTIONS_INIT(), as struct mhp_request. */
struct mhp_run_options {
	size_t size;	       /* of this struct, as the caller knows it */
	uint64_t timeout_ms;   /* for each block; 0: no limit */
	uint64_t wait_ms;      /* for another mhpctl; 0: do not wait */
	unsigned max_parallel; /* memmaps to initialise in parallel; 0: one for each CPU */
	bool roll_back;	       /* undo all changes after the first failure */
	bool keep_going;       /* policy: continue after failures, whatever its sections say */
	bool force_users;      /* continue if the users of a device cannot be determined */
	/*
	 * Policy: do not try a section again that failed after it had made devices, while no device
	 * and no part of the policy has changed since. For runs that events of devices start.
	 */
	bool skip_failed;
	void (*event)(const struct mhp_event *event, void *data); /* or NULL */
	/* Called once if the plan needs consent: return true to continue. NULL means no. */
	bool (*consent)(const struct mhp_plan *plan, void *data);
	void *data; /* passed to event, consent and begin */
	/* Carry out only the plan with this fingerprint, and no follow-up plan; 0: any plan. */
	uint64_t fingerprint;
	/*
	 * Programs to run before the first change and after the last one, or NULL: an absolute path
	 * and arguments, separated by spaces, as for mhp_hook_check(). In a policy they are for the
	 * sections without their own.
	 */
	const char *hook_before;
	const char *hook_after;
	uint64_t hook_timeout_ms; /* for each of them; 0: MHP_HOOK_TIMEOUT_MS */
	/* The mhpctl that waits for this process, as its hook: no wait for its lock; 0: none. */
	int64_t hook_pid;
	/*
	 * Called once before the first change, when all questions are answered, the memory is
	 * locked and the hook before has run; the machine is read again after it. A negative errno
	 * stops the run, with *err filled. In a policy: once for each section with changes. NULL:
	 * nothing.
	 */
	int (*begin)(void *data, struct mhp_error *err);
};

#define MHP_RUN_OPTIONS_INIT(...)                                   \
	{                                                           \
		.size = sizeof(struct mhp_run_options), __VA_ARGS__ \
	}

/**
 * mhp_run - carry out a request: scan, plan, lock, ask for consent, run the steps
 * @ctx: the context
 * @request: the wanted state
 * @options: deadlines and callbacks
 * @result: receives the result, also of a failed run; NULL if nothing was started
 * @err: receives reason and hint, or NULL
 *
 * A kernel write cannot hang the caller: each runs in a separate process, which is interrupted at
 * its deadline and then killed; if the process does not end, the failure is MHP_REASON_STUCK.
 * Calls fork(); the child runs no code of the caller.
 * Runs the hooks of the options, see mhpctl-hooks(7). If the one before the changes fails, nothing
 * is started. A failure of the one after them is in the result, also if a cancel ends it; after a
 * cancel during the changes it has up to ten seconds.
 * Ownership: free the result with mhp_result_free().
 * Return: 0 if there is a result (see its exit_code), or a negative errno: nothing was started.
 * Since: 0.1
 */
int mhp_run(struct mhp_ctx *ctx, const struct mhp_request *request,
	    const struct mhp_run_options *options, struct mhp_result **result,
	    struct mhp_error *err);

/**
 * mhp_run_check - check whether mhp_run() would start
 * @ctx: the context
 * @request: the wanted state
 * @options: as for mhp_run(); does not ask for consent
 * @err: receives reason and hint, or NULL
 *
 * Restores settings that a killed run has left changed, as mhp_run() does, and changes nothing
 * else. Reports the plan and its warnings as events. The answer may be outdated when mhp_run() is
 * called.
 * Return: 1 if there is work to do, 0 if the wanted state is reached already, or the negative errno
 *	with which mhp_run() would start nothing.
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
 * mhp_result_failure - the @index-th failure of a result, in the order of occurrence
 * @result: the result
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_failure *mhp_result_failure(const struct mhp_result *result, size_t index);

/**
 * mhp_result_section - the @index-th section of a policy's result
 * @result: the result
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_section_result *mhp_result_section(const struct mhp_result *result, size_t index);

/**
 * mhp_failure_page - the @index-th page that kept a block from going offline
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
 * mhp_failure_hidden - the @index-th item about pages and owners that could not be read
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
 * mhp_event_part - the @index-th of the parts that run in parallel
 * @event: the event
 * @index: from 0
 *
 * Return: NULL after the last.
 * Since: 0.1
 */
const struct mhp_event_part *mhp_event_part(const struct mhp_event *event, size_t index);

/**
 * mhp_event_type_name - the name of a kind of event in JSON lines
 * @type: the kind
 *
 * Return: plan, step_started, step_done, progress, retrying, failure, warning, waiting,
 *	hook_started, hook_done, drain_started, drain_done.
 * Since: 0.1
 */
const char *mhp_event_type_name(enum mhp_event_type type);

#ifdef __cplusplus
}
#endif
