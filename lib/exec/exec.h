/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs steps in order, under deadlines, with undo. */
#pragma once

#include "lib/exec/event.h"
#include "lib/exec/failures.h"
#include "lib/exec/intent-log.h"
#include "lib/exec/journal.h"
#include "lib/libmhp.h"
#include "lib/plan/plan.h"
#include "lib/base/range.h"
#include "lib/sys/child.h"
#include "lib/sys/dax/dax.h"
#include "lib/sys/pool.h"
#include "lib/sys/kmsg-refusal.h"
#include "lib/sys/kmsg.h"
#include "lib/sys/nd/identity.h"

/* A change that can be undone. */
struct done {
	const struct mhp_step *step; /* of the plan */
	uint32_t chain;
	uint64_t block;		/* online_block, offline_block: the block */
	enum mhp_zone zone;	/* the zone before it went offline */
	enum mhp_dax_mode mode; /* set_mode: the mode before */
	bool whole;		/* online_block, offline_block: the whole device, by its state */
};

/* The CXL region of a chain that this run has created, and has to undo. */
struct cxl_made {
	bool is_made;
	bool is_committed;
	bool is_unclear; /* the kernel has done a write, and does not show it */
	uint64_t size;
	uint64_t start; /* physical, or MHP_UNKNOWN */
};

/* The blocks of a chain at the end of the run (final-state.h). */
struct chain_seen {
	uint64_t done; /* in the wanted state */
	uint64_t total;
	uint64_t online;
	enum mhp_zone zone; /* of all online blocks, or MHP_ZONE_NONE if they differ */
	int node;	    /* of all online blocks, or -1 if they differ */
};

struct chain_state {
	bool failed;
	bool is_broken; /* failed in a step that is not about blocks */
	bool changed;
	bool undone;		/* all its changes are undone */
	bool is_kept;		/* a change has no undo, or a failed step made it */
	size_t nr_ended;	/* finished steps, with or without success */
	enum mhp_reason reason; /* of the first failure */
	uint64_t initialised_bytes;
	struct chain_seen seen;
	enum mhp_granularity granularity; /* how its blocks were changed */
	bool whole_tried;		  /* one write for the whole device was tried */
	bool whole_ended;		  /* after it nothing else may be tried */
	bool has_held;			  /* one block used up its time in it, and is reported */
	uint64_t held;
	bool is_divided;	  /* a step of this run has made, resized or destroyed its device */
	struct dax_identity made; /* of that device since */
	struct ranges ranges;	  /* the same, its ranges */
	struct ranges before;	  /* its ranges before its resize-device step */
	struct cxl_made cxl;
};

struct progress {
	uint64_t blocks;
	uint64_t total;
	uint64_t start_ms;
	uint64_t last_ms;
};

struct exec {
	struct mhp_ctx *ctx;
	struct mhp_plan *plan; /* chains get the names of new devices */
	const struct mhp_topology *topo;
	const struct mhp_run_options *options;
	struct emitter emitter;
	struct intent_log *intent; /* or NULL */
	struct child writer;
	struct settings settings;
	struct kmsg kmsg;
	struct refusal refusal; /* of the device of the current step */
	struct chain_state *chains;
	struct done *done; /* only with --rollback */
	size_t nr_done;
	size_t done_space;
	struct failures failures;
	struct progress progress;
	const char *object;   /* of the current step, for messages */
	uint64_t huge_pfn;    /* the page that ruled out the last block, or 0 */
	char huge_users[200]; /* its users, as the message named them */
	bool can_plan_again;  /* set by the caller: is_outdated is read */
	uint64_t drained_ms;  /* set by the caller: by drains of earlier rounds */
	bool is_outdated;     /* the plan had no steps, and the machine changed since */
	bool interrupted;
	bool undoing;
	bool rolled_back;
};

static inline bool is_block_step(enum mhp_step_type type)
{
	return type == MHP_STEP_ONLINE_BLOCK || type == MHP_STEP_OFFLINE_BLOCK;
}

/*
 * Allocates all that reports and the undo need, before anything is changed. Returns 0 or -ENOMEM;
 * call exec_free() in both cases.
 */
int exec_init(struct exec *x, struct mhp_ctx *ctx, struct mhp_plan *plan,
	      const struct mhp_topology *topo, const struct mhp_run_options *options);
void exec_free(struct exec *x);

/* ---- services for the steps -------------------------------------------------------------- */

/*
 * Reports a failure and records it for the chain. Returns -err->errnum, but -EIO for ENOMEM: a step
 * returns -ENOMEM only to end the run.
 */
int exec_fail(struct exec *x, const struct mhp_step *step, const char *target,
	      const struct mhp_error *err, const char *kernel_reason, uint64_t elapsed_ms);

/* Does the same with a full failure, whose arrays it takes. */
int exec_fail_with(struct exec *x, const struct mhp_step *step, const struct mhp_failure *failure);

/* Returns whether the process of a task was ended by others, or crashed, while it worked. */
bool exec_has_died(const struct child_result *result);

/*
 * Returns true if a task started but ended without an answer, so that it may have changed
 * something; *err then gets a hint how to find out.
 */
bool exec_is_unclear(const struct child_result *result, int rc, struct mhp_error *err);

/* Returns exec_explain() of a task in a pool, or a failure if a cancel kept it from starting. */
int exec_explain_task(const struct task_pool_task *task, const char *object, struct mhp_error *err);

/* Records the end of a step for its chain, and emits the event. */
void exec_step_done(struct exec *x, const struct mhp_step *step, bool changed, bool failed,
		    uint64_t took_ms);

/* Reserves space for the records of nr more changes. Returns 0 or -ENOMEM. */
int exec_reserve(struct exec *x, uint64_t nr);

/* Records a change for the undo. Returns 0, or -ENOMEM without space or memory. */
int exec_changed(struct exec *x, const struct mhp_step *step, const struct done *done);

/* A task for the writer; bytes sets its deadline. */
struct exec_task {
	child_fn fn;
	const void *arg;
	size_t arg_size;
	uint64_t bytes;
};

int exec_call(struct exec *x, const struct exec_task *task, struct reply *reply,
	      struct child_result *result, struct mhp_error *err);

/* Returns the deadline, by clock_msec(), of a step over that many bytes. */
uint64_t exec_deadline(const struct exec *x, uint64_t bytes);

/* Returns result->rc, or sets a failure if the call has no answer. */
int exec_explain(const struct child_result *result, const char *object, struct mhp_error *err);

/* Reads a dax device as it is now. Returns 0, -ENODEV if it is gone, or another errno. */
int exec_read_dax(struct exec *x, const char *name, struct mhp_dax *dax, struct mhp_error *err);

/* Fills the identity of the namespace, for a task that changes it; empty if it has none. */
void exec_identity(const struct exec *x, uint32_t chain, const char *name,
		   struct nd_identity *identity);

/*
 * Lists the other onliners of the machine for a hint; returns false if there are none. is_added is
 * false for memory that existed before: the kernel's own policy applies only to added memory.
 */
bool exec_name_onliners(const struct exec *x, bool is_added, char *text, size_t size);
