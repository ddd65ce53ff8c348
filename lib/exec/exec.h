/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Steps in order, under deadlines, with undo. */
#pragma once

#include "lib/exec/event.h"
#include "lib/exec/failures.h"
#include "lib/exec/journal.h"
#include "lib/libmhp.h"
#include "lib/plan/plan.h"
#include "lib/sys/child.h"
#include "lib/sys/pool.h"
#include "lib/sys/kmsg-refusal.h"
#include "lib/sys/kmsg.h"
#include "lib/sys/nd/identity.h"

/* What was changed, so that it can be undone. */
struct done {
	const struct mhp_step *step; /* of the plan */
	uint32_t chain;
	uint64_t block;		/* online-block, offline-block: which one */
	enum mhp_zone zone;	/* the zone it had before it went offline */
	enum mhp_dax_mode mode; /* set-mode: the mode it had */
	bool whole;		/* online-block, offline-block: all of the device, by its state */
};

/* Its blocks, as the last reading of the machine shows them. */
struct chain_seen {
	uint64_t done; /* as wanted */
	uint64_t total;
	uint64_t online;
	enum mhp_zone zone; /* the one zone of these, else MHP_ZONE_NONE */
	int node;	    /* the one node of these, else -1 */
};

struct chain_state {
	bool failed;
	bool is_broken; /* in a step that is not about single blocks */
	bool changed;
	bool undone;		/* all that it had changed is as it was */
	size_t nr_ended;	/* steps that were carried out, well or not */
	enum mhp_reason reason; /* of its first failure */
	uint64_t initialised_bytes;
	struct chain_seen seen;
	enum mhp_granularity granularity; /* how its blocks were changed */
	bool whole_tried;		  /* the device as a whole */
	bool whole_ended;		  /* and behind that nothing else may be tried */
	bool has_held;			  /* a block has had its time then, and was told of */
	uint64_t held;
};

struct progress {
	uint64_t blocks;
	uint64_t total;
	uint64_t start_ms;
	uint64_t last_ms;
};

struct exec {
	struct mhp_ctx *ctx;
	struct mhp_plan *plan; /* its chains are filled in as things come to be */
	const struct mhp_topology *topo;
	const struct mhp_run_options *options;
	struct emitter emitter;
	struct child writer;
	struct settings settings;
	struct kmsg kmsg;
	struct refusal refusal; /* of the device that the step at work is about */
	struct chain_state *chains;
	struct done *done; /* only where it may have to be undone */
	size_t nr_done;
	size_t done_room;
	struct failures failures;
	struct progress progress;
	const char *object;   /* what the step at work acts on, for messages */
	uint64_t huge_pfn;    /* the page that the last block was not tried for, or 0 */
	char huge_users[200]; /* what was said of who uses it */
	bool interrupted;
	bool undoing;
	bool rolled_back;
};

static inline bool is_block_step(enum mhp_step_type type)
{
	return type == MHP_STEP_ONLINE_BLOCK || type == MHP_STEP_OFFLINE_BLOCK;
}

/*
 * What is needed to tell of it, and to undo it, is fetched before anything is changed: 0, or
 * -ENOMEM.
 */
int exec_init(struct exec *x, struct mhp_ctx *ctx, struct mhp_plan *plan,
	      const struct mhp_topology *topo, const struct mhp_run_options *options);
void exec_free(struct exec *x);

/* ---- for the steps ----------------------------------------------------------------------- */

/*
 * Tell of a failure and note it for the chain. Returns err->errnum as a negative errno; -ENOMEM is
 * for what ends the run, so a step without memory is -EIO.
 */
int exec_fail(struct exec *x, const struct mhp_step *step, const char *target,
	      const struct mhp_error *err, const char *kernel_reason, uint64_t elapsed_ms);

/* The same with all that is known; the arrays of *failure are taken over. */
int exec_fail_with(struct exec *x, const struct mhp_step *step, const struct mhp_failure *failure);

/*
 * Did it end without an answer after it had begun? Then it may have changed something, which is
 * said of it, with a hint how to find out.
 */
bool exec_is_unclear(const struct child_result *result, int rc, struct mhp_error *err);

/* What came of a task of a task_pool: exec_explain(), or that a cancel came first. */
int exec_explain_task(const struct task_pool_task *task, const char *object, struct mhp_error *err);

/* A step that was begun has ended: its chain is noted, and all is told. */
void exec_step_done(struct exec *x, const struct mhp_step *step, bool changed, bool failed,
		    uint64_t took_ms);

/* Have room to note so many changes more, before they are made. 0 or -ENOMEM. */
int exec_reserve(struct exec *x, uint64_t nr);

/* Note a change for the undo. 0, or -ENOMEM where it is one more than there was room for. */
int exec_changed(struct exec *x, const struct mhp_step *step, const struct done *done);

/* What the writer is asked to do, under the deadline that steps over so many bytes have. */
struct exec_task {
	child_fn fn;
	const void *arg;
	size_t arg_size;
	uint64_t bytes;
};

int exec_call(struct exec *x, const struct exec_task *task, struct reply *reply,
	      struct child_result *result, struct mhp_error *err);

/* When a step over so many bytes has to be done, by clock_msec(). */
uint64_t exec_deadline(const struct exec *x, uint64_t bytes);

/* What a call without an answer came to: result->rc, or a failure that says so. */
int exec_explain(const struct child_result *result, const char *object, struct mhp_error *err);

/* A dax device as it is now. 0, -ENOENT, or why it cannot be read. */
int exec_read_dax(struct exec *x, const char *name, struct mhp_dax *dax, struct mhp_error *err);

/* Which namespace of that name is meant, for whoever acts on it; empty where it has no identity. */
void exec_identity(const struct exec *x, uint32_t chain, const char *name,
		   struct nd_identity *identity);

/*
 * Name the other onliners of the machine in a hint; false where there are none. The kernel's own
 * policy is about memory that is added only: is_added is false for memory that was there.
 */
bool exec_name_onliners(const struct exec *x, bool is_added, char *text, size_t size);
