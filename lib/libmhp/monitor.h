/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Monitor: what changes, as it happens. */
#pragma once

#include "error.h"
#include "topology.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum mhp_change_kind {
	MHP_CHANGE_READY = 0, /* once: from here on nothing is missed */
	MHP_CHANGE_BLOCKS,
	MHP_CHANGE_DEVICE, /* of the dax bus */
	MHP_CHANGE_NAMESPACE,
	MHP_CHANGE_REGION,
	MHP_CHANGE_NODE,
	MHP_CHANGE_POLICY,   /* auto_online_blocks */
	MHP_CHANGE_OVERFLOW, /* events were lost; what they would have told follows all the same */
	MHP_CHANGE_RUN,	     /* of a policy, by whatever process */
};

enum mhp_change_action {
	MHP_ACTION_CHANGED = 0,
	MHP_ACTION_ADDED,
	MHP_ACTION_REMOVED,
	MHP_ACTION_ONLINE, /* blocks only, as the next two */
	MHP_ACTION_OFFLINE,
	MHP_ACTION_TOGGLED, /* another state for a moment, and now as before */
	MHP_ACTION_STARTED, /* runs of a policy only, as the next */
	MHP_ACTION_ENDED,
};

enum mhp_run_state {
	MHP_RUN_RUNNING = 0,
	MHP_RUN_CONVERGED, /* all is as declared */
	MHP_RUN_PARTIAL,
	MHP_RUN_FAILED,
	MHP_RUN_DIED, /* its process has ended without a result */
};

/* A run of mhp_policy_run(), as its process has left it below /run/mhpctl for others. */
struct mhp_run_record {
	uint64_t run; /* counts from 1 since the boot */
	int pid;
	enum mhp_run_state state;
	uint64_t start_us; /* CLOCK_REALTIME */
	int exit_code;	   /* -1: there is none, and nothing below is known */
	uint64_t elapsed_ms;
	bool changed;		/* anything */
	enum mhp_reason reason; /* of the first failure, or MHP_REASON_NONE */
	char message[512];	/* of that, safe for a terminal; or empty */
};

/* A value: what it points to lives for the call of the event function only. */
struct mhp_change {
	enum mhp_change_kind kind;
	enum mhp_change_action action;
	uint64_t time_us; /* CLOCK_REALTIME, when it was seen */
	const char *name; /* of what changed, such as dax0.0; of blocks NULL */
	/* blocks: a run of equal ones; block is the first of them */
	uint64_t first_block;
	uint64_t last_block; /* included */
	uint64_t bytes;
	/* What it is now, or was when it went; one of them, by the kind. */
	const struct mhp_block *block;
	const struct mhp_dax *dax;
	const struct mhp_namespace *ns;
	const struct mhp_region *region;
	const struct mhp_node *node;
	const struct mhp_memory *memory; /* policy */
	const struct mhp_run_record *run;
};

/* Set up with MHP_MONITOR_OPTIONS_INIT(), as struct mhp_request. */
struct mhp_monitor_options {
	size_t size;		    /* of this struct, as the caller knows it */
	const char *const *targets; /* what to tell of, and what is below and above it */
	size_t nr_targets;	    /* 0: everything */
	const char *until;	    /* a condition that ends it, or NULL */
	uint64_t timeout_ms;	    /* 0: none */
	int reader_fd;		    /* end when the reader of this pipe has gone; 0 or less: none */
	/* Called for each change. A return value other than 0 ends it: nobody listens any more. */
	int (*change)(const struct mhp_change *change, void *data);
	/* Called for a target that is not there yet. Or NULL. */
	void (*missing)(const char *target, void *data);
	void *data;
	uint64_t count; /* end after so many changes; 0: any number */
};

#define MHP_MONITOR_OPTIONS_INIT(...)                                   \
	{                                                               \
		.size = sizeof(struct mhp_monitor_options), __VA_ARGS__ \
	}

enum mhp_monitor_end {
	MHP_MONITOR_CONDITION_MET = 0, /* the condition */
	MHP_MONITOR_COUNT_REACHED,     /* as many changes as were asked for */
	MHP_MONITOR_READER_GONE,
};

/**
 * mhp_monitor - tell what changes, as it happens
 * @ctx: the context
 * @options: what to tell, and when to end
 * @end: receives why it ended; untouched on failure
 * @err: receives reason and hint, or NULL
 *
 * Listens before it reads the machine for the first time, so that nothing is missed. Changes that
 * come close together are told as one: blocks as runs of equal blocks. Events that were lost are
 * made up for by reading the machine. Targets need not be there yet. Runs of a policy are told of
 * whatever the targets are, when the caller may read /run/mhpctl. Needs no privilege. What changed
 * before a cancel or the end of the time is told before it returns.
 *
 * A condition is OBJECT.FIELD OPERATOR VALUE: "node2.online_bytes>=8G", "dax0.0.mode==system_ram";
 * see mhpctl-monitor(1). It is tried before the first change is waited for.
 * Return: 0, or -EINVAL (the condition or a target is none), -ETIMEDOUT, -ECANCELED, or what
 *	mhp_topology_scan() returns.
 * Since: 0.1
 */
int mhp_monitor(struct mhp_ctx *ctx, const struct mhp_monitor_options *options,
		enum mhp_monitor_end *end, struct mhp_error *err);

/**
 * mhp_change_kind_name - the name of a kind of change, in JSON that of its event
 * @kind: the kind
 *
 * Return: ready, blocks, device, namespace, region, node, policy, overflow, policy_run.
 * Since: 0.1
 */
const char *mhp_change_kind_name(enum mhp_change_kind kind);

/**
 * mhp_change_action_name - the name of what happened
 * @action: the action
 *
 * Return: changed, added, removed, online, offline, toggled, started, ended.
 * Since: 0.1
 */
const char *mhp_change_action_name(enum mhp_change_action action);

/**
 * mhp_run_state_name - the name of the state of a run of a policy
 * @state: the state
 *
 * Return: running, converged, partial, failed, died.
 * Since: 0.1
 */
const char *mhp_run_state_name(enum mhp_run_state state);

#ifdef __cplusplus
}
#endif
